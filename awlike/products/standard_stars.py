"""Standard stars: sources of a frame whose magnitudes a reference catalogue knows."""

from typing import Any, NamedTuple

import numpy as np

from awlike.errors import ProcessingError
from awlike.pixels.source_flags import SourceFlag
from awlike.products.reference_stars import ReferenceStars, nearest_pairs
from awlike.sky.pixel_origin import from_fits
from awlike.sky.plate import Plate
from awlike.sky.zero_point import MAG_ERROR

_SPOILT = (SourceFlag.SATURATED | SourceFlag.EDGE | SourceFlag.BAD_PIXELS | SourceFlag.BLENDED | SourceFlag.NEIGHBOUR
           | SourceFlag.WINDOW_FAILED)


class MatchedStars(NamedTuple):
    """Reference stars that are sources; arrays [star]."""

    star: np.ndarray  # row of the initial sources
    there: np.ndarray  # row of the reference stars
    magnitude: np.ndarray  # known
    instrumental: np.ndarray  # -2.5 log10 of the total flux, ADU per second
    error: np.ndarray  # of `instrumental`, mag


def matched_stars(table: np.ndarray, correction: Any, fwhm: float, seconds: float, params: Any, plate: Plate,
                  known: ReferenceStars, magnitude: np.ndarray) -> tuple[MatchedStars | None, str]:
    """Return the reference stars of known `magnitude` that are sources of a table, and why there are none."""
    star, instrumental, error = star_magnitudes(table, correction, fwhm, seconds, params)
    there = np.flatnonzero(np.isfinite(magnitude))
    ra, dec = plate.pixel_to_sky(from_fits(table['X_IMAGE'][star]), from_fits(table['Y_IMAGE'][star]))
    mine, theirs = nearest_pairs(ra, dec, known.RA[there], known.DEC[there], params.MATCH_RADIUS)
    if not mine.size:
        return None, (f'none of {star.size} good sources is one of {there.size} reference stars with a magnitude in the band '
                      f'{params.BAND or "(none is given)"}')
    star, there = star[mine], there[theirs]
    return MatchedStars(star, there, magnitude[there], instrumental[star], error[star]), ''


def star_magnitudes(table: np.ndarray, correction: Any, fwhm: float, seconds: float,
                    params: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return which initial sources are fit to tell, and of all of them -2.5 log10 of the total flux in ADU per second.

    The third array has the errors of these magnitudes.
    """
    flux, error = _total_flux(table, correction, fwhm)
    with np.errstate(invalid='ignore', divide='ignore'):
        fit = (flux > params.LEAST_SNR * error) & (table['FLAGS'] & int(_SPOILT) == 0)
        return np.flatnonzero(fit), -2.5 * np.log10(flux / seconds), MAG_ERROR * error / flux


def known_magnitudes(known: ReferenceStars, params: Any, transformation: Any = None) -> np.ndarray:
    """Return the magnitudes of reference stars in the band of the frame, colour term applied; NaN where unknown.

    `params` give the colour term where they name a colour, else a `PhotTransformation`, which can be None, gives it.
    """
    if params.COLOUR:
        return known.MAG + params.COLOUR_TERM * (colours_of(known, params.COLOUR) - params.COLOUR_ZERO)
    if transformation is None:
        return known.MAG
    return known.MAG + transformation.colour_term * (colours_of(known, transformation.colour) - transformation.colour_zero)


def colour_error(known: ReferenceStars, params: Any, transformation: Any = None) -> np.ndarray:
    """Return the error of `known_magnitudes` by the measured colour term, with a sign: stars of one colour share it."""
    if params.COLOUR or transformation is None:
        return np.zeros(len(known.MAG))
    return transformation.colour_term_error * (colours_of(known, transformation.colour) - transformation.colour_zero)


def colours_of(known: ReferenceStars, colour: str) -> np.ndarray:
    """Return the colours of reference stars, as ``'g-r'`` names them; NaN where unknown.

    Raises
    ------
    ProcessingError
        When the text names no two bands of the catalogue.
    """
    bands = [f'MAG_{band.strip()}' for band in colour.split('-')]
    missing = [name for name in bands if name not in known.table.colnames]
    if len(bands) != 2 or missing:
        raise ProcessingError(f'COLOUR is {colour!r}: name two bands of the reference catalogue, as g-r'
                             + (f'; it has no {missing[0]}' if missing else ''))
    one, other = (np.asarray(np.ma.filled(known.table[name], np.nan), float) for name in bands)
    return one - other


def _total_flux(table: np.ndarray, correction: Any, fwhm: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the total flux of the initial sources as stars, and its error, ADU.

    The circle is the smallest that is two FWHM wide: a wider one has more noise, a smaller one feels the seeing.
    """
    diameters = correction.apertures
    wide = [number for number, diameter in enumerate(diameters) if diameter >= 2 * fwhm]
    number = min(wide, key=lambda one: diameters[one]) if wide else int(np.argmax(diameters))
    factor = correction.factors_aper[number] or 1.0
    return table['FLUX_APER'][:, number].astype(float) * factor, table['FLUXERR_APER'][:, number].astype(float) * factor

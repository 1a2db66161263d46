"""PhotometricParameters: the zero point of a science frame."""

import math
from typing import TYPE_CHECKING, Any

from awlike.declare import (
    ContentTable,
    Filter,
    Input,
    Inputs,
    Panel,
    ProcessingError,
    ProcessParameters,
    ProcessTarget,
    Reference,
    ReferenceCatalogue,
    attribute,
    choosing,
    column,
    limit,
    parameter,
    source_panels,
    without_nan,
)
from awlike.frames.aperture_correction import ApertureCorrection
from awlike.frames.astrometric_parameters import AstrometricParameters
from awlike.frames.background_model import BackgroundModel
from awlike.frames.initial_sources import InitialSourceList
from awlike.frames.psf_model import PSFModel
from awlike.frames.science import ScienceFrame
from awlike.pixels.source_flags import SourceFlag
from awlike.sky.zero_point import MAG_ERROR

if TYPE_CHECKING:
    import numpy as np

    from awlike.products.reference_stars import ReferenceStars
    from awlike.sky.plate import Plate
    from awlike.sky.zero_point import ZeroPoint

STANDARD_COLUMNS = [
    column('SID', 'i4', 'number of the star in the initial sources', ucd='meta.id'),
    column('RA', 'f8', 'right ascension of the reference star at the date of the frame, ICRS', unit='deg',
           ucd='pos.eq.ra;meta.main'),
    column('DEC', 'f8', 'its declination', unit='deg', ucd='pos.eq.dec;meta.main'),
    column('MAG', 'f4', 'its magnitude in the band of the frame, colour term applied', unit='mag', ucd='phot.mag'),
    column('MAG_INSTRUMENTAL', 'f4', '-2.5 log10 of its total flux in ADU per second', unit='mag', ucd='phot.mag;instr'),
    column('RESIDUAL', 'f4', 'MAG less MAG_INSTRUMENTAL less zero point', unit='mag', ucd='stat.fit.residual;phot.mag'),
    column('USED', 'bool', 'whether the star tells the zero point', ucd='meta.code'),
]
_SPOILT = (SourceFlag.SATURATED | SourceFlag.EDGE | SourceFlag.BAD_PIXELS | SourceFlag.BLENDED | SourceFlag.NEIGHBOUR
           | SourceFlag.WINDOW_FAILED)


class StandardStars(ProcessParameters):
    """Parameters by which stars of a reference catalogue tell magnitudes of a frame."""

    REFERENCE_CATALOGUE: str = choosing('', 'the reference catalogue, NAME or NAME@VERSION; empty: that of the project, '
                                        'else the only one that covers the field')
    BAND: str = parameter('', 'band of the reference catalogue that is most like the filter')
    COLOUR: str = parameter('', 'the colour of the colour term, two bands of the catalogue as g-r; empty: no colour term')
    COLOUR_TERM: float = parameter(0.0, 'magnitude of the frame less that of the catalogue, per magnitude of COLOUR')
    COLOUR_ZERO: float = parameter(0.0, 'the COLOUR at which both magnitudes agree', unit='mag')
    MATCH_RADIUS: float = parameter(2.0, 'reference stars lie within this distance of their source', unit='arcsec', gt=0)
    LEAST_SNR: float = parameter(20.0, 'stars have at least this ratio of signal to noise', gt=0)


class PhotometricParameters(ProcessTarget):
    """The zero point of a science frame: the magnitude of a star of 1 ADU per second, through the air as it was.

    It is the mean over stars of a reference catalogue, or that of an ensemble, `gphotom`. With it come the brightness of the
    sky and the depth of the frame. Where no star tells, `reason` says why.
    """

    frame = Input(ScienceFrame, 'the science frame')
    background = Input(BackgroundModel, 'level and noise of its sky')
    initial_sources = Input(InitialSourceList, 'its bright sources')
    psf = Input(PSFModel, 'its point spread function')
    aperture_correction = Input(ApertureCorrection, 'brings fluxes to total fluxes')
    astrom_params = Input(AstrometricParameters, 'its place on the sky')
    reference = Input(ReferenceCatalogue, 'stars of known magnitudes', in_band=True)
    gphotom = Input('GPhotometric', 'the zero points of its ensemble, of which its own is one', of_ensemble=True)
    filter = Reference(Filter, 'the filter')
    standards = ContentTable('the reference stars in the frame', STANDARD_COLUMNS)
    zero_point = attribute(float, 'magnitude of 1 ADU per second', unit='mag')
    zero_point_error = attribute(float, 'its error, that of the aperture correction included', unit='mag')
    scatter = attribute(float, 'scatter of single stars, robust', unit='mag')
    number_of_stars = attribute(int, 'how many stars tell')
    sky_brightness = attribute(float, 'magnitude of a square arcsecond of sky', unit='mag/arcsec2')
    depth = attribute(float, 'magnitude of a star of 5 sigma, by its PSF', unit='mag')
    reason = attribute(str, 'why there is no zero point; empty where there is one')

    class Parameters(StandardStars):
        SIGCLIP_LEVEL: float = parameter(3.0, 'stars further off do not tell', unit='sigma', gt=0)
        MINIMUM_STARS: float = limit(5, 'at least so many stars tell')
        MAXIMUM_ERROR: float = limit(0.05, 'the error of the zero point is at most', unit='mag')

    LIMITS = {'MINIMUM_STARS': lambda made: made.number_of_stars, 'MAXIMUM_ERROR': lambda made: made.zero_point_error}

    @staticmethod
    def make(inputs: Inputs, params: Parameters) -> dict:
        from awlike.products.reference_stars import reference_stars
        from awlike.sky.headers import read_plate
        astrom, frame = inputs.astrom_params, inputs.frame
        plate = read_plate(astrom.solution) if astrom.solution else None
        if plate is None:  # where a header has it wrong, stars would agree by chance
            return _nothing(f'it is not certain where the frame is on the sky: {astrom.reason}')
        if not frame.EXPTIME:
            return _nothing('nobody knows its exposure time')
        if inputs.gphotom is not None and (why := _why_not(inputs.gphotom, frame)):
            return _nothing(f'the ensemble has no zero point for it: {why}')
        known = reference_stars(inputs.reference, plate, frame, params.BAND)
        standards, reason = _standards(inputs, params, plate, known)
        if standards is None and inputs.gphotom is None:
            return _nothing(reason)
        return _result(inputs, params, plate, standards or _no_standards())

    def remarks(self) -> list[str]:
        return [f'there is no zero point: {self.reason}'] if self.reason else []

    def panels(self) -> list[Panel]:
        import numpy as np
        table = self.standards.whole()
        residual, used = table['RESIDUAL'], table['USED']
        initial = self.initial_sources.sources
        x, y = (initial[name][table['SID'] - 1] for name in ('X_IMAGE', 'Y_IMAGE'))
        sets = {'used': np.where(used, residual, np.nan), 'left out': np.where(used, np.nan, residual)}
        told = ('no zero point' if self.zero_point is None else
                f'zero point {self.zero_point:.4f} +- {self.zero_point_error:.4f} mag')
        scatter = '' if self.scatter is None else f', scatter {self.scatter:.3f} mag'
        return [source_panels.against(table['MAG'], sets, told, 'magnitude of the star', 'residual [mag]'),
                source_panels.against(x, {'': residual}, 'against X', 'X [pixel]', 'residual [mag]'),
                source_panels.against(y, {'': residual}, 'against Y', 'Y [pixel]', 'residual [mag]'),
                source_panels.over_frame(x, y, residual, self.background.frame_shape, 'residual over the frame', 'mag'),
                source_panels.distribution(residual[used], f'{self.number_of_stars} stars{scatter}', 'residual [mag]')]


def _standards(inputs: Inputs, params: PhotometricParameters.Parameters, plate: 'Plate', known: 'ReferenceStars',
               ) -> 'tuple[dict[str, np.ndarray] | None, str]':
    """Return the reference stars that are sources, with errors, and why there are none."""
    import numpy as np

    from awlike.products.reference_stars import nearest_pairs
    from awlike.sky.pixel_origin import from_fits
    table, magnitude = inputs.initial_sources.sources.whole(), known_magnitudes(known, params)
    star, instrumental, error = star_magnitudes(table, inputs.aperture_correction, inputs.psf.fwhm, inputs.frame.EXPTIME,
                                                params)
    there = np.flatnonzero(np.isfinite(magnitude))
    ra, dec = plate.pixel_to_sky(from_fits(table['X_IMAGE'][star]), from_fits(table['Y_IMAGE'][star]))
    mine, theirs = nearest_pairs(ra, dec, known.RA[there], known.DEC[there], params.MATCH_RADIUS)
    if not mine.size:
        return None, (f'none of {star.size} good sources is one of {there.size} reference stars with a magnitude in the band '
                      f'{params.BAND or "(none is given)"}')
    star, there = star[mine], there[theirs]
    return {'SID': table['SID'][star], 'RA': known.RA[there], 'DEC': known.DEC[there], 'MAG': magnitude[there],
            'MAG_ERR': known.MAG_ERR[there], 'MAG_INSTRUMENTAL': instrumental[star],
            'ERR_INSTRUMENTAL': error[star]}, ''


def _result(inputs: Inputs, params: PhotometricParameters.Parameters, plate: 'Plate', standards: 'dict[str, np.ndarray]',
            ) -> dict:
    """Return what `make` returns: the zero point, and what follows from it."""
    import numpy as np

    from awlike.products.measurable import psf_of
    from awlike.sky.zero_point import zero_point
    errors = standards.pop('MAG_ERR'), standards.pop('ERR_INSTRUMENTAL')
    found = zero_point(standards['MAG_INSTRUMENTAL'], errors[1], standards['MAG'], errors[0], params.SIGCLIP_LEVEL)
    number = int(found.used.sum())
    if inputs.gphotom is not None:
        found, number = _by_ensemble(inputs.gphotom, inputs.frame, found)
    standards |= {'RESIDUAL': standards['MAG'] - standards['MAG_INSTRUMENTAL'] - found.value, 'USED': found.used}
    middle, background = [length / 2 for length in inputs.frame.data.shape[::-1]], inputs.background
    of_an_adu = found.value + 2.5 * np.log10(inputs.frame.EXPTIME)
    noise = background.sky_noise / np.sqrt(float((psf_of(inputs.psf, inputs.frame).at(*middle) ** 2).sum()))
    faintest = 5 * noise * (inputs.aperture_correction.factor_psf or 1.0)
    sky = background.sky_level / plate.pixel_scale(*middle) ** 2
    return without_nan({
        'standards': standards, 'zero_point': found.value,
        'zero_point_error': _error(found.error, inputs.aperture_correction), 'scatter': found.scatter,
        'number_of_stars': number, 'depth': float(of_an_adu - 2.5 * np.log10(faintest)),
        'sky_brightness': float(of_an_adu - 2.5 * np.log10(sky)) if sky > 0 else None, 'reason': ''})


def _why_not(gphotom: Any, frame: Any) -> str:
    """Return why the zero points of an ensemble do not tell of a frame; empty where they do."""
    from awlike.products.ensembles import name_of, row_of
    rows = gphotom.zero_points.whole()
    number = row_of(rows, frame)
    if number is not None and rows['SOLVED'][number]:
        return ''
    return gphotom.reason or (gphotom.reasons or {}).get(name_of(frame), 'it is no member')


def _by_ensemble(gphotom: Any, frame: Any, own: 'ZeroPoint') -> 'tuple[ZeroPoint, int]':
    """Return the zero point of a frame by its ensemble, and how many stars of the frame tell it."""
    from awlike.products.ensembles import row_of
    row = gphotom.zero_points.whole()[row_of(gphotom.zero_points.whole(), frame)]
    return own._replace(value=float(row['ZERO_POINT']), error=float(row['ZERO_POINT_ERROR'])), int(row['NSTARS'])


def star_magnitudes(table: 'np.ndarray', correction: Any, fwhm: float, seconds: float,
                    params: StandardStars) -> 'tuple[np.ndarray, np.ndarray, np.ndarray]':
    """Return which initial sources are fit to tell, and of all of them -2.5 log10 of the total flux in ADU per second.

    The third array has the errors of these magnitudes.
    """
    import numpy as np
    flux, error = _total_flux(table, correction, fwhm)
    with np.errstate(invalid='ignore', divide='ignore'):
        fit = (flux > params.LEAST_SNR * error) & (table['FLAGS'] & int(_SPOILT) == 0)
        return np.flatnonzero(fit), -2.5 * np.log10(flux / seconds), MAG_ERROR * error / flux


def known_magnitudes(known: 'ReferenceStars', params: StandardStars) -> 'np.ndarray':
    """Return the magnitudes of reference stars in the band of the frame, colour term applied; NaN where unknown."""
    return known.MAG + _colour_term(known, params)


def _no_standards() -> 'dict[str, np.ndarray]':
    """Return what `_standards` returns of a frame without reference stars, whose ensemble tells its zero point."""
    import numpy as np
    names = 'SID', 'RA', 'DEC', 'MAG', 'MAG_ERR', 'MAG_INSTRUMENTAL', 'ERR_INSTRUMENTAL'
    return {name: np.zeros(0) for name in names}


def _error(of_stars: float, correction: ApertureCorrection) -> float:
    """Return the error of the zero point: the error of the mean of the stars, and the error of their common total flux."""
    return math.hypot(of_stars, MAG_ERROR * (correction.error_psf or 0.0) / (correction.factor_psf or 1.0))


def _nothing(reason: str) -> dict:
    """Return what `make` returns where no star tells."""
    return {'standards': {one.name: [] for one in STANDARD_COLUMNS}, 'number_of_stars': 0, 'reason': reason}


def _total_flux(table: 'np.ndarray', correction: Any, fwhm: float) -> 'tuple[np.ndarray, np.ndarray]':
    """Return the total flux of the initial sources as stars, and its error, ADU.

    The circle is the smallest that is two FWHM wide: a wider one has more noise, a smaller one feels the seeing.
    """
    import numpy as np
    diameters = correction.apertures
    wide = [number for number, diameter in enumerate(diameters) if diameter >= 2 * fwhm]
    number = min(wide, key=lambda one: diameters[one]) if wide else int(np.argmax(diameters))
    factor = correction.factors_aper[number] or 1.0
    return table['FLUX_APER'][:, number].astype(float) * factor, table['FLUXERR_APER'][:, number].astype(float) * factor


def _colour_term(known: 'ReferenceStars', params: StandardStars) -> 'np.ndarray | float':
    """Return what is added to the magnitudes of the catalogue, which is NaN for stars of unknown colour."""
    import numpy as np
    if not params.COLOUR:
        return 0.0
    bands = [f'MAG_{band.strip()}' for band in params.COLOUR.split('-')]
    missing = [name for name in bands if name not in known.table.colnames]
    if len(bands) != 2 or missing:
        raise ProcessingError(f'COLOUR is {params.COLOUR!r}: name two bands of the reference catalogue, as g-r'
                             + (f'; it has no {missing[0]}' if missing else ''))
    one, other = (np.asarray(np.ma.filled(known.table[name], np.nan), float) for name in bands)
    return params.COLOUR_TERM * (one - other - params.COLOUR_ZERO)

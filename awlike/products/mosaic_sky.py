"""Where the detectors of an exposure lie on the sky, and its zero point: the steps in their order, and their tables."""

import datetime
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from awlike.cameras.header_values import modified_julian_date
from awlike.errors import ProcessingError
from awlike.products.mosaic_response import (
    Response,
    pointing_of,
    radial_zero_point,
    response_of,
    standards_of,
    without_response,
)
from awlike.products.reduction_log import Outcome
from awlike.sky import exposure_wcs
from awlike.sky.exposure_fit import MODES, Stars, fitted
from awlike.sky.exposure_zero_point import exposure_zero_point, seeing_cards
from awlike.sky.headers import read_plate
from awlike.sky.pixel_origin import from_fits
from awlike.tables.columns import Column

Cards = dict[str, dict[str, Any]]
"""The cards of each detector, by name."""
Tables = dict[str, Any]

_MATCH_RADIUS = 2.0  # arcsec, of stars that tell the place of an exposure


class Located(NamedTuple):
    """The detectors of an exposure after the steps that stars tell.

    Attributes
    ----------
    cards : dict
        The cards of each detector.
    values : dict
        Cards of the primary header, as WCSXRMS.
    outcomes : dict
        What became of the steps, by keyword of the reduction log.
    """

    cards: Cards
    values: dict[str, Any]
    outcomes: dict[str, str]


def located(frames: Mapping[str, Any], astrom_params: Mapping[str, Any], params: Any) -> Located:
    """Return where the detectors lie: canned distortion, offset, and the fit to stars.

    Parameters
    ----------
    frames : dict
        The reduced frames by name of detector.
    astrom_params : dict
        The `AstrometricParameters` of those detectors that have some.
    params : MosaicFrame.Parameters
        WCS_DISTORTION, WCS_OFFSET_RA, WCS_OFFSET_DEC and FIXWCS count here.

    Raises
    ------
    ProcessingError
        For an unknown mode of FIXWCS.
    """
    if params.FIXWCS and params.FIXWCS not in MODES:
        raise ProcessingError(f'FIXWCS is {params.FIXWCS!r}: take {", ".join(MODES)}, or nothing')
    cards, outcomes = {name: dict(frame.astrom or {}) for name, frame in frames.items()}, {}
    if params.WCS_DISTORTION:
        known = [name for name in cards if cards[name] and params.WCS_DISTORTION.get(name)]
        cards |= {name: exposure_wcs.canned(cards[name], params.WCS_DISTORTION[name]) for name in known}
        outcomes['_WCSDIST'] = _partly(len(known), len(cards))
    if params.WCS_OFFSET_RA or params.WCS_OFFSET_DEC:
        cards = {name: exposure_wcs.offset(one, params.WCS_OFFSET_RA, params.WCS_OFFSET_DEC) if one else one
                 for name, one in cards.items()}
    if not params.FIXWCS:
        return Located(cards, {}, outcomes)
    stars = {name: _stars_of(one) for name, one in astrom_params.items()}
    fit = fitted(cards, stars, params.FIXWCS, {name: one.solution for name, one in astrom_params.items()})
    values = {'WCSFIXED': fit.is_fitted, 'WCSCAL': params.FIXWCS, 'WCSQUALS': fit.number, 'MATCHRAD': _MATCH_RADIUS}
    if fit.number:
        values |= {'WCSXRMS': fit.rms[0], 'WCSYRMS': fit.rms[1]}
    outcomes['_WCSCAL'] = str(Outcome.SUCCESSFUL if fit.is_fitted else Outcome.FAILED)
    return Located(fit.cards, values, outcomes)


def _partly(number: int, wanted: int) -> str:
    return str(Outcome.SUCCESSFUL if number == wanted else Outcome.PARTIALLY_FAILED if number else Outcome.FAILED)


def _stars_of(astrom: Any) -> Stars:
    rows = astrom.matches.whole()
    return Stars(*(rows[name].astype(float) for name in ('X_IMAGE', 'Y_IMAGE', 'RA', 'DEC')))


def presented(cards: Cards, date: datetime.datetime, params: Any) -> tuple[Cards, dict[str, str]]:
    """Return the cards that a file has in the end: in the frame of a moving object, and as plain projection where asked.

    Parameters
    ----------
    cards : dict
        The cards of each detector.
    date : datetime.datetime
        Of the exposure.
    params : MosaicFrame.Parameters
        NONSIDEREAL_RA, NONSIDEREAL_DEC, NONSIDEREAL_MJD and SIMPLE_WCS count here.

    Returns
    -------
    (dict, dict)
        The cards; what became of the steps.
    """
    outcomes = {}
    if params.NONSIDEREAL_MJD:
        how = params.NONSIDEREAL_RA, params.NONSIDEREAL_DEC, params.NONSIDEREAL_MJD, modified_julian_date(date)
        cards = {name: exposure_wcs.nonsidereal(one, *how) if one else one for name, one in cards.items()}
        outcomes['_NONSDRL'] = str(Outcome.SUCCESSFUL)
    if params.SIMPLE_WCS:
        cards = {name: exposure_wcs.simple(one) if one else one for name, one in cards.items()}
    return cards, outcomes


def without_photometric_response(images: Mapping[str, Callable[[], np.ndarray]], standards: Tables, cards: Cards, params: Any,
                                 ) -> tuple[dict[str, Callable[[], np.ndarray]], Response | None, dict[str, str]]:
    """Return the images over the response that standard stars show, that response, and what became of the step.

    Without the parameter AUTO_PHOTFLAT nothing is done.

    Parameters
    ----------
    images : dict
        Functions that return the image of a detector, by name.
    standards : dict
        The columns of the table of standard stars.
    cards : dict
        The cards of each detector.
    params : MosaicFrame.Parameters
        PHOTCALIB, AUTO_PHOTFLAT and PHOTFLAT_DEGREE count here.
    """
    made = dict(images)
    if not params.AUTO_PHOTFLAT:
        return made, None, {}
    centre = pointing_of(cards)
    response = response_of(standards_of(standards, centre), params.PHOTFLAT_DEGREE) if centre else None
    if centre is None or response is None:
        return made, None, {'_AUTOFOT': str(Outcome.FAILED)}
    known = [name for name in made if cards.get(name)]
    made |= {name: functools.partial(without_response, made[name], response, cards[name], centre) for name in known}
    return made, response, {'_AUTOFOT': _partly(len(known), len(made))}


def photometry_of(standards: Tables, located_: Located, exptime: float | None, sky: Mapping[str, Any], sources: Tables,
                  params: Any, response: Response | None = None) -> tuple[dict[str, Any], str]:
    """Return the cards of the zero point of an exposure, and what became of the step.

    Parameters
    ----------
    standards : dict
        The columns of the table of standard stars.
    located_ : Located
        The detectors on the sky.
    exptime : float or None
        The exposure time, s.
    sky : mapping
        SKYBGCLP of the exposure, where it is known.
    sources : dict
        The columns FWHM_IMAGE and FLAGS of all sources.
    params : MosaicFrame.Parameters
        FIXWCS and RADIAL_ZERO_POINT count here.
    response : Response, optional
        By which the images were divided.
    """
    if params.FIXWCS and located_.outcomes.get('_WCSCAL') == Outcome.FAILED:
        return {}, str(Outcome.SKIPPED)
    scale = pixel_scale(located_.cards)
    seeing = seeing_cards(np.asarray(sources['FWHM_IMAGE'], float), np.asarray(sources['FLAGS']) == 0, scale or 1.0)
    stars = standards_of(standards, pointing_of(located_.cards))
    if response is not None:
        stars = stars._replace(offset=stars.offset - response.magnitudes(stars.east, stars.north))
    found = exposure_zero_point(stars.offset, exptime or 0.0, sky=sky.get('SKYBGCLP'), pixel_scale=scale,
                                seeing=seeing.get('SEEING'))
    radial = radial_zero_point(stars) if params.RADIAL_ZERO_POINT else None
    fit = radial.cards if radial is not None else {'RADZPFIT': False} if params.RADIAL_ZERO_POINT else {}
    return {**found.cards, **(seeing if scale else {}), **fit}, str(Outcome.SUCCESSFUL if found.is_certain else Outcome.FAILED)


def pixel_scale(cards: Cards) -> float | None:
    """Return the side of a pixel at the reference point of the first detector whose place is known, arcsec."""
    for one in cards.values():
        plate = read_plate(one)
        if plate is not None:
            return plate.pixel_scale(*from_fits(np.array(plate.CRPIX)))
    return None


def table_of(columns: Sequence[Column], parts: Mapping[str, Mapping[str, Any]]) -> Tables:
    """Return the columns of a table over all detectors.

    Parameters
    ----------
    columns : list of Column
        The first of them has the name of the detector.
    parts : dict
        By name of detector, the values of the other columns.
    """
    number = {name: len(part[columns[1].name]) for name, part in parts.items()}
    table: Tables = {columns[0].name: np.repeat([name.encode('ascii', 'replace') for name in parts] or [b''],
                                                list(number.values()) or [0])}
    for one in columns[1:]:
        table[one.name] = np.concatenate([np.empty((0, one.size) if one.size > 1 else 0, one.kind),
                                          *(np.asarray(part[one.name]) for part in parts.values())])
    return table


def sources_of(lists: Mapping[str, Any], cards: Cards, names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return by detector the columns `names` of its initial sources, with RA and DEC where its place is known."""
    found = {}
    for name, one in lists.items():
        rows = one.sources.whole()
        found[name] = {key: rows[key] for key in names} | _places(cards.get(name) or {}, rows)
    return found


def _places(cards: Mapping[str, Any], rows: np.ndarray) -> dict[str, np.ndarray]:
    plate = read_plate(cards)
    if plate is None:
        nowhere = np.full(len(rows), np.nan)
        return {'RA': nowhere, 'DEC': nowhere}
    ra, dec = plate.pixel_to_sky(from_fits(rows['X_IMAGE']), from_fits(rows['Y_IMAGE']))
    return {'RA': ra, 'DEC': dec}


def pairs_of(astrom_params: Mapping[str, Any], cards: Cards) -> dict[str, dict[str, Any]]:
    """Return by detector the stars that tell its place: where the mosaic has them, and where the catalogue."""
    found = {}
    for name, one in astrom_params.items():
        rows = one.matches.whole()
        here = _places(cards.get(name) or {}, rows)
        found[name] = {'ODI_RA': here['RA'], 'ODI_DEC': here['DEC'], 'REF_RA': rows['RA'], 'REF_DEC': rows['DEC'],
                       'X_IMAGE': rows['X_IMAGE'], 'Y_IMAGE': rows['Y_IMAGE'], 'MAG': rows['MAG']}
    return found


def references_of(reference: Any, frames: Mapping[str, Any], cards: Cards, band: str = '') -> dict[str, dict[str, Any]]:
    """Return by detector the stars of a reference catalogue that lie on it."""
    from awlike.products.reference_stars import reference_stars
    found = {}
    for name, frame in frames.items():
        plate = read_plate(cards.get(name) or {})
        if reference is None or plate is None:
            continue
        known, (height, width) = reference_stars(reference, plate, frame, band), frame.data.shape
        x, y = plate.sky_to_pixel(known.RA, known.DEC)
        there = (x > -0.5) & (x < width - 0.5) & (y > -0.5) & (y < height - 0.5)
        found[name] = {'RA': known.RA[there], 'DEC': known.DEC[there], 'MAG': known.MAG[there]}
    return found

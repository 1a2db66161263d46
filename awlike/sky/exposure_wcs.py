"""Steps on the cards that tell where the detectors of an exposure lie on the sky.

Each function takes the cards of one detector, as CTYPE1, CRVAL1 and CD1_1, and returns new ones.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from awlike.errors import HeaderError, ProcessingError

Cards = dict[str, Any]

_DISTORTION = re.compile(r'PV\d_\d+|[AB]P?_(ORDER|DMAX|\d+_\d+)|WAT\d_\d+|ZPX\d?|D[PQ]\d.*|CPDIS\d|CQDIS\d')
_SHAPE = re.compile(r'CTYPE[12]|CRPIX[12]|CD[12]_[12]|PV[12]_\d+|CUNIT[12]')
NONSIDEREAL = 'NSIDPMRA', 'NSIDPMDE', 'NSIDBASE', 'NSIDDMJD', 'NSID_DHR', 'NSIDDRA', 'NSIDDDEC'
"""The cards of a frame that follows a moving object."""


def canned(cards: Mapping[str, Any], model: Mapping[str, Any]) -> Cards:
    """Return the cards with a distortion that was measured before: CRPIX, CD and PV are those of `model`.

    The CRVALi of the model are offsets [deg] that are added to where the telescope pointed; that of the right ascension counts
    along the circle. TAN becomes TPV where the model has terms PVi_j.

    Parameters
    ----------
    cards : mapping
        The cards of a detector.
    model : mapping
        The cards of the model of the same detector.
    """
    kept = {key: value for key, value in cards.items() if not _DISTORTION.fullmatch(key)}
    made = kept | {key: value for key, value in model.items() if _SHAPE.fullmatch(key)}
    cos = np.cos(np.radians(cards['CRVAL2']))
    moved = {'CRVAL1': (cards['CRVAL1'] + model.get('CRVAL1', 0.0) / cos) % 360,
             'CRVAL2': cards['CRVAL2'] + model.get('CRVAL2', 0.0)}
    kind = 'TPV' if any(key.startswith('PV') for key in model) else 'TAN'
    return made | moved | {'CTYPE1': f'RA---{kind}', 'CTYPE2': f'DEC--{kind}'}


def offset(cards: Mapping[str, Any], ra: float, dec: float) -> Cards:
    """Return the cards with `ra` and `dec` [deg] added to CRVAL1 and CRVAL2, without the cosine of the declination."""
    return dict(cards) | {'CRVAL1': (cards['CRVAL1'] + ra) % 360, 'CRVAL2': cards['CRVAL2'] + dec}


def simple(cards: Mapping[str, Any]) -> Cards:
    """Return the cards of the plain tangential projection: all that tells of distortion is left out."""
    return {key: value for key, value in cards.items() if not _DISTORTION.fullmatch(key)} | {
        'CTYPE1': 'RA---TAN', 'CTYPE2': 'DEC--TAN'}


def nonsidereal(cards: Mapping[str, Any], rate_ra: float, rate_dec: float, reference: float, mjd: float) -> Cards:
    """Return the cards in the frame of a moving object, as they were at the date `reference`.

    Parameters
    ----------
    cards : mapping
        The cards of a detector.
    rate_ra, rate_dec : float
        How the object moves, arcsec an hour; in right ascension along the circle.
    reference : float
        The MJD at which the frame of the object is that of the sky.
    mjd : float
        The MJD of the exposure.

    Raises
    ------
    ProcessingError
        When the cards follow a moving object already.
    """
    if any(key in cards for key in NONSIDEREAL):
        raise ProcessingError('the header follows a moving object already (NSIDPMRA): a second correction would move it twice; '
                              'begin with the frame as it was')
    hours = (mjd - reference) * 24
    east, north = rate_ra * hours / 3600, rate_dec * hours / 3600
    return dict(cards) | {
        'CRVAL1': (cards['CRVAL1'] - east / np.cos(np.radians(cards['CRVAL2']))) % 360, 'CRVAL2': cards['CRVAL2'] - north,
        'NSIDPMRA': rate_ra, 'NSIDPMDE': rate_dec, 'NSIDBASE': reference, 'NSIDDMJD': mjd - reference, 'NSID_DHR': hours,
        'NSIDDRA': east * 3600, 'NSIDDDEC': north * 3600}


def from_history(path: Path, mjd: float) -> Path | None:
    """Return the file that a history names for a date: that of the last entry before or at `mjd`; None before the first.

    Parameters
    ----------
    path : pathlib.Path
        A text file with lines ``MJD filename [url]``; lines that begin with # are comments. Names are relative to its folder.

    Raises
    ------
    HeaderError
        For a line without MJD and name.
    """
    found: tuple[float, str] | None = None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        words = line.split('#')[0].split()
        if not words:
            continue
        try:
            date, name = float(words[0]), words[1]
        except (ValueError, IndexError):
            raise HeaderError(f'{path}, line {number}: {line.strip()!r} is no MJD followed by the name of a file') from None
        if date <= mjd and (found is None or date >= found[0]):
            found = date, name
    return None if found is None else path.parent / found[1]


def read_model(path: Path, names: Sequence[str]) -> dict[str, Cards]:
    """Return the cards of a canned distortion by detector: those of the extensions ``OTA33.SCI``, or ``OTA33``, of a FITS file.

    Parameters
    ----------
    path : pathlib.Path
        A FITS file with an extension for each detector, whose headers alone count.
    names : sequence of str
        The detectors that are wanted; one that the file lacks is absent.
    """
    from astropy.io import fits
    with fits.open(path) as hdus:
        headers = {hdu.name.upper().removesuffix('.SCI'): hdu.header for hdu in hdus}
        wanted = re.compile(f'{_SHAPE.pattern}|CRVAL[12]')
        return {name: {key: value for key, value in headers[name.upper()].items() if wanted.fullmatch(key)}
                for name in names if name.upper() in headers}

"""Plates from the cards of FITS headers, as cameras, SCAMP and astrometry.net write them, and plates as `astropy.wcs.WCS`."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from awlike.errors import HeaderError
from awlike.sky.linear_wcs import matrix_from_steps
from awlike.sky.plate import Plate
from awlike.sky.sip import read_sip
from awlike.sky.tpv import read_tpv, tpv_cards

if TYPE_CHECKING:
    from astropy.wcs import WCS

_NUMBERS = re.compile(r'(CRVAL|CRPIX|CDELT|CROTA)[12]|LONPOLE|(CD|PC)[12]_[12]|PV[12]_\d+|[AB](P?)_(ORDER|\d_\d)')
_PROJECTIONS = ('TAN', 'TAN-SIP', 'TPV')


def read_plate(header: Mapping[str, Any]) -> Plate | None:
    """Return the plate of a header: TAN, TAN with the terms PVi_j of SCAMP, TPV, or SIP.

    Numbers may be strings in quotes. The linear part is CDi_j, else PCi_j with CDELTi, else CDELTi with CROTA2.

    Parameters
    ----------
    header : mapping
        The cards: a FITS header, or a dict.

    Returns
    -------
    Plate or None
        None where the header has no projection on the sky, or lacks CRVALi or CRPIXi.

    Raises
    ------
    HeaderError
        For another projection, a number that cannot be read, a declination beyond a pole, a matrix that is
        singular, or a degree that SIP does not know.
    """
    names = [str(header.get(f'CTYPE{axis}') or '').strip() for axis in (1, 2)]
    if not re.match(r'RA-|DEC-', names[0]) or not re.match(r'RA-|DEC-', names[1]):
        return None
    if not names[0].startswith('RA') or not names[1].startswith('DEC'):
        raise HeaderError(f'CTYPE1 = {names[0]}, CTYPE2 = {names[1]}: axis 1 must be the right ascension; exchange the axes')
    projection = names[0].removeprefix('RA').lstrip('-')
    if projection not in _PROJECTIONS:
        raise HeaderError(f'CTYPE1 = {names[0]}: awlike reads {", ".join(_PROJECTIONS)}; convert the header')
    values = {key: _number(key, header[key]) for key in header if _NUMBERS.fullmatch(key)}
    if not {'CRVAL1', 'CRVAL2', 'CRPIX1', 'CRPIX2'} <= set(values):
        return None
    CD = _matrix(values)
    if abs(np.linalg.det(CD)) < 1e-30:
        raise HeaderError('the matrix CDi_j is singular: all pixels lie on one line; correct the cards')
    if abs(values['CRVAL2']) > 90:
        raise HeaderError(f'CRVAL2 = {values["CRVAL2"]:g} is beyond a pole: a declination is from -90 to 90; correct the card')
    where = (values['CRVAL1'] % 360, values['CRVAL2']), (values['CRPIX1'], values['CRPIX2']), CD
    turn = _turn(values)
    if 'A_ORDER' in values or 'B_ORDER' in values:
        try:
            return Plate(*where, np.einsum('ij,jkl->ikl', turn, read_sip(values, CD)))
        except ValueError as error:
            raise HeaderError(str(error)) from None
    polynomials, radial = read_tpv(values)
    return Plate(*where, np.einsum('ij,jkl->ikl', turn, polynomials), turn @ radial)


def _turn(values: Mapping[str, float]) -> np.ndarray:
    """Return the matrix by which LONPOLE turns the plane; unless given it is 180 degrees, and 0 at the north pole."""
    angle = np.radians(values.get('LONPOLE', 0.0 if values['CRVAL2'] >= 90 else 180.0) - 180)
    return np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])


def _number(key: str, value: Any) -> float:
    """Return the value of a card as a number, in quotes or not."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = np.nan
    if not np.isfinite(number):
        raise HeaderError(f'{key} = {value!r} is not a number; correct the card')
    return number


def _matrix(values: Mapping[str, float]) -> np.ndarray:
    """Return the matrix CDi_j; cards that lack are 0 if one is there."""
    keys = [(i, j) for i in (1, 2) for j in (1, 2)]
    if any(f'CD{i}_{j}' in values for i, j in keys):
        return np.array([values.get(f'CD{i}_{j}', 0.0) for i, j in keys]).reshape(2, 2)
    steps = values.get('CDELT1', 1.0), values.get('CDELT2', 1.0)
    PC = [values.get(f'PC{i}_{j}') for i, j in keys]
    return np.array(matrix_from_steps(*steps, PC, values.get('CROTA2'))).reshape(2, 2)


def wcs_of_plate(plate: Plate) -> 'WCS':
    """Return a plate as the `astropy.wcs.WCS` that people know, by TPV."""
    from astropy.io import fits
    from astropy.wcs import WCS
    return WCS(fits.Header(tpv_cards(plate) | {'RADESYS': 'ICRS'}))

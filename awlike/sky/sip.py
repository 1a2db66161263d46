"""Plates as the cards A_i_j, B_i_j of SIP, as astrometry.net writes them; the inverse AP_i_j, BP_i_j is a fit."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from awlike.sky.pixel_origin import to_fits
from awlike.sky.plate import Plate
from awlike.sky.polynomials import degree_of, design, evaluate, from_terms, substituted, terms
from awlike.sky.tpv import tangent_cards

HIGHEST = 9  # degree that SIP knows
_GRID = 25  # places along an axis where the inverse is fitted
_MORE = 2  # degrees that the inverse has more


def without_offset(plate: Plate) -> Plate:
    """Return the same plate with the reference pixel where the plane touches the sky, and the matrix of that pixel.

    Its polynomials have no constant and change nothing to first order, as SIP and tools that read the linear part alone expect.

    Raises ValueError for a plate with radial terms, or one whose point of contact no pixel has.
    """
    place = np.array(plate.plane_to_pixel(0.0, 0.0))
    if not np.isfinite(place).all():
        raise ValueError('no pixel lies at CRVAL; choose a point of contact on the frame')
    x, y = map(float, place)
    clean = plate.reframed((to_fits(x), to_fits(y)), plate.jacobian(x, y))
    polynomials = clean.polynomials.copy()  # less what is rounding
    polynomials[:, 0, 0], polynomials[:, 1, 0], polynomials[:, 0, 1] = 0, (1, 0), (0, 1)
    return replace(clean, polynomials=polynomials)


def sip_cards(plate: Plate, shape: tuple[int, int]) -> dict[str, Any]:
    """Return the cards of a FITS header that say the same as a plate, by SIP.

    Parameters
    ----------
    plate : Plate
        Without radial terms.
    shape : (rows, columns)
        Of the frame, on which the inverse is fitted.

    Returns
    -------
    dict
        The cards, with the inverse AP_i_j, BP_i_j. The inverse is a fit: within some 1e-3 pixels for a camera's distortion.
    """
    clean = without_offset(plate)
    degree = max(2, *map(degree_of, clean.polynomials))
    if degree > HIGHEST:
        raise ValueError(f'a polynomial of degree {degree} exceeds {HIGHEST}, the highest of SIP; fit a lower one')
    in_pixels = np.array([substituted(one, clean.CD) for one in clean.polynomials])
    forward = np.einsum('ij,jkl->ikl', np.linalg.inv(clean.CD), in_pixels)
    cards = tangent_cards(clean, 'TAN-SIP')
    backward_degree = min(degree + _MORE, HIGHEST)
    backward = _inverse(forward, clean, shape, backward_degree)
    for names, coefficients, highest, lowest in (('AB', forward, degree, 2), (('AP', 'BP'), backward, backward_degree, 0)):
        for name, one in zip(names, coefficients, strict=True):
            cards[f'{name}_ORDER'] = highest
            cards |= {f'{name}_{i}_{j}': float(one[i, j]) for i, j in terms(highest, lowest)
                      if max(i, j) < len(one) and one[i, j]}
    return cards


def _inverse(forward: np.ndarray, plate: Plate, shape: tuple[int, int], degree: int) -> np.ndarray:
    """Return the polynomials that lead back from distorted to true pixels relative to CRPIX, less these pixels."""
    y, x = (axis.ravel() for axis in np.meshgrid(*(np.linspace(0, size - 1, _GRID) for size in shape), indexing='ij'))
    x, y = to_fits(x) - plate.CRPIX[0], to_fits(y) - plate.CRPIX[1]
    u, v = (evaluate(one, x, y) for one in forward)
    scale = max(np.abs(u).max(), np.abs(v).max(), 1.0)
    found = np.linalg.lstsq(design(u / scale, v / scale, degree), np.array([x - u, y - v]).T, rcond=None)[0].T
    sizes = scale ** -np.array([float(i + j) for i, j in terms(degree)])
    return np.array([from_terms(one * sizes, degree) for one in found])


def read_sip(values: Mapping[str, float], CD: np.ndarray) -> np.ndarray:
    """Return the polynomials of a `Plate` of the cards A_i_j and B_i_j.

    Raises ValueError for an order that SIP does not know: it says how many terms there are, and a file may say anything.
    """
    for name in 'AB':
        if not 0 <= values.get(f'{name}_ORDER', 0) <= HIGHEST:
            raise ValueError(f'{name}_ORDER = {values[f"{name}_ORDER"]:g}: SIP knows orders up to {HIGHEST}; correct the card')
    degree = max(1, *(int(values.get(f'{name}_ORDER', 1)) for name in 'AB'))
    shifts = np.zeros((2, degree + 1, degree + 1))
    for axis, name in enumerate('AB'):
        for i, j in terms(int(values.get(f'{name}_ORDER', 0))):
            shifts[axis, i, j] = values.get(f'{name}_{i}_{j}', 0.0)
    shifts[0, 1, 0] += 1
    shifts[1, 0, 1] += 1
    in_plane = np.einsum('ij,jkl->ikl', CD, shifts)
    return np.array([substituted(one, np.linalg.inv(CD)) for one in in_plane])

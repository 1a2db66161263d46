"""Plates as the cards PVi_j of the projection TPV, as SCAMP writes them and SWarp reads them."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from awlike.sky.plate import Plate
from awlike.sky.polynomials import degree_of, terms

HIGHEST = 7  # degree that TPV knows


def _numbers() -> dict[tuple[int, int], int]:
    """Return the number of the card of each term of the first axis: TPV counts radial terms after degrees 1, 3, 5, 7."""
    numbers, count = {}, 0
    for degree in range(HIGHEST + 1):
        for term in terms(degree, degree):
            numbers[term] = count
            count += 1
        count += degree % 2
    return numbers


NUMBERS = _numbers()
RADIAL_NUMBERS = (3, 11, 23, 39)


def tpv_cards(plate: Plate) -> dict[str, Any]:
    """Return the cards of a FITS header that say the same as a plate, by TPV; radial terms only where there are any.

    Raises ValueError for a polynomial whose degree exceeds 7.
    """
    degree = max(map(degree_of, plate.polynomials))
    if degree > HIGHEST:
        raise ValueError(f'a polynomial of degree {degree} exceeds {HIGHEST}, the highest of TPV; fit a lower one')
    cards = tangent_cards(plate, 'TPV')
    for axis, coefficients in enumerate(plate.polynomials, 1):
        for (i, j), number in NUMBERS.items():
            own = (i, j) if axis == 1 else (j, i)  # on the second axis TPV has v before u
            value = float(coefficients[own]) if max(own) < len(coefficients) else 0.0
            if value or i + j == 1:
                cards[f'PV{axis}_{number}'] = value
        cards |= {f'PV{axis}_{number}': float(value)
                  for number, value in zip(RADIAL_NUMBERS, plate.radial[axis - 1], strict=True) if value}
    return cards


def tangent_cards(plate: Plate, projection: str) -> dict[str, Any]:
    """Return the cards of the projection and its linear part."""
    cards = {'CTYPE1': f'RA---{projection}', 'CTYPE2': f'DEC--{projection}', 'CUNIT1': 'deg', 'CUNIT2': 'deg',
             'LONPOLE': 180.0}  # else it is 0 for CRVAL2 = 90
    for axis in (1, 2):
        cards |= {f'CRVAL{axis}': float(plate.CRVAL[axis - 1]), f'CRPIX{axis}': float(plate.CRPIX[axis - 1])}
    return cards | {f'CD{i}_{j}': float(plate.CD[i - 1, j - 1]) for i in (1, 2) for j in (1, 2)}


def read_tpv(values: Mapping[str, float]) -> tuple[np.ndarray, np.ndarray]:
    """Return the polynomials and the radial terms of a `Plate` of the cards PVi_j; an axis without cards is undistorted."""
    polynomials, radial = np.zeros((2, HIGHEST + 1, HIGHEST + 1)), np.zeros((2, len(RADIAL_NUMBERS)))
    for axis in (1, 2):
        given = {number: values[key] for number in range(40) if (key := f'PV{axis}_{number}') in values}
        for (i, j), number in NUMBERS.items():
            own = (i, j) if axis == 1 else (j, i)
            polynomials[axis - 1][own] = given.get(number, 0.0) if given else float((i, j) == (1, 0))
        radial[axis - 1] = [given.get(number, 0.0) for number in RADIAL_NUMBERS]
    size = 1 + max(1, *map(degree_of, polynomials))
    return polynomials[:, :size, :size], radial

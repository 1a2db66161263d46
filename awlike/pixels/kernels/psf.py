"""Compiled kernels for the point spread function; see `kernels.combine` for the rules.

A PSF is a sum of cubic B-splines on a grid: ``coefficients`` [m, m], `sampling` of them to a pixel, the centre in the middle.
It reaches `radius` pixels in either direction, with m = 2 radius sampling + 5, and is 0 beyond.
"""

import numpy as np
from numba import types

from awlike.compiled import kernel, part, read_only
from awlike.pixels.arrays import Doubles, Floats

_STAMPS, _INPUT = types.float32[:, :, ::1], read_only(types.float32, 3)
_TERMS, _PLACES = read_only(types.float64, 2), read_only(types.float64, 2)
_INTEGERS = types.int64


@part
def _splines(offset: float, weights: Doubles) -> int:
    """Write the four B-splines at an offset [grid] into `weights`; return the index of the first."""
    first = int(np.floor(offset))
    t = offset - first
    weights[0] = (1 - t) ** 3 / 6
    weights[1] = (3 * t**3 - 6 * t**2 + 4) / 6
    weights[2] = (-3 * t**3 + 3 * t**2 + 3 * t + 1) / 6
    weights[3] = t**3 / 6
    return first - 1


@part
def _place(coefficients: Floats, sampling: int, half: int, x: float, y: float, row: Doubles, column: Doubles,
           ) -> tuple[int, int]:
    """Write the B-splines of the first pixel of a stamp of a star at (x, y) from its middle; return the first grid point.

    All pixels of a stamp have the same weights, `sampling` grid points apart.
    """
    centre = coefficients.shape[0] // 2
    return (_splines((-half - y) * sampling + centre, row),
            _splines((-half - x) * sampling + centre, column))


@part
def _render(coefficients: Floats, sampling: int, x: float, y: float, rows: Floats, stamp: Floats) -> None:
    """Write the star at (x, y) from the middle of the stamp into `stamp`; `rows` is a buffer [m, side]."""
    row, column = np.empty(4), np.empty(4)
    side, m = stamp.shape[0], coefficients.shape[0]
    y0, x0 = _place(coefficients, sampling, side // 2, x, y, row, column)
    for j in range(m):
        for k in range(side):
            total = 0.0
            for i in range(4):
                place = x0 + k * sampling + i
                if 0 <= place < m:
                    total += column[i] * coefficients[j, place]
            rows[j, k] = total
    stamp[:] = 0
    for k in range(side):
        for j in range(4):
            place = y0 + k * sampling + j
            if 0 <= place < m:
                weight = np.float32(row[j])
                for i in range(side):
                    stamp[k, i] += weight * rows[place, i]


@part
def _adjoint(stamp: Floats, sampling: int, x: float, y: float, rows: Floats, coefficients: Floats) -> None:
    """Write what each grid point gets from a stamp into `coefficients`: the transpose of `_render`."""
    row, column = np.empty(4), np.empty(4)
    side, m = stamp.shape[0], coefficients.shape[0]
    y0, x0 = _place(coefficients, sampling, side // 2, x, y, row, column)
    rows[:] = 0
    for k in range(side):
        for j in range(4):
            place = y0 + k * sampling + j
            if 0 <= place < m:
                weight = np.float32(row[j])
                for i in range(side):
                    rows[place, i] += weight * stamp[k, i]
    coefficients[:] = 0
    for j in range(m):
        for k in range(side):
            for i in range(4):
                place = x0 + k * sampling + i
                if 0 <= place < m:
                    coefficients[j, place] += np.float32(column[i]) * rows[j, k]


@part
def _local(basis: Floats, terms: Doubles, coefficients: Floats) -> None:
    """Write the PSF at a place, where the polynomials have these values, into `coefficients`."""
    coefficients[:] = 0
    for t in range(basis.shape[0]):
        factor = np.float32(terms[t])
        for j in range(coefficients.shape[0]):
            for i in range(coefficients.shape[1]):
                coefficients[j, i] += factor * basis[t, j, i]


@kernel((_INPUT, _TERMS, _INTEGERS, _PLACES, _STAMPS))
def render_stars(basis: Floats, terms: Doubles, sampling: int, places: Doubles, stamps: Floats) -> None:
    """Write stars of unit flux into `stamps` [star, y, x], at `places` [star, (x, y)] from the middle of each.

    `basis` is float32 [term, m, m], `terms` float64 [star, term].
    """
    m, side = basis.shape[1], stamps.shape[1]
    coefficients, rows = np.empty((m, m), np.float32), np.empty((m, side), np.float32)
    for n in range(stamps.shape[0]):
        _local(basis, terms[n], coefficients)
        _render(coefficients, sampling, places[n, 0], places[n, 1], rows, stamps[n])


@kernel((_INPUT, _INPUT, _TERMS, _INTEGERS, _PLACES, _STAMPS))
def gather(stamps: Floats, weights: Floats, terms: Doubles, sampling: int, places: Doubles, basis: Floats) -> None:
    """Write into `basis` [term, m, m] what each of its numbers gets from weights times stamps: transpose of `render_stars`."""
    m, side = basis.shape[1], stamps.shape[1]
    coefficients, rows = np.empty((m, m), np.float32), np.empty((m, side), np.float32)
    weighted = np.empty((side, side), np.float32)
    basis[:] = 0
    for n in range(stamps.shape[0]):
        for j in range(side):
            for i in range(side):
                weighted[j, i] = weights[n, j, i] * stamps[n, j, i]
        _adjoint(weighted, sampling, places[n, 0], places[n, 1], rows, coefficients)
        for t in range(basis.shape[0]):
            factor = np.float32(terms[n, t])
            for j in range(m):
                for i in range(m):
                    basis[t, j, i] += factor * coefficients[j, i]


@kernel((_INPUT, _TERMS, _INTEGERS, _STAMPS))
def local_cores(basis: Floats, terms: Doubles, margin: int, cores: Floats) -> None:
    """Write the middle of the coefficients of the PSF of each source, all but a margin, into `cores` [source, k, k]."""
    for n in range(cores.shape[0]):
        cores[n] = 0
        for t in range(basis.shape[0]):
            factor = np.float32(terms[n, t])
            for j in range(cores.shape[1]):
                for i in range(cores.shape[2]):
                    cores[n, j, i] += factor * basis[t, j + margin, i + margin]

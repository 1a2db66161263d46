"""Compiled kernels that fit the PSF to all sources of an image; see `kernels.combine` for the rules.

The PSF of each source is given by the middle of its B-spline coefficients, ``cores`` float32 [source, k, k]; see `kernels.psf`.
A source is (x, y, flux), float64: pixels, 0 is the centre of the first, and ADU.
"""

import numpy as np
from numba import types

from awlike.compiled import kernel, part, read_only
from awlike.pixels.arrays import Bytes, Doubles, Flags, Floats, Integers

_IMAGE, _MAP, _RESIDUAL = read_only(types.float32, 2), read_only(types.uint8, 2), types.float32[:, ::1]
_CORES, _ORDER, _INT, _FLOAT = read_only(types.float32, 3), read_only(types.int64, 1), types.int64, types.float64
_TABLE, _INPUT, _TERMS = types.float64[:, ::1], read_only(types.float64, 2), read_only(types.float64, 2)
_STEP = 0.4  # pixels: a position moves no farther at a time
_STILL, _SMALL = 0.002, 0.05  # a change below this number of pixels, or this part of the error, is none
_FAINT = 3.0  # times its error: the position of a fainter source does not move
_MOST = 4  # neighbours whose fluxes and positions share in an error
FLUX_VARIANCE, CHI2, BROAD, BROAD_ERROR, GOOD_SHARE, X_VARIANCE, Y_VARIANCE, XY_VARIANCE = range(8)
RESULTS = 8


@part
def _splines(offset: float, weights: Floats, slopes: Floats) -> int:
    """Write the four B-splines at an offset [grid], and their slopes; return the index of the first."""
    first = int(np.floor(offset))
    t = offset - first
    weights[0], weights[3] = (1 - t) ** 3 / 6, t**3 / 6
    weights[1], weights[2] = (3 * t**3 - 6 * t**2 + 4) / 6, (-3 * t**3 + 3 * t**2 + 3 * t + 1) / 6
    slopes[0], slopes[3] = -((1 - t) ** 2) / 2, t**2 / 2
    slopes[1], slopes[2] = (3 * t**2 - 4 * t) / 2, (-3 * t**2 + 2 * t + 1) / 2
    return first - 1


@part
def _four(core: Floats, j: int, start: int, step: int, splines: Floats, which: int, lines: Floats, kind: int, side: int,
          ) -> None:
    """Write weighted sums of four neighbours in row `j` of `core` into ``lines[kind, j]``, `step` values further each time.

    Elements are read one by one: each slice of an array would cost a counted reference, which takes longer than the sums.
    """
    a, b, c, d = splines[which, 0], splines[which, 1], splines[which, 2], splines[which, 3]
    if start >= 0 and start + (side - 1) * step + 3 < core.shape[1]:
        for k in range(side):
            place = start + k * step
            lines[kind, j, k] = a * core[j, place] + b * core[j, place + 1] + c * core[j, place + 2] + d * core[j, place + 3]
        return
    for k in range(side):
        lines[kind, j, k] = 0
        for i in range(4):
            place = start + k * step + i
            if 0 <= place < core.shape[1]:
                lines[kind, j, k] += splines[which, i] * core[j, place]


@part
def _render(core: Floats, sampling: int, x: float, y: float, half: int, sloping: bool, stamps: Floats, lines: Floats) -> None:
    """Write the star at (x, y) from the middle of a stamp, and its slopes by x and y if asked, into `stamps` [3, side, side].

    `lines` [2, m, side] is a buffer.
    """
    splines = np.empty((4, 4), np.float32)
    side, m = 2 * half + 1, core.shape[0]
    y0 = _splines((-half - y) * sampling + m // 2, splines[0], splines[1])
    x0 = _splines((-half - x) * sampling + m // 2, splines[2], splines[3])
    for i in range(4):
        splines[1, i] *= np.float32(-sampling)
        splines[3, i] *= np.float32(-sampling)
    for j in range(max(0, y0), min(m, y0 + (side - 1) * sampling + 4)):
        _four(core, j, x0, sampling, splines, 2, lines, 0, side)
        if sloping:
            _four(core, j, x0, sampling, splines, 3, lines, 1, side)
    for stamp in range(3 if sloping else 1):
        along_y, kind = 1 if stamp == 2 else 0, 1 if stamp == 1 else 0
        a, b, c, d = splines[along_y, 0], splines[along_y, 1], splines[along_y, 2], splines[along_y, 3]
        for k in range(side):
            place = y0 + k * sampling
            if place >= 0 and place + 3 < m:
                for i in range(side):
                    stamps[stamp, k, i] = (a * lines[kind, place, i] + b * lines[kind, place + 1, i]
                                           + c * lines[kind, place + 2, i] + d * lines[kind, place + 3, i])
                continue
            for i in range(side):
                stamps[stamp, k, i] = 0
            for j in range(4):
                if 0 <= place + j < m:
                    for i in range(side):
                        stamps[stamp, k, i] += splines[along_y, j] * lines[kind, place + j, i]


@part
def _add(image: Floats, core: Floats, sampling: int, source: Doubles, half: int, factor: float, stamps: Floats, lines: Floats,
         ) -> None:
    """Add `factor` times the source to an image, as far as it lies inside."""
    column, line = int(np.rint(source[0])), int(np.rint(source[1]))
    _render(core, sampling, source[0] - column, source[1] - line, half, False, stamps, lines)
    scale = np.float32(factor * source[2])
    low, high = max(0, half - column), min(2 * half + 1, image.shape[1] + half - column)
    for j in range(max(0, half - line), min(2 * half + 1, image.shape[0] + half - line)):
        for i in range(low, high):
            image[line + j - half, column + i - half] += scale * stamps[0, j, i]


@part
def _whole(basis: Floats, terms: Doubles, core: Floats) -> None:
    """Write all coefficients of the PSF at a place into `core`."""
    core[:] = 0
    for t in range(basis.shape[0]):
        factor = np.float32(terms[t])
        for j in range(core.shape[0]):
            for i in range(core.shape[1]):
                core[j, i] += factor * basis[t, j, i]


@kernel((_CORES, _TERMS, _CORES, _INT, _INPUT, _ORDER, _ORDER, _INT, _INT, _FLOAT, _RESIDUAL))
def add_sources(basis: Floats, terms: Doubles, cores: Floats, sampling: int, sources: Doubles, reach: Integers, order: Integers,
                first: int, last: int, factor: float, image: Floats) -> None:
    """Add `factor` times the sources ``order[first:last]`` to an image, each as far as `reach` [source] pixels.

    A source within reach of its core is rendered from `cores`, others from `basis` and their `terms`.
    """
    whole = np.empty(basis.shape[1:], np.float32)
    side = 2 * (basis.shape[1] // (2 * sampling)) + 1
    stamps, lines = np.empty((3, side, side), np.float32), np.empty((2, basis.shape[1], side), np.float32)
    inner = (cores.shape[1] - 5) // (2 * sampling)
    for place in range(first, last):
        k = order[place]
        if reach[k] <= inner:
            _add(image, cores[k], sampling, sources[k], reach[k], factor, stamps, lines)
        else:
            _whole(basis, terms[k], whole)
            _add(image, whole, sampling, sources[k], reach[k], factor, stamps, lines)


@part
def _solved(stamps: Floats, residual: Floats, good: Bytes, source: Doubles, half: int, free: bool, change: Doubles) -> float:
    """Write the best change of (x, y, flux) into `change`; return the sum of the squares of the PSF, 0 where none is good."""
    column, line = int(np.rint(source[0])), int(np.rint(source[1]))
    aa, ab, ac, bb, bc, cc, ra, rb, rc = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for j in range(2 * half + 1):
        y = line + j - half
        if y < 0 or y >= residual.shape[0]:
            continue
        for i in range(max(0, half - column), min(2 * half + 1, residual.shape[1] + half - column)):
            x = column + i - half
            if good[y if good.shape[0] > 1 else 0, x] > 0:
                a, b, c, r = float(stamps[0, j, i]), float(stamps[1, j, i]), float(stamps[2, j, i]), float(residual[y, x])
                aa, ab, ac, ra = aa + a * a, ab + a * b, ac + a * c, ra + a * r
                bb, bc, rb = bb + b * b, bc + b * c, rb + b * r
                cc, rc = cc + c * c, rc + c * r
    change[:] = 0
    if not aa > 0:
        return 0.0
    determinant = aa * (bb * cc - bc * bc) - ab * (ab * cc - bc * ac) + ac * (ab * bc - bb * ac)
    if not free or not determinant > 1e-6 * aa * bb * cc or not source[2] > 0:
        change[2] = ra / aa
        return aa
    change[2] = (ra * (bb * cc - bc * bc) - ab * (rb * cc - bc * rc) + ac * (rb * bc - bb * rc)) / determinant
    dx = (aa * (rb * cc - bc * rc) - ra * (ab * cc - bc * ac) + ac * (ab * rc - rb * ac)) / determinant / source[2]
    dy = (aa * (bb * rc - rb * bc) - ab * (ab * rc - rb * ac) + ra * (ab * bc - bb * ac)) / determinant / source[2]
    shrink = min(1.0, _STEP / max(np.hypot(dx, dy), 1e-12))
    change[0], change[1] = shrink * dx, shrink * dy
    if shrink < 1:
        change[2] = ra / aa
    return aa


@kernel((_CORES, _TERMS, _CORES, _INT, _ORDER, _INT, _INT, _INT, _FLOAT, _MAP, _IMAGE, _INPUT, _ORDER, _RESIDUAL, _TABLE,
         types.bool_[::1]))
def sweep(basis: Floats, terms: Doubles, cores: Floats, sampling: int, order: Integers, first: int, last: int, half: int,
          farthest: float, good: Bytes, variance: Floats, origins: Doubles, reach: Integers, residual: Floats,
          sources: Doubles, changed: Flags) -> None:
    """Fit the sources ``order[first:last]`` one after the other to what all others leave.

    Parameters
    ----------
    basis, terms, cores, sampling
        See `add_sources`.
    order : int64 [n]
    first, last : int
    half : int
        Half side of the box of pixels that is fitted.
    farthest : float
        No position moves farther from its origin [pixels].
    good : uint8 [y, x] or [1, x]
    variance : float32 [y, x]
        Of the sky.
    origins : float64 [source, 2]
    reach : int64 [source]
    residual : float32 [y, x]
        The image less all sources; is kept so.
    sources : float64 [source, 3]
        Are improved.
    changed : bool [source]
        Becomes whether the source changed.
    """
    whole, change, fitted = np.empty(basis.shape[1:], np.float32), np.zeros(3), np.empty(3)
    side = 2 * (basis.shape[1] // (2 * sampling)) + 1
    stamps, lines = np.empty((3, side, side), np.float32), np.empty((2, basis.shape[1], side), np.float32)
    inner = (cores.shape[1] - 5) // (2 * sampling)
    for place in range(first, last):
        k = order[place]
        source = sources[k]
        column, line = int(np.rint(source[0])), int(np.rint(source[1]))
        _render(cores[k], sampling, source[0] - column, source[1] - line, half, True, stamps, lines)
        y, x = min(max(line, 0), residual.shape[0] - 1), min(max(column, 0), residual.shape[1] - 1)
        spread = variance[y if variance.shape[0] > 1 else 0, x]
        peak = float(stamps[0, half, half])
        noise = np.sqrt(spread / max(peak, 1e-9)) * 2  # about the error of the flux
        free = source[2] > _FAINT * noise / 2
        square = _solved(stamps, residual, good, source, half, free, change)
        if square <= 0:
            continue
        fitted[0], fitted[1], fitted[2] = source[0] + change[0], source[1] + change[1], source[2] + change[2]
        away = np.hypot(fitted[0] - origins[k, 0], fitted[1] - origins[k, 1])
        if away > farthest:
            for axis in range(2):
                fitted[axis] = origins[k, axis] + (fitted[axis] - origins[k, axis]) * farthest / away
        error = np.sqrt(spread / square)
        moved = max(abs(fitted[0] - source[0]), abs(fitted[1] - source[1]))
        changed[k] = abs(fitted[2] - source[2]) > _SMALL * error or moved > max(_STILL, _SMALL * error / max(source[2], error))
        if not changed[k]:
            continue
        if reach[k] <= inner:
            _add(residual, cores[k], sampling, source, reach[k], 1.0, stamps, lines)
            _add(residual, cores[k], sampling, fitted, reach[k], -1.0, stamps, lines)
        else:
            _whole(basis, terms[k], whole)
            _add(residual, whole, sampling, source, reach[k], 1.0, stamps, lines)
            _add(residual, whole, sampling, fitted, reach[k], -1.0, stamps, lines)
        source[:] = fitted


@part
def _shared(cores: Floats, sampling: int, sources: Doubles, mine: Integers, k: int, half: int, good: Bytes, stamps: Floats,
            lines: Floats, columns: Floats, matrix: Doubles) -> int:
    """Write the normal matrix of source `k` and its neighbours in the box of `k`; return its size."""
    column, line = int(np.rint(sources[k, 0])), int(np.rint(sources[k, 1]))
    size = 0
    for place in range(-1, mine.size):
        other = k if place < 0 else mine[place]
        if other < 0:
            break
        _render(cores[other], sampling, sources[other, 0] - column, sources[other, 1] - line, half, True, stamps, lines)
        for c in range(3):
            columns[size + c] = stamps[c, :2 * half + 1, :2 * half + 1]
        size += 3
    matrix[:size, :size] = 0
    for j in range(2 * half + 1):
        y = line + j - half
        for i in range(2 * half + 1):
            x = column + i - half
            if 0 <= y < good.shape[0] and 0 <= x < good.shape[1] and good[y, x] > 0:
                for a in range(size):
                    for b in range(a + 1):
                        matrix[a, b] += columns[a, j, i] * columns[b, j, i]
    for a in range(size):
        for b in range(a):
            matrix[b, a] = matrix[a, b]
        matrix[a, a] = matrix[a, a] * (1 + 1e-6) + 1e-30
    return size


@part
def _corner(matrix: Doubles, size: int, corner: Doubles) -> None:
    """Write the first 3 x 3 numbers of the inverse of a positive matrix into `corner`; the matrix is overwritten."""
    for a in range(size):  # Cholesky: the lower triangle becomes L, from the last row and column upwards
        last = size - 1 - a
        matrix[last, last] = np.sqrt(max(matrix[last, last], 1e-300))
        for b in range(last):
            matrix[last, b] /= matrix[last, last]
        for b in range(last):
            for c in range(b + 1):
                matrix[b, c] -= matrix[last, b] * matrix[last, c]
    # The first 3 x 3 block of L now is the root of what is left when all others are eliminated.
    a, b, c = matrix[0, 0], matrix[1, 1], matrix[2, 2]
    ba, ca, cb = matrix[1, 0], matrix[2, 0], matrix[2, 1]
    i00, i11, i22 = 1 / a, 1 / b, 1 / c
    i10, i21 = -ba / (a * b), -cb / (b * c)
    i20 = (ba * cb - ca * b) / (a * b * c)
    corner[0, 0], corner[1, 1], corner[2, 2] = i00 * i00, i10 * i10 + i11 * i11, i20 * i20 + i21 * i21 + i22 * i22
    corner[0, 1] = corner[1, 0] = i00 * i10
    corner[0, 2] = corner[2, 0] = i00 * i20
    corner[1, 2] = corner[2, 1] = i10 * i20 + i11 * i21


@part
def _extent(pp: float, pb: float, bb: float, pr: float, br: float, result: Doubles) -> None:
    """Write which part of the light has the broadened PSF, and the error of this part."""
    determinant = pp * bb - pb * pb
    point, wide = (bb * pr - pb * br) / determinant, (pp * br - pb * pr) / determinant
    total = point + wide
    if not determinant > 0 or not total > 0:
        result[BROAD], result[BROAD_ERROR] = np.nan, np.nan
        return
    result[BROAD] = wide / total
    result[BROAD_ERROR] = np.sqrt(max(point**2 * pp + wide**2 * bb + 2 * point * wide * pb, 0.0) / determinant) / total**2


@kernel((_CORES, _CORES, _INT, _INPUT, _INT, _INT, _INT, _MAP, _IMAGE, _IMAGE, _IMAGE, read_only(types.int64, 2), _FLOAT,
         _FLOAT, _TABLE))
def finish(cores: Floats, broad: Floats, sampling: int, sources: Doubles, first: int, last: int, half: int, good: Bytes,
           variance: Floats, image: Floats, residual: Floats, neighbours: Integers, photons: float, accuracy: float,
           results: Doubles) -> None:
    """Write errors, chi2 and extent of the sources `first` to before `last` into `results` [source, RESULTS].

    `broad` [source - first] are the coefficients of the broadened PSF, `neighbours` int64 [source, n] sources near by, -1 for
    none. The noise of a pixel is `variance`, `photons` times the light of the sources, and `accuracy` times the light of
    the source itself.
    """
    side = 2 * half + 1
    stamps, wide = np.empty((3, side, side), np.float32), np.empty((3, side, side), np.float32)
    inner = max(2 * half // 3, 1)  # here lies what tells a source from its neighbours
    columns = np.empty((3 * _MOST + 3, 2 * inner + 1, 2 * inner + 1), np.float32)
    matrix = np.zeros((3 * _MOST + 3, 3 * _MOST + 3))
    inverse, lines = np.zeros((3, 3)), np.empty((2, cores.shape[1], side), np.float32)
    for k in range(first, last):
        size = _shared(cores, sampling, sources, neighbours[k, :_MOST], k, inner, good, stamps, lines, columns, matrix)
        alone = matrix[0, 0]
        column, line = int(np.rint(sources[k, 0])), int(np.rint(sources[k, 1]))
        _render(cores[k], sampling, sources[k, 0] - column, sources[k, 1] - line, half, False, stamps, lines)
        _render(broad[k - first], sampling, sources[k, 0] - column, sources[k, 1] - line, half, False, wide, lines)
        flux, noise, squares, light, number, chi2, lost = sources[k, 2], 0.0, 0.0, 0.0, 0, 0.0, 0.0
        pp, pb, bb, pr, br = 0.0, 0.0, 0.0, 0.0, 0.0
        for j in range(side):
            y = line + j - half
            for i in range(side):
                x = column + i - half
                p, b = float(stamps[0, j, i]), float(wide[0, j, i])
                light += p
                if not (0 <= y < good.shape[0] and 0 <= x < good.shape[1]) or good[y, x] == 0:
                    lost += p
                    continue
                own = max(image[y, x] - residual[y, x], np.float32(0))
                spread = variance[y if variance.shape[0] > 1 else 0, x] + photons * own
                noise += p * p * spread
                squares += p * p
                weight = 1 / (spread + (accuracy * flux * p) ** 2)
                r = residual[y, x] + flux * p
                chi2 += residual[y, x] ** 2 * weight
                number += 1
                pp, pb, bb = pp + weight * p * p, pb + weight * p * b, bb + weight * b * b
                pr, br = pr + weight * p * r, br + weight * b * r
        result = results[k]
        result[GOOD_SHARE] = 1 - lost / light if light > 0 else 0.0
        if not squares > 0 or not alone > 1e-20:
            result[:GOOD_SHARE] = np.nan
            continue
        _corner(matrix, size, inverse)
        scale = noise / squares
        result[FLUX_VARIANCE] = inverse[0, 0] * alone / squares * scale
        square = max(flux * flux, 1e-30)
        result[X_VARIANCE], result[Y_VARIANCE] = inverse[1, 1] * scale / square, inverse[2, 2] * scale / square
        result[XY_VARIANCE] = inverse[1, 2] * scale / square
        result[CHI2] = chi2 / (number - 3) if number > 3 else np.nan
        _extent(pp, pb, bb, pr, br, result)

"""Compiled kernels that measure sources; see `kernels.combine` for the rules.

Positions (x, y) are in pixels, 0 is the centre of the first. Where a pixel is bad, outside or of another source, the pixel
opposite the centre stands for it.
"""

import numpy as np
from numba import types
from numpy.typing import NDArray

from awlike.compiled import kernel, part, read_only
from awlike.pixels.arrays import Array, Bytes, Doubles, Floats, Integers

_IMAGE, _MAP, _LABELS = read_only(types.float32, 2), read_only(types.uint8, 2), read_only(types.int32, 2)
_TABLE, _INPUT, _BITS = types.float64[:, ::1], read_only(types.float64, 2), types.int64[::1]
_PLACES, _RADII = read_only(types.int64, 1), read_only(types.float64, 1)
X, Y, A, B, THETA, KRON, HALF_LIGHT, X_VARIANCE, Y_VARIANCE, XY_VARIANCE, FWHM, PEAK, X_WINDOW, Y_WINDOW = range(14)
SHAPE = 14  # columns of a shape; A and B [pixels], THETA [rad], KRON in units of A and B
MOMENTS_FAILED, WINDOW_FAILED, KRON_FAILED, HAS_NEIGHBOUR, HAS_BAD, HAS_OUTSIDE = 1, 2, 4, 8, 16, 32
_KRON_REACH, _KRON_FACTOR, _LEAST_KRON, _MOST_KRON = 6.0, 2.5, 3.5, 15.0
_LARGEST = 100.0  # pixels: no aperture is larger
_BIN = 0.5  # pixels: of the growth curve
_ROUNDS, _CONVERGED, _STEP, _FARTHEST = 15, 5e-4, 1.0, 2.0  # of the windowed position; pixels
_WINDOW_REACH, _VARIANCE_REACH = 3.0, 2.5  # sigma of the window
_CORE = 0.5  # sigma of the window in which the FWHM is measured, relative to the window
_SIGMA_TO_FWHM = 2.354820045
_SUBCOLUMNS = 8  # in which the border of a circle is integrated
_CROWDED_SHARE = 0.1
_MARGIN = 3  # pixels: the pixel opposite a pixel of a box lies so far outside at most
_NOWHERE = 1e9  # pixels: farther from the image is no place
_MOST = 2 * int(_LARGEST) + 2 * _MARGIN + 4  # pixels: the half side of the largest stamp


@part
def _moments(image: Floats, places: Integers, positive: bool, shape: Doubles) -> bool:
    """Write the barycentre and the ellipse of these pixels into `shape`; return whether they describe an ellipse."""
    width = image.shape[1]
    total, x1, y1, xx, yy, xy = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    if places.size == 0:
        return False
    y0, x0 = places[0] // width, places[0] % width
    for place in places:
        y, x = place // width, place % width
        value = float(image[y, x])
        if not abs(value) < np.inf:
            continue
        value = max(value, 0.0) if positive else value
        dx, dy = x - x0, y - y0
        total += value
        x1 += value * dx
        y1 += value * dy
        xx += value * dx * dx
        yy += value * dy * dy
        xy += value * dx * dy
    if total <= 0:
        return False
    x1, y1 = x1 / total, y1 / total
    xx, yy, xy = xx / total - x1 * x1, yy / total - y1 * y1, xy / total - x1 * y1
    if xx * yy - xy * xy < 0.00694:  # 1 / 144: a source on a single row of pixels
        xx, yy = xx + 1 / 12, yy + 1 / 12
    half, root = (xx + yy) / 2, np.sqrt(((xx - yy) / 2) ** 2 + xy * xy)
    if not half - root > 0.01:
        return False
    shape[X], shape[Y], shape[A], shape[B] = x0 + x1, y0 + y1, np.sqrt(half + root), np.sqrt(half - root)
    shape[THETA] = 0.5 * np.arctan2(2 * xy, xx - yy)
    return True


@part
def _ellipse(shape: Doubles) -> tuple[float, float, float]:
    """Return the coefficients of x^2, y^2 and xy in the square of the radius in units of the ellipse."""
    c, s = np.cos(shape[THETA]), np.sin(shape[THETA])
    a, b = shape[A] ** -2, shape[B] ** -2
    return c * c * a + s * s * b, s * s * a + c * c * b, 2 * c * s * (a - b)


@part
def _gather(image: Floats, labels: NDArray[np.int32], good: Bytes, number: int, yc: float, xc: float, reach: int,
            stamp: Floats, box: Integers) -> None:
    """Copy the pixels within `reach` of a place into `stamp`; write NaN for bad pixels and for pixels of other sources.

    `box` is the row and the column of the first pixel of the stamp in the image, and the side of the stamp. A stamp that is
    large enough stays. No function of its own decides about a pixel: each call would count references to the arrays that it
    gets, which takes longer than the decision.
    """
    reach += _MARGIN
    if box[2] > 2 * reach:
        return
    top, left, side = int(yc) - reach, int(xc) - reach, 2 * reach + 1
    box[0], box[1], box[2] = top, left, side
    for j in range(side):
        y = top + j
        for i in range(side):
            x = left + i
            own = (0 <= y < labels.shape[0] and 0 <= x < labels.shape[1] and (labels[y, x] <= 0 or labels[y, x] == number)
                   and good[y if good.shape[0] > 1 else 0, x] > 0)
            stamp[j * side + i] = image[y, x] if own else np.float32(np.nan)


@part
def _light(stamp: Floats, box: Integers, y: int, x: int, j: int, i: int) -> float:
    """Return the light of the pixel (y, x), or of the opposite one (j, i) that stands for it; NaN where neither is known."""
    top, left, side = box[0], box[1], box[2]
    own = stamp[(y - top) * side + x - left]
    return stamp[(j - top) * side + i - left] if np.isnan(own) else own


@part
def _kron(stamp: Floats, box: Integers, shape: Doubles) -> bool:
    """Write the Kron radius of the AUTO aperture into `shape`; return whether it could be measured."""
    cxx, cyy, cxy = _ellipse(shape)
    xc, yc, reach = shape[X], shape[Y], _kron_reach(shape)
    across_y, across_x = int(np.rint(2 * yc)), int(np.rint(2 * xc))
    total, moment = 0.0, 0.0
    for y in range(int(yc) - reach, int(yc) + reach + 2):
        for x in range(int(xc) - reach, int(xc) + reach + 2):
            dx, dy = x - xc, y - yc
            radius2 = cxx * dx * dx + cyy * dy * dy + cxy * dx * dy
            if radius2 > _KRON_REACH**2:
                continue
            light = _light(stamp, box, y, x, across_y - y, across_x - x)
            if not np.isnan(light):
                total += light
                moment += np.sqrt(radius2) * light
    fine = total > 0 and moment > 0
    shape[KRON] = min(max(_KRON_FACTOR * moment / total, _LEAST_KRON), _MOST_KRON) if fine else _LEAST_KRON
    return fine


@part
def _kron_reach(shape: Doubles) -> int:
    """Return how far the pixels reach in which the Kron radius is measured."""
    return int(min(_KRON_REACH * shape[A], _LARGEST)) + 1


@part
def _round_radius(shape: Doubles) -> float:
    """Return the radius of the AUTO aperture, made round."""
    return min(shape[KRON] * np.sqrt(shape[A] * shape[B]), _LARGEST)


@part
def _half_light(stamp: Floats, box: Integers, shape: Doubles, growth: Doubles) -> None:
    """Write the radius of half the light within the AUTO aperture, made round, into `shape`; NaN if there is no light."""
    xc, yc, radius = shape[X], shape[Y], _round_radius(shape)
    across_y, across_x = int(np.rint(2 * yc)), int(np.rint(2 * xc))
    growth[:] = 0
    reach = int(radius) + 1
    for y in range(int(yc) - reach, int(yc) + reach + 2):
        for x in range(int(xc) - reach, int(xc) + reach + 2):
            distance = np.sqrt((x - xc) ** 2 + (y - yc) ** 2)
            if distance > radius + 0.5:
                continue
            light = _light(stamp, box, y, x, across_y - y, across_x - x)
            if np.isnan(light):
                continue
            low, high = max((distance - 0.5) * (1 / _BIN), 0.0), (distance + 0.5) * (1 / _BIN)
            share = light / (high - low)  # the light of a pixel is spread evenly over its radii
            for k in range(int(low), int(high) + 1):
                growth[k] += share * (min(high, k + 1.0) - max(low, float(k)))
    bins = int(radius / _BIN)
    half = 0.5 * growth[:bins].sum()
    shape[HALF_LIGHT] = np.nan
    below = 0.0
    for k in range(bins):
        if half > 0 and below + growth[k] >= half:
            shape[HALF_LIGHT] = _BIN * (k + (half - below) / growth[k])
            break
        below += growth[k]


@part
def _window_reach(sigma: float) -> int:
    """Return how far the pixels of a window reach."""
    return int(_WINDOW_REACH * sigma) + 1


@part
def _farthest(shape: Doubles) -> float:
    """Return how far a windowed position may lie from the barycentre."""
    return min(_FARTHEST + shape[A] / 2, _LARGEST)


@part
def _window_sums(stamp: Floats, box: Integers, place: tuple[float, float, float], bell: Doubles, sums: Doubles) -> None:
    """Add up a Gaussian window at (x, y, sigma): light, first moments, and the second."""
    xc, yc, sigma = place
    reach, x0, y0 = _window_reach(sigma), int(np.rint(xc)), int(np.rint(yc))
    across_y, across_x = int(np.rint(2 * yc)), int(np.rint(2 * xc))
    for k in range(2 * reach + 1):
        bell[k] = np.exp(-0.5 * ((x0 - reach + k - xc) / sigma) ** 2)
    sums[:] = 0
    for y in range(y0 - reach, y0 + reach + 1):
        dy = y - yc
        along_y = np.exp(-0.5 * (dy / sigma) ** 2)
        for x in range(x0 - reach, x0 + reach + 1):
            value = _light(stamp, box, y, x, across_y - y, across_x - x)
            if not np.isnan(value):
                dx = x - xc
                light = along_y * bell[x - x0 + reach] * value
                sums[0] += light
                sums[1] += light * dx
                sums[2] += light * dy
                sums[3] += light * (dx * dx + dy * dy)


@part
def _window_variances(stamp: Floats, box: Integers, variance: Floats, photons: float, sigma: float, light: float,
                      shape: Doubles, bell: Doubles) -> None:
    """Write the covariance of the windowed position into `shape`."""
    xc, yc = shape[X_WINDOW], shape[Y_WINDOW]
    x0, y0, reach = int(np.rint(xc)), int(np.rint(yc)), int(_VARIANCE_REACH * sigma) + 1
    across_y, across_x, top, left, side = int(np.rint(2 * yc)), int(np.rint(2 * xc)), box[0], box[1], box[2]
    for k in range(2 * reach + 1):
        bell[k] = np.exp(-(((x0 - reach + k - xc) / sigma) ** 2))
    xx, yy, xy = 0.0, 0.0, 0.0
    for y in range(y0 - reach, y0 + reach + 1):
        dy = y - yc
        along_y = np.exp(-((dy / sigma) ** 2))
        for x in range(x0 - reach, x0 + reach + 1):
            j, i, value = y, x, stamp[(y - top) * side + x - left]
            if np.isnan(value):
                j, i = across_y - y, across_x - x
                value = stamp[(j - top) * side + i - left]
            if not np.isnan(value):
                dx = x - xc
                noise = along_y * bell[x - x0 + reach] * (
                    variance[j if variance.shape[0] > 1 else 0, i] + max(value, np.float32(0)) * photons)
                xx, yy, xy = xx + noise * dx * dx, yy + noise * dy * dy, xy + noise * dx * dy
    scale = 4 / (light * light) if light > 0 else np.nan
    shape[X_VARIANCE], shape[Y_VARIANCE], shape[XY_VARIANCE] = scale * xx, scale * yy, scale * xy


@part
def _window(stamp: Floats, box: Integers, sigma: float, shape: Doubles, bell: Doubles, sums: Doubles) -> bool:
    """Write the windowed position into `shape`, and the light in the window into `sums`; return whether it converged."""
    xc, yc = shape[X], shape[Y]
    converged = False
    for _ in range(_ROUNDS):
        _window_sums(stamp, box, (xc, yc, sigma), bell, sums)
        if not sums[0] > 0:
            break
        dx, dy = 2 * sums[1] / sums[0], 2 * sums[2] / sums[0]
        length = np.sqrt(dx * dx + dy * dy)
        shrink = min(1.0, _STEP / max(length, 1e-9))
        xc, yc = xc + shrink * dx, yc + shrink * dy
        if (xc - shape[X]) ** 2 + (yc - shape[Y]) ** 2 > _farthest(shape) ** 2:
            break
        if length < _CONVERGED:
            converged = True
            break
    if not converged:
        xc, yc = shape[X], shape[Y]
        _window_sums(stamp, box, (xc, yc, sigma), bell, sums)
    shape[X_WINDOW], shape[Y_WINDOW] = xc, yc
    return converged


@part
def _core(stamp: Floats, box: Integers, sigma: float, shape: Doubles, bell: Doubles, sums: Doubles) -> None:
    """Write the FWHM of the core into `shape`: that of the Gaussian with the second moment in a narrow window."""
    _window_sums(stamp, box, (shape[X_WINDOW], shape[Y_WINDOW], sigma), bell, sums)
    spread = sums[3] / (2 * sums[0]) if sums[0] > 0 else 0.0
    narrow = 1 / spread - 1 / sigma**2 if spread > 0 else 0.0
    shape[FWHM] = _SIGMA_TO_FWHM / np.sqrt(narrow) if narrow > 0 else np.nan


@kernel((_IMAGE, _IMAGE, _MAP, _LABELS, _PLACES, _PLACES, _PLACES, types.float64, types.float64, types.int64, types.int64,
         _TABLE, _BITS))
def measure_shapes(image: Floats, variance: Floats, good: Bytes, labels: Array, places: Integers, starts: Integers,
                   peaks: Integers, photons: float, size: float, first: int, last: int, shapes: Doubles, bits: Integers,
                   ) -> None:
    """Measure position and extent of the sources `first` to before `last`.

    Parameters
    ----------
    image, variance : float32 [y, x]
        The sky subtracted; `variance` [1, x] too.
    good : uint8 [y, x] or [1, x]
    labels : int32 [y, x]
        Numbers from 1.
    places, starts : int64 [pixel], [source + 1]
        The pixels of all sources, and where those of each begin.
    peaks : int64 [source]
        The pixel of each peak.
    photons : float
        Variance that a unit of light adds, 1 / gain, or 0 where `variance` has it.
    size : float
        A and B where the moments describe no ellipse [pixels].
    first, last : int
    shapes, bits : float64 [source, SHAPE], int64 [source]
        Are filled.
    """
    growth, bell, sums = np.zeros(int((_LARGEST + 3) / _BIN) + 8), np.zeros(2 * int(_LARGEST) + 9), np.zeros(4)
    stamp, box = np.empty((2 * _MOST + 1) ** 2, np.float32), np.zeros(3, np.int64)
    for k in range(first, last):
        mine, shape = places[starts[k]:starts[k + 1]], shapes[k]
        bits[k] = 0
        if not _moments(image, mine, False, shape) and not _moments(image, mine, True, shape):
            shape[X], shape[Y] = peaks[k] % image.shape[1], peaks[k] // image.shape[1]
            shape[A], shape[B], shape[THETA] = size, size, 0
            bits[k] |= MOMENTS_FAILED
        shape[PEAK] = image[peaks[k] // image.shape[1], peaks[k] % image.shape[1]]
        for place in mine:
            shape[PEAK] = max(shape[PEAK], image[place // image.shape[1], place % image.shape[1]])
        box[2] = 0
        _gather(image, labels, good, k + 1, shape[Y], shape[X], _kron_reach(shape), stamp, box)
        if not _kron(stamp, box, shape):
            bits[k] |= KRON_FAILED
        _gather(image, labels, good, k + 1, shape[Y], shape[X], int(_round_radius(shape)) + 1, stamp, box)
        _half_light(stamp, box, shape, growth)
        sigma = shape[HALF_LIGHT] * 2 / _SIGMA_TO_FWHM if shape[HALF_LIGHT] > 0 else np.sqrt(shape[A] * shape[B])
        sigma = min(max(sigma, 0.5), _LARGEST / _WINDOW_REACH)
        _gather(image, labels, good, k + 1, shape[Y], shape[X], _window_reach(sigma) + int(_farthest(shape)) + 1, stamp, box)
        if not _window(stamp, box, sigma, shape, bell, sums):
            bits[k] |= WINDOW_FAILED
        _window_variances(stamp, box, variance, photons, sigma, sums[0], shape, bell)
        _core(stamp, box, _CORE * sigma, shape, bell, sums)


@part
def _covered(dx: float, dy: float, radius: float) -> float:
    """Return which part of the pixel at this distance a circle covers."""
    dx, dy = abs(dx), abs(dy)
    if (dx + 0.5) ** 2 + (dy + 0.5) ** 2 <= radius * radius:
        return 1.0
    if max(dx - 0.5, 0.0) ** 2 + max(dy - 0.5, 0.0) ** 2 >= radius * radius:
        return 0.0
    total = 0.0
    for k in range(_SUBCOLUMNS):
        x = dx - 0.5 + (k + 0.5) / _SUBCOLUMNS
        if abs(x) < radius:
            chord = np.sqrt(radius * radius - x * x)
            total += max(min(chord, dy + 0.5) - max(-chord, dy - 0.5), 0.0)
    return total / _SUBCOLUMNS


@kernel((_IMAGE, _IMAGE, _MAP, _LABELS, _INPUT, _RADII, types.float64, types.int64, types.int64, _TABLE, _TABLE, _BITS))
def measure_fluxes(image: Floats, variance: Floats, good: Bytes, labels: Array, shapes: Doubles, radii: Doubles, photons: float,
                   first: int, last: int, fluxes: Doubles, variances: Doubles, bits: Integers) -> None:
    """Measure the light of the sources `first` to before `last` in the AUTO ellipse (column 0) and in circles.

    `fluxes` and `variances` are float64 [source, 1 + circle] and are filled; so are `bits`. See `measure_shapes`.
    """
    largest = int(np.ceil(max(_LARGEST, radii.max() if radii.size else 0.0))) + 1 + _MARGIN
    stamp, box = np.empty((2 * largest + 1) ** 2, np.float32), np.zeros(3, np.int64)
    for k in range(first, last):
        shape, number = shapes[k], k + 1
        cxx, cyy, cxy = _ellipse(shape)
        xc, yc, kron2 = shape[X_WINDOW], shape[Y_WINDOW], shape[KRON] ** 2
        fluxes[k], variances[k], bits[k] = 0, 0, 0
        if not (abs(xc) < _NOWHERE and abs(yc) < _NOWHERE):  # NaN, too
            fluxes[k], variances[k], bits[k] = np.nan, np.nan, HAS_OUTSIDE
            continue
        reach = int(np.ceil(max(min(shape[KRON] * shape[A], _LARGEST), radii.max() if radii.size else 0.0))) + 1
        box[2] = 0
        _gather(image, labels, good, number, yc, xc, reach, stamp, box)
        top, left, side, across_y, across_x = box[0], box[1], box[2], int(np.rint(2 * yc)), int(np.rint(2 * xc))
        area, neighbours = 0, 0
        for y in range(int(yc) - reach, int(yc) + reach + 2):
            for x in range(int(xc) - reach, int(xc) + reach + 2):
                dx, dy = x - xc, y - yc
                inside = cxx * dx * dx + cyy * dy * dy + cxy * dx * dy <= kron2
                if not inside and dx * dx + dy * dy > (reach + 1) ** 2:
                    continue
                j, i, value = y, x, stamp[(y - top) * side + x - left]
                own = not np.isnan(value)
                if not own:
                    j, i = across_y - y, across_x - x
                    value = stamp[(j - top) * side + i - left]
                known = not np.isnan(value)
                light = float(value) if known else 0.0
                noise = variance[j if variance.shape[0] > 1 else 0, i] + max(light, 0.0) * photons if known else 0.0
                if inside:
                    area += 1
                    if not own:
                        seen = 0 <= y < labels.shape[0] and 0 <= x < labels.shape[1]
                        foreign = seen and labels[y, x] > 0 and labels[y, x] != number
                        neighbours += foreign
                        bits[k] |= 0 if foreign else HAS_BAD if seen else HAS_OUTSIDE
                    fluxes[k, 0] += light
                    variances[k, 0] += noise
                for circle in range(radii.size):
                    part = _covered(dx, dy, radii[circle])
                    fluxes[k, 1 + circle] += part * light
                    variances[k, 1 + circle] += part * noise
        bits[k] |= HAS_NEIGHBOUR if neighbours > _CROWDED_SHARE * area else 0


@kernel((_PLACES, _LABELS, types.int64[::1], types.int64[::1]))
def group(places: Integers, labels: NDArray[np.int32], starts: Integers, grouped: Integers) -> None:
    """Sort pixels by the source to which they belong: `starts` [source + 1] and `grouped` [pixel] are filled."""
    width = labels.shape[1]
    starts[:] = 0
    for place in places:
        starts[labels[place // width, place % width]] += 1
    for k in range(1, starts.size):
        starts[k] += starts[k - 1]
    following = starts[:-1].copy()
    for place in places:
        number = labels[place // width, place % width] - 1
        grouped[following[number]] = place
        following[number] += 1

"""Gain by photon transfer, and linearity, from flat fields of several levels."""

from collections.abc import Sequence
from typing import NamedTuple, overload

import numpy as np

from awlike.errors import ParameterError
from awlike.pixels.arrays import Array, Flags, Image32
from awlike.pixels.geometry import require_same_shape
from awlike.pixels.statistics import MAD_TO_SIGMA
from awlike.pixels.strips import Frame, Rows, for_strips
from awlike.pixels.surface import basis, normal_equations

_WINDOW = 64  # pixels square in which the two exposures of a pair are brought to one level
_CLIP = 5.0  # robust sigma: a Gaussian loses nothing
_FEWEST = 100  # good pixels in a window that counts
_LEVELS, _SPAN = 4, 3  # the brighter-fatter effect is fitted to this many levels or more, over this factor or more
_ROUNDS = 10


class PhotonTransfer(NamedTuple):
    """The result of `photon_transfer`. Arrays have one value for each pair, in the order of the pairs."""

    gain: float  # e-/ADU
    gain_error: float  # one sigma, e-/ADU
    brighter_fatter: float  # by how much each electron lowers the variance: a00 of Astier et al., 1/e-; 0.0 if not fitted
    exposure_times: np.ndarray  # s
    levels: np.ndarray  # mean of the pair, ADU
    variances: np.ndarray  # of one exposure of the same level, ADU^2
    rms_diff: np.ndarray  # of the difference of the pair, ADU, brought to one level
    median_sum: np.ndarray  # sum of the medians of the pair, ADU
    used: np.ndarray  # bool: False from the level on where the variance falls because pixels are full
    n: int  # number of pairs used


class Linearity(NamedTuple):
    """The result of `linearity`: true = measured x (1 + c1 measured + c2 measured^2 ...)."""

    coefficients: tuple[float, ...]  # c1 [1/ADU], c2 [1/ADU^2], ...
    rms: float  # of what is left of the deviation from proportionality, a fraction
    n: int  # number of levels
    seconds_per_count: float  # exposure time of a low level, divided by it, s/ADU


class Pair(NamedTuple):
    """The result of `measure_pair`."""

    level: float  # mean of both exposures, ADU
    variance: float  # of one exposure of that level, ADU^2
    rms_diff: float  # of the difference, ADU, brought to one level
    median_sum: float  # sum of the medians, ADU
    number: float  # of pixels


def photon_transfer(pairs: Sequence[tuple[tuple[Frame, Frame], float]], read_noise: float,
                    good: Frame | None = None) -> PhotonTransfer:
    """Measure the gain from how the variance of flat fields grows with their level.

    The difference of two exposures has no structure of lamp and pixels, only noise: variance = level / gain +
    read_noise^2 (Janesick 2007, Photon Transfer, 5). Pixels that fill repel charge, which lowers the variance at high
    levels. Where there are at least four levels over a factor of three, this effect is fitted too (to third order in the
    level: Astier et al. 2019, A&A 629, A36, eq. 16); otherwise it makes the gain too large by some percent near full well.
    In windows of 64 x 64 pixels a plane of factors brings one exposure to the level of the other, so a lamp may
    drift within a pair, and its light may shift; clipped windows and pixels leave cosmic rays out. Levels from which
    on the variance falls are not used.

    Parameters
    ----------
    pairs : sequence of ((image, image), exposure time)
        Two flat fields of equal exposure, 2-D [y, x], overscan and bias subtracted, ADU, not flat-fielded;
        `strips.Rows` will do. The exposure time, in seconds, is passed on.
    read_noise : float
        Of one exposure, ADU.
    good : 2-D map, optional
        1 good, 0 bad. Default: all good.

    Returns
    -------
    PhotonTransfer

    Raises
    ------
    ValueError
        When there are no pairs, shapes differ, a pair has no light, or the variance does not grow with the level.
    """
    _check(len(pairs), read_noise)
    for (first, second), _ in pairs:
        require_same_shape(**{'first of a pair': first, 'second': second, 'good': good})
    return transfer_of([measure_pair(first, second, read_noise, good) for (first, second), _ in pairs],
                       [time for _, time in pairs], read_noise)


def _check(number: int, read_noise: float) -> None:
    if not number:
        raise ParameterError('there are no pairs of flat fields, but the gain needs at least one: '
                             'select two exposures of equal exposure time')
    if not read_noise >= 0:
        raise ParameterError(f'read_noise is {read_noise}, but a noise is not below 0: give it in ADU')


def transfer_of(pairs: Sequence[Pair], exposure_times: Sequence[float], read_noise: float) -> PhotonTransfer:
    """Return the gain from pairs of flat fields that `measure_pair` measured, as `photon_transfer` does.

    Parameters
    ----------
    pairs : sequence of Pair
        At least one.
    exposure_times : sequence of float
        Of each pair, seconds.
    read_noise : float
        Of one exposure, ADU.
    """
    _check(len(pairs), read_noise)
    measured = np.array(pairs)
    levels, variances, rms_diff, median_sum, numbers = measured.T
    used = _rising(levels, variances, numbers)
    level, variance, number = levels[used], variances[used] - read_noise**2, numbers[used]
    bent = level.size >= _LEVELS and level.max() >= _SPAN * level.min()
    slope, bend, error = _fitted(level, variance, read_noise, number, bent)
    gain = 1 / slope
    times = np.array(exposure_times, float)
    return PhotonTransfer(gain, gain**2 * error, bend, times, levels, variances, rms_diff, median_sum, used, int(used.sum()))


def linearity(levels: Sequence[float] | Array, exposure_times: Sequence[float] | Array, order: int = 2) -> Linearity:
    """Measure by which factor levels must be multiplied to be in proportion to the exposure time.

    A polynomial of the measured level is fitted to the exposure time, each level with the same relative weight. The lamp
    is taken to shine alike in all exposures, and the shutter to be exact: a lamp that drifts cannot be told from a
    detector that bends. Take the exposure times up and down again, or mixed, and each level more than once; then
    a drift is in `rms` and not in the coefficients.

    Parameters
    ----------
    levels : sequence of float
        Mean levels, bias subtracted, ADU, below saturation, as `PhotonTransfer.levels` where `used`.
    exposure_times : sequence of float
        Seconds, in the same order.
    order : int
        Number of coefficients. Default: 2.

    Returns
    -------
    Linearity
        The correction vanishes towards low levels. It holds between the levels measured; beyond them it is a guess.

    Raises
    ------
    ValueError
        When there are fewer than order + 2 different exposure times, or they span less than a factor of 2.
    """
    levels, times = np.asarray(levels, float), np.asarray(exposure_times, float)
    good = np.isfinite(levels) & (levels > 0) & (times > 0)
    levels, times = levels[good], times[good]
    different = np.unique(times)
    if order < 1 or different.size < order + 2 or different[-1] < 2 * different[0]:
        raise ParameterError(
            f'linearity of order {order} from levels at exposure times {different.tolist()} s: an order of 1 or more needs '
            f'levels at order + 2 different times or more, the longest at least twice the shortest; take flat fields of '
            'more exposure times with one lamp setting, from a tenth of full well up to it')
    unit = levels.max()
    scaled = levels / unit
    columns = np.array([scaled**power for power in range(1, order + 2)]) / times
    found = np.linalg.lstsq(*normal_equations(columns, np.ones(levels.size)))[0]
    residuals = 1 - sum(number * column for number, column in zip(found, columns, strict=True))
    coefficients = tuple(float(number / found[0] / unit**power) for power, number in enumerate(found[1:], start=1))
    return Linearity(coefficients, float(np.sqrt(np.mean(residuals**2))), levels.size, float(found[0] / unit))


@overload
def linearised(image: Rows, coefficients: Sequence[float]) -> Rows: ...


@overload
def linearised(image: Array, coefficients: Sequence[float]) -> Image32: ...


def linearised(image: Array | Rows, coefficients: Sequence[float]) -> Image32 | Rows:
    """Return an image as a linear detector would have recorded it: image x (1 + c1 image + c2 image^2 ...).

    Parameters
    ----------
    image : 2-D array [y, x] or strips.Rows
        Overscan and bias subtracted, ADU, not flat-fielded.
    coefficients : sequence of float
        Of `Linearity`; without any, nothing changes.

    Returns
    -------
    2-D float32 array, or strips.Rows of it if the image is `Rows`
        ADU; values that are not finite stay where they are.
    """
    if isinstance(image, Rows):
        return Rows(image.shape, lambda rows: linearised(image[rows], coefficients))
    image = np.asarray(image, np.float32)
    factor = np.zeros_like(image)
    for number in reversed(coefficients):
        factor += np.float32(number)
        factor *= image
    factor += 1
    return np.multiply(image, factor, out=factor)


def measure_pair(first: Frame, second: Frame, read_noise: float, good: Frame | None = None) -> Pair:
    """Measure level and noise of two flat fields of equal exposure; the arguments are those of `photon_transfer`.

    Raises
    ------
    ParameterError
        When the pair has no light, or too few good pixels.
    """
    height, width = first.shape

    def measure(rows: slice) -> list[tuple[float, ...]]:
        a, b = (np.array(image[rows], np.float64) for image in (first, second))
        usable = np.isfinite(a) & np.isfinite(b)
        if good is not None:
            usable &= np.asarray(good[rows]) > 0
        return [_of_window(a[:, left:left + _WINDOW], b[:, left:left + _WINDOW], usable[:, left:left + _WINDOW], read_noise)
                for left in range(0, width, _WINDOW)]
    windows = np.concatenate(for_strips(height, width, measure, _WINDOW * width))
    windows = windows[windows[:, -1] > 0]
    if not len(windows):
        raise ParameterError('a pair of flat fields has no window of 64 x 64 pixels with 100 good ones and light in both, '
                             'but the gain needs some: leave it out, or look at its map')
    levels, variances, differences, sums, numbers = windows.T
    ratio = variances / levels
    distance = np.abs(ratio - np.median(ratio))
    kept = distance <= _CLIP * MAD_TO_SIGMA * np.median(distance)
    number = numbers[kept].sum()
    level, variance, squares = (np.sum(part[kept] * numbers[kept]) / number for part in (levels, variances, differences))
    return Pair(level, variance, np.sqrt(squares), np.median(sums), number)


def _of_window(a: Array, b: Array, usable: Flags, read_noise: float) -> tuple[float, ...]:
    """Return level, variance, squared difference, median sum and number of pixels of a window; all 0 if it tells nothing."""
    y, x = np.nonzero(usable)
    a, b = a[usable], b[usable]
    middles = (np.median(a), np.median(b)) if a.size >= _FEWEST else (0, 0)
    if min(middles) <= 0:
        return 0.0, 0.0, 0.0, 0.0, 0
    difference = a - b * (middles[0] / middles[1])
    distance = np.abs(difference - np.median(difference))
    kept = distance <= _CLIP * MAD_TO_SIGMA * np.median(distance)
    a, b, columns = a[kept], b[kept], (b * basis(x / _WINDOW, y / _WINDOW, 1))[:, kept]
    numbers = np.linalg.lstsq(*normal_equations(columns, a))[0]
    fitted = sum(number * column for number, column in zip(numbers, columns, strict=True))
    squares, ratio = np.sum((a - fitted)**2) / (a.size - len(columns)), a.mean() / b.mean()
    level = (a.mean() + b.mean()) / 2
    # The noise of b is that of its own level, stretched by the ratio. The variance is brought to the level between a and b.
    variance = (squares - (1 + ratio**2) * read_noise**2) / (1 + ratio) * level / a.mean() + read_noise**2
    return level, variance, squares, sum(middles), a.size


def _rising(levels: Array, variances: Array, numbers: Array) -> Flags:
    """Return which pairs are below the level from which on the variance falls."""
    order = np.argsort(levels, kind='stable')
    peak, used = 0.0, np.zeros(levels.size, bool)
    for place in order:
        if variances[place] < peak * (1 - _CLIP * np.sqrt(2 / numbers[place])):
            break
        peak, used[place] = max(peak, variances[place]), True
    return used


def _fitted(level: Array, variance: Array, read_noise: float, number: Array, bent: bool) -> tuple[float, float, float]:
    """Return slope (ADU^2/ADU), brighter-fatter coefficient (1/e-) and error of the slope; `variance` is without read noise.

    variance = slope level + a level^2 + 2/3 a^2 level^3 / slope. The weights come from the fitted variance, as the
    measured variances would favour those that came out low.
    """
    columns = np.array([level, level**2]) if bent else level[None]
    slope, bend, fitted, sigma, products = 0.0, 0.0, variance, np.ones(level.size), np.eye(len(columns))
    for _ in range(_ROUNDS):
        sigma = np.maximum(np.abs(fitted) + read_noise**2, 1e-12) * np.sqrt(2 / number)
        cubic = 2 / 3 * bend**2 / slope * level**3 if bend else 0.0
        products, sums = normal_equations(columns / sigma, (variance - cubic) / sigma)
        slope, *rest = np.linalg.solve(products, sums)
        bend = rest[0] if bent else 0.0
        if not slope > 0:
            raise ParameterError(
                f'the variance of the flat fields does not grow with their level ({variance.round(2).tolist()} ADU^2 at '
                f'{level.round(1).tolist()} ADU), but photons make it grow: look for frames that are saturated or processed')
        fitted = sum(number * column for number, column in zip((slope, *rest), columns, strict=True)) + cubic
    free = level.size - len(columns)
    scatter = np.sqrt(np.sum(((variance - fitted) / sigma)**2) / free) if free else 1.0
    return float(slope), float(bend), float(np.sqrt(np.linalg.inv(products)[0, 0]) * max(scatter, 1.0))

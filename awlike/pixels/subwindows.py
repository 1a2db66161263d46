"""Statistics of sub-windows: an image in 8 x 8 parts, so that a defect in one place shows.

All are robust (medians), so that stars, cosmic rays and single bad pixels do not count. Non-finite values do not count
either; a sub-window without finite values is left out. Of a large sub-window a sample of some 10,000 pixels, every n-th row
and column, tells the median to a hundredth of its scatter. The step is odd, so that a pattern of even and odd columns is
seen.
"""

import math
from collections.abc import Callable

import numpy as np

from awlike.pixels.arrays import Array, Image
from awlike.pixels.statistics import MAD_TO_SIGMA
from awlike.pixels.strips import Frame, for_strips

_ALONG = 8  # sub-windows along each axis
_SAMPLE = 1 << 14  # pixels; a sub-window of four times as many is sampled


def levels(image: Frame) -> Array:
    """Return the median of each sub-window, float64 [8, 8]; fewer for an image of fewer pixels. NaN where nothing is finite.

    Parameters
    ----------
    image : 2-D array [y, x]
        Pixel values in any unit; the result has the same unit.
    """
    return _each(image, np.median)


def scatters(image: Frame) -> Array:
    """Return the robust standard deviation (1.4826 MAD) of each sub-window, in the form of `levels`."""
    return _each(image, lambda values: MAD_TO_SIGMA * np.median(np.abs(values - np.median(values))))


def unevenness(image: Frame) -> float:
    """Return how far the level of a sub-window is from the median of all at most, in the unit of the image."""
    grid = levels(image)
    return _largest(np.abs(grid - np.nanmedian(grid))) if np.isfinite(grid).any() else float('nan')


def largest_scatter(image: Frame) -> float:
    """Return the robust standard deviation of the noisiest sub-window, in the unit of the image."""
    return _largest(scatters(image))


def largest_change(image: Frame, before: Frame) -> float:
    """Return by how much the level of a sub-window differs at most from its level in the image `before`, relative to that.

    Sub-windows that had no light before do not count.
    """
    now, then = levels(image), levels(before)
    return _largest(np.abs(now[then > 0] / then[then > 0] - 1))


def outliers(image: Image, tolerance: float) -> int:
    """Return how many pixels are not finite, or differ from the level of their sub-window by more than `tolerance` times it."""
    grid = levels(image)
    strange = [np.count_nonzero(~(np.abs(part - level) <= tolerance * abs(level)))
               for part, level in zip(_parts(image), grid.ravel(), strict=True)]
    return int(sum(strange))


def _parts(image: Image) -> list[Image]:
    """Return the sub-windows, row by row, as views."""
    ny, nx = (min(_ALONG, length) for length in image.shape)
    return [part for row in np.array_split(image, ny) for part in np.array_split(row, nx, axis=1)]


def _each(image: Frame, statistic: Callable[[Array], float | np.floating]) -> Array:
    image = np.asarray(image)
    parts = _parts(image)
    found = for_strips(len(parts), 1, lambda numbers: _of_finite(parts[numbers.start], statistic), values=1)
    return np.array(found).reshape([min(_ALONG, length) for length in image.shape])


def _of_finite(part: Image, statistic: Callable[[Array], float | np.floating]) -> float:
    step = math.isqrt(part.size // _SAMPLE) | 1
    values = part[::step, ::step]
    values = values[np.isfinite(values)]
    return float(statistic(values)) if values.size else float('nan')


def _largest(values: Array) -> float:
    """Return the largest of the finite values; NaN when there is none."""
    values = values[np.isfinite(values)]
    return float(values.max()) if values.size else float('nan')

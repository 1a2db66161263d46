"""Statistics of images, robust against many outliers; non-finite values never count.

Images are taken as float32. Their mean and standard deviation are accumulated in float64.
"""

import math
from typing import Any, TypeGuard

import numpy as np

from awlike.pixels.arrays import Array, Map
from awlike.pixels.order import Ordered
from awlike.pixels.strips import Frame, for_strips

_ROUNDING = 1 / np.sqrt(12)  # ADU: the noise that rounding to integers adds

MAD_TO_SIGMA = 1.4826  # of a Gaussian


def image_statistics(data: Array | Frame, good: Array | Frame | None = None) -> dict[str, Any]:
    """Return the statistics of the finite pixels that are good.

    Parameters
    ----------
    data : array
        Pixel values, any shape.
    good : array of the same shape, optional
        Map: pixels with `good` > 0 count. Default: all.

    Returns
    -------
    dict
        min, max, mean, median, stdev (floats, unit of the data; stdev with N in the denominator) and npix (int).
        All None with npix 0 when nothing is good.
    """
    if good is None and _is_map(data):
        return _map_statistics(data)
    if good is None and isinstance(data, np.ndarray) and data.dtype == np.uint16 and data.ndim == 2 and data.size:
        return _counts_statistics(data)
    values = Ordered(data, good)
    if not values.number:
        return {'min': None, 'max': None, 'mean': None, 'median': None, 'stdev': None, 'npix': 0}
    least, greatest = values.value(0), values.value(values.number - 1)
    whole = values.within(least, greatest, values.median())
    return {
        'min': least,
        'max': greatest,
        'mean': whole.mean,
        'median': whole.median,
        'stdev': whole.stdev,
        'npix': whole.number,
    }


def _is_map(data: object) -> TypeGuard[Map]:
    """Return whether `data` is a map of 0 and 1."""
    return isinstance(data, np.ndarray) and data.dtype == np.uint8 and data.size > 0 and data.max() <= 1


def _map_statistics(data: Array) -> dict[str, Any]:
    """Return the statistics of a map of 0 and 1, which follow from the number of each."""
    ones, number = int(np.count_nonzero(data)), data.size
    ranks = 0, (number - 1) // 2, number // 2, number - 1  # of the least, the two in the middle, and the greatest
    least, low, high, greatest = (float(rank >= number - ones) for rank in ranks)
    mean = ones / number
    return {'min': least, 'max': greatest, 'mean': mean, 'median': 0.5 * (low + high),
            'stdev': math.sqrt(mean * (1 - mean)), 'npix': number}


def _counts_statistics(data: Array) -> dict[str, Any]:
    """Return the statistics of a raw image, whose values are few enough to count each: one passage through memory."""
    from awlike.pixels.kernels.statistics import count_values

    def counted(rows: slice) -> Array:
        counts = np.zeros(1 << 16, np.int64)
        count_values(data[rows], counts)
        return counts

    counts = np.sum(for_strips(data.shape[0], data.shape[1], counted, 1 << 21), axis=0)
    values, up_to = np.flatnonzero(counts), np.cumsum(counts)
    low, high = (int(np.searchsorted(up_to, rank, 'right')) for rank in ((data.size - 1) // 2, data.size // 2))
    distances, numbers = 2 * values - (low + high), counts[values]  # from the median, in halves, so that the sums are exact
    total, squares = (sum((numbers * distances**power).tolist()) for power in (1, 2))
    shift = total / 2 / data.size
    return {'min': float(values[0]), 'max': float(values[-1]), 'mean': 0.5 * (low + high) + shift, 'median': 0.5 * (low + high),
            'stdev': math.sqrt(max(squares / 4 / data.size - shift**2, 0.0)), 'npix': data.size}


def robust_sigma(data: Array | Frame) -> float:
    """Return the standard deviation of a Gaussian with the median absolute deviation of the finite values (1.4826 MAD).

    0.0 when nothing is finite, and also when more than half of the values are equal, as integers can be.
    """
    values = Ordered(data)
    return MAD_TO_SIGMA * Ordered(data, about=values.median()).median() if values.number else 0.0


def clipped_statistics(data: Array | Frame, nsigma: float = 3, iterations: int = 5) -> tuple[float, float, float]:
    """Return mean, median and standard deviation after iterated clipping about the median.

    The first round uses the robust sigma, as outliers can hide in the standard deviation they cause; the next rounds use
    the standard deviation of the values left, until nothing more is clipped.

    Parameters
    ----------
    data : array
        Any shape; non-finite values do not count.
    nsigma : float
        Half width of the range kept, in standard deviations. Default: 3.
    iterations : int
        Rounds at most. Default: 5.

    Returns
    -------
    tuple of float
        (mean, median, stdev), in the unit of the data; three NaN when nothing is finite.
    """
    values = Ordered(data)
    if not values.number:
        return float('nan'), float('nan'), float('nan')
    centre = values.median()
    lower, upper = float('-inf'), float('inf')
    kept = values.within(lower, upper, centre)
    sigma = MAD_TO_SIGMA * Ordered(data, about=centre).median()
    for _ in range(iterations):
        before = kept
        if sigma > 0:  # the robust sigma of integers can be 0: then clipping begins with the standard deviation
            lower, upper = max(lower, kept.median - nsigma * sigma), min(upper, kept.median + nsigma * sigma)
            kept = values.within(lower, upper, centre)
        if kept.stdev == 0 or sigma > 0 and kept.number == before.number:
            break
        sigma = kept.stdev
    return kept.mean, kept.median, kept.stdev

"""Compiled kernels for stacks of frames. Only functions that need it import a module of kernels: numba takes 0.3 s.

Each kernel works on one strip and releases Python's lock, so that strips run on several cores. Numba's own threads
are not used (one of its layers ends the process when two of our threads call it, another spins). No sum is reordered
and nothing depends on the number of threads. A kernel calls only functions of its own file, because numba's cache on disk
looks only at this file for changes. These rules hold for all modules of kernels.
"""

import math

import numpy as np
from numba import types
from numpy.typing import NDArray

from awlike.compiled import kernel, part, read_only
from awlike.pixels.arrays import Doubles, Float, Floats, Integers

_STACK, _RESULT = types.float32[:, :, ::1], types.float32[:, ::1]
_NETWORK, _FACTORS = read_only(types.int64, 2), read_only(types.float64, 1)
_BLOCK = 512  # columns sorted at a time: few enough to stay in the processor's first cache


@part
def _finite_first(values: Floats, count: NDArray[np.int32]) -> None:
    """Replace values that are not finite by +infinity, which sorting puts last; count the others."""
    infinity = np.float32(np.inf)
    for x in range(count.size):
        count[x] = 0
    for k in range(values.shape[0]):
        for x in range(values.shape[1]):
            finite = abs(values[k, x]) < infinity
            values[k, x] = values[k, x] if finite else infinity
            count[x] += finite


@part
def _sort(values: Floats, network: Integers) -> None:
    """Sort along the first axis: each step of the network orders two frames, many columns at a time."""
    for start in range(0, values.shape[1], _BLOCK):
        for step in range(network.shape[0]):
            low = values[network[step, 0]][start:start + _BLOCK]
            high = values[network[step, 1]][start:start + _BLOCK]
            for x in range(low.size):
                a, b = low[x], high[x]
                low[x], high[x] = (a if a < b else b), (b if a < b else a)


@part
def _middle(values: Floats, count: NDArray[np.int32], median: Floats) -> None:
    """Write the median of the first `count` of sorted values."""
    full = True
    for x in range(count.size):
        full &= count[x] == values.shape[0]
    low, high = values[(values.shape[0] - 1) // 2], values[values.shape[0] // 2]
    for x in range(median.size):
        if full:
            median[x] = np.float32(0.5) * (low[x] + high[x])
        elif count[x] > 0:
            median[x] = np.float32(0.5) * (values[(count[x] - 1) // 2, x] + values[count[x] // 2, x])
        else:
            median[x] = np.nan


@part
def _scatter(deviation: Floats, count: NDArray[np.int32], factors: Doubles, sigma: Doubles) -> None:
    """Write the robust sigma of one value per pixel, not less than that of its neighbourhood in the row."""
    variance, measured = np.empty(sigma.size), np.empty(sigma.size)
    for x in range(sigma.size):
        sigma[x] = factors[count[x]] * deviation[x] if count[x] > 1 else 0.0
        variance[x] = sigma[x] ** 2
        measured[x] = count[x] > 1
    variance, measured = _pooled(variance), _pooled(measured)
    for x in range(sigma.size):
        sigma[x] = max(sigma[x], math.sqrt(variance[x] / max(measured[x], 1.0)))


@part
def _pooled(values: Doubles) -> Doubles:
    """Return the sum over each value and its 12 neighbours on either side: 5 sums of 5."""
    padded, fives, sums = np.zeros(values.size + 24), np.zeros(values.size + 20), np.zeros(values.size)
    for x in range(values.size):
        padded[12 + x] = values[x]
    for k in range(5):
        for x in range(fives.size):
            fives[x] += padded[k + x]
    for k in range(0, 25, 5):
        for x in range(sums.size):
            sums[x] += fives[k + x]
    return sums


@part
def _mean_within(values: Floats, median: Floats, limit: Doubles, result: Floats) -> None:
    """Write the mean of the values not further than `limit` from the median."""
    infinity = np.float32(np.inf)
    total, number = np.zeros(median.size), np.zeros(median.size)
    for k in range(values.shape[0]):
        for x in range(median.size):
            kept = abs(values[k, x] - median[x]) <= limit[x] and values[k, x] < infinity
            total[x] += values[k, x] if kept else 0.0
            number[x] += 1.0 if kept else 0.0
    for x in range(median.size):
        result[x] = total[x] / number[x] if number[x] > 0 else median[x]


@kernel((_STACK, _NETWORK, _RESULT))
def median_of_stack(stack: Floats, network: Integers, result: Floats) -> None:
    """Write the median of the finite values of each pixel; NaN where there are none.

    Parameters
    ----------
    stack : float32 [y, frame, x]
        Is overwritten.
    network : int [n, 2]
        `sorting_network` for this number of frames.
    result : float32 [y, x]
        Is filled.
    """
    height, number, width = stack.shape
    count = np.empty(width, np.int32)
    for y in range(height):
        values = stack[y]
        _finite_first(values, count)
        _sort(values, network)
        _middle(values, count, result[y])


@kernel((_STACK, _NETWORK, types.float64, types.float64, _FACTORS, _RESULT))
def clipped_mean_of_stack(stack: Floats, network: Integers, nsigma: Float, sigma: Float, factors: Doubles,
                          result: Floats) -> None:
    """Write the mean of the values within nsigma * sigma of the median of each pixel; the median where none is.

    Parameters
    ----------
    stack, network, result
        As in `median_of_stack`.
    nsigma : float
        Half width of the range kept, in sigma.
    sigma : float
        Noise of one value. If NaN, `factors` times the median absolute deviation serves: that of the pixel or its
        root mean square over 25 neighbours in the row, whichever is larger.
    factors : float64 [frame + 1]
        By the number of values.
    """
    height, number, width = stack.shape
    count = np.empty(width, np.int32)
    median = np.empty(width, np.float32)
    limit = np.empty(width, np.float64)
    deviations = np.empty((number, width), np.float32)
    for y in range(height):
        values = stack[y]
        _finite_first(values, count)
        _sort(values, network)
        _middle(values, count, median)
        if math.isnan(sigma):
            for k in range(number):
                for x in range(width):
                    deviations[k, x] = abs(values[k, x] - median[x])
            _sort(deviations, network)
            _middle(deviations, count, result[y])
            _scatter(result[y], count, factors, limit)
        for x in range(width):
            limit[x] = nsigma * (limit[x] if math.isnan(sigma) else sigma)
        _mean_within(values, median, limit, result[y])

"""Compiled kernels that combine resampled frames; see `kernels.combine` for the rules.

Values and weights are float32 [y, member, x]; a weight of 0 says that the member does not tell the pixel.
"""

import math

import numpy as np
from numba import types

from awlike.compiled import kernel, part, read_only
from awlike.pixels.arrays import Array, Bytes, Doubles, Float, Floats

_STACK, _RESULT, _COUNT = types.float32[:, :, ::1], types.float32[:, ::1], types.int16[:, ::1]
_FEWEST = 3  # values tell which of them is wrong
_LARGEST = np.float32(3.4028235e38)


@part
def _without_weight(values: Floats, x: int) -> Float:
    """Return the mean of what members without weight have, as of filled pixels; NaN where they have nothing."""
    total, number = 0.0, 0
    for k in range(values.shape[0]):
        if abs(values[k, x]) <= _LARGEST:
            total, number = total + values[k, x], number + 1
    return total / number if number else np.nan


@kernel((_STACK, _STACK, _RESULT, _RESULT, _COUNT))
def weighted_mean(values: Floats, weights: Floats, result: Floats, weight: Floats, count: Array) -> None:
    """Write the weighted mean of each pixel, its weight, and how many members tell it."""
    height, number, width = values.shape
    total, sum_of_weights = np.empty(width), np.empty(width)
    for y in range(height):
        total[:], sum_of_weights[:] = 0.0, 0.0
        counts = count[y]
        counts[:] = 0
        for k in range(number):
            row, own = values[y, k], weights[y, k]
            for x in range(width):
                told = own[x] > 0
                total[x] += np.float64(own[x]) * row[x] if told else 0.0
                sum_of_weights[x] += own[x]
                counts[x] += told
        for x in range(width):
            weight[y, x] = sum_of_weights[x]
            result[y, x] = total[x] / sum_of_weights[x] if counts[x] else _without_weight(values[y], x)


@kernel((_STACK, _STACK, _RESULT, _RESULT, _COUNT))
def sum_of_members(values: Floats, weights: Floats, result: Floats, weight: Floats, count: Array) -> None:
    """Write the sum of each pixel over the members, its weight, and how many members tell it."""
    height, number, width = values.shape
    for y in range(height):
        for x in range(width):
            total, variance, told = 0.0, 0.0, 0
            for k in range(number):
                if weights[y, k, x] > 0:
                    total, variance, told = total + values[y, k, x], variance + 1 / np.float64(weights[y, k, x]), told + 1
            count[y, x] = told
            weight[y, x] = 1 / variance if told else 0
            result[y, x] = total if told else _without_weight(values[y], x)


@kernel((_STACK, _STACK, read_only(types.float64, 1), _RESULT, _RESULT, _COUNT))
def weigh_medians(values: Floats, weights: Floats, efficiencies: Doubles, result: Floats, weight: Floats, count: Array) -> None:
    """Write the weights of medians, which `result` has: of n values they tell `efficiencies[n]` of what their mean tells."""
    height, number, width = values.shape
    for y in range(height):
        for x in range(width):
            roots, told = 0.0, 0
            for k in range(number):
                if weights[y, k, x] > 0:
                    roots, told = roots + math.sqrt(weights[y, k, x]), told + 1
            count[y, x] = told
            weight[y, x] = efficiencies[told] * roots * roots / told if told else 0
            if not told:
                result[y, x] = _without_weight(values[y], x)


@part
def _reach(median: Floats, y: int, x: int) -> Float:
    """Return the largest median, its sign dropped, in the 3 x 3 pixels about one."""
    largest = np.float32(0)
    for row in range(max(0, y - 1), min(median.shape[0], y + 2)):
        for column in range(max(0, x - 1), min(median.shape[1], x + 2)):
            value = abs(median[row, column])
            largest = value if value > largest else largest
    return largest


@kernel((_STACK, _STACK, read_only(types.float32, 2), types.int64, types.float64, types.float64, types.uint8[:, ::1]))
def clip(values: Floats, weights: Floats, median: Floats, margin: int, nsigma: Float, fraction: Float, clipped: Bytes) -> None:
    """Take the weight from values that are further from the median of their pixel than noise and seeing explain.

    Parameters
    ----------
    values, weights
        See above; rejected values get the weight 0.
    median : float32 [y, x]
        Of these rows, and of `margin` rows before them and possibly some after.
    margin : int
        Rows.
    nsigma, fraction : float
        A value is kept within `nsigma` of its noise and `fraction` of the largest median in the 3 x 3 pixels about it.
    clipped : uint8 [y, x]
        Is filled: 1 where a value was rejected.
    """
    height, number, width = values.shape
    limit, told, kept = np.empty(width, np.float32), np.empty(width, np.int32), np.empty(width, np.int32)
    square = np.float32(nsigma * nsigma)
    for y in range(height):
        middle, own_clipped = median[y + margin], clipped[y]
        for x in range(width):
            limit[x] = fraction * _reach(median, y + margin, x)
            told[x], kept[x], own_clipped[x] = 0, 0, 0
        for k in range(number):
            row, weight = values[y, k], weights[y, k]
            for x in range(width):
                beyond = abs(row[x] - middle[x]) - limit[x]
                known, far = weight[x] > 0, (beyond > 0) & (beyond * beyond * weight[x] > square)
                told[x] += known
                kept[x] += known & (not far)
                weight[x] = -weight[x] if known & far else weight[x]  # for now
        for x in range(width):
            kept[x] = told[x] >= _FEWEST and kept[x] > 0  # whether to clip here
        for k in range(number):
            weight = weights[y, k]
            for x in range(width):
                rejected = (weight[x] < 0) & (kept[x] > 0)
                own_clipped[x] |= rejected
                weight[x] = np.float32(0) if rejected else abs(weight[x])

"""Compiled kernel for science frames; the rules of `stack_kernels` hold here too."""

import numpy as np
from numba import types

from awlike.pixels.compiled import kernel, read_only

_IMAGE, _MASK, _RESULT = read_only(types.float32, 2), read_only(types.bool_, 2), types.float32[:, ::1]
_RAW, _LEVELS = read_only(types.uint16, 2), read_only(types.float32, 1)
_LARGEST = np.float32(3.4028235e38)


@kernel(*[(raw, types.int64, _LEVELS, _LEVELS, _IMAGE, _IMAGE, _IMAGE, _MASK, _RESULT) for raw in (_IMAGE, _RAW)])
def reduce_strip(raw, left, row_levels, column_levels, bias, dark, flat, good, result):
    """Make `result` (raw - levels - bias - dark) / flat; 0 where that is not finite, the flat not above 0, or it is not good.

    All are float32 [y, x], but `raw` can be uint16, whose columns from `left` on are used; the levels are float32 [y] and
    [x]; `good` is bool; `dark` and `good` can be empty.
    """
    height, width = result.shape
    for y in range(height):
        values = raw[y, left:left + width]
        for x in range(width):
            result[y, x] = np.float32(values[x]) - row_levels[y] - column_levels[x] - bias[y, x]
        if dark.size:
            for x in range(width):
                result[y, x] -= dark[y, x]
        for x in range(width):
            value = result[y, x] / flat[y, x]
            usable = flat[y, x] > 0 and flat[y, x] <= _LARGEST and abs(value) <= _LARGEST
            result[y, x] = value if usable else 0
        if good.size:
            for x in range(width):
                result[y, x] = result[y, x] if good[y, x] else 0


@kernel((_IMAGE, _MASK, _RESULT))
def weigh_strip(flat, good, result):
    """Make `result` the flat; 0 where it is not finite, not above 0, or not good."""
    for y in range(flat.shape[0]):
        for x in range(flat.shape[1]):
            usable = good[y, x] and flat[y, x] > 0 and flat[y, x] <= _LARGEST
            result[y, x] = flat[y, x] if usable else 0

"""Compiled kernels for science frames; the rules of `stack_kernels` hold here too.

An image or map that is there is float32 or bool [y, x], as large as the result; one that is not is empty.
"""

import numpy as np
from numba import types

from awlike.pixels.compiled import kernel, part, read_only

_IMAGE, _MASK, _RESULT = read_only(types.float32, 2), read_only(types.bool_, 2), types.float32[:, ::1]
_RAW, _LEVELS, _SCALE = read_only(types.uint16, 2), read_only(types.float32, 1), types.float32
_LARGEST, _NAN, _ZERO = np.float32(3.4028235e38), np.float32(np.nan), np.float32(0)


@part
def _subtract(result, scale, image, y):
    """Subtract row y of an image, times a scale, from the result."""
    if image.size:
        for x in range(result.shape[1]):
            result[y, x] -= scale * image[y, x]


@part
def _divide(result, image, y):
    """Divide the result by row y of an image; 0 where that is not finite, or the image is not finite and above 0."""
    if image.size:
        for x in range(result.shape[1]):
            value, by = result[y, x] / image[y, x], image[y, x]
            result[y, x] = value if by > 0 and by <= _LARGEST and abs(value) <= _LARGEST else _NAN


@part
def _zero_bad(result, good, y):
    """Make row y of the result 0 where it is not finite or not good."""
    for x in range(result.shape[1]):
        result[y, x] = result[y, x] if abs(result[y, x]) <= _LARGEST else _ZERO
    if good.size:
        for x in range(result.shape[1]):
            result[y, x] = result[y, x] if good[y, x] else _ZERO


@kernel(*[(raw, types.int64, _LEVELS, _LEVELS, _IMAGE, _IMAGE, _SCALE, _IMAGE, _IMAGE, _SCALE, _IMAGE, _MASK, _RESULT)
          for raw in (_IMAGE, _RAW)])
def reduce_strip(raw, left, row_levels, column_levels, bias, dark, dark_scale, flat, fringe, fringe_scale, illumination,
                 good, result):
    """Make `result` ((raw - levels - bias - dark_scale dark) / flat - fringe_scale fringe) / illumination.

    It is 0 where that is not finite, flat or illumination are not above 0, or it is not good. `raw` is float32 or uint16;
    its columns from `left` on are used; the levels are float32 [y] and [x].
    """
    height, width = result.shape
    for y in range(height):
        values = raw[y, left:left + width]
        for x in range(width):
            result[y, x] = np.float32(values[x]) - row_levels[y] - column_levels[x] - bias[y, x]
        _subtract(result, dark_scale, dark, y)
        _divide(result, flat, y)
        _subtract(result, fringe_scale, fringe, y)
        _divide(result, illumination, y)
        _zero_bad(result, good, y)


@kernel((_IMAGE, _IMAGE, _MASK, _RESULT))
def weigh_strip(flat, illumination, good, result):
    """Make `result` flat times illumination; 0 where that or one of them is not finite or not above 0, or it is not good."""
    for y in range(result.shape[0]):
        for x in range(result.shape[1]):
            result[y, x] = flat[y, x] if flat[y, x] > 0 else _NAN
        if illumination.size:
            for x in range(result.shape[1]):
                result[y, x] *= illumination[y, x] if illumination[y, x] > 0 else _NAN
        _zero_bad(result, good, y)

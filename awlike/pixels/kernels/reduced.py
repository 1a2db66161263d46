"""Compiled kernels for science frames; the rules of `stack_kernels` hold here too.

Images are float32 and maps uint8, [y, x]. One of a single row stands for an image whose rows are all like that.
Each kernel is one loop, so that what it needs of all images is asked of the memory at the same time.
"""

import numpy as np
from numba import types

from awlike.pixels.kernels.compiled import kernel, read_only

_IMAGE, _MAP, _RESULT = read_only(types.float32, 2), read_only(types.uint8, 2), types.float32[:, ::1]
_RAW, _LEVELS, _SCALE = read_only(types.uint16, 2), read_only(types.float32, 1), types.float32
_LARGEST, _ZERO = np.float32(3.4028235e38), np.float32(0)


@kernel(*[(raw, types.int64, _LEVELS, _LEVELS, _IMAGE, _IMAGE, _SCALE, _IMAGE, _IMAGE, _SCALE, _IMAGE, _MAP, _RESULT)
          for raw in (_IMAGE, _RAW)])
def reduce_strip(raw, left, row_levels, column_levels, bias, dark, dark_scale, flat, fringe, fringe_scale, illumination,
                 good, result):
    """Make `result` ((raw - levels - bias - dark_scale dark) / flat - fringe_scale fringe) / illumination.

    It is 0 where that is not finite, flat or illumination are not finite and above 0, or it is not good. `raw` is float32
    or uint16; its columns from `left` on are used; the levels are float32 [y] and [x].
    """
    height, width = result.shape
    for y in range(height):
        values, row_level = raw[y, left:left + width], row_levels[y]
        bias_row, dark_row, flat_row = bias[y], dark[y % dark.shape[0]], flat[y]
        fringe_row, illumination_row = fringe[y % fringe.shape[0]], illumination[y % illumination.shape[0]]
        good_row, result_row = good[y % good.shape[0]], result[y]
        for x in range(width):
            response, lit = flat_row[x], illumination_row[x]
            value = np.float32(values[x]) - row_level - column_levels[x] - bias_row[x] - dark_scale * dark_row[x]
            value = (value / response - fringe_scale * fringe_row[x]) / lit
            usable = ((response > 0) & (response <= _LARGEST) & (lit > 0) & (lit <= _LARGEST) &
                      (abs(value) <= _LARGEST) & (good_row[x] > 0))
            result_row[x] = value if usable else _ZERO


@kernel((_IMAGE, _IMAGE, _MAP, _RESULT))
def weigh_strip(flat, illumination, good, result):
    """Make `result` flat times illumination; 0 where that or one of them is not finite or not above 0, or it is not good."""
    for y in range(result.shape[0]):
        flat_row, illumination_row = flat[y], illumination[y % illumination.shape[0]]
        good_row, result_row = good[y % good.shape[0]], result[y]
        for x in range(result.shape[1]):
            response, lit = flat_row[x], illumination_row[x]
            weight = response * lit
            usable = (response > 0) & (lit > 0) & (weight <= _LARGEST) & (good_row[x] > 0)
            result_row[x] = weight if usable else _ZERO

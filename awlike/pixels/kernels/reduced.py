"""Compiled kernels for science frames; see `kernels.combine` for the rules.

Images are float32 and maps uint8, [y, x]. An image of a single row stands for an image with all rows like it.
Each kernel is one loop, so that memory is read once for all images together.
"""

import numpy as np
from numba import types

from awlike.compiled import kernel, read_only
from awlike.pixels.arrays import Array, Bytes, Float, Floats

_IMAGE, _MAP, _RESULT = read_only(types.float32, 2), read_only(types.uint8, 2), types.float32[:, ::1]
_RAW, _LEVELS, _SCALE = read_only(types.uint16, 2), read_only(types.float32, 1), types.float32
_LARGEST, _ZERO = np.float32(3.4028235e38), np.float32(0)


@kernel(*[(raw, types.int64, _LEVELS, _LEVELS, _IMAGE, _IMAGE, _SCALE, _IMAGE, _IMAGE, _SCALE, _IMAGE, _MAP, _RESULT)
          for raw in (_IMAGE, _RAW)])
def reduce_strip(raw: Array, left: int, row_levels: Floats, column_levels: Floats, bias: Floats, dark: Floats,
                 dark_scale: Float, flat: Floats, fringe: Floats, fringe_scale: Float, illumination: Floats, good: Bytes,
                 result: Floats) -> None:
    """Write ((raw - levels - bias - dark_scale dark) / flat - fringe_scale fringe) / illumination into `result`.

    It is 0 where this is not finite, where flat or illumination are not finite and above 0, or where the pixel is not
    good. `raw` is float32 or uint16; its columns from `left` on are used; the levels are float32 [y] and [x].
    """
    height, width = result.shape
    for y in range(height):
        values, row_level = raw[y, left:left + width], row_levels[y]
        bias_row, dark_row, flat_row = bias[y % bias.shape[0]], dark[y % dark.shape[0]], flat[y % flat.shape[0]]
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
def weigh_strip(flat: Floats, illumination: Floats, good: Bytes, result: Floats) -> None:
    """Write flat times illumination into `result`; 0 where either is not above 0, the product not finite, or the pixel bad."""
    for y in range(result.shape[0]):
        flat_row, illumination_row = flat[y % flat.shape[0]], illumination[y % illumination.shape[0]]
        good_row, result_row = good[y % good.shape[0]], result[y]
        for x in range(result.shape[1]):
            response, lit = flat_row[x], illumination_row[x]
            weight = response * lit
            usable = (response > 0) & (lit > 0) & (weight <= _LARGEST) & (good_row[x] > 0)
            result_row[x] = weight if usable else _ZERO

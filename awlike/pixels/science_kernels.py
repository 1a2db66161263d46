"""Compiled kernel for science frames; the rules of `stack_kernels` hold here too."""

import numpy as np
from numba import types

from awlike.pixels.compiled import kernel, read_only

_IMAGE, _MASK, _RESULT = read_only(types.float32, 2), read_only(types.bool_, 2), types.float32[:, ::1]
_LARGEST = np.float32(3.4028235e38)


@kernel((_IMAGE, _IMAGE, _IMAGE, _IMAGE, _MASK, _RESULT))
def reduce_strip(image, bias, dark, flat, good, result):
    """Make `result` (image - bias - dark) / flat; 0 where that is not finite, the flat not above 0, or it is not good.

    All are float32 [y, x], `good` is bool; `dark` and `good` can be empty.
    """
    for y in range(image.shape[0]):
        for x in range(image.shape[1]):
            result[y, x] = image[y, x] - bias[y, x]
        if dark.size:
            for x in range(image.shape[1]):
                result[y, x] -= dark[y, x]
        for x in range(image.shape[1]):
            value = result[y, x] / flat[y, x]
            usable = flat[y, x] > 0 and flat[y, x] <= _LARGEST and abs(value) <= _LARGEST
            result[y, x] = value if usable else 0
        if good.size:
            for x in range(image.shape[1]):
                result[y, x] = result[y, x] if good[y, x] else 0


@kernel((_IMAGE, _MASK, _RESULT))
def weigh_strip(flat, good, result):
    """Make `result` the flat; 0 where it is not finite, not above 0, or not good."""
    for y in range(flat.shape[0]):
        for x in range(flat.shape[1]):
            usable = good[y, x] and flat[y, x] > 0 and flat[y, x] <= _LARGEST
            result[y, x] = flat[y, x] if usable else 0

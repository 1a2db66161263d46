"""Compiled kernels for running means; see `kernels.combine` for the rules.

Each sum follows from the one before it, in double precision, in the order in which scipy's `uniform_filter` works: the means
are the same bit by bit. Beyond the ends of a line its values are 0.
"""

import numpy as np
from numba import types

from awlike.compiled import kernel, part, read_only
from awlike.pixels.arrays import Floats

LANES = 256  # columns side by side, so that the processor works on several at a time; their rows lie in its cache
_IMAGE, _RESULT = read_only(types.float32, 2), types.float32[:, ::1]


@part
def _along_row(row: Floats, size: int, means: Floats) -> None:
    half, length, width, total = size // 2, row.size, np.float64(size), 0.0
    for place in range(min(half + 1, length)):
        total += np.float64(row[place])
    means[0] = total / width
    for place in range(1, length):
        new = np.float64(row[place + half]) if place + half < length else 0.0
        old = np.float64(row[place - half - 1]) if place > half else 0.0
        total += new - old
        means[place] = total / width


@part
def _along_columns(image: Floats, size: int, start: int, stop: int, result: Floats) -> None:
    half, length, width = size // 2, image.shape[0], np.float64(size)
    total = np.zeros(stop - start, np.float64)
    nothing = np.zeros(stop - start, np.float32)
    for row in range(min(half + 1, length)):
        for lane in range(stop - start):
            total[lane] += np.float64(image[row, start + lane])
    for lane in range(stop - start):
        result[0, start + lane] = total[lane] / width
    for row in range(1, length):
        new = image[row + half, start:stop] if row + half < length else nothing
        old = image[row - half - 1, start:stop] if row > half else nothing
        for lane in range(stop - start):
            total[lane] += np.float64(new[lane]) - np.float64(old[lane])
            result[row, start + lane] = total[lane] / width


@kernel((_IMAGE, types.boolean, types.int64, types.int64, types.int64, _RESULT))
def running_means(image: Floats, along_x: bool, size: int, start: int, stop: int, result: Floats) -> None:
    """Write the running means of the lines `start` to `stop` of an image.

    Parameters
    ----------
    image : float32 [y, x]
        Finite values.
    along_x : bool
        Whether the lines are rows; else columns.
    size : int
        Odd number of values.
    result : float32 [y, x]
        Is filled, for these lines.
    """
    if along_x:
        for line in range(start, stop):
            _along_row(image[line], size, result[line])
    else:
        for first in range(start, stop, LANES):
            _along_columns(image, size, first, min(first + LANES, stop), result)

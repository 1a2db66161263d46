"""Compiled kernels for running medians; see `kernels.combine` for the rules."""

import numpy as np
from numba import types

from awlike.compiled import kernel, part, read_only
from awlike.pixels.arrays import Floats

LANES = 128  # lines side by side, so that the processor compares several values at a time; their window fits into its cache
_UNROLLED = 4  # places of the window that are renewed at a time, so that the value to insert stays in a register
_TILE = 16  # values that the processor fetches from memory at a time
_LINES, _RESULT = read_only(types.float32, 2), types.float32[:, ::1]


@part
def _exchange(window: Floats, old: Floats, carried: Floats) -> None:
    """Take `old` out of each sorted lane of `window` and put `carried` in, which is overwritten.

    Below `old` all values stay, from it on those of the next place move down; on the way up the value to insert swaps
    with each larger one.
    """
    for first in range(0, window.shape[0] - 1, _UNROLLED):
        here, second, third, fourth = window[first], window[first + 1], window[first + 2], window[first + 3]
        beyond = window[first + 4]
        for lane in range(LANES):
            out, value = old[lane], carried[lane]
            a, b, c, d, e = here[lane], second[lane], third[lane], fourth[lane], beyond[lane]
            a, b, c, d = a if a < out else b, b if b < out else c, c if c < out else d, d if d < out else e
            here[lane], value = a if a < value else value, value if a < value else a
            second[lane], value = b if b < value else value, value if b < value else b
            third[lane], value = c if c < value else value, value if c < value else c
            fourth[lane], value = d if d < value else value, value if d < value else d
            carried[lane] = value


@part
def _filter(padded: Floats, size: int, medians: Floats) -> None:
    """Write the medians of `size` values in turn of each lane, [place, lane]."""
    infinity = np.float32(np.inf)
    places = -(-size // _UNROLLED) * _UNROLLED + 1
    window, carried, nothing = np.empty((places, LANES), np.float32), np.empty(LANES, np.float32), np.empty(LANES, np.float32)
    window[:] = infinity
    nothing[:] = infinity
    for step in range(padded.shape[0]):
        carried[:] = padded[step]
        _exchange(window, padded[step - size] if step >= size else nothing, carried)
        if step >= size - 1:
            medians[step - size + 1] = window[size // 2]


@part
def _copy_in(source: Floats, target: Floats) -> None:
    """Write `source` [lane, place] into the first lanes of `target` [place, lane], so that memory is fetched once."""
    for start in range(0, source.shape[1], _TILE):
        for lane in range(source.shape[0]):
            for place in range(start, min(start + _TILE, source.shape[1])):
                target[place, lane] = source[lane, place]


@part
def _copy_back(source: Floats, target: Floats) -> None:
    """Write the first lanes of `source` [place, lane] into `target` [lane, place]."""
    for start in range(0, target.shape[1], _TILE):
        for lane in range(target.shape[0]):
            for place in range(start, min(start + _TILE, target.shape[1])):
                target[lane, place] = source[place, lane]


@kernel((_LINES, _LINES, _LINES, types.boolean, types.int64, types.int64, types.int64, _RESULT))
def running_medians(image: Floats, before: Floats, after: Floats, along_x: bool, size: int, start: int, stop: int,
                    result: Floats) -> None:
    """Write the running medians of the lines `start` to `stop` of an image.

    Parameters
    ----------
    image : float32 [y, x]
        Finite values.
    before, after : float32 [size // 2, line]
        The values with which each line goes on beyond its ends.
    along_x : bool
        Whether the lines are rows; else columns.
    size : int
        Odd number of values.
    result : float32 [y, x]
        Is filled, for these lines.
    """
    half = size // 2
    length = image.shape[1] if along_x else image.shape[0]
    padded, medians = np.zeros((length + 2 * half, LANES), np.float32), np.empty((length, LANES), np.float32)
    for first in range(start, stop, LANES):
        number = min(LANES, stop - first)
        padded[:half, :number] = before[:, first:first + number]
        padded[half + length:, :number] = after[:, first:first + number]
        if along_x:
            _copy_in(image[first:first + number], padded[half:half + length])
        else:
            padded[half:half + length, :number] = image[:, first:first + number]
        _filter(padded, size, medians)
        if along_x:
            _copy_back(medians, result[first:first + number])
        else:
            result[:, first:first + number] = medians[:, :number]

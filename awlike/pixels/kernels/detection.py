"""Compiled kernels that find sources: a matched filter, and the hills of its significance; see `kernels.combine` for the rules.

A pixel is known by its place: its number in the image, row by row.
"""

import numpy as np
from numba import types
from numpy.typing import NDArray

from awlike.compiled import kernel, part, read_only
from awlike.pixels.arrays import Bytes, Flags, Floats, Integers

_IMAGE, _MAP, _RESULT = read_only(types.float32, 2), read_only(types.uint8, 2), types.float32[:, ::1]
_PLACES, _VALUES = read_only(types.int64, 1), read_only(types.float32, 1)
_LABELS, _ONE = types.int32[:, ::1], np.float32(1)


@part
def _weighted_row(image: Floats, variance: Floats, good: Bytes, y: int, half: int, values: Floats, weights: Floats) -> None:
    """Write weight times value, and weight, of a row, with `half` zeros at either side; 0 for a row beyond the image."""
    values[:], weights[:] = 0, 0
    if y < 0 or y >= image.shape[0]:
        return
    row, spread, mask = image[y], variance[y % variance.shape[0]], good[y % good.shape[0]]
    for x in range(row.size):
        usable = mask[x] > 0 and abs(row[x]) < np.float32(np.inf) and spread[x] > 0 and spread[x] < np.float32(np.inf)
        weight = _ONE / spread[x] if usable else np.float32(0)
        weights[x + half] = weight
        values[x + half] = weight * (row[x] if usable else np.float32(0))


@kernel((_IMAGE, _IMAGE, _MAP, _IMAGE, types.int64, types.int64, _RESULT))
def filter_rows(image: Floats, variance: Floats, good: Bytes, template: Floats, first: int, last: int, result: Floats) -> None:
    """Write the significance of the template at each pixel of rows `first` to before `last` into `result`.

    It is the sum of template t times weight w times image over the root of the sum of t^2 w, with w = 1 / variance, and 0 for
    bad pixels; 0 where no pixel under the template is good.

    Parameters
    ----------
    image : float32 [y, x]
        The sky subtracted.
    variance : float32 [y, x] or [1, x]
    good : uint8 [y, x] or [1, x]
    template : float32 [k, k]
        k odd.
    first, last : int
    result : float32 [last - first, x]
        Is filled.
    """
    side, width = template.shape[0], image.shape[1]
    half = side // 2
    values, weights = np.empty((side, width + 2 * half), np.float32), np.empty((side, width + 2 * half), np.float32)
    total, norm = np.empty(width, np.float32), np.empty(width, np.float32)
    for y in range(first - half, first + half):
        _weighted_row(image, variance, good, y, half, values[y % side], weights[y % side])
    for y in range(first, last):
        _weighted_row(image, variance, good, y + half, half, values[(y + half) % side], weights[(y + half) % side])
        total[:], norm[:] = 0, 0
        for j in range(side):
            row, weight = values[(y + j - half) % side], weights[(y + j - half) % side]
            for i in range(side):
                factor = template[j, i]
                shifted, shifted_weight, square = row[i:i + width], weight[i:i + width], factor * factor
                for x in range(width):
                    total[x] += factor * shifted[x]
                    norm[x] += square * shifted_weight[x]
        line = result[y - first]
        for x in range(width):
            line[x] = total[x] / np.sqrt(norm[x]) if norm[x] > 0 else np.float32(0)


@kernel((_IMAGE, types.float64, types.int64, types.int64, _LABELS))
def climb(heights: Floats, lowest: float, first: int, last: int, uphill: NDArray[np.int32]) -> None:
    """Write for each pixel of rows `first` to before `last` the place of its highest neighbour, or its own on a peak.

    It is -1 for pixels not above `lowest`. Of equal heights the first place is the higher.
    """
    height, width = heights.shape
    for y in range(first, last):
        for x in range(width):
            if not heights[y, x] > lowest:
                uphill[y, x] = -1
                continue
            best, place = heights[y, x], y * width + x
            for j in range(max(y - 1, 0), min(y + 2, height)):
                for i in range(max(x - 1, 0), min(x + 2, width)):
                    other = heights[j, i]
                    if other > best or other == best and j * width + i < place:
                        best, place = other, j * width + i
            uphill[y, x] = place


@kernel((_PLACES, types.int32[::1]))
def follow(places: Integers, uphill: NDArray[np.int32]) -> None:
    """Replace, for the pixels at `places`, the way uphill by the peak to which it leads."""
    for place in places:
        top = place
        while uphill[top] != top:
            top = np.int64(uphill[top])
        while uphill[place] != top:
            following = np.int64(uphill[place])
            uphill[place] = np.int32(top)
            place = following


@kernel((_PLACES, _IMAGE, read_only(types.int32, 1), types.int64[::1], types.int64[::1], types.float32[::1], types.int64[::1]))
def find_passes(places: Integers, heights: Floats, peaks: NDArray[np.int32], one: Integers, other: Integers, passes: Floats,
                number: Integers) -> None:
    """List the passes between the hills of neighbouring pixels: the places of both peaks, and the lower of the two pixels.

    `number` [1] becomes their number; of those beyond the size of the lists only the number is known.
    """
    height, width = heights.shape
    count = 0
    for place in places:
        y, x = place // width, place % width
        for j, i in ((y, x + 1), (y + 1, x - 1), (y + 1, x), (y + 1, x + 1)):
            if j >= height or i < 0 or i >= width:
                continue
            mine, theirs = peaks[place], peaks[j * width + i]
            if theirs >= 0 and theirs != mine:
                if count < one.size:
                    one[count], other[count] = mine, theirs
                    passes[count] = min(heights[y, x], heights[j, i])
                count += 1
    number[0] = count


@part
def _top(owner: Integers, hill: int) -> int:
    """Return the hill to which a hill belongs by now."""
    while owner[hill] != hill:
        owner[hill] = owner[owner[hill]]
        hill = owner[hill]
    return hill


@kernel((_PLACES, _PLACES, _VALUES, _VALUES, _VALUES, types.float64, types.int64[::1], types.bool_[::1]))
def merge_hills(one: Integers, other: Integers, passes: Floats, heights: Floats, needed: Floats, contrast: float,
                owner: Integers, beside: Flags) -> None:
    """Join each hill that does not rise enough above a pass to a higher hill.

    Parameters
    ----------
    one, other : int64 [n]
        The hills on both sides of each pass, the highest pass first.
    passes : float32 [n]
        Heights of the passes.
    heights, needed : float32 [hill]
        Height of the peak, and the rise above the pass that it needs.
    contrast : float
        It needs this part of the pass more.
    owner : int64 [hill]
        The hill to which each hill belongs; at first itself.
    beside : bool [hill]
        Becomes true for hills that stand side by side.
    """
    for k in range(one.size):
        a, b = _top(owner, one[k]), _top(owner, other[k])
        if a == b:
            continue
        if heights[a] < heights[b] or heights[a] == heights[b] and a > b:
            a, b = b, a
        if heights[b] - passes[k] < needed[b] + contrast * max(passes[k], np.float32(0)):
            owner[b] = a
            beside[a] |= beside[b]
        else:
            beside[a] = beside[b] = True
    for k in range(owner.size):
        owner[k] = _top(owner, k)


@kernel((_PLACES, types.int32[::1], read_only(types.int32, 1)))
def label(places: Integers, peaks: NDArray[np.int32], numbers: NDArray[np.int32]) -> None:
    """Replace, for the pixels at `places`, the hill by the number of its source, 0 for none."""
    for place in places:
        peaks[place] = numbers[peaks[place]]

"""Compiled kernel for the trails of saturated pixels; see `kernels.combine` for the rules."""

import numpy as np
from numba import types

from awlike.compiled import kernel, part, read_only
from awlike.pixels.arrays import Bytes, Float, Floats

PAD = 3  # columns to either side of the image, so that each pixel has neighbours
_WIDEST = 200  # columns within which the edges of a trail are looked for
_SHARP = np.float32(0.7)  # of its height a trail falls from its last column to the next: no PSF of 2 pixels does
_SEEN, _GAP = 3, 5  # consecutive rows that look like a trail make a trail; consecutive rows that do not end it
_STRAIGHT = 30  # rows: where the edge of saturated pixels is straight for as long, it is the edge of a trail, not a star


@part
def _level(row: Floats, x: int, side: int) -> Float:
    """Return the median of the three pixels next to x on one side."""
    a, b, c = row[x + side], row[x + 2 * side], row[x + 3 * side]
    return max(min(a, b), min(max(a, b), c))


@part
def _beyond(row: Floats, x: int, side: int, least: Float) -> int:
    """Return the first column beyond a trail at x, to one side; x where there is no sharp edge.

    All columns of the trail have at least half of its height over the level beyond it, or of its value at the border.
    """
    lowest = highest = row[x]
    for outside in range(x + side, x + _WIDEST * side, side):
        inside = row[outside - side]
        lowest, highest = min(lowest, inside), max(highest, inside)
        if outside < PAD or outside >= row.size - PAD:
            return outside if lowest >= highest / 2 else x
        level = _level(row, outside, side)
        height = highest - level
        if height > least:
            if lowest - level < height / 2:
                return x
            if inside - row[outside] > _SHARP * height:
                return outside
    return x


@part
def _mark_leak(row: Floats, good_row: Bytes, x: int, side: int, least: Float) -> None:
    """Mark a pixel beside a trail that stands out from those further out."""
    if PAD <= x < row.size - PAD and row[x] - _level(row, x, side) > least:
        good_row[x - PAD] = 0


@part
def _glare(row: Floats, x: int, high: Float) -> int:
    """Return the number of rows beyond a saturated pixel in which the light of its star may hide a trail: its width."""
    first, last = x, x
    while row[first - 1] >= high and first > PAD:
        first -= 1
    while row[last + 1] >= high and last < row.size - PAD:
        last += 1
    return min(last + 1 - first, _WIDEST)


@part
def _follow(raw: Floats, good: Bytes, y: int, x: int, step: int, glare: int, high: Float, least: Float) -> None:
    """Mark the trail that runs from the saturated pixel [y, x] up (step 1) or down (-1).

    The one pixel after its end, or after the saturated pixel, is marked too: charge may fill it in part.
    """
    seen, missed, marked = 0, 0, y
    for there in range(y + step, raw.shape[0] if step > 0 else -1, step):
        row = raw[there]
        if row[x] >= high:
            break
        left, right = _beyond(row, x, -1, least), _beyond(row, x, 1, least)
        if left == x or right == x or left < PAD and right >= row.size - PAD:
            seen, missed = 0, missed + 1
            if missed > (_GAP if marked != y else _GAP + glare):
                break
            continue
        seen += 1
        if seen >= _SEEN:
            missed = 0
            while marked != there:
                marked += step
                good[marked, x - PAD] = 0
            _mark_leak(row, good[there], left, -1, least)
            _mark_leak(row, good[there], right, 1, least)
    if 0 <= marked + step < raw.shape[0]:
        good[marked + step, x - PAD] = 0


@part
def _mark_straight_edge(raw: Floats, good: Bytes, first: int, last: int, x: int, side: int, high: Float,
                        least: Float) -> None:
    """Mark charge that leaks to one side of a run of saturated pixels, rows `first` to `last`, where its edge is straight."""
    length = 0
    for y in range(first, last + 2):
        if y <= last and raw[y, x + side] < high:
            length += 1
            continue
        if length >= _STRAIGHT:
            for there in range(y - length, y):
                _mark_leak(raw[there], good[there], x + side, side, least)
        length = 0


@kernel((read_only(types.float32, 2), types.float32, types.float32, types.uint8[:, ::1]))
def mark_trails(raw: Floats, high: Float, least: Float, good: Bytes) -> None:
    """Write 0 into `good` in the trails that run along y from the pixels of at least `high`, and where charge leaks from them.

    `raw` has `PAD` columns more than `good` on either side. `least` is the height above its surroundings, ADU, from which
    on something stands out.
    """
    for y in range(raw.shape[0]):
        if raw[y].max() < high:
            continue
        for x in range(PAD, raw.shape[1] - PAD):
            if not raw[y, x] >= high or y > 0 and raw[y - 1, x] >= high:
                continue
            last = y
            while last + 1 < raw.shape[0] and raw[last + 1, x] >= high:
                last += 1
            glare = _glare(raw[(y + last) // 2], x, high)
            for step in (-1, 1):
                _follow(raw, good, y if step < 0 else last, x, step, glare, high, least)
                _mark_straight_edge(raw, good, y, last, x, step, high, least)

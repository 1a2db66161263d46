"""Compiled kernels for cosmic rays; see `kernels.combine` for the rules.

Images are float32 [y, x], electrons. `state` is uint8 [y, x]: `GOOD`, `BAD` or `HIT`. Beyond its edges an image continues
with its last value. Places are indices into the flattened image.
"""

import math

import numpy as np
from numba import types

from awlike.compiled import kernel, part, read_only
from awlike.pixels.arrays import Bytes, Flags, Float, Floats, Integers

GOOD, BAD, HIT = 0, 1, 2
BLOCK = 32  # pixels: the side of a block in which the noise is measured

# A hit needs this edge and excess over its surroundings, of the threshold, and this contrast, of the least contrast. A
# pixel of a straight line has half the edge of a pixel alone: then its excess must be significant by itself.
PEAK, LINE, NEIGHBOUR = (1.0, 0.7, 1.0), (0.6, 1.0, 2.0), (0.4, 0.7, 1 / 3)
# The light, of its peak, that a star of FWHM 1.6 pixels or more has in its faintest neighbour, and in the fainter of the
# pairs left and right, above and below: 99 of 100 stars of a real frame of this FWHM lie above 0.09 and 0.47.
_LEAST_NEIGHBOUR = 0.06
_LEAST_PAIR = 0.4
_SURROUNDINGS = 7  # pixels to either side: wide enough that wings of a star do not count as sky
_FARTHEST = 8  # pixels from a bad pixel within which good pixels are looked for; no filter here reaches as far
_ENOUGH = 3  # good pixels make a level
_REACH = 4  # pixels from a changed pixel within which the judgement of others can change

_IMAGE, _STATE, _PLACES = types.float32[:, ::1], types.uint8[:, ::1], read_only(types.int64, 1)
_FLOAT, _INDEX = types.float64, types.int64


@part
def _median(values: Floats, number: int) -> np.float32:
    """Return the value of rank number // 2 of the first `number` values; `values` is overwritten.

    Floats in order are integers in order once the bits of negative floats are inverted: halving the interval of integers
    in which the median lies takes no branches and no sorting.
    """
    bits = values.view(np.int32)
    lowest, highest = np.int64(0x7FFFFFFF), np.int64(-0x80000000)
    for i in range(number):
        bits[i] = bits[i] ^ ((bits[i] >> 31) & np.int32(0x7FFFFFFF))
        lowest, highest = min(lowest, np.int64(bits[i])), max(highest, np.int64(bits[i]))
    while lowest < highest:
        middle, below = np.int32((lowest + highest) >> 1), 0
        for i in range(number):
            below += bits[i] <= middle
        if below > number // 2:
            highest = np.int64(middle)
        else:
            lowest = np.int64(middle) + 1
    bits[0] = np.int32(lowest) ^ ((np.int32(lowest) >> 31) & np.int32(0x7FFFFFFF))
    return values[0]


@part
def _median_around(image: Floats, y: int, x: int, reach: int, buffer: Floats) -> np.float32:
    """Return the median of the pixels within `reach` in x and y."""
    height, width = image.shape
    number = 0
    for j in range(y - reach, y + reach + 1):
        row = image[min(max(j, 0), height - 1)]
        for i in range(x - reach, x + reach + 1):
            buffer[number] = row[min(max(i, 0), width - 1)]
            number += 1
    return _median(buffer, number)


@part
def _level_around(image: Floats, state: Bytes, y: int, x: int, buffer: Floats) -> np.float32:
    """Return the median of the good pixels in the smallest square that has enough of them; 0 where none has."""
    height, width = image.shape
    for reach in range(1, _FARTHEST + 1):
        number = 0
        for j in range(max(y - reach, 0), min(y + reach + 1, height)):
            for i in range(max(x - reach, 0), min(x + reach + 1, width)):
                if state[j, i] == GOOD:
                    buffer[number] = image[j, i]
                    number += 1
        if number >= _ENOUGH:
            return _median(buffer, number)
    return np.float32(0)


@kernel((_PLACES, _STATE, _IMAGE))
def fill(places: Integers, state: Bytes, image: Floats) -> None:
    """Replace these pixels, none of which is good, by the level around them, so that they make no edges."""
    width, buffer = image.shape[1], np.empty((2 * _FARTHEST + 1) ** 2, np.float32)
    for place in places:
        image[place // width, place % width] = _level_around(image, state, place // width, place % width, buffer)


@part
def _good_values(image: Floats, state: Bytes, y: int, values: Floats, differences: Floats) -> None:
    """Write the good pixels of row y, and their absolute differences from the sum of the four neighbours; else NaN."""
    nan = np.float32(np.nan)
    for x in range(values.size):
        values[x] = differences[x] = nan
    if y >= image.shape[0] - 1:
        return
    row, below, above = image[y], image[y - 1], image[y + 1]
    here, under, over = state[y], state[y - 1], state[y + 1]
    for x in range(1, row.size - 1):
        values[x] = row[x] if here[x] == GOOD else nan
        difference = abs(np.float32(4) * row[x] - row[x - 1] - row[x + 1] - below[x] - above[x])
        differences[x] = difference if here[x] | here[x - 1] | here[x + 1] | under[x] | over[x] == GOOD else nan


@part
def _block_median(rows: Floats, start: int, buffer: Floats) -> np.float32:
    """Return the median of a block, the columns from `start` on, without NaN; NaN where more than nine tenths are NaN."""
    number = 0
    for k in range(rows.shape[0]):
        for x in range(start, min(start + BLOCK, rows.shape[1])):
            buffer[number] = rows[k, x]
            number += not math.isnan(rows[k, x])
    return _median(buffer, number) if number > buffer.size // 10 else np.float32(np.nan)


@kernel((_IMAGE, _STATE, _INDEX, _INDEX, _IMAGE, _IMAGE))
def measure_blocks(image: Floats, state: Bytes, start: int, stop: int, levels: Floats, curvatures: Floats) -> None:
    """Write medians of good pixels, and of their absolute differences from their neighbours, in these rows of blocks.

    Every second row suffices. Both results [block, block] are NaN where too few count.
    """
    values, differences = np.empty((2, BLOCK // 2, image.shape[1]), np.float32)
    buffer = np.empty(BLOCK**2 // 2, np.float32)
    for block in range(start, stop):
        for k in range(BLOCK // 2):
            _good_values(image, state, block * BLOCK + 2 * k + 1, values[k], differences[k])
        for column in range(levels.shape[1]):
            levels[block, column] = _block_median(values, column * BLOCK, buffer)
            curvatures[block, column] = _block_median(differences, column * BLOCK, buffer)


@part
def _less(a: Float, b: Float) -> Float:
    return a if a < b else b


@part
def _more(a: Float, b: Float) -> Float:
    return b if a < b else a


@part
def _median_of_5(a: Float, b: Float, c: Float, d: Float, e: Float) -> Float:
    low, high = _more(_less(a, b), _less(d, e)), _less(_more(a, b), _more(d, e))
    return _more(_less(low, high), _less(_more(low, high), c))


@part
def _edge(centre: Float, left: Float, right: Float, below: Float, above: Float, noise: Float) -> Float:
    """Return the Laplacian in sigma.

    In the image at twice its resolution, each pixel four times, it is the mean of the four Laplacians that are above 0
    (van Dokkum 2001, eq. 6-10): this is the same without making that image.
    """
    a, b, c, d = centre - left, centre - right, centre - below, centre - above
    none = np.float32(0)
    total = _more(a + c, none) + _more(a + d, none) + _more(b + c, none) + _more(b + d, none)
    return np.float32(0.125) * total / noise


@part
def _edge_at(image: Floats, noise: Floats, y: int, x: int) -> Float:
    height, width = image.shape
    return _edge(image[y, x], image[y, max(x - 1, 0)], image[y, min(x + 1, width - 1)],
                 image[max(y - 1, 0), x], image[min(y + 1, height - 1), x], noise[y, x])


@kernel((_IMAGE, _IMAGE, types.float32, _INDEX, _INDEX, _IMAGE, _IMAGE))
def find_edges(image: Floats, excess: Floats, read_variance: Float, start: int, stop: int, noise: Floats,
               edges: Floats) -> None:
    """Write the expected noise and the edges in sigma of these rows.

    The noise is that of the median of five rows of the median of five columns, times the square root of `excess`
    [block of rows, x].
    """
    height, width = image.shape
    padded = np.empty(width + 4, np.float32)
    none = np.float32(0)
    for y in range(start, stop):
        first, below, row = image[max(y - 2, 0)], image[max(y - 1, 0)], image[y]
        above, last = image[min(y + 1, height - 1)], image[min(y + 2, height - 1)]
        medians, sigma, factor, edge = padded[2:2 + width], noise[y], excess[y // BLOCK], edges[y]
        for x in range(width):
            medians[x] = _median_of_5(first[x], below[x], row[x], above[x], last[x])
        padded[0] = padded[1] = medians[0]
        padded[width + 2] = padded[width + 3] = medians[width - 1]
        for x in range(width):
            level = _median_of_5(padded[x], padded[x + 1], padded[x + 2], padded[x + 3], padded[x + 4])
            sigma[x] = math.sqrt((_more(level, none) + read_variance) * factor[x])
        for x in range(1, width - 1):
            edge[x] = _edge(row[x], row[x - 1], row[x + 1], below[x], above[x], sigma[x])
        edge[0], edge[width - 1] = _edge_at(image, noise, y, 0), _edge_at(image, noise, y, width - 1)


@part
def _is_sharp(image: Floats, noise: Floats, edges: Floats, y: int, x: int, beside: bool, threshold: Float, contrast: Float,
              buffer: Floats) -> bool:
    """Return whether a pixel, `beside` a hit or not, stands out from its surroundings, and more than a star would."""
    edge = edges[y, x] - _median_around(edges, y, x, 3, buffer)
    needed = NEIGHBOUR if beside else PEAK if edge > threshold else LINE
    if not edge > needed[0] * threshold:
        return False
    level = _median_around(image, y, x, 3, buffer)
    excess = (image[y, x] - level) / noise[y, x]
    fine_structure = (_median_around(image, y, x, 1, buffer) - level) / noise[y, x]
    return excess > needed[1] * threshold and edge > needed[2] * contrast * fine_structure


@part
def _is_star(image: Floats, level: Float, y: int, x: int) -> bool:
    """Return whether a pixel is a peak with the light of a star around it."""
    height, width = image.shape
    top, bottom, left, right = max(y - 1, 0), min(y + 1, height - 1), max(x - 1, 0), min(x + 1, width - 1)
    for j in range(top, bottom + 1):
        for i in range(left, right + 1):
            if image[j, i] > image[y, x]:
                return False
    peak = image[y, x] - level
    a, b, c, d = image[top, x] - level, image[bottom, x] - level, image[y, left] - level, image[y, right] - level
    return peak > 0 and min(min(a, b), min(c, d)) > _LEAST_NEIGHBOUR * peak and min(a + b, c + d) > _LEAST_PAIR * peak


@part
def _beside_star(image: Floats, edges: Floats, y: int, x: int, threshold: Float, buffer: Floats) -> bool:
    """Return whether a pixel is, or touches, the peak of a star that is sharp enough to be taken for a hit."""
    height, width = image.shape
    level = _median_around(image, y, x, _SURROUNDINGS, buffer)
    for j in range(max(y - 1, 0), min(y + 2, height)):
        for i in range(max(x - 1, 0), min(x + 2, width)):
            if edges[j, i] > LINE[0] * threshold and _is_star(image, level, j, i):
                return True
    return False


@kernel((_PLACES, _IMAGE, _IMAGE, _IMAGE, _STATE, _FLOAT, _FLOAT, _FLOAT, types.bool_[::1]))
def judge(places: Integers, image: Floats, noise: Floats, edges: Floats, state: Bytes, threshold: Float, contrast: Float,
          bright: Float, found: Flags) -> None:
    """Write into `found` [place] whether a good pixel is hit; one that touches a bad pixel brighter than `bright` never is."""
    height, width = image.shape
    buffer = np.empty((2 * _SURROUNDINGS + 1) ** 2, np.float32)
    for k in range(places.size):
        y, x = places[k] // width, places[k] % width
        beside = rim = False
        for j in range(max(y - 1, 0), min(y + 2, height)):
            for i in range(max(x - 1, 0), min(x + 2, width)):
                beside |= state[j, i] == HIT
                rim |= state[j, i] == BAD and image[j, i] > bright
        found[k] = (state[y, x] == GOOD and not rim
                    and _is_sharp(image, noise, edges, y, x, beside, threshold, contrast, buffer)
                    and not _beside_star(image, edges, y, x, threshold, buffer))


@kernel((_PLACES, _IMAGE, _IMAGE, _IMAGE))
def renew_edges(places: Integers, image: Floats, noise: Floats, edges: Floats) -> None:
    """Compute the edges of these pixels and their neighbours again."""
    height, width = image.shape
    for place in places:
        y, x = place // width, place % width
        for j in range(max(y - 1, 0), min(y + 2, height)):
            for i in range(max(x - 1, 0), min(x + 2, width)):
                edges[j, i] = _edge_at(image, noise, j, i)


@kernel((_PLACES, _IMAGE, _FLOAT, _STATE, types.bool_[:, ::1]))
def mark_near(hits: Integers, edges: Floats, threshold: Float, state: Bytes, near: Flags) -> None:
    """Mark the good pixels near these hits that have edge enough for a neighbour of a hit."""
    height, width = state.shape
    for place in hits:
        y, x = place // width, place % width
        for j in range(max(y - _REACH, 0), min(y + _REACH + 1, height)):
            for i in range(max(x - _REACH, 0), min(x + _REACH + 1, width)):
                near[j, i] = state[j, i] == GOOD and edges[j, i] > NEIGHBOUR[0] * threshold

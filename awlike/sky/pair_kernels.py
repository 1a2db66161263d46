"""Compiled kernels that find pairs of places, and groups of them; see `awlike.pixels.kernels.combine` for the rules.

Places are sorted into zones of declination, and by right ascension within a zone. So the places within a distance of another
lie in few zones, and in each of these side by side.
"""

import math

import numpy as np
from numba import types
from numpy.typing import NDArray

from awlike.compiled import kernel, part, read_only

_DOUBLES, _VECTORS, _INTEGERS = read_only(types.float64, 1), read_only(types.float64, 2), read_only(types.int64, 1)
_MARGIN = 1e-7  # deg: by which windows are widened, so that rounding loses no place

Places = NDArray[np.float64]
Numbers = NDArray[np.int64]


@part
def _half_width(dec: float, distance: float) -> float:
    """Return how far in right ascension places within `distance` can be, deg."""
    if abs(dec) + distance + _MARGIN >= 90:
        return 180.0
    return math.degrees(math.asin(min(1.0, math.sin(math.radians(distance)) / math.cos(math.radians(dec))))) + _MARGIN


@part
def _first_from(values: Places, start: int, end: int, least: float) -> int:
    """Return the first index from `start` on whose value is at least `least`, `end` where there is none."""
    while start < end:
        middle = (start + end) // 2
        if values[middle] < least:
            start = middle + 1
        else:
            end = middle
    return start


@kernel((_VECTORS, _DOUBLES, _DOUBLES, _INTEGERS, _VECTORS, _DOUBLES, _INTEGERS, _INTEGERS, types.float64, types.float64,
         types.boolean, types.int64[:, ::1], types.float64[::1], types.int64[::1]))
def find_pairs(vectors: Places, ra: Places, dec: Places, lists: Numbers, others: Places, other_ra: Places, other_lists: Numbers,
               starts: Numbers, height: float, distance: float, same: bool, pairs: Numbers, squares: Places,
               number: Numbers) -> None:
    """Find the pairs of places of different lists within `distance` (deg), and the squares of their chords.

    `starts` has for each zone of `height` degrees, from the south pole on, the first of `others` in it. Where `same` is true,
    both are the same places, and each pair is found once. `number` becomes the number of all pairs; those beyond the length of
    `pairs` are only counted.
    """
    largest, zones, found = (2 * math.sin(math.radians(distance) / 2)) ** 2, starts.shape[0] - 1, 0
    for one in range(vectors.shape[0]):
        width = _half_width(dec[one], distance)
        first = max(0, int((dec[one] - distance - _MARGIN + 90) / height))
        last = min(zones - 1, int((dec[one] + distance + _MARGIN + 90) / height))
        for turn in range(-1, 2):
            low, high = ra[one] - width + 360.0 * turn, ra[one] + width + 360.0 * turn
            if width >= 180:
                if turn:
                    continue
                low, high = 0.0, 360.0
            if high < 0 or low > 360:
                continue
            for zone in range(first, last + 1):
                end = starts[zone + 1]
                for other in range(_first_from(other_ra, starts[zone], end, low), end):
                    if other_ra[other] > high:
                        break
                    if lists[one] == other_lists[other] or (same and other <= one):
                        continue
                    x, y, z = (vectors[one, 0] - others[other, 0], vectors[one, 1] - others[other, 1],
                               vectors[one, 2] - others[other, 2])
                    square = x * x + y * y + z * z
                    if square <= largest:
                        if found < pairs.shape[0]:
                            pairs[found, 0], pairs[found, 1], squares[found] = one, other, square
                        found += 1
    number[0] = found


@kernel((read_only(types.int64, 2), types.boolean[::1], types.boolean[::1], types.boolean[::1]))
def take_closest(pairs: Numbers, taken: NDArray[np.bool_], others_taken: NDArray[np.bool_], chosen: NDArray[np.bool_]) -> None:
    """Choose pairs, in their order, each place in one pair at most."""
    for number in range(pairs.shape[0]):
        one, other = pairs[number, 0], pairs[number, 1]
        if not taken[one] and not others_taken[other]:
            taken[one] = others_taken[other] = chosen[number] = True


@part
def _root(parents: Numbers, place: int) -> int:
    while parents[place] != place:
        parents[place] = parents[parents[place]]
        place = parents[place]
    return place


@kernel((read_only(types.int64, 2), types.int64[::1], types.uint64[:, ::1]))
def join_groups(pairs: Numbers, parents: Numbers, held: NDArray[np.uint64]) -> None:
    """Join places to groups by `pairs`, in their order, no group with two places of one list.

    `parents` are the places themselves at first, and become the first place of the group of each. `held` has a bit for each
    list of which a group holds a place.
    """
    for number in range(pairs.shape[0]):
        one, other = _root(parents, pairs[number, 0]), _root(parents, pairs[number, 1])
        if one == other:
            continue
        apart = True
        for word in range(held.shape[1]):
            if held[one, word] & held[other, word]:
                apart = False
        if apart:
            first, second = min(one, other), max(one, other)
            parents[second] = first
            for word in range(held.shape[1]):
                held[first, word] |= held[second, word]
    for place in range(parents.shape[0]):
        parents[place] = _root(parents, place)

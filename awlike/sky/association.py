"""Association: the sources of several lists that are the same on the sky.

Groups never hold two sources of one list. They do not depend on the order of the rows in a list.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awlike.errors import ParameterError
from awlike.sky.pair_kernels import find_pairs, join_groups, take_closest
from awlike.sky.sphere import unit_vectors

Doubles = NDArray[np.float64]
Numbers = NDArray[np.int64]

TYPES = ('chain', 'master', 'matched')
_LARGEST = 1.0  # deg: the largest search distance
_MOST_ZONES = 200_000


@dataclasses.dataclass(frozen=True)
class Places:
    """Places on the sky, degrees, 1-D arrays of one length. A place that is not finite, or beyond a pole, is in no pair."""

    ra: Doubles
    dec: Doubles

    @classmethod
    def of(cls, ra: ArrayLike, dec: ArrayLike) -> 'Places':
        """Return places from any arrays; right ascensions of any number of turns."""
        ra, dec = (np.ravel(np.asarray(values, float)) for values in (ra, dec))
        if ra.shape != dec.shape:
            raise ParameterError(f'{len(ra)} right ascensions and {len(dec)} declinations: give as many of both')
        with np.errstate(invalid='ignore'):
            turned = ra % 360
            known = np.isfinite(ra) & (np.abs(dec) <= 90)
        return cls(np.where(known, np.where(turned >= 360, 0.0, turned), np.nan), np.where(known, dec, np.nan))

    def __len__(self) -> int:
        return len(self.ra)


@dataclasses.dataclass(frozen=True)
class Groups:
    """Groups of sources of several lists: one row for each source that is in a group, sorted by group and list.

    Attributes
    ----------
    group, list, row : numpy.ndarray of int64
        The number of the group, from 1; the number of the list, from 0; and the row of the source in it, from 0.
    is_alone : numpy.ndarray of bool
        False where another source of a list could have taken the place of one in the group: it lay within the distance, too.
    """

    group: Numbers
    list: Numbers
    row: Numbers
    is_alone: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.group)


@dataclasses.dataclass(frozen=True)
class Pairs:
    """Pairs of sources, the closest first: their rows, [pair], and the distances, arcsec."""

    first: Numbers
    second: Numbers
    distance: Doubles

    def __len__(self) -> int:
        return len(self.first)

    def only(self, chosen: NDArray[np.bool_]) -> 'Pairs':
        """Return the pairs for which `chosen` is true."""
        return Pairs(self.first[chosen], self.second[chosen], self.distance[chosen])


def pairs_within(one: Places, other: Places, distance: float) -> Pairs:
    """Return all pairs of a place of `one` and a place of `other` within `distance`, arcsec."""
    return _pairs(one, other, np.zeros(len(one), np.int64), np.ones(len(other), np.int64), distance)


def closest_pairs(one: Places, other: Places, distance: float) -> Pairs:
    """Return the pairs of two lists within `distance` (arcsec), each source in one pair at most, the closest pairs first.

    The closest of all pairs is a pair; then the closest of the pairs of the sources that are left, and so on.
    """
    return _closest(pairs_within(one, other, distance), len(one), len(other))


def associate(lists: Sequence[Places], distance: float, how: str = 'chain', closest: bool = True) -> Groups:
    """Return the groups of the sources of several lists that are the same on the sky.

    Parameters
    ----------
    lists : sequence of Places
        At least two.
    distance : float
        The largest distance of two sources that are compared, arcsec, up to a degree.
    how : {'chain', 'master', 'matched'}
        ``'chain'``: each list with the groups before it, each group at the place of its latest source. ``'master'``: each list
        with the first. ``'matched'``: all lists with all others, the closest pairs first; only groups with a source of each
        list are returned. Groups of ``'matched'`` do not depend on the order of the lists, those of ``'master'`` on the first.
    closest : bool
        Whether a source is in one group at most, with the closest. Without, each pair within the distance is a group.

    Raises
    ------
    ParameterError
        When there are fewer than two lists, for an unknown type, or for a distance that is none.
    """
    if len(lists) < 2:
        raise ParameterError(f'{len(lists)} list is given: associate two or more')
    if how not in TYPES:
        raise ParameterError(f'the type of association {how!r}: it is one of {", ".join(TYPES)}')
    if not 0 < distance <= _LARGEST * 3600:
        raise ParameterError(f'the search distance {distance} arcsec: it is above 0 and at most {_LARGEST:g} degree')
    if not closest:
        return _all_pairs(lists, distance, how)
    return {'chain': _chained, 'master': _with_master, 'matched': _matched}[how](lists, distance)


# --- pairs ---

def _pairs(one: Places, other: Places, lists: Numbers, other_lists: Numbers, distance: float, same: bool = False) -> Pairs:
    degrees = distance / 3600
    height = max(degrees, 180 / _MOST_ZONES)
    first = _in_zones(one, height)
    second = first if same else _in_zones(other, height)
    starts = np.searchsorted(second.zone, np.arange(int(180 / height) + 2))
    arguments = (first.vectors, first.ra, first.dec, lists[first.order], second.vectors, second.ra, other_lists[second.order],
                 starts, height, degrees, same)
    number, room = np.zeros(1, np.int64), max(1, 2 * max(len(first.order), len(second.order)))
    while True:
        found, squares = np.empty((room, 2), np.int64), np.empty(room)
        find_pairs(*arguments, found, squares, number)
        if number[0] <= room:
            break
        room = int(number[0])
    found, squares = found[:number[0]], squares[:number[0]]
    rows = first.order[found[:, 0]], second.order[found[:, 1]]
    order = _by_distance(squares, (one, rows[0]), (other, rows[1]))
    distances = np.degrees(2 * np.arcsin(np.minimum(np.sqrt(squares[order]) / 2, 1))) * 3600
    return Pairs(rows[0][order], rows[1][order], distances)


@dataclasses.dataclass(frozen=True)
class _InZones:
    """Places that have a position, sorted by zone and right ascension; `order` are their rows."""

    order: Numbers
    zone: Numbers
    ra: Doubles
    dec: Doubles
    vectors: Doubles


def _in_zones(places: Places, height: float) -> _InZones:
    known = np.flatnonzero(np.isfinite(places.ra))
    zone = ((places.dec[known] + 90) / height).astype(np.int64)
    order = known[np.argsort(zone * 360.0 + places.ra[known])]
    ra, dec = places.ra[order], places.dec[order]
    return _InZones(order, ((dec + 90) / height).astype(np.int64), ra, dec, unit_vectors(ra, dec))


def _by_distance(squares: Doubles, one: tuple[Places, Numbers], other: tuple[Places, Numbers]) -> Numbers:
    """Return the order of pairs by distance. Of equally distant pairs the order is that of their places on the sky."""
    order = np.argsort(squares, kind='stable')
    sorted_squares = squares[order]
    if not (sorted_squares[1:] == sorted_squares[:-1]).any():
        return order
    ends = [np.stack([places.ra[rows], places.dec[rows]]) for places, rows in (one, other)]
    turned = (ends[0][0] > ends[1][0]) | ((ends[0][0] == ends[1][0]) & (ends[0][1] > ends[1][1]))
    low, high = np.where(turned, ends[1], ends[0]), np.where(turned, ends[0], ends[1])
    return np.lexsort((*high[::-1], *low[::-1], squares))


def _closest(pairs: Pairs, number: int, others: int) -> Pairs:
    chosen = np.zeros(len(pairs), bool)
    take_closest(np.stack([pairs.first, pairs.second], 1), np.zeros(number, bool), np.zeros(others, bool), chosen)
    return pairs.only(chosen)


# --- groups ---

def _chained(lists: Sequence[Places], distance: float) -> Groups:
    """Return groups of which each list extends those before it."""
    numbers, rivals = [np.arange(len(lists[0]))], [np.zeros(len(lists[0]), bool)]
    ra, dec = lists[0].ra.copy(), lists[0].dec.copy()
    for places in lists[1:]:
        known = Places(ra, dec)
        every = pairs_within(known, places, distance)
        pairs = _closest(every, len(known), len(places))
        new = np.ones(len(places), bool)
        new[pairs.second] = False
        number = np.empty(len(places), np.int64)
        number[pairs.second], number[new] = pairs.first, len(ra) + np.arange(new.sum())
        ra[pairs.first], dec[pairs.first] = places.ra[pairs.second], places.dec[pairs.second]
        ra, dec = np.concatenate([ra, places.ra[new]]), np.concatenate([dec, places.dec[new]])
        numbers.append(number)
        rivals.append(_rivalled(every, pairs, len(known), len(places))[1])
    return _groups(numbers, rivals)


def _with_master(lists: Sequence[Places], distance: float) -> Groups:
    """Return groups of a source of the first list and its partners in the others."""
    master = lists[0]
    numbers, rivals = [np.arange(len(master))], [np.zeros(len(master), bool)]
    for places in lists[1:]:
        every = pairs_within(master, places, distance)
        pairs = _closest(every, len(master), len(places))
        number = np.full(len(places), -1)
        number[pairs.second] = pairs.first
        numbers.append(number)
        rivals.append(_rivalled(every, pairs, len(master), len(places))[1])
    return _groups(numbers, rivals)


def _matched(lists: Sequence[Places], distance: float) -> Groups:
    """Return groups with a source of each list."""
    every = Places(np.concatenate([one.ra for one in lists]), np.concatenate([one.dec for one in lists]))
    of = np.repeat(np.arange(len(lists)), [len(one) for one in lists])
    pairs = _pairs(every, every, of, of, distance, same=True)
    parents, held = np.arange(len(every)), np.zeros((len(every), (len(lists) + 63) // 64), np.uint64)
    held[parents, of // 64] = np.uint64(1) << (of % 64).astype(np.uint64)
    ends = np.stack([pairs.first, pairs.second], 1)
    join_groups(ends, parents, held)
    whole = np.bincount(parents, minlength=len(every)) == len(lists)
    number = np.where(whole[parents], parents, -1)
    rival = np.zeros(len(every), bool)
    apart = parents[ends[:, 0]] != parents[ends[:, 1]]
    rival[ends[apart].ravel()] = True
    cuts = np.cumsum([len(one) for one in lists])[:-1]
    return _groups(np.split(number, cuts), np.split(rival, cuts))


def _rivalled(every: Pairs, chosen: Pairs, number: int, others: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which sources of two lists, and of their partners, were in other pairs within the distance, too."""
    first, second = np.bincount(every.first, minlength=number) > 1, np.bincount(every.second, minlength=others) > 1
    second[chosen.second] |= first[chosen.first]
    return first, second


def _groups(numbers: Sequence[Numbers], rivals: Sequence[NDArray[np.bool_]]) -> Groups:
    """Return the groups of two sources or more, from the number of the group of each source of each list; -1 is none."""
    of = np.repeat(np.arange(len(numbers)), [len(one) for one in numbers])
    rows = np.concatenate([np.arange(len(one)) for one in numbers])
    number, rival = np.concatenate(numbers), np.concatenate(rivals)
    counts = np.bincount(number[number >= 0], minlength=1)
    kept = np.flatnonzero((number >= 0) & (counts[np.maximum(number, 0)] > 1))
    kept = kept[np.argsort(number[kept], kind='stable')]
    disputed = np.zeros(len(counts), bool)
    disputed[number[kept][rival[kept]]] = True
    renumbered = np.unique(number[kept], return_inverse=True)[1].reshape(-1) + 1
    return Groups(renumbered.astype(np.int64), of[kept], rows[kept], ~disputed[number[kept]])


def _all_pairs(lists: Sequence[Places], distance: float, how: str) -> Groups:
    """Return each pair of sources as a group: of lists that follow each other, of the first and others, or of any two."""
    last = len(lists)
    which = {'chain': [(n, n + 1) for n in range(last - 1)], 'master': [(0, n) for n in range(1, last)],
             'matched': [(m, n) for m in range(last) for n in range(m + 1, last)]}[how]
    found = [(m, n, pairs_within(lists[m], lists[n], distance)) for m, n in which]
    total = sum(len(pairs) for _, _, pairs in found)
    of = np.concatenate([np.tile([m, n], len(pairs)) for m, n, pairs in found])
    rows = np.concatenate([np.stack([pairs.first, pairs.second], 1).ravel() for _, _, pairs in found])
    alone = []
    for m, n, pairs in found:
        once = [np.bincount(ends, minlength=len(lists[k]))[ends] == 1 for ends, k in ((pairs.first, m), (pairs.second, n))]
        alone.append(np.repeat(once[0] & once[1], 2))
    return Groups(np.repeat(np.arange(1, total + 1), 2), of, rows, np.concatenate(alone))

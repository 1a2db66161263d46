"""The same sources in several lists, against brute force: everywhere on the sky, at the poles, across right ascension 0."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awlike.errors import ParameterError
from awlike.sky.association import TYPES, Places, associate, closest_pairs, pairs_within
from awlike.sky.sphere import separation

ARCSEC = 1 / 3600
CENTRES = [(0.0, 0.0), (359.9999, 12.0), (180.0, -89.9999), (0.0, 90.0), (77.0, -90.0), (315.0, -31.0), (10.0, 89.5)]


def around(centre, number, seed, size=6.0, exact=False):
    """Places within some arcsec of a centre; `exact` ones lie on a grid, so that many distances are equal."""
    rng = np.random.default_rng(seed)
    east, north = (rng.integers(-2, 3, (2, number)) * size / 3 if exact else rng.uniform(-size, size, (2, number))) * ARCSEC
    ra, dec = np.radians(centre)
    x = np.array([-np.sin(ra), np.cos(ra), 0])
    y = np.array([-np.sin(dec) * np.cos(ra), -np.sin(dec) * np.sin(ra), np.cos(dec)])
    z = np.array([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)])
    vectors = z + np.radians(east)[:, None] * x + np.radians(north)[:, None] * y
    return Places.of(np.degrees(np.arctan2(vectors[:, 1], vectors[:, 0])),
                     np.degrees(np.arctan2(vectors[:, 2], np.hypot(vectors[:, 0], vectors[:, 1]))))


def brute(one, other):
    return separation(one.ra[:, None], one.dec[:, None], other.ra, other.dec) * 3600


def partition(groups, start=()):
    """The groups as sets of (list, row)."""
    found = {}
    for number, of, row in zip(groups.group, groups.list, groups.row, strict=True):
        found.setdefault(int(number), set()).add((int(of), int(row)))
    return {frozenset(members) for members in found.values()}


worlds = st.tuples(st.sampled_from(CENTRES), st.integers(0, 10**6), st.integers(0, 12), st.integers(0, 12),
                   st.sampled_from([0.5, 2.0, 5.0, 30.0]))


@settings(max_examples=60, deadline=None)
@given(worlds)
def test_pairs_are_those_of_brute_force(world):
    centre, seed, number, others, distance = world
    one, other = around(centre, number, seed), around(centre, others, seed + 1)
    apart, found = brute(one, other), pairs_within(one, other, distance)
    expected = set(zip(*np.nonzero(apart <= distance), strict=True))
    assert {(int(i), int(j)) for i, j in zip(found.first, found.second, strict=True)} == {(int(i), int(j)) for i, j in expected}
    assert np.allclose(found.distance, apart[found.first, found.second], atol=1e-6) and (np.diff(found.distance) >= -1e-9).all()


@settings(max_examples=60, deadline=None)
@given(worlds)
def test_closest_pairs_are_taken_in_the_order_of_distance(world):
    centre, seed, number, others, distance = world
    one, other = around(centre, number, seed), around(centre, others, seed + 1)
    apart, expected = brute(one, other), set()
    for flat in np.argsort(apart, axis=None):
        i, j = np.unravel_index(flat, apart.shape)
        if apart[i, j] <= distance and not any(i == a or j == b for a, b in expected):
            expected.add((int(i), int(j)))
    found = closest_pairs(one, other, distance)
    assert {(int(i), int(j)) for i, j in zip(found.first, found.second, strict=True)} == expected
    back = closest_pairs(other, one, distance)
    assert set(zip(back.second.tolist(), back.first.tolist(), strict=True)) == expected, 'whichever list comes first'


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(CENTRES), st.integers(0, 10**6), st.lists(st.integers(0, 8), min_size=2, max_size=5),
       st.sampled_from([1.0, 4.0]), st.booleans(), st.sampled_from(TYPES))
def test_groups_hold_no_two_of_a_list_and_no_source_twice(centre, seed, numbers, distance, exact, how):
    lists = [around(centre, number, seed + n, exact=exact) for n, number in enumerate(numbers)]
    groups = associate(lists, distance, how)
    every = partition(groups)
    members = [member for group in every for member in group]
    assert len(members) == len(set(members)) == len(groups)
    for group in every:
        assert len({of for of, _ in group}) == len(group) >= 2
        assert how != 'matched' or len(group) == len(lists)
        if how == 'master':
            (_, row), = [member for member in group if member[0] == 0]
            assert all(brute(lists[0], lists[of])[row, other] <= distance * (1 + 1e-9) for of, other in group if of)
    assert (np.diff(groups.group) >= 0).all() and set(groups.group) == set(range(1, len(every) + 1))


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(CENTRES), st.integers(0, 10**6), st.lists(st.integers(0, 8), min_size=2, max_size=4), st.permutations(
    range(4)), st.sampled_from(TYPES))
def test_the_order_of_rows_and_as_the_type_allows_of_lists_does_not_matter(centre, seed, numbers, order, how):
    lists = [around(centre, number, seed + n) for n, number in enumerate(numbers)]
    expected = partition(associate(lists, 3.0, how))
    rng = np.random.default_rng(seed)
    turns = [rng.permutation(len(one)) for one in lists]
    turned = associate([Places.of(one.ra[turn], one.dec[turn]) for one, turn in zip(lists, turns, strict=True)], 3.0, how)
    assert {frozenset((of, int(turns[of][row])) for of, row in group) for group in partition(turned)} == expected
    kept = [n for n in order if n < len(lists)]
    if how == 'master':
        kept = [0, *(n for n in kept if n)]
    if how != 'chain':
        other = partition(associate([lists[n] for n in kept], 3.0, how))
        assert {frozenset((kept[of], row) for of, row in group) for group in other} == expected


def test_dithered_exposures_of_one_field_give_one_group_for_each_star():
    rng = np.random.default_rng(3)
    ra, dec = rng.uniform(359.9, 360.1, 2000), rng.uniform(-0.1, 0.1, 2000)
    seen = [rng.uniform(size=2000) < 0.9 for _ in range(5)]
    lists = [Places.of((ra + rng.normal(0, .03, 2000) * ARCSEC)[one], (dec + rng.normal(0, .03, 2000) * ARCSEC)[one])
             for one in seen]
    stars = [np.flatnonzero(one) for one in seen]
    for how, expected in (('chain', [sum(one[n] for one in seen) for n in range(2000)]), ('matched', sum(seen) // 5 * 5)):
        groups = associate(lists, 1.0, how)
        star = np.array([stars[of][row] for of, row in zip(groups.list, groups.row, strict=True)])
        pure = np.mean([len(set(star[groups.group == number])) == 1 for number in np.unique(groups.group)])
        assert pure > 0.99, 'two stars within 1 arcsec are rare'
        counts = np.bincount(star, minlength=2000)
        assert np.mean(counts == np.where(np.array(expected) > 1, expected, 0)) > 0.99
    assert groups.is_alone.mean() > 0.9


def test_a_chain_goes_on_where_a_source_is_missing_for_a_while_and_follows_what_moves():
    moving = [Places.of([10 + n * 0.8 * ARCSEC], [0]) for n in range(5)]
    gap = [*moving[:2], Places.of([], []), *moving[2:]]
    assert partition(associate(gap, 1.0, 'chain')) == {frozenset([(0, 0), (1, 0), (3, 0), (4, 0), (5, 0)])}
    assert partition(associate(gap, 1.0, 'master')) == {frozenset([(0, 0), (1, 0)])}
    assert partition(associate(gap, 1.0, 'matched')) == set()


def test_rivals_are_flagged():
    one, other = Places.of([10.0, 20.0], [0, 0]), Places.of([10.0, 10 + 0.5 * ARCSEC, 20.0], [0, 0, 0])
    groups = associate([one, other], 1.0)
    assert partition(groups) == {frozenset([(0, 0), (1, 0)]), frozenset([(0, 1), (1, 2)])}
    assert groups.is_alone.tolist() == [False, False, True, True]


def test_all_pairs_are_groups_where_closest_pairs_are_not_singled_out():
    one, other = Places.of([10.0], [0]), Places.of([10.0, 10 + 0.5 * ARCSEC], [0, 0])
    groups = associate([one, other], 1.0, closest=False)
    assert partition(groups) == {frozenset([(0, 0), (1, 0)]), frozenset([(0, 0), (1, 1)])}
    assert not groups.is_alone.any() and len(associate([one, other, one], 1.0, 'matched', closest=False)) == 10


def test_many_lists_have_a_bit_each():
    lists = [Places.of([10.0, 50.0], [0, 0]) for _ in range(130)]
    groups = associate(lists, 1.0, 'matched')
    assert len(groups) == 260 and groups.group.max() == 2


def test_unknown_places_are_in_no_pair():
    odd = Places.of([np.nan, 10.0, 10.0, np.inf, 370.0, -350.0, -1e-15], [0, np.nan, 91, 0, 0, 0, 0])
    found = pairs_within(odd, Places.of([10.0, 0.0], [0.0, 0.0]), 1.0)
    assert set(zip(found.first.tolist(), found.second.tolist(), strict=True)) == {(4, 0), (5, 0), (6, 1)}
    nothing = Places.of([], [])
    for how in TYPES:
        assert len(associate([nothing, odd], 1.0, how)) == len(associate([nothing, nothing], 1.0, how)) == 0


@pytest.mark.parametrize(('change', 'told'), [
    ({'distance': 0}, 'search distance'), ({'distance': -1}, 'search distance'), ({'distance': np.nan}, 'search distance'),
    ({'distance': 4000}, 'at most 1 degree'), ({'how': 'best'}, 'one of chain, master, matched'),
    ({'lists': []}, 'two or more')])
def test_wrong_values_are_refused(change, told):
    with pytest.raises(ParameterError, match=told):
        associate(**{'lists': [Places.of([1], [2])] * 2, 'distance': 1.0, 'how': 'chain'} | change)
    with pytest.raises(ParameterError, match='give as many of both'):
        Places.of([1, 2], [1])

"""Cones and polygons anywhere on the sphere, against brute force: no position is lost, none is found in vain."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from hypothesis import given
from hypothesis import strategies as st

from awlike.errors import ParameterError
from awlike.sky.healpix import ORDER, cells, few_ranges
from awlike.sky.regions import Cone, Polygon, unit_vectors

# the places where things go wrong: poles, right ascension 0 and 360, corners and borders of the base cells
PLACES = [(ra, dec) for ra in (0, 1e-12, 45, 90, 179.9999, 270, 359.99999, 360, -0.001, 720) for dec in (
    -90, -89.9999999, np.degrees(-np.arcsin(2 / 3)), 0, 1e-13, np.degrees(np.arcsin(2 / 3)), 89.9999999, 90)]
place = st.sampled_from(PLACES) | st.tuples(st.floats(-720, 720), st.floats(-90, 90))
radius = st.sampled_from([0, 1e-6, 1 / 3600, 1 / 60, 1 / 6, 1, 30, 90, 120, 179.9, 180]) | st.floats(0, 180)


def around(ra, dec, size, number, seed):
    """Positions at up to twice `size` degrees of a place, and the place itself."""
    rng = np.random.default_rng(seed)
    centre = SkyCoord(ra % 360, dec, unit='deg')
    angle, distance = rng.uniform(0, 360, number), rng.uniform(0, min(2 * size, 180), number)
    found = centre.directional_offset_by(angle * u.deg, distance * u.deg)
    turns = 360 * rng.integers(-1, 3, number)
    return np.append(found.ra.deg + turns, ra), np.append(found.dec.deg, dec)


def covered(region, ra, dec):
    """Which positions lie in the ranges of cells of a region."""
    ranges, cell = region.ranges, cells(ra, dec)
    assert len(ranges) <= 48 and (ranges[:, 0] <= ranges[:, 1]).all() and (ranges[1:, 0] > ranges[:-1, 1]).all()
    index = np.searchsorted(ranges[:, 0], cell, 'right') - 1
    return (index >= 0) & (cell <= ranges[np.maximum(index, 0), 1])


@given(place, radius, st.integers(0, 10**6))
def test_a_cone_is_what_lies_within_its_radius(centre, radius, seed):
    cone, (ra, dec) = Cone(*centre, radius), around(*centre, max(radius, 1e-9), 200, seed)
    apart = SkyCoord(ra, dec, unit='deg').separation(SkyCoord(cone.ra, cone.dec, unit='deg')).deg
    inside = cone.holds(ra, dec, np)
    clear = np.abs(apart - radius) > (1e-11 if radius < 150 else 1e-6)
    assert (inside == (apart <= radius))[clear].all()
    assert covered(cone, ra, dec)[inside].all()


@given(place, st.floats(1e-4, 60), st.integers(3, 9), st.booleans(), st.integers(0, 10**6))
def test_a_polygon_is_what_lies_on_the_inner_side_of_its_sides(centre, size, number, is_star, seed):
    rng = np.random.default_rng(seed)
    middle = SkyCoord(centre[0] % 360, centre[1], unit='deg')
    angles = (np.arange(number) + rng.uniform(0, .5, number)) * 360 / number
    reach = size * (rng.uniform(.3, 1, number) if is_star else np.ones(number))
    corners = middle.directional_offset_by(angles * u.deg, reach * u.deg)
    polygon = Polygon(corners[::-1] if seed % 2 else corners)
    ra, dec = around(*centre, size, 300, seed)
    inside, expected, border = polygon.holds(ra, dec, np), *winding(corners, middle, ra, dec)
    assert (inside == expected)[~border].all()
    assert covered(polygon, ra, dec)[inside & ~border].all()


def winding(corners, middle, ra, dec):
    """Whether positions lie in a polygon, by how often it goes round each; and whether they lie on its border."""
    centre = unit_vectors(np.array([middle.ra.deg]), np.array([middle.dec.deg]))[0]
    first = np.cross(centre, [.3, .5, .8])
    first /= np.linalg.norm(first)
    plane = np.stack([first, np.cross(centre, first)])
    def flat(vectors):
        front = vectors @ centre
        return vectors @ plane.T / np.where(front > 1e-9, front, np.nan)[:, None]
    points, edge = flat(unit_vectors(ra, dec)), flat(unit_vectors(corners.ra.deg, corners.dec.deg))
    rays = edge[None] - points[:, None]
    angle = np.arctan2(rays[..., 1], rays[..., 0])
    turn = (np.roll(angle, -1, 1) - angle + np.pi) % (2 * np.pi) - np.pi
    along = np.roll(edge, -1, 0) - edge
    share = np.clip((-(rays * along).sum(2)) / (along**2).sum(1), 0, 1)
    distance = np.linalg.norm(rays + share[..., None] * along, axis=2).min(1)
    scale = np.linalg.norm(edge, axis=1).max()
    return np.nan_to_num(np.abs(turn.sum(1))) > np.pi, np.nan_to_num(distance, nan=1) < 1e-9 * max(scale, 1e-3)


def test_cells_are_unknown_without_a_position_and_alike_after_a_turn():
    ra, dec = np.array([np.nan, 10, 10, 370, -350, np.inf, 10]), np.array([0, np.nan, 20, 20, 20, 0, 91])
    found = cells(ra, dec)
    assert found.dtype == np.int64 and (found >= 0).tolist() == [False, False, True, True, True, False, False]
    assert len(set(found[2:5])) == 1
    assert 0 <= cells(np.array([0.]), np.array([-90.]))[0] < 12 * 4**ORDER


def test_ranges_that_touch_are_one_and_many_are_joined_across_the_smallest_gaps():
    ranges = np.array([[30, 39], [0, 9], [10, 19], [45, 49], [100, 100]])
    assert few_ranges(ranges, 9).tolist() == [[0, 19], [30, 39], [45, 49], [100, 100]]
    assert few_ranges(ranges, 2).tolist() == [[0, 49], [100, 100]]
    assert few_ranges(np.array([[0, 100], [5, 6], [200, 201]]), 9).tolist() == [[0, 100], [200, 201]]


def test_degrees_unless_a_quantity_is_given():
    cone = Cone(1 * u.hourangle, -3600 * u.arcsec, 1 * u.arcmin)
    assert (cone.ra, cone.dec, cone.radius) == pytest.approx((15, -1, 1 / 60))


@pytest.mark.parametrize('wrong', [(0, 91, 1), (np.nan, 0, 1), (0, 0, -1), (0, 0, 181), ('a', 0, 1), (0, 0, 1 * u.m),
                                   (0, 0, None)])
def test_what_is_no_cone_is_refused(wrong):
    with pytest.raises(ParameterError):
        Cone(*wrong)


@pytest.mark.parametrize('wrong', [
    [(0, 0), (1, 0)], [(0, 0), (1, 1), (1, 0), (0, 1)], [(0, 0), (0, 0), (1, 0), (1, 1)], [(0, 0), (120, 0), (240, 0)], 7,
    [1, 2, 3], [(0, -80), (120, 0), (240, 80)], [(0, 0), (1, 0), (2, 0)]])
def test_what_is_no_polygon_is_refused(wrong):
    with pytest.raises(ParameterError):
        Polygon(wrong)

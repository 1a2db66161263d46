"""The same stars in exposures whose pointing is wrong by an unknown shift."""

from typing import NamedTuple

import numpy as np
import pytest

from awlike.sky.matching import match_stars, tangent_plane


class Catalogue(NamedTuple):
    """The stars of an exposure, the brightest first."""

    x: np.ndarray
    y: np.ndarray


CD = np.array([[-6e-5, 2e-6], [1e-6, 6e-5]])


def exposures(shifts, number=120, seed=3):
    """Catalogues of the same stars, moved by `shifts` (pixels) that no pointing tells, and the positions."""
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(0, 1000, (2, number))
    catalogues = [Catalogue(x + dx + rng.normal(0, 0.1, number), y + dy + rng.normal(0, 0.1, number)) for dx, dy in shifts]
    return catalogues, [tangent_plane((150.0, -30.0), (500.0, 500.0), CD, (150.0, -30.0))] * len(shifts)


def test_the_measurements_of_a_star_have_one_number():
    found = match_stars(*exposures([(0, 0), (31.4, -20.2), (-55.0, 12.5)]))
    assert all(np.array_equal(numbers, np.arange(120)) for numbers in found)


def test_a_pointing_that_is_wrong_by_more_than_the_reach_fits_no_other():
    first, second = match_stars(*exposures([(0, 0), (300.0, 0.0)]))
    assert np.array_equal(first, np.arange(120)) and (second == -1).all()


def test_a_star_of_one_exposure_alone_has_a_number_of_its_own():
    catalogues, positions = exposures([(0, 0), (10.0, 5.0)])
    more = Catalogue(np.append(catalogues[1].x, 500.0), np.append(catalogues[1].y, -40.0))
    first, second = match_stars([catalogues[0], more], positions)
    assert second.max() == 120 and len(set(first)) == 120, 'the exposure with most stars has the first numbers'
    assert np.array_equal(second[:120], first)


def test_without_exposures_or_stars_there_is_nothing_to_match():
    empty = Catalogue(np.empty(0), np.empty(0))
    assert match_stars([], []) == []
    assert [len(numbers) for numbers in match_stars([empty, empty], exposures([(0, 0), (0, 0)])[1])] == [0, 0]


@pytest.mark.parametrize('centre', [(150.0, -30.0), (150.3, -29.8)])
def test_the_plane_is_the_tangential_projection_of_astropy(centre):
    from astropy.io import fits
    from astropy.wcs import WCS
    keywords = {'CTYPE1': 'RA---TAN', 'CTYPE2': 'DEC--TAN', 'CRPIX1': 500.0, 'CRPIX2': 400.0}
    own = WCS(fits.Header(keywords | {'CRVAL1': 150.0, 'CRVAL2': -30.0, 'CD1_1': -6e-5, 'CD1_2': 2e-6, 'CD2_1': 1e-6,
                                      'CD2_2': 6e-5}))
    common = WCS(fits.Header(keywords | {'CRVAL1': centre[0], 'CRVAL2': centre[1], 'CRPIX1': 1.0, 'CRPIX2': 1.0,
                                         'CD1_1': 1.0, 'CD1_2': 0.0, 'CD2_1': 0.0, 'CD2_2': 1.0}))
    x, y = np.array([0.0, 500.0, 999.0]), np.array([0.0, 123.0, 999.0])
    plane = tangent_plane((150.0, -30.0), (500.0, 400.0), CD, centre)(x, y)
    assert np.allclose(plane, common.world_to_pixel(own.pixel_to_world(x, y)), atol=1e-9)

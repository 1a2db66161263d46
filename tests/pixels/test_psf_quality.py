"""Moments and variation of a point spread function, and how stars differ from it."""

import numpy as np
import pytest

from awlike.pixels.psf_model import moffat_psf
from awlike.pixels.psf_quality import (
    adaptive_moments,
    differences,
    ellipticity,
    farthest_from_stars,
    trace_radius,
    variation,
)

SHAPE = 300, 320


def gaussian(xx, yy, xy, dx=0.0, dy=0.0, half=12):
    place = np.arange(-half, half + 1)
    inverse = np.linalg.inv([[xx, xy], [xy, yy]])
    x, y = place - dx, (place - dy)[:, None]
    return np.exp(-0.5 * (inverse[0, 0] * x ** 2 + inverse[1, 1] * y ** 2) - inverse[0, 1] * x * y)


@pytest.mark.parametrize('moments', [(4.0, 4.0, 0.0), (5.0, 3.0, 0.7), (2.5, 6.0, -1.5)])
@pytest.mark.parametrize('centre', [(0.0, 0.0), (0.4, -0.3)])
def test_the_moments_of_a_gaussian_are_its_own(moments, centre):
    found = adaptive_moments(gaussian(*moments, *centre)[None], 1.7)
    assert found[0] == pytest.approx(moments, rel=1e-3)
    e1, e2 = ellipticity(found)
    assert (e1[0], e2[0]) == pytest.approx(((moments[0] - moments[1]) / sum(moments[:2]), 2 * moments[2] / sum(moments[:2])),
                                           abs=1e-3)
    assert trace_radius(found)[0] == pytest.approx(np.sqrt(sum(moments[:2]) / 2), rel=1e-3)


@pytest.mark.parametrize('stamp', [np.zeros((25, 25)), np.full((25, 25), np.nan), -gaussian(4, 4, 0), gaussian(1, 1, 0, 9, 9)],
                         ids=['empty', 'not a number', 'negative', 'far off'])
def test_what_is_no_star_has_no_moments(stamp):
    found = adaptive_moments(np.array([stamp, gaussian(4, 4, 0)]), 2.0)
    assert np.isnan(found[0]).all() and np.isfinite(found[1]).all(), 'and does not spoil others'


def test_a_psf_that_is_the_same_everywhere_does_not_vary():
    found = variation(moffat_psf(4.0, SHAPE))
    assert found.size_range == found.flux_range == 0 and found.ellipticity < 1e-6
    assert found.fwhm == pytest.approx(moffat_psf(4.0, SHAPE).fwhm())
    assert found.sigma ** 4 == pytest.approx(found.moments[0] * found.moments[1], rel=1e-6)
    stamp = moffat_psf(4.0, SHAPE).at(150, 150).astype(float)
    assert found.area == pytest.approx(stamp.sum() ** 2 / (stamp ** 2).sum(), rel=1e-3)


def stars_in(psf, x, y, image):
    half = psf.radius
    for place_x, place_y, stamp in zip(x, y, psf.stamps(x, y), strict=True):
        column, row = int(np.rint(place_x)), int(np.rint(place_y))
        image[row - half:row + half + 1, column - half:column + half + 1] += 10000 * stamp
    return image


def test_stars_of_another_width_differ_by_it():
    rng = np.random.default_rng(2)
    x, y = rng.uniform(40, 260, (2, 30))
    own, wider = moffat_psf(4.0, SHAPE), moffat_psf(4.4, SHAPE)
    image, good = stars_in(wider, x, y, np.zeros(SHAPE, np.float32)), np.ones(SHAPE, np.uint8)
    alike = differences(image, good, wider, x, y)
    assert abs(alike.size[0]) < 0.02 and abs(alike.e1[0]) < 0.01 and alike.scaled_size < 0.02
    expected = variation(wider).sigma - variation(own).sigma
    assert differences(image, good, own, x, y).size[0] == pytest.approx(expected, rel=0.1)
    assert differences(image, np.zeros(SHAPE, np.uint8), own, x, y) is None, 'no star is whole'
    assert differences(image, good, own, np.array([-5.0, 2.0, 1e6]), np.array([5.0, 2.0, 3.0])) is None, 'outside'


def test_the_farthest_place_from_stars():
    corner = farthest_from_stars(np.array([0.0]), np.array([0.0]), SHAPE)
    assert corner == pytest.approx(np.hypot(299, 319), rel=0.01)

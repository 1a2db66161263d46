"""Measurements at a position: the planted star comes back."""

import numpy as np
import pytest

from awlike.errors import ProcessingError
from awlike.pixels import at_position

STAR, FWHM, FLUX, SKY, NOISE = (61.3, 40.8), 4.2, 50_000.0, 500.0, 4.0  # x, y, pixels, ADU
SHAPE = 90, 120


def field(seed=1, flux=FLUX):
    """Return a flat sky with a star of known position, width and flux."""
    y, x = np.indices(SHAPE)
    sigma = FWHM / 2.3548
    star = np.exp(-0.5 * ((x - STAR[0]) ** 2 + (y - STAR[1]) ** 2) / sigma**2) * flux / (2 * np.pi * sigma**2)
    return (SKY + star + NOISE * np.random.default_rng(seed).standard_normal(SHAPE)).astype(np.float32)


@pytest.fixture(scope='module')
def image():
    return field()


@pytest.mark.parametrize('offset', [(0, 0), (3, -2), (-4, 4)])
def test_star_near_the_cursor_is_found_with_its_place_width_and_sky(image, offset):
    star = at_position.star_at(image, 61 + offset[0], 41 + offset[1])
    assert (star.x, star.y) == pytest.approx(STAR, abs=0.02)
    assert star.fwhm == pytest.approx(FWHM, rel=0.02) and star.sky == pytest.approx(SKY, abs=1)


def test_flux_of_a_star_comes_back_within_its_error():
    found = [at_position.aperture_photometry(field(seed), 61, 41) for seed in range(12)]
    off = np.array([(one.flux - FLUX) / one.error for one in found])
    assert 0.4 < off.std() < 2 and abs(off.mean()) < 1
    assert found[0].radius == pytest.approx(2.5 * FWHM, rel=0.02) and found[0].sky == pytest.approx(SKY, abs=1)


@pytest.mark.slow
def test_the_error_of_a_flux_is_its_scatter():
    found = [at_position.aperture_photometry(field(seed), 61, 41) for seed in range(200)]
    assert np.std([one.flux for one in found]) == pytest.approx(np.mean([one.error for one in found]), rel=0.1)


def test_a_star_of_eleven_sigma_is_found_and_the_noise_alone_is_none():
    # White noise falls by sqrt(4 pi) when it is smoothed by a Gaussian of sigma 1, which widens the star, too.
    peak = 11 * NOISE / np.sqrt(4 * np.pi)
    flux = peak * 2 * np.pi * ((FWHM / 2.3548) ** 2 + 1)
    for seed in range(20):
        star = at_position.star_at(field(seed, flux), 61, 41)
        assert np.hypot(star.x - STAR[0], star.y - STAR[1]) < 2
        with pytest.raises(ProcessingError, match='no star is within 5 pixels of'):
            at_position.star_at(field(seed, 0), 61, 41)


def test_bad_pixels_are_not_measured_and_counted(image):
    spoiled, good = image.copy(), np.ones(SHAPE, np.uint8)
    spoiled[44, 60:63], good[44, 60:63] = 1e6, 0
    star, light = at_position.star_at(spoiled, 61, 41, good), at_position.aperture_photometry(spoiled, 61, 41, good)
    assert star.fwhm == pytest.approx(FWHM, rel=0.02) and (star.x, star.y) == pytest.approx(STAR, abs=0.1)
    assert light.bad == 3 and 0.8 * FLUX < light.flux < FLUX


def test_nan_is_bad_without_a_map(image):
    spoiled = image.copy()
    spoiled[44, 60:63] = np.nan
    assert at_position.aperture_photometry(spoiled, 61, 41).bad == 3


@pytest.mark.parametrize('measured', [at_position.star_at, at_position.aperture_photometry])
@pytest.mark.parametrize(('x', 'y'), [(20, 20), (0, 0), (119, 89)])
def test_where_no_star_is_none_is_measured(image, measured, x, y):
    with pytest.raises(ProcessingError, match='no star is within 5 pixels of'):
        measured(image, x, y)


@pytest.mark.parametrize('image', [np.full((30, 30), np.nan), np.zeros((30, 30)),
                                   np.zeros((1, 1)), np.full((2, 3), 7, np.uint16)],
                         ids=['nan', 'even', 'one pixel', 'tiny'])
@pytest.mark.parametrize('measured', [at_position.star_at, at_position.aperture_photometry])
def test_odd_images_are_refused(image, measured):
    with pytest.raises(ProcessingError, match='no (good pixels|star)'):
        measured(image, 0, 0)


def test_star_at_the_edge_is_measured_as_far_as_it_is_there(image):
    cropped = image[:, 60:]
    star = at_position.star_at(cropped, 1, 41)
    assert star.fwhm == pytest.approx(FWHM, rel=0.05) and star.x == pytest.approx(STAR[0] - 60, abs=0.2)


def test_light_beyond_the_edge_is_told_to_be_missing(image):
    light, whole = at_position.aperture_photometry(image[:, 60:], 1, 41), at_position.aperture_photometry(image, 61, 41)
    assert whole.bad == 0 and light.bad / (np.pi * light.radius**2) == pytest.approx(0.42, abs=0.03)
    assert light.flux == pytest.approx(0.845 * FLUX, rel=0.01)  # one sigma from the edge


def test_statistics_of_a_box_are_those_of_its_good_pixels(image):
    found = at_position.box_statistics(image, 20, 20, 10)
    assert found['npix'] == 21 * 21 and found['mean'] == pytest.approx(image[10:31, 10:31].mean(), rel=1e-6)
    assert found['sigma'] == pytest.approx(NOISE, rel=0.15)
    assert at_position.box_statistics(image, 0, 0, 10)['npix'] == 11 * 11
    with pytest.raises(ProcessingError, match='no good pixel is within 10 of x 20, y 20'):
        at_position.box_statistics(image, 20, 20, 10, np.zeros(SHAPE))

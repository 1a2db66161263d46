import numpy as np
import pytest

from awlike.pixels.frame_signs import signs
from awlike.pixels.strips import Rows
from awlike.simulate.chip import add_star

SHAPE = 1000, 800


@pytest.fixture(scope='module')
def field(simulate):
    return simulate(3, shape=SHAPE, stars=400, hits=100, level=1300.0)


def test_level_noise_and_stars_are_those_of_the_sky(field):
    found = signs(field.image)
    assert found.level == pytest.approx(1300, rel=0.01) and found.noise == pytest.approx(25.6, rel=0.03)
    brightest, bright = ((field.stars[:, 2] > flux).sum() * 8 * 48 / 1000 for flux in (6000, 1500))  # in the strips
    assert 10 < brightest < found.stars < bright
    assert found.grid.shape == (8, 8) and np.allclose(found.grid, 1300, rtol=0.02)


@pytest.mark.parametrize('noise', [0.8, 1.1, 1.6])
def test_noise_of_integers_has_no_steps(rng, noise):
    image = np.rint(200.3 + noise * rng.standard_normal(SHAPE)).astype(np.int32)
    assert signs(image).noise == pytest.approx(np.hypot(noise, 12 ** -0.5), rel=0.03)


def test_slopes_hot_pixels_and_cosmic_rays_are_no_stars(rng):
    y, x = np.indices(SHAPE)
    image = 20000 * np.exp(-((y - 500) ** 2 + (x - 400) ** 2) / 400 ** 2) + 100 * rng.standard_normal(SHAPE)
    image = image.astype(np.float32)
    image[rng.random(SHAPE) < 0.002] += 5000
    image[300, 100:200] += 9000
    assert signs(image).stars <= 3


def test_half_the_light_of_stars_leaves_fewer(field):
    dimmed = 1300 + (field.image - 1300) * 0.4 + 23 * np.random.default_rng(1).standard_normal(SHAPE)
    assert signs(dimmed.astype(np.float32)).stars < 0.7 * signs(field.image).stars


def test_rows_and_bad_values_are_taken(field):
    image = field.image.copy()
    image[:, 400] = np.nan
    image[5] = np.inf
    found = signs(Rows(SHAPE, lambda rows: image[rows]))
    assert found.level == pytest.approx(1300, rel=0.01) and found.noise == pytest.approx(25.6, rel=0.03)
    empty = signs(np.full(SHAPE, np.nan, np.float32))
    assert np.isnan(empty.level) and np.isnan(empty.noise) and empty.stars == 0


@pytest.mark.parametrize('shape', [(1, 1), (1, 50), (50, 1), (3, 4), (7, 200), (20, 20)])
def test_tiny_images_have_signs(shape):
    assert signs(np.full(shape, 7, np.float32)).level == 7


def test_the_light_of_bright_stars_is_measured_above_a_sloping_sky_in_any_seeing():
    fluxes = []
    for fwhm in (3.0, 6.0):
        image = np.add.outer(np.arange(400) * 0.5, np.arange(300) * 0.8).astype(np.float32) + 500
        for x, y, flux in ((100.0, 74.0, 3e4), (200.0, 75.0, 9e4), (150.0, 3.0, 9e4), (60.0, 80.0, 300.0)):
            add_star(image, x, y, flux, fwhm)
        image += 5 * np.random.default_rng(2).standard_normal(image.shape)
        bright = signs(image).bright
        assert bright.x.tolist() == [200, 100] and bright.y.tolist() == [75, 74], 'neither faint ones nor those at the edge'
        fluxes.append(bright.flux)
    assert fluxes[0] == pytest.approx([9e4, 3e4], rel=0.05) and fluxes[1] == pytest.approx(fluxes[0], rel=0.1)


def test_a_frame_that_is_too_small_has_no_bright_stars():
    assert len(signs(np.ones((6, 8), np.float32)).bright.x) == 0

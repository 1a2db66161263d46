import numpy as np
import pytest

from awlike.errors import ParameterError
from awlike.pixels import strips
from awlike.pixels.background import measure_background
from tests.pixels.fields import make_field

SHAPE, NOISE = (700, 600), 16.0


@pytest.fixture
def noisy(rng):
    return rng.normal(500, NOISE, SHAPE).astype(np.float32)


def test_the_level_under_stars_on_a_gradient():
    field = make_field(3, (1024, 1024), stars=500)
    y, x = np.mgrid[:1024, :1024] / 1024
    gradient = (80 * x + 30 * y * y).astype(np.float32)
    sky = measure_background(field.image + gradient)
    error = (sky.level_image() - 500 - gradient) / field.noise
    assert abs(np.median(error)) < 0.02 and error.std() < 0.04
    assert np.median(sky.noise_image()) == pytest.approx(field.noise, rel=0.015)


def test_pure_noise_has_no_bias(noisy):
    sky = measure_background(noisy)
    assert abs(sky.level_image().mean() - 500) < 0.02 * NOISE
    assert sky.noise.mean() == pytest.approx(NOISE, rel=0.005)
    assert sky.subtracted(noisy).std() == pytest.approx(NOISE, rel=0.005)
    assert np.allclose(sky.variance_image(), sky.noise_image() ** 2)


def test_masked_cells_are_filled_from_their_neighbours(noisy):
    good = np.ones(SHAPE, np.uint8)
    good[100:330, 100:330] = 0
    spoilt = noisy.copy()
    spoilt[good == 0] = 1e6
    sky = measure_background(spoilt, good)
    assert np.isfinite(sky.level).all() and abs(sky.level_image() - 500).max() < 0.25 * NOISE


def test_not_finite_pixels_do_not_count(noisy):
    spoilt = noisy.copy()
    spoilt[:, 64:128] = np.nan
    spoilt[5], spoilt[6] = np.inf, -np.inf
    assert abs(measure_background(spoilt).level_image() - 500).max() < 0.25 * NOISE


def test_a_galaxy_larger_than_a_cell_does_not_lift_the_sky(noisy):
    y, x = np.mgrid[:SHAPE[0], :SHAPE[1]]
    galaxy = 2000 * np.exp(-np.hypot(x - 300, y - 350) / 15)
    level = measure_background(noisy + galaxy.astype(np.float32)).level_image()
    assert level.max() < 500 + 3 * NOISE
    assert abs(np.median(level) - 500) < 0.03 * NOISE


@pytest.mark.parametrize('shape', [(1, 1), (5, 5), (3, 900), (64, 65), (130, 64)])
def test_images_of_any_shape(rng, shape):
    sky = measure_background(rng.normal(7, 1, shape))
    assert sky.level_image().shape == sky.noise_image().shape == shape
    assert abs(sky.level_image() - 7).max() < 4


def test_a_constant_image_has_no_noise():
    sky = measure_background(np.full((200, 200), 3.5))
    assert np.allclose(sky.level, 3.5) and not sky.noise.any()


def test_nothing_good():
    sky = measure_background(np.full((200, 200), np.nan))
    assert not sky.level.any() and not sky.noise.any()


@pytest.mark.parametrize('wrong', [{'cell': 0}, {'filter_size': 2}, {'good': np.ones((3, 3))}])
def test_wrong_arguments(noisy, wrong):
    with pytest.raises(ParameterError if 'good' not in wrong else ValueError):
        measure_background(noisy, **wrong)


def test_images_that_do_not_belong(noisy):
    with pytest.raises(ParameterError, match='measure the background of this image'):
        measure_background(noisy).subtracted(noisy[1:])
    with pytest.raises(ParameterError, match='without pixels'):
        measure_background(np.zeros((0, 4)))


def test_every_number_of_threads_gives_the_same_bits(noisy, monkeypatch):
    found = set()
    for cores in (1, 2, 5):
        monkeypatch.setattr(strips, '_cores', lambda cores=cores: cores)
        sky = measure_background(noisy)
        found.add((sky.level.tobytes(), sky.noise.tobytes(), sky.subtracted(noisy).tobytes()))
    assert len(found) == 1


@pytest.mark.parametrize(('step', 'noise'), [(1.0, 5.2), (1.0, 1.1), (1.0, 40.0), (0.1, 0.5), (4.0, 9.0)])
@pytest.mark.parametrize('offset', [0.26, 0.5, 0.0])
def test_counts_in_steps_have_a_sky_between_the_steps(rng, step, noise, offset):
    sky = (120 + offset) * step
    image = (step * np.rint(rng.normal(sky, noise, (512, 512)) / step)).astype(np.float32)
    found, total = measure_background(image), np.hypot(noise, step / np.sqrt(12))
    assert abs(found.level_image().mean() - sky) < (0.02 + 0.02 * step / noise) * total
    assert found.level.std() < 0.1 * total, 'as of a continuous sky'
    assert found.noise.mean() == pytest.approx(total, rel=0.03)


@pytest.mark.parametrize('offset', [0.26, 0.5])
def test_counts_less_a_sky_have_steps_too(rng, offset):
    y, x = np.mgrid[:512, :512]
    slope = (0.3 * x + 0.5 * y).astype(np.float32) / 512
    counts = np.rint(rng.normal(120 + offset, 5.2, (512, 512)) + slope)
    found = measure_background((counts - 119.7 - slope).astype(np.float32))
    assert abs(found.level.mean() - 0.3 - offset) < 0.02 * 5.2 and found.level.std() < 0.1 * 5.2

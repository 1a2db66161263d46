import numpy as np
import pytest
from scipy.ndimage import correlate

from awlike.errors import ParameterError
from awlike.pixels import strips
from awlike.pixels.detection import detect, gaussian_template, significance_image
from tests.pixels.fields import FWHM, add, make_field, stamp

TEMPLATE = gaussian_template(FWHM)


def image_of(*stars, shape=(120, 120), noise=0.0, seed=1):
    """Return an image with stars (x, y, flux), and noise."""
    image = np.random.default_rng(seed).normal(0, noise, shape).astype(np.float32) if noise else np.zeros(shape, np.float32)
    for x, y, flux in stars:
        values, x0, y0 = stamp(x, y, 25)
        add(image, flux * values, x0, y0)
    return image


def found_in(image, noise=1.0, **options):
    return detect(significance_image(image, np.full(image.shape, noise**2, np.float32), TEMPLATE), **options)


def test_the_filter_beside_a_plain_twin(rng):
    image, variance = rng.normal(0, 3, (40, 50)), rng.uniform(1, 9, (40, 50))
    good = rng.random((40, 50)) > 0.1
    image[3, 4], variance[7, 8], variance[9, 9] = np.nan, 0, np.inf
    usable = good & np.isfinite(image) & (variance > 0) & np.isfinite(variance)
    weight = np.where(usable, 1 / np.where(variance > 0, variance, 1), 0)
    total = correlate(np.where(usable, image, 0) * weight, TEMPLATE.astype(float), mode='constant')
    expected = total / np.sqrt(correlate(weight, TEMPLATE.astype(float) ** 2, mode='constant'))
    np.testing.assert_allclose(significance_image(image, variance, TEMPLATE, good), expected, rtol=1e-4, atol=1e-5)


def test_noise_has_unit_width_whatever_the_variance(rng):
    variance = np.outer(rng.uniform(1, 50, 300), np.ones(300))
    found = significance_image(rng.normal(0, np.sqrt(variance)), variance, TEMPLATE)
    assert found.std() == pytest.approx(1, abs=0.03)


def test_noise_alone_is_no_source(rng):
    assert found_in(rng.normal(0, 5, (1000, 1000)), 5.0).x.size <= 3


def test_sources_above_the_threshold_are_found():
    field = make_field(5, (600, 600), stars=150)
    found = found_in(field.image - 500, field.noise, threshold=4.6)
    bright = (field.snr > 10)
    near = np.hypot(found.x - field.x[bright, None], found.y - field.y[bright, None]).min(axis=1)
    assert (near < 2).mean() > 0.9
    real = field.snr > 2.5
    assert (np.hypot(field.x[real] - found.x[:, None], field.y[real] - found.y[:, None]).min(axis=1) < 3).mean() > 0.97


def test_two_stars_are_parted_and_know_it():
    found = found_in(image_of((50, 60, 2000), (58, 60, 500), (100, 20, 900), noise=1))
    assert [*zip(found.x, found.y, strict=True)] == [(100, 20), (50, 60), (58, 60)]
    assert found.blended.tolist() == [False, True, True]
    assert found.labels[60, 50] == 2 and found.labels[60, 58] == 3 and found.labels[0, 0] == 0


def test_one_smooth_source_is_one():
    y, x = np.mgrid[:200, :200]
    galaxy = 300 * np.exp(-np.hypot(x - 100, (y - 100) / 0.5) / 12)
    image = galaxy + np.random.default_rng(2).normal(0, np.sqrt(1 + galaxy / 2))
    found = found_in(image, noise_scale=np.sqrt(1 + galaxy / 2))
    assert np.hypot(found.x - 100, found.y - 100).min() < 2 and found.x.size <= 2


def test_a_bad_column_makes_no_source_and_hides_none():
    image, good = image_of((60, 60, 600), noise=1), np.ones((120, 120), np.uint8)
    image[:, 61], good[:, 61] = 1e5, 0
    found = detect(significance_image(image, np.ones(image.shape), TEMPLATE, good))
    assert found.x.size == 1 and abs(found.x[0] - 60) <= 1 and found.y[0] == 60


@pytest.mark.parametrize('shape', [(1, 1), (5, 5), (3, 200)])
def test_small_images(shape):
    image = np.zeros(shape, np.float32)
    image[shape[0] // 2, shape[1] // 2] = 100
    assert found_in(image, minimum_area=1).x.size == 1
    assert found_in(np.zeros(shape, np.float32)).x.size == 0


def test_nothing_good():
    nothing = significance_image(np.full((60, 60), np.nan), np.ones((60, 60)), TEMPLATE)
    assert not nothing.any() and detect(nothing).x.size == 0


def test_wrong_arguments():
    with pytest.raises(ParameterError, match='square'):
        significance_image(np.zeros((9, 9)), np.ones((9, 9)), np.ones((3, 5)))
    with pytest.raises(ParameterError, match='threshold'):
        detect(np.zeros((9, 9), np.float32), 0)
    with pytest.raises(ParameterError):
        gaussian_template(-1)


def test_every_number_of_threads_gives_the_same_bits(monkeypatch):
    field, found = make_field(6, (700, 900), stars=900), set()
    for cores in (1, 2, 5):
        monkeypatch.setattr(strips, '_cores', lambda cores=cores: cores)
        result = found_in(field.image - 500, field.noise)
        found.add((result.labels.tobytes(), result.x.tobytes(), result.significance.tobytes(), result.blended.tobytes()))
    assert len(found) == 1

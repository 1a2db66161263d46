import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt, gaussian_filter, median_filter, uniform_filter

from awlike.pixels.filters import _gaussian_widths, fill_bad, local_level, running_median, smooth


def test_running_median_is_that_of_scipy_on_either_axis(rng):
    image = rng.normal(0, 1, (40, 50)).astype(np.float32)
    assert np.array_equal(running_median(image, 7, axis=1), median_filter(image, (1, 7), mode='nearest'))
    assert np.array_equal(running_median(image, 7, axis=0), median_filter(image, (7, 1), mode='nearest'))
    ramp = np.exp(np.arange(30.0)).astype(np.float32)
    assert np.array_equal(running_median(ramp, 9), ramp)


def test_outliers_at_the_end_leave_no_trace_and_a_slope_stays():
    slope = np.arange(100.0, dtype=np.float32)
    spoilt = slope.copy()
    spoilt[:4] = spoilt[-4:] = -1e4
    found = running_median(spoilt, 21, ends='line')
    assert np.abs(found - slope).max() < 6
    for short in ([5.0], [5.0, 5.0], [5.0] * 7):
        assert (running_median(np.array(short), 21, ends='line') == 5).all()


def test_narrow_structure_leaves_no_trace_in_the_local_level():
    image = np.ones((77, 80), np.float32)
    image[:, 40:44] = image[10:22, 10:22] = image[:, 0] = image[70:, 76:] = 0
    assert (local_level(image, 31) == 1).all()


def test_bad_pixels_are_filled_by_their_nearest():
    image = np.repeat(np.arange(9.0)[:, None], 5, axis=1)
    usable = np.ones(image.shape, bool)
    usable[4, 2], image[4, 2] = False, np.nan
    assert fill_bad(image, usable)[4, 2] in (3, 4, 5)
    assert not fill_bad(image, np.zeros(image.shape, bool)).any()


def test_smoothing_is_nearly_gaussian_and_skips_bad_pixels(rng):
    image = np.zeros((101, 101), np.float32)
    image[50, 50] = 1000
    usable = np.ones(image.shape, bool)
    found = smooth(image, usable, 8)
    np.testing.assert_allclose(found, gaussian_filter(image, 8), atol=0.25)  # a tenth of the peak
    assert (found.sum(axis=0) * (np.arange(101) - 50.0) ** 2).sum() / found.sum() == pytest.approx(64, rel=0.05)
    flat = np.full((60, 60), 3.0, np.float32)
    usable = rng.random(flat.shape) > 0.3
    flat[~usable] = np.nan
    np.testing.assert_allclose(smooth(flat, usable, 4), 3, rtol=1e-5)
    assert not smooth(flat, np.zeros(flat.shape, bool), 4).any()


@pytest.mark.parametrize('fraction', [0.002, 0.3])  # few bad pixels are filled in another way than many
def test_bad_pixels_take_the_value_of_a_nearest_usable_one(fraction):
    rng = np.random.default_rng(8)
    image, usable = np.arange(200 * 150, dtype=np.float32).reshape(200, 150), rng.random((200, 150)) > fraction
    usable[0, :3] = usable[50:53, 70] = False
    filled = fill_bad(image, usable)
    y, x = np.divmod(filled.astype(int), 150)  # where the values come from
    distances = np.hypot(*(np.indices(image.shape) - [y, x]))
    assert usable[y, x].all() and np.allclose(distances, distance_transform_edt(~usable))


def test_a_wide_hole_is_filled_from_its_rim():
    image, usable = np.ones((60, 60), np.float32), np.ones((60, 60), bool)
    image[20:25, 20:25], usable[20:25, 20:25] = np.nan, False
    image[0, 0], usable[0, 0] = np.inf, False
    assert (fill_bad(image, usable) == 1).all()


@pytest.mark.parametrize('axis', [0, 1])
@pytest.mark.parametrize('ends', ['edge', 'line'])
def test_many_lines_have_the_running_medians_of_each_alone(rng, axis, ends):
    for shape, size in (((130, 300), 31), ((300, 9), 51), ((257, 128), 3)):
        image = np.round(rng.normal(0, 3, shape)).astype(np.float32)  # of many equal values
        alone = [running_median(line, size, ends=ends) for line in np.moveaxis(image, axis, -1)]
        assert np.array_equal(running_median(image, size, axis, ends), np.moveaxis(alone, -1, axis))
        assert np.array_equal(running_median(image[::-1].astype(float), size, axis, ends)[::-1],
                              running_median(image, size, axis, ends)) or axis == 0


@pytest.mark.parametrize('shape', [(1, 1), (1, 40), (40, 1), (7, 600), (300, 257), (521, 130)])
@pytest.mark.parametrize('sigma', [0.3, 1, 4, 25.5, 90])
def test_smoothing_is_that_of_scipy_bit_by_bit(rng, shape, sigma):
    image = (rng.normal(1, 0.3, shape) * 10 ** rng.uniform(-8, 8, shape)).astype(np.float32)  # sums are not exact
    usable = rng.random(shape) > 0.1
    expected = []
    for part in (np.where(usable, image, 0).astype(np.float32), usable.astype(np.float32)):
        for width in _gaussian_widths(sigma):
            part = uniform_filter(part, width, mode='constant')
        expected.append(part)
    values, weights = expected
    near = weights > 1e-5
    assert smooth(image, usable, sigma).tobytes() == np.divide(values, weights, out=np.zeros_like(values), where=near).tobytes()

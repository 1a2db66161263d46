import numpy as np
import pytest

from awlike.pixels.statistics import clipped_statistics, image_statistics, robust_sigma


def test_statistics_over_good_and_finite_pixels(rng):
    data = rng.normal(100, 5, (300, 200)).astype(np.float32)
    good = np.ones(data.shape, np.uint8)
    good[:10], data[:10] = 0, 1e9
    data[20, :4] = np.nan, np.inf, -np.inf, np.nan
    kept = data[10:][np.isfinite(data[10:])].astype(np.float64)
    found = image_statistics(data, good)
    assert found['npix'] == kept.size == 290 * 200 - 4
    assert found['mean'] == pytest.approx(kept.mean(), rel=1e-12)
    assert found['stdev'] == pytest.approx(kept.std(), rel=1e-9)
    assert found['median'] == pytest.approx(np.median(kept), rel=1e-7)
    assert (found['min'], found['max']) == (kept.min(), kept.max())
    assert all(type(found[name]) is float for name in ('min', 'max', 'mean', 'median', 'stdev'))
    assert type(found['npix']) is int


def test_the_mean_of_many_large_values_is_not_rounded_to_float32():
    data = np.full((3000, 1000), 16777216, np.float32)
    data[::2] += 2
    assert image_statistics(data)['mean'] == 16777217.0
    assert image_statistics(data)['stdev'] == 1.0


@pytest.mark.parametrize('ones', [0, 1, 299, 300, 301, 599, 600])
def test_a_map_is_counted_and_gives_the_same(ones):
    data = np.zeros((20, 30), np.uint8)
    data.flat[:ones] = 1
    assert image_statistics(data) == pytest.approx(image_statistics(data.astype(np.float32)), rel=1e-12)
    assert image_statistics(data, data) == image_statistics(data.astype(np.float32), data)


def test_nothing_good_gives_none():
    for data, good in ((np.full((3, 3), np.nan), None), (np.ones((3, 3)), np.zeros((3, 3))), (np.zeros((0, 5)), None)):
        found = image_statistics(data, good)
        assert found.pop('npix') == 0
        assert set(found.values()) == {None}


def test_robust_sigma_ignores_outliers_and_nan(rng):
    data = rng.normal(0, 3, 20000)
    data[:1000], data[1000:1100] = 1e6, np.nan
    assert robust_sigma(data) == pytest.approx(3, rel=0.1)
    assert robust_sigma(np.full(5, np.nan)) == 0.0
    assert robust_sigma(np.array([1, 1, 1, 1, 9], np.uint16)) == 0.0


def test_clipped_statistics_recover_what_outliers_hide(rng):
    data = rng.normal(50, 2, 50000)
    data[:500] = 1e5
    mean, median, stdev = clipped_statistics(data, 4)
    assert mean == pytest.approx(50, abs=0.05) and median == pytest.approx(50, abs=0.05)
    assert stdev == pytest.approx(2, rel=0.02)
    assert all(np.isnan(clipped_statistics(np.full(4, np.nan))))


def test_clipped_statistics_of_integers_that_hardly_vary(rng):
    data = (rng.random(10000) < 0.1).astype(np.uint16)
    mean, median, stdev = clipped_statistics(data, 5)
    assert (median, mean) == (0.0, pytest.approx(0.1, abs=0.02))
    assert stdev == pytest.approx(0.3, abs=0.02)
    assert clipped_statistics(np.full(10, 7)) == (7.0, 7.0, 0.0)


@pytest.mark.parametrize('spread', [0, 3, 3000, 1e6])
def test_raw_images_have_the_statistics_of_their_values_as_floats(spread):
    """Counts of each value, and the general way, give the same to the last bit; the image need not be contiguous."""
    rng = np.random.default_rng(5)
    for shape in ((1, 1), (3, 2), (400, 301)):
        raw = rng.normal(30000, spread, shape).clip(0, 65535).astype(np.uint16)
        part = raw[::2, -2:] if shape[0] == 3 else raw[:, 1:] if shape[0] > 3 else raw
        assert image_statistics(part) == image_statistics(part.astype(np.float32))

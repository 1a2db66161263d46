import numpy as np
import pytest

from awlike.pixels.cold_pixels import cold_pixels
from awlike.pixels.hot_pixels import hot_pixels
from awlike.pixels.saturated_pixels import saturated_pixels

SHAPE = (300, 320)


def test_hot_pixels_are_found_on_gradients_and_columns(rng):
    y, x = np.indices(SHAPE)
    bias = rng.normal(0, 1, SHAPE) + 0.1 * y + 20 * np.sin(x / 30) + rng.normal(0, 10, SHAPE[1])
    bias -= 300 * np.exp(-y / 4)
    planted = rng.random(SHAPE) < 0.002
    planted[100:106, 40] = True  # a trail
    planted[0, 200] = planted[-1, 7] = planted[150, 0] = True  # at the edges
    bias[planted] += rng.uniform(12, 500, planted.sum())
    bias[5, 5] = np.nan
    found = hot_pixels(bias.astype(np.float32), 6.0, 10)
    assert found.dtype == np.uint8 and found[5, 5] == 0
    assert (found[planted] == 0).mean() >= 0.99
    planted[5, 5] = True
    assert (found[~planted] == 0).sum() <= 3


@pytest.mark.parametrize('spread', [0.0, 0.02, 0.5])
def test_hot_pixels_of_integers_whose_robust_sigma_is_zero(rng, spread):
    bias = 100 + np.round(rng.normal(0, spread, SHAPE)).astype(np.int32) + (rng.random(SHAPE) < 0.1)
    bias[7, 9] = 150
    found = hot_pixels(bias, 5.0, 10)
    assert found[7, 9] == 0
    assert (found == 0).sum() <= 3


def vignetted(rng):
    y, x = np.indices(SHAPE)
    radius = np.hypot(y - 150, x - 160) / 219
    return ((1 - 0.85 * radius**2) * rng.normal(1, 0.004, SHAPE)).astype(np.float32)


def test_cold_pixels_dead_columns_and_blocks_are_found_whole_and_vignetting_is_not(rng):
    flat = vignetted(rng)
    planted = rng.random(SHAPE) < 0.002
    planted[:, 77] = planted[120:135, 200:215] = planted[200:, 30:33] = True
    planted[0:6, 310:320] = planted[:, 0] = planted[-1] = True
    flat[planted] *= rng.choice([0.0, 0.3, 0.7, 1.5], planted.sum())
    flat[50, 50], flat[51, 50] = np.nan, -1
    planted[50:52, 50] = True
    found = cold_pixels(flat, 0.85, 1.15)
    assert found.dtype == np.uint8
    assert (found[planted] == 0).all()
    assert (found[~planted] == 0).sum() <= 3


def test_maps_of_a_frame_with_nothing_good(rng):
    lost = np.full(SHAPE, np.nan, np.float32)
    assert not hot_pixels(lost, 5, 5).any()
    assert not cold_pixels(lost, 0.9, 1.1).any()
    assert not cold_pixels(np.zeros(SHAPE), 0.9, 1.1).any()
    assert not saturated_pixels(lost, 60000).any()


def test_saturated_and_empty_pixels():
    raw = np.array([[0, 5, 6, 59999, 60000, 65535]], np.uint16)
    assert saturated_pixels(raw, 60000).tolist() == [[1, 1, 1, 1, 0, 0]]
    assert saturated_pixels(raw, 60000, low=5).tolist() == [[0, 0, 1, 1, 0, 0]]


def test_senseless_thresholds_are_refused():
    with pytest.raises(ValueError, match='0 <= low < 1 < high'):
        cold_pixels(np.ones(SHAPE), 1.1, 1.2)
    with pytest.raises(ValueError, match='rejection threshold must be positive'):
        hot_pixels(np.ones(SHAPE), 0, 5)

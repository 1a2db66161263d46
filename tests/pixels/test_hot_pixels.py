import numpy as np
import pytest

from awlike.pixels.hot_pixels import hot_pixels

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


def test_a_bias_with_nothing_good_has_a_map_of_0():
    assert not hot_pixels(np.full(SHAPE, np.nan, np.float32), 5, 5).any()


def test_a_threshold_that_is_not_positive_is_refused():
    with pytest.raises(ValueError, match='rejection threshold must be positive'):
        hot_pixels(np.ones(SHAPE), 0, 5)

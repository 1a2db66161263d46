import numpy as np
import pytest

from awlike.pixels.cold_pixels import cold_pixels

SHAPE = (300, 320)


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


def test_a_flat_with_nothing_good_has_a_map_of_0():
    assert not cold_pixels(np.full(SHAPE, np.nan, np.float32), 0.9, 1.1).any()
    assert not cold_pixels(np.zeros(SHAPE), 0.9, 1.1).any()


def test_bounds_that_do_not_hold_1_are_refused():
    with pytest.raises(ValueError, match='0 <= low < 1 < high'):
        cold_pixels(np.ones(SHAPE), 1.1, 1.2)

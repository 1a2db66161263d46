import numpy as np
import pytest

from awlike.pixels.weight import weight_image


def test_weight_is_flat_times_maps():
    flat = np.array([[1.0, 0.2, np.nan, -1, np.inf, 0.9]], np.float32)
    hot = np.array([[1, 1, 1, 1, 1, 0]], np.uint8)
    weight = weight_image(flat, [hot, np.ones_like(hot)])
    assert weight.dtype == np.float32
    np.testing.assert_array_equal(weight, np.array([[1, 0.2, 0, 0, 0, 0]], np.float32))
    np.testing.assert_array_equal(weight_image(flat, [])[0, -1], np.float32(0.9))
    illumination = np.array([[1.1, 1.1, 1, 1, 1, np.nan]], np.float32)
    assert weight_image(flat, [], illumination) == pytest.approx(np.array([[1.1, 0.22, 0, 0, 0, 0]]))


def test_shapes_that_differ_are_named():
    with pytest.raises(ValueError, match='map 1 has shape'):
        weight_image(np.ones((4, 3)), [np.ones((4, 3)), np.ones((3, 4))])
    with pytest.raises(ValueError, match='illumination has shape'):
        weight_image(np.ones((4, 3)), [], np.ones((3, 4)))

import numpy as np
import pytest

from awlike.pixels.flat import combine_flats
from awlike.pixels.science import reduce_image, weight_image


def test_star_fluxes_survive_bias_and_flat_to_one_percent(simulate, rng):
    truth = simulate(51, stars=200, hits=0, fwhm=3.0)
    y, x = np.indices(truth.image.shape)
    response = (1 - 0.6 * ((y - 256) ** 2 + (x - 256) ** 2) / (2 * 256**2)) * rng.normal(1, 0.01, y.shape)
    response /= np.median(response)
    bias = 300 + 5 * np.sin(x / 40)
    flat = combine_flats([rng.poisson(30000 * response).astype(np.float32) for _ in range(5)])
    reduced = reduce_image(truth.image * response + bias, bias, flat)
    assert reduced.dtype == np.float32
    bright = truth.stars[(truth.stars[:, 2] > 1e4) & (truth.stars[:, 2] < 1e6)]
    assert len(bright) > 10
    for star_x, star_y, _ in bright:
        aperture = np.hypot(y - star_y, x - star_x) < 6
        measured, expected = ((image[aperture] - truth.level).sum() for image in (reduced, truth.image))
        assert measured == pytest.approx(expected, rel=0.01)


def test_bad_pixels_are_zero_and_do_not_spread():
    raw = np.full((6, 7), 1100.0, np.float32)
    bias = np.full_like(raw, 100)
    flat = np.full_like(raw, 0.5)
    good = np.ones(raw.shape, np.uint8)
    raw[0, 0], bias[0, 1], flat[0, 2], flat[0, 3], flat[0, 4], good[0, 5] = np.nan, np.inf, 0, np.nan, -1, 0
    reduced = reduce_image(raw, bias, flat, good)
    assert (reduced[0, :6] == 0).all()
    assert (reduced[1:] == 2000).all() and reduced[0, 6] == 2000
    dark = reduce_image(raw, bias, flat, good, dark=np.full(raw.shape, 10.0))
    assert (dark[1:] == 1980).all()
    assert not reduce_image(np.full_like(raw, np.nan), bias, flat).any()


def test_raw_unsigned_integers_do_not_wrap():
    raw = np.full((2, 2), 90, np.uint16)
    assert (reduce_image(raw, np.full((2, 2), 100, np.uint16), np.ones((2, 2))) == -10).all()


def test_weight_is_flat_times_maps():
    flat = np.array([[1.0, 0.2, np.nan, -1, np.inf, 0.9]], np.float32)
    hot = np.array([[1, 1, 1, 1, 1, 0]], np.uint8)
    weight = weight_image(flat, [hot, np.ones_like(hot)])
    assert weight.dtype == np.float32
    np.testing.assert_array_equal(weight, np.array([[1, 0.2, 0, 0, 0, 0]], np.float32))
    np.testing.assert_array_equal(weight_image(flat, [])[0, -1], np.float32(0.9))


def test_shapes_that_differ_are_named():
    with pytest.raises(ValueError, match=r'flat has shape \(3, 4\)'):
        reduce_image(np.zeros((4, 3)), np.zeros((4, 3)), np.ones((3, 4)))
    with pytest.raises(ValueError, match='map 1 has shape'):
        weight_image(np.ones((4, 3)), [np.ones((4, 3)), np.ones((3, 4))])

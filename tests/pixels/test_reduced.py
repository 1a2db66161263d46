import itertools

import numpy as np
import pytest

from awlike.pixels.flat import combine_flats
from awlike.pixels.reduced import reduce_image
from awlike.pixels.weight import weight_image


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


def test_dark_fringes_and_illumination_are_taken_off_a_frame_that_had_them(rng):
    y, x = np.indices((200, 210))
    sky = rng.uniform(900, 1100, y.shape)
    illumination = 1 + 0.05 * np.sin(x / 100) * np.cos(y / 90)
    fringe = np.sin(x / 9 + y / 14)
    flat = 1 - 0.5 * np.hypot(y - 100, x - 100) / 150
    bias, dark = 200 + 0.1 * y, rng.exponential(0.02, y.shape)
    raw = (sky * illumination + 40 * fringe) * flat + 300 * dark + bias
    reduced = reduce_image(raw, bias, flat, dark=dark, dark_scale=300, fringe=fringe, fringe_scale=40,
                           illumination=illumination)
    np.testing.assert_allclose(reduced, sky, rtol=2e-6)


@pytest.mark.parametrize(('where', 'lost'), [
    *itertools.product(['trimmed', 'bias', 'dark', 'flat', 'fringe', 'illumination'], [np.nan, np.inf, -np.inf]),
    *itertools.product(['flat', 'illumination', 'good'], [0, -1]),
])
def test_bad_pixels_are_zero_and_do_not_spread(where, lost):
    images = {'trimmed': 1100.0, 'bias': 100, 'flat': 0.5, 'dark': 5, 'fringe': 10, 'illumination': 2, 'good': 1}
    images = {name: np.full((6, 7), value, np.float32) for name, value in images.items()}
    images[where][3, 4] = lost
    reduced = reduce_image(**images, dark_scale=2, fringe_scale=8)
    weight = weight_image(images['flat'], [images['good']], images['illumination'])
    assert reduced[3, 4] == 0
    assert weight[3, 4] == (0 if where in ('flat', 'illumination', 'good') else 1)
    around = np.arange(42).reshape(6, 7) != 25
    assert (reduced[around] == 950).all() and (weight[around] == 1).all()


def test_raw_unsigned_integers_do_not_wrap():
    raw = np.full((2, 2), 90, np.uint16)
    assert (reduce_image(raw, np.full((2, 2), 100, np.uint16), np.ones((2, 2))) == -10).all()


def test_shapes_that_differ_are_named():
    with pytest.raises(ValueError, match=r'flat has shape \(3, 4\)'):
        reduce_image(np.zeros((4, 3)), np.zeros((4, 3)), np.ones((3, 4)))


def test_a_scale_that_is_not_finite_is_refused():
    for name in ('dark_scale', 'fringe_scale'):
        with pytest.raises(ValueError, match=f'{name} is nan, but must be finite'):
            reduce_image(*np.ones((3, 4, 3)), **{name: np.nan})

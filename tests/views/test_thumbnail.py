"""Small pictures of images."""

import io

import numpy as np
import pytest
from matplotlib.image import imread

from awlike.views.image.thumbnail import SIZE, thumbnail


def shown(image):
    """Grey levels of the picture, first row below."""
    return imread(io.BytesIO(thumbnail(image)))[::-1, :, 0]


@pytest.mark.parametrize('shape', [(1, 1), (10, 7), (512, 256), (201, 199), (4100, 2048), (3, 5000)])
def test_it_is_small_whatever_the_image(shape):
    assert max(shown(np.zeros(shape, np.float32)).shape) <= SIZE


def test_a_source_is_where_it_is_and_north_is_up():
    image = np.random.default_rng(1).normal(100, 1, (400, 400)).astype(np.float32)
    image[300:320, 100:120] += 500
    picture = shown(image)
    assert (picture[150:160, 50:60] == 1).all() and picture.mean() < 0.7


def test_a_single_bad_pixel_of_a_map_can_be_seen():
    good = np.ones((2000, 1000), np.uint8)
    good[1500, 250] = 0
    picture = shown(good)
    assert (picture < 0.6).sum() == 1 and picture[150, 25] < 0.6 and (picture == 1).sum() == picture.size - 1


def test_more_bad_pixels_are_darker():
    good = np.ones((400, 400), np.uint8)
    good[0, 0], good[200:202, 200:202] = 0, 0
    picture = shown(good)
    assert picture[100, 100] == 0 < picture[0, 0] < 0.6


@pytest.mark.parametrize('value', [np.nan, np.inf, 0.0])
def test_an_image_of_nothing_is_a_picture(value):
    assert shown(np.full((20, 30), value, np.float32)).shape == (20, 30)


def test_bad_values_do_not_spoil_the_rest():
    image = np.random.default_rng(1).normal(100, 1, (100, 100)).astype(np.float32)
    image[:50] = np.nan
    picture = shown(image)
    assert (picture[:50] == 0).all() and picture[50:].std() > 0.1


def test_bad_pixels_here_and_there_leave_the_sky_as_it_is():
    rng = np.random.default_rng(2)
    image = rng.normal(100, 1, (2000, 2000)).astype(np.float32)
    image[1000:1100, 1000:1100] += 50
    image[rng.random(image.shape) < 0.02] = np.nan
    picture = shown(image)
    assert (picture[100:110, 100:110] == 1).all() and 0.3 < np.median(picture) < 0.7


def test_integers_are_images_too():
    image = np.arange(10000, dtype=np.uint16).reshape(100, 100)
    assert shown(image)[99, 99] > shown(image)[0, 0]


def test_the_upper_edge_is_seen_too():
    image = np.zeros((399, 399), np.float32)
    image[398, 398] = 1000
    assert shown(image)[-1, -1] == 1

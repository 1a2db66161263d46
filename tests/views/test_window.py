"""Odd images in a window: every key has something to say, and fails on none."""

import numpy as np
import pytest
from matplotlib.backend_bases import KeyEvent

from awlike.views.image.keys import KEYS
from awlike.views.image.view import View
from awlike.views.image.window import Window

DRAWS = 'rhlcew'


@pytest.mark.parametrize('image', [np.full((30, 30), np.nan), np.zeros((1, 1)), np.ones((500, 3), np.uint16),
                                   pytest.param(np.eye(40) * 1e30, marks=pytest.mark.slow)],
                         ids=['nan', 'one pixel', 'narrow', 'huge'])
def test_no_key_fails_on_an_odd_image(image):
    window = Window(View('odd', image))
    canvas = window.figure.canvas
    canvas.draw()
    place = window.layers.axes.transData.transform((image.shape[1] - 1, image.shape[0] - 1))
    for letter in [letter for letter in KEYS if letter != 'q']:
        canvas.callbacks.process('key_press_event', KeyEvent('key_press_event', canvas, letter, *place))
        if letter in DRAWS:
            canvas.draw()


def test_window_tells_its_name_and_how_to_find_the_keys(hand):
    assert repr(hand.window) == '<window of field.fits: the key ? in it lists its keys>'


@pytest.mark.slow
def test_image_stays_where_it_is_when_a_key_draws_beside_it():
    """The next key is pressed with the mouse at the same place: on the same pixel."""
    image = np.random.default_rng(1).normal(500, 10, (1024, 512))
    window = Window(View('still', image, unit='adu', panels=[lambda axes: axes.set_ylabel('pixels')] * 2))
    canvas, axes = window.figure.canvas, window.layers.axes
    canvas.draw()
    place = axes.transData.transform((100, 300))
    for letter in 'hcwe':
        canvas.callbacks.process('key_press_event', KeyEvent('key_press_event', canvas, letter, *place))
        canvas.draw()
        assert np.abs(axes.transData.inverted().transform(place) - (100, 300)).max() < 0.5, letter

"""Odd images in a window: every key has something to say, and fails on none."""

import numpy as np
import pytest
from matplotlib.backend_bases import KeyEvent

from awlike.views.keys import KEYS
from awlike.views.view import View
from awlike.views.window import Window

DRAWS = 'rhlcew'


@pytest.mark.parametrize('image', [np.full((30, 30), np.nan), np.zeros((1, 1)), np.ones((500, 3), np.uint16), np.eye(40) * 1e30],
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

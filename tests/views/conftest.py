"""A view of a field with one star, and a window in which keys are pressed as a person does."""

import matplotlib
import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from matplotlib.backend_bases import KeyEvent

from awlike.views.image.view import View

STAR, FWHM, FLUX, SKY, NOISE = (61.3, 40.8), 4.2, 50_000.0, 500.0, 4.0  # x, y, pixels, ADU
SHAPE = 90, 120
ASTROM = {'CTYPE1': 'RA---TAN', 'CTYPE2': 'DEC--TAN', 'CRVAL1': 10.0, 'CRVAL2': -30.0, 'CRPIX1': 62.3, 'CRPIX2': 41.8,
          'CD1_1': -6e-5, 'CD1_2': 0.0, 'CD2_1': 0.0, 'CD2_2': 6e-5}


def field(seed=1):
    """A flat sky with a star of known place, width and flux."""
    y, x = np.indices(SHAPE)
    sigma = FWHM / 2.3548
    star = np.exp(-0.5 * ((x - STAR[0]) ** 2 + (y - STAR[1]) ** 2) / sigma**2) * FLUX / (2 * np.pi * sigma**2)
    return (SKY + star + NOISE * np.random.default_rng(seed).standard_normal(SHAPE)).astype(np.float32)


class Hand:
    """Presses keys in a window, the mouse being somewhere."""

    def __init__(self, window):
        self.window = window

    def press(self, key, x=None, y=None):
        """Press `key` with the mouse on a pixel of the image, or beside it; gives the line that the window says."""
        canvas, place = self.window.figure.canvas, (2, 2)
        if x is not None:
            canvas.draw()  # what was drawn beside it before is seen, and the image finds its place
            place = self.window.layers.axes.transData.transform((x, y))
        canvas.callbacks.process('key_press_event', KeyEvent('key_press_event', canvas, key, *place))
        return self.said

    @property
    def said(self):
        return self.window._line.get_text()

    @property
    def beside(self):
        """The axes beside the image."""
        return self.window._beside.axes


@pytest.fixture(autouse=True)
def no_screen():
    import matplotlib.pyplot as plt
    matplotlib.use('agg')
    with matplotlib.rc_context({'figure.dpi': 40}):  # quicker to draw
        yield
    plt.close('all')


@pytest.fixture
def view():
    return View('field.fits', field(), 'adu', WCS(fits.Header(ASTROM)))


@pytest.fixture
def hand(view):
    """A hand at the window of `view`."""
    from awlike.views.image.window import Window
    return Hand(Window(view))

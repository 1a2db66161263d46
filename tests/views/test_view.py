"""What is told of a place in an image."""

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from awlike.views.image.view import View
from tests.views.conftest import ASTROM


def view_at(**cards):
    """A view of which pixel 0, 0 is at the reference point."""
    return View('f', np.zeros((3, 3)), wcs=WCS(fits.Header(ASTROM | {'CRPIX1': 1, 'CRPIX2': 1} | cards)))


@pytest.mark.parametrize(('ra', 'dec', 'text'), [
    (187.5, -0.25, 'RA 12:30:00.00  Dec -00:15:00.0'), (14.9999999, 59.9999999, 'RA 01:00:00.00  Dec +60:00:00.0'),
    (0, -30.00333, 'RA 00:00:00.00  Dec -30:00:12.0')])
def test_sexagesimal_never_has_sixty_seconds(ra, dec, text):
    assert view_at(CRVAL1=ra, CRVAL2=dec).sky(0, 0) == text


@pytest.mark.parametrize('cards', [
    {'CTYPE1': 'DEC--TAN', 'CTYPE2': 'RA---TAN', 'CRVAL1': -30, 'CRVAL2': 10},
    {'CTYPE1': 'GLON-TAN', 'CTYPE2': 'GLAT-TAN', 'CRVAL1': 343.4275191, 'CRVAL2': -86.1853679}], ids=['turned', 'galactic'])
def test_right_ascension_is_told_whatever_the_axes_of_the_header_are(cards):
    assert view_at(**cards).sky(0, 0) == view_at().sky(0, 0) == 'RA 00:40:00.00  Dec -30:00:00.0'


def test_pixel_under_the_mouse_is_told(view):
    told = view.at(61.4, 40.6)
    assert told.startswith(f'x 61  y 41  value {view.image[41, 61]:.6g} adu  RA 00:40:00.') and told.endswith('(-30.00001)')
    assert view.at(-0.6, 0) == view.at(0, 90) == ''


def test_of_an_image_without_astrometry_or_unit_the_value_alone():
    assert View('f', np.arange(6.0).reshape(2, 3)).at(2.4, 0.6) == 'x 2  y 1  value 5'

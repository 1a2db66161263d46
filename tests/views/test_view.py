"""What is told of a place in an image."""

import numpy as np
import pytest

from awlike.views.view import View, sexagesimal


@pytest.mark.parametrize(('value', 'digits', 'signed', 'text'), [
    (12.5, 2, False, '12:30:00.00'), (-0.25, 1, True, '-00:15:00.0'), (59.9999999, 1, True, '+60:00:00.0'),
    (0, 2, False, '00:00:00.00'), (-30.00333, 1, True, '-30:00:12.0'), (5.4321, 0, False, '05:25:56')])
def test_sexagesimal_never_has_sixty_seconds(value, digits, signed, text):
    assert sexagesimal(value, digits, signed) == text


def test_pixel_under_the_mouse_is_told(view):
    told = view.at(61.4, 40.6)
    assert told.startswith(f'x 61  y 41  value {view.image[41, 61]:.6g} adu  RA 00:40:00.') and told.endswith('(-30.00001)')
    assert view.at(-0.6, 0) == view.at(0, 90) == ''


def test_of_an_image_without_astrometry_or_unit_the_value_alone():
    assert View('f', np.arange(6.0).reshape(2, 3)).at(2.4, 0.6) == 'x 2  y 1  value 5'

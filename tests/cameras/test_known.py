"""Cameras are found by their names, and by the headers that they write."""

import pytest

from awlike.cameras.known import camera, cameras, recognise
from awlike.errors import HeaderError, NotFound


def test_built_in_cameras_are_found():
    assert {'OMEGACAM', 'NASA42'} <= set(cameras())
    with pytest.raises(NotFound, match="'OMEGACAN'.*did you mean OMEGACAM"):
        camera('OMEGACAN')


def test_recognise():
    assert recognise({'INSTRUME': 'OMEGACAM '}).name == 'OMEGACAM'
    with pytest.raises(HeaderError, match="unknown camera .INSTRUME = 'WFC3'.*describe yours"):
        recognise({'INSTRUME': 'WFC3'})

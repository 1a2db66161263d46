"""The astrometry of the light-sensitive part of a raw frame shows each star where the astrometry of the raw frame does."""

import numpy as np
import pytest

from awlike.pixels.geometry import Amplifier, Geometry, Section
from awlike.sky.linear_wcs import linear_wcs, trimmed_astrometry, trimmed_place

RAW = {'CTYPE1': 'RA---TAN', 'CTYPE2': 'DEC--TAN', 'CRVAL1': 150.1, 'CRVAL2': -30.2, 'CRPIX1': 70.5, 'CRPIX2': 41.0,
       'CD1_1': -5.9e-5, 'CD1_2': 2e-6, 'CD2_1': 1e-6, 'CD2_2': 6e-5}
ONE = Geometry(trim=Section(8, 88, 4, 100), overscan_x=Section(88, 100, 4, 100))


def two_amplifiers(*flips):
    """The geometry of two amplifiers side by side, the first with pixels that lie flipped along (y, x)."""
    first = Amplifier(name='A', trim=Section(5, 45, 3, 83), place=Section(0, 40, 0, 80), flips=flips)
    return Geometry(amplifiers=(first, Amplifier(name='B', trim=Section(65, 105, 3, 83), place=Section(40, 80, 0, 80),
                                                 flips=(False, True))))


@pytest.mark.parametrize('star', [(8, 4), (30.25, 60.5), (87, 99)])
def test_a_star_has_the_same_place_on_the_sky_in_the_raw_and_the_trimmed_frame(star):
    raw, trimmed = linear_wcs(RAW), linear_wcs(trimmed_astrometry(RAW, ONE))
    place = trimmed_place(ONE, *star)
    assert place == (star[0] - 8, star[1] - 4)
    assert raw.pixel_to_world(*star).separation(trimmed.pixel_to_world(*place)).arcsec == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize('flips', [(False, False), (False, True), (True, False), (True, True)])
@pytest.mark.parametrize('star', [(5, 3), (20.25, 60.5), (44, 82)])
def test_a_flipped_amplifier_flips_the_axes_and_moves_no_star(flips, star):
    geometry = two_amplifiers(*flips)
    raw, trimmed = linear_wcs(RAW), linear_wcs(trimmed_astrometry(RAW, geometry))
    place = trimmed_place(geometry, *star)
    assert raw.pixel_to_world(*star).separation(trimmed.pixel_to_world(*place)).arcsec == pytest.approx(0, abs=1e-6)


def test_the_reference_point_and_the_scale_stay():
    trimmed = linear_wcs(trimmed_astrometry(RAW, ONE))
    assert np.allclose(trimmed.wcs.crval, (150.1, -30.2)) and np.allclose(trimmed.wcs.cd, linear_wcs(RAW).wcs.cd)
    place = trimmed.world_to_pixel(linear_wcs(RAW).pixel_to_world(69.5, 40.0))
    assert np.allclose(place, (61.5, 36.0), atol=1e-6)


@pytest.mark.parametrize('place', [(7, 50), (88, 50), (30, 3), (30, 100)])
def test_the_overscan_and_the_outside_see_no_sky(place):
    assert trimmed_place(ONE, *place) is None


def test_a_place_of_the_second_amplifier_lies_in_its_part_of_the_detector():
    geometry = two_amplifiers(False, False)
    assert trimmed_place(geometry, 65, 3) == (79, 0) and trimmed_place(geometry, 104, 82) == (40, 79)
    assert trimmed_place(geometry, 50, 10) is None, 'between the amplifiers is the overscan'


@pytest.mark.parametrize('astrom', [None, {}, RAW | {'CRPIX1': None}])
def test_without_astrometry_there_is_no_wcs(astrom):
    assert trimmed_astrometry(astrom, ONE) is None and linear_wcs(astrom) is None

"""Heads of frames: what SCAMP writes beside a file, from the best that is known of a frame."""

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from awlike.errors import HeaderError
from awlike.products.scamp_head import flux_scale, head
from tests.measured import distance, field, measured, measured_home  # noqa: F401

LINEAR = {'CTYPE1': 'RA---TAN', 'CTYPE2': 'DEC--TAN', 'CRVAL1': 10.0, 'CRVAL2': -30.0, 'CRPIX1': 50.0, 'CRPIX2': 60.0,
          'CD1_1': -5e-5, 'CD1_2': 0.0, 'CD2_1': 0.0, 'CD2_2': 5e-5}


def test_the_head_of_a_measured_frame_says_what_is_known_of_it(measured, tmp_path):  # noqa: F811
    text = measured.export_head()
    cards = fits.Header.fromstring(text, sep='\n')
    assert {'CRVAL1', 'PV1_1', 'FLXSCALE', 'RADESYS'} <= set(cards) and all(len(line) <= 80 for line in text.splitlines())
    assert text.splitlines()[-1] == 'END' and text.isascii() and cards['CTYPE1'] == 'RA---TPV'
    assert distance(WCS(cards), measured.wcs) < 1e-4, 'arcsec'
    zero_point = measured.zero_point.value
    flux = 1000.0
    magnitude = zero_point - 2.5 * np.log10(flux / measured.EXPTIME)
    assert 30 - 2.5 * np.log10(flux * cards['FLXSCALE']) == pytest.approx(magnitude, abs=1e-9)
    assert measured.export_head(tmp_path / 'x.head').read_text() == text


def test_the_head_of_linear_astrometry_has_terms_that_change_nothing():
    cards = fits.Header.fromstring(head(LINEAR, 1.0, 'é'), sep='\n')
    assert cards['PV1_1'] == cards['PV2_1'] == 1 and cards['FLXSCALE'] == 1
    there = WCS(cards).all_pix2world([[1, 1], [100, 3]], 0)
    assert np.allclose(there, WCS(fits.Header(LINEAR)).all_pix2world([[1, 1], [100, 3]], 0), atol=1e-12)


@pytest.mark.parametrize(('astrom', 'scale'), [(None, 1.0), ({}, 1.0), (LINEAR, np.nan), (LINEAR, 0.0)])
def test_a_frame_whose_place_is_unknown_has_no_head(astrom, scale):
    with pytest.raises(HeaderError):
        head(astrom, scale, '')


def test_the_flux_scale_is_one_at_the_zero_point_of_stacks():
    assert flux_scale(30.0, 1.0) == 1 and flux_scale(25.0, 10.0) == pytest.approx(10)

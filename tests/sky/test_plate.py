"""Plates, TPV and SIP: what astropy reads of the cards is what the plate says, anywhere on the sphere, and back."""

import glob
import os

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from awlike.errors import HeaderError
from awlike.sky.headers import read_plate, wcs_of_plate
from awlike.sky.pixel_origin import from_fits, to_fits
from awlike.sky.plate import Plate
from awlike.sky.polynomials import evaluate, substituted, terms
from awlike.sky.projection import to_plane, to_sky
from awlike.sky.sip import sip_cards, without_offset
from awlike.sky.sphere import moved, places, separation, unit_vectors
from awlike.sky.tpv import tpv_cards

SHAPE = 1000, 800
RA = st.floats(0, 360, exclude_max=True)
DEC = st.floats(-90, 90) | st.sampled_from([-90.0, 90.0, 89.9999])
DATA = os.environ.get('AWLIKE_DATA', '/work/shared/data')


@st.composite
def plates(draw, radial=False):
    """A plate of some camera: any scale, rotation and parity, distorted by up to some per cent."""
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    scale, angle = draw(st.floats(0.05, 3)) / 3600, draw(st.floats(0, 2 * np.pi))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    highest = draw(st.integers(1, 5))
    polynomials = np.zeros((2, highest + 1, highest + 1))
    polynomials[0, 1, 0] = polynomials[1, 0, 1] = 1
    half = scale * 640
    for i, j in terms(highest):
        polynomials[:, i, j] += rng.normal(0, 0.003, 2) * half ** (1.0 - i - j)
    rays = rng.normal(0, 0.002, (2, 4)) * half ** (1.0 - np.array([1, 3, 5, 7])) if radial else np.zeros((2, 4))
    return Plate((draw(RA), draw(DEC)), tuple(rng.uniform(1, 800, 2)),
                 scale * turn @ np.diag([draw(st.sampled_from([-1, 1])), 1.0]), polynomials, rays)


def grid():
    return np.meshgrid(np.linspace(0, SHAPE[1] - 1, 6), np.linspace(0, SHAPE[0] - 1, 6))


def apart(one, two):
    """The largest distance, arcsec."""
    return 3600 * separation(*one, *two).max()


@given(st.floats(-1e6, 1e6))
def test_pixels_count_from_one_in_fits_and_from_zero_here(place):
    assert from_fits(to_fits(place)) == pytest.approx(place, abs=1e-9) and to_fits(0.0) == 1


def test_the_pixel_origin_is_that_of_astropy():
    header = fits.Header({'CTYPE1': 'RA---TAN', 'CTYPE2': 'DEC--TAN', 'CRVAL1': 10.0, 'CRVAL2': 20.0, 'CRPIX1': to_fits(3.0),
                          'CRPIX2': to_fits(4.0), 'CD1_1': 1e-4, 'CD1_2': 0.0, 'CD2_1': 0.0, 'CD2_2': 1e-4})
    assert np.allclose(WCS(header).all_pix2world(3, 4, 0), (10, 20), atol=1e-12)


@given(RA, DEC, st.floats(0, 80), st.floats(0, 2 * np.pi))
def test_the_projection_goes_both_ways(ra, dec, distance, angle):
    radius = np.degrees(np.tan(np.radians(distance)))
    xi, eta = radius * np.sin(angle), radius * np.cos(angle)
    there = to_sky(xi, eta, (ra, dec))
    assert separation(*there, ra, dec) == pytest.approx(distance, abs=1e-9)
    assert np.allclose(to_plane(*there, (ra, dec)), (xi, eta), atol=1e-9)
    assert 0 <= there[0] < 360 and -90 <= there[1] <= 90
    assert np.isnan(to_plane((ra + 180) % 360, -dec, (ra, dec))).all(), 'behind'


@given(RA, DEC, RA, DEC)
def test_distances_are_those_of_astropy(ra1, dec1, ra2, dec2):
    expected = SkyCoord(ra1, dec1, unit='deg').separation(SkyCoord(ra2, dec2, unit='deg')).deg
    assert separation(ra1, dec1, ra2, dec2) == pytest.approx(expected, abs=1e-9)
    assert separation(*places(7 * unit_vectors(ra1, dec1)), ra1, dec1) < 1e-12


@settings(deadline=None, max_examples=25)
@given(RA, st.floats(-89.99, 89.99), st.floats(-1e4, 1e4), st.floats(-1e4, 1e4), st.floats(-50, 50))
def test_proper_motion_is_that_of_astropy(ra, dec, pm_ra, pm_dec, years):
    from astropy import units as u
    from astropy.time import Time
    before = SkyCoord(ra * u.deg, dec * u.deg, pm_ra_cosdec=pm_ra * u.mas / u.yr, pm_dec=pm_dec * u.mas / u.yr,
                      distance=1 * u.Mpc, obstime=Time(2000, format='jyear'))
    after = before.apply_space_motion(new_obstime=Time(2000 + years, format='jyear', scale='tt'))
    assert apart(moved(ra, dec, pm_ra, pm_dec, years), (after.ra.deg, after.dec.deg)) < 1e-4


def test_a_star_without_a_measured_motion_stays():
    assert np.allclose(moved(10.0, [20.0, -90.0], [np.nan, 5], np.nan, 10.0)[1], [20, -90], atol=1e-6)


@given(plates(), st.floats(-2, 2), st.floats(-2, 2))
def test_a_polynomial_in_other_variables_has_the_same_values(plate, x, y):
    matrix, shift = np.array([[1.1, 0.2], [-0.3, 0.9]]), (0.1, -0.2)
    old = matrix @ (x, y) + shift
    coefficients = plate.polynomials[0] / np.abs(plate.polynomials[0]).max()
    expected = evaluate(coefficients, *old)
    assert evaluate(substituted(coefficients, matrix, shift), x, y) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@settings(deadline=None)
@given(plates(radial=True) | plates())
def test_tpv_is_that_of_astropy_and_goes_both_ways(plate):
    x, y = grid()
    there = plate.pixel_to_sky(x, y)
    assert apart(there, WCS(fits.Header(tpv_cards(plate))).all_pix2world(x, y, 0)) < 1e-7
    assert np.abs(np.array(plate.sky_to_pixel(*there)) - (x, y)).max() < 1e-6
    again = read_plate(tpv_cards(plate))
    assert apart(there, again.pixel_to_sky(x, y)) < 1e-8
    told_tan = tpv_cards(plate) | {'CTYPE1': 'RA---TAN', 'CTYPE2': 'DEC--TAN'}
    quoted = {key: f' {value!r} ' if isinstance(value, float) else value for key, value in told_tan.items()}
    assert apart(there, read_plate(quoted).pixel_to_sky(x, y)) < 1e-8, 'as SCAMP writes them, in quotes'


@settings(deadline=None)
@given(plates())
def test_sip_is_that_of_astropy_and_goes_both_ways(plate):
    x, y = grid()
    there = plate.pixel_to_sky(x, y)
    cards = sip_cards(plate, SHAPE)
    wcs = WCS(fits.Header(cards))
    assert apart(there, wcs.all_pix2world(x, y, 0)) < 1e-6
    assert apart(there, read_plate(cards).pixel_to_sky(x, y)) < 1e-6
    assert apart(there, read_plate(tpv_cards(read_plate(cards))).pixel_to_sky(x, y)) < 1e-6, 'SIP -> TPV'
    linear = (axis - place for axis, place in zip(wcs.wcs_world2pix(*there, 1), wcs.wcs.crpix, strict=True))
    assert np.abs(np.array(wcs.sip_foc2pix(*linear, 1)) - (x + 1, y + 1)).max() < 0.2, 'a fit to wild distortions'


@settings(deadline=None)
@given(plates())
def test_derivatives_are_those_of_differences(plate):
    step = 1e-2
    along_x = (np.array(plate.pixel_to_plane(300 + step, 400)) - plate.pixel_to_plane(300 - step, 400)) / 2 / step
    along_y = (np.array(plate.pixel_to_plane(300, 400 + step)) - plate.pixel_to_plane(300, 400 - step)) / 2 / step
    assert np.allclose(plate.jacobian(300.0, 400.0), np.array([along_x, along_y]).T, rtol=1e-5, atol=1e-9)


@settings(deadline=None)
@given(plates(radial=True))
def test_derivatives_of_radial_terms(plate):
    assume(np.hypot(*plate.CRPIX) > 50)
    step = 1e-2
    along_x = (np.array(plate.pixel_to_plane(700 + step, 900)) - plate.pixel_to_plane(700 - step, 900)) / 2 / step
    assert np.allclose(plate.jacobian(700.0, 900.0)[:, 0], along_x, rtol=1e-5, atol=1e-9)


@settings(deadline=None)
@given(plates())
def test_a_trimmed_frame_sees_the_same_sky(plate):
    x, y = grid()
    assert apart(plate.pixel_to_sky(x, y), plate.trimmed(48, 7).pixel_to_sky(x - 48, y - 7)) < 1e-7
    clean = without_offset(plate)
    assert apart(plate.pixel_to_sky(x, y), clean.pixel_to_sky(x, y)) < 1e-6
    assert apart(clean.pixel_to_sky(*from_fits(np.array(clean.CRPIX))), plate.CRVAL) < 1e-7


def test_places_that_no_pixel_has_are_nan():
    plate = Plate((10.0, 20.0), (1.0, 1.0), np.eye(2) / 3600)
    x, y = plate.sky_to_pixel([10.0, 190.0, np.nan], [20.0, -20.0, 3.0])
    assert np.allclose((x[0], y[0]), 0, atol=1e-6) and np.isnan(x[1:]).all() and np.isnan(y[1:]).all()


@pytest.mark.parametrize('linear', [
    {'CDELT1': -2e-4, 'CDELT2': 2e-4, 'CROTA2': 30.0}, {'CDELT1': -2e-4, 'CDELT2': 2e-4},
    {'CDELT1': -2e-4, 'CDELT2': 2e-4, 'PC1_1': 0.8, 'PC1_2': 0.6, 'PC2_1': -0.6, 'PC2_2': 0.8},
    {'CD1_2': 1e-4, 'CD2_1': 2e-4}, {'CDELT1': -2e-4, 'CDELT2': 2e-4, 'LONPOLE': 150.0},
    {'CDELT1': -2e-4, 'CDELT2': 2e-4, 'CRVAL2': 90.0}])
def test_linear_parts_of_all_kinds(linear):
    cards = {'CTYPE1': 'RA---TAN', 'CTYPE2': 'DEC--TAN', 'CRVAL1': 10.0, 'CRVAL2': -89.9, 'CRPIX1': 3.0, 'CRPIX2': 5.0} | linear
    x, y = grid()
    assert apart(read_plate(cards).pixel_to_sky(x, y), WCS(fits.Header(cards)).all_pix2world(x, y, 0)) < 1e-7


LINEAR = {'CTYPE1': 'RA---TAN', 'CTYPE2': 'DEC--TAN', 'CRVAL1': 10.0, 'CRVAL2': 5.0, 'CRPIX1': 3.0, 'CRPIX2': 5.0,
          'CD1_1': 1e-4, 'CD2_2': 1e-4}


@pytest.mark.parametrize(('cards', 'words'), [
    *(({'CTYPE1': 'RA---TAN-SIP', 'CTYPE2': 'DEC--TAN-SIP', f'{axis}_ORDER': order}, f'{axis}_ORDER = .* up to 9')
      for axis in 'AB' for order in (10, 30_000, 1e9, -1)),
    ({'CTYPE1': 'RA---ZPN', 'CTYPE2': 'DEC--ZPN'}, 'awlike reads TAN, TAN-SIP, TPV'),
    ({'CD1_1': 'wide'}, "CD1_1 = 'wide' is not a number"), ({'CD1_1': 0.0}, 'singular'),
    ({'CRVAL2': 120.0}, 'CRVAL2 = 120 is beyond a pole'),
    ({'CTYPE1': 'DEC--TAN', 'CTYPE2': 'RA---TAN'}, 'exchange the axes')])
def test_headers_that_cannot_be_read(cards, words):
    with pytest.raises(HeaderError, match=words):
        read_plate(LINEAR | cards)


@pytest.mark.parametrize('cards', [{}, {'CTYPE1': 'Linear Unbinned ADC Pixels', 'CTYPE2': 'LINEAR'},
                                   {key: value for key, value in LINEAR.items() if key != 'CRPIX2'}])
def test_headers_without_a_sky(cards):
    assert read_plate(cards) is None


def test_a_degree_that_a_form_does_not_know_is_refused():
    polynomials = np.zeros((2, 11, 11))
    polynomials[0, 1, 0] = polynomials[1, 0, 1] = polynomials[0, 10, 0] = 1
    plate = Plate((10.0, 5.0), (1.0, 1.0), np.eye(2) / 3600, polynomials)
    for cards in (tpv_cards, lambda one: sip_cards(one, SHAPE)):
        with pytest.raises(ValueError, match='degree 10'):
            cards(plate)


@pytest.mark.skipif(not glob.glob(f'{DATA}/lowell-42in/5945/*.fits'), reason='the Lowell night is not here')
def test_the_headers_of_scamp_of_a_real_night():
    scales = []
    for path in sorted(glob.glob(f'{DATA}/lowell-42in/5945/*.fits')):
        plate = read_plate(fits.getheader(path))
        x, y = grid()
        assert apart(plate.pixel_to_sky(x, y), wcs_of_plate(plate).all_pix2world(x, y, 0)) < 1e-7
        scales.append(plate.pixel_scale(600.0, 600.0))
    assert len(scales) >= 1 and np.allclose(scales, 1.107, atol=0.002)

"""Where the detectors of an exposure lie on the sky: steps on the cards, fits to stars, the zero point."""

import numpy as np
import pytest

from awlike.errors import HeaderError, ProcessingError
from awlike.sky import exposure_wcs
from awlike.sky.exposure_fit import MODES, Stars, fitted, residuals
from awlike.sky.exposure_zero_point import exposure_zero_point, seeing_cards
from awlike.sky.focal_plane import axis_and_turn
from awlike.sky.headers import read_plate

SCALE = 0.11 / 3600


def cards_of(column, row, ra=150.0, dec=40.0, angle=0.0):
    """A detector whose point of contact is at this pixel."""
    cos, sin = np.cos(np.radians(angle)) * SCALE, np.sin(np.radians(angle)) * SCALE
    return {'CTYPE1': 'RA---TAN', 'CTYPE2': 'DEC--TAN', 'CRVAL1': ra, 'CRVAL2': dec, 'CRPIX1': column, 'CRPIX2': row,
            'CD1_1': -cos, 'CD1_2': sin, 'CD2_1': sin, 'CD2_2': cos}


DETECTORS = {'OTA33': cards_of(4100.0, 4100.0), 'OTA34': cards_of(4100.0, -40.0), 'OTA43': cards_of(-40.0, 4100.0)}


def stars_of(truth, number=40, noise=0.02):
    rng, found = np.random.default_rng(4), {}
    for name, cards in truth.items():
        x, y = rng.uniform(1, 4096, (2, number))
        ra, dec = read_plate(cards).pixel_to_sky(x - 1, y - 1)
        dec = dec + rng.normal(0, noise / 3600, number)
        found[name] = Stars(x, y, ra + rng.normal(0, noise / 3600, number) / np.cos(np.radians(40)), dec)
    return found


def test_an_offset_is_added_in_degrees_to_both_coordinates():
    moved = exposure_wcs.offset(DETECTORS['OTA33'], 0.01, -0.02)
    assert moved['CRVAL1'] == pytest.approx(150.01) and moved['CRVAL2'] == pytest.approx(39.98)
    assert DETECTORS['OTA33']['CRVAL1'] == 150.0


def test_a_simple_projection_has_no_distortion():
    made = exposure_wcs.simple(DETECTORS['OTA33'] | {'CTYPE1': 'RA---TPV', 'PV1_1': 1.0, 'A_ORDER': 2, 'A_2_0': 1e-6,
                                                     'WAT1_001': 'wtype=zpx', 'ZPX1': 3})
    assert made == DETECTORS['OTA33']


def test_a_canned_distortion_is_added_to_the_pointing():
    model = {'CRVAL1': 0.1, 'CRVAL2': -0.2, 'CRPIX1': 1.0, 'CRPIX2': 2.0, 'CD1_1': -SCALE, 'CD1_2': 0.0, 'CD2_1': 0.0,
             'CD2_2': SCALE, 'PV1_1': 1.001, 'EXPTIME': 3.0}
    made = exposure_wcs.canned(DETECTORS['OTA33'], model)
    assert made['CTYPE1'] == 'RA---TPV' and made['CTYPE2'] == 'DEC--TPV' and made['PV1_1'] == 1.001 and made['CRPIX1'] == 1.0
    assert made['CRVAL1'] == pytest.approx(150 + 0.1 / np.cos(np.radians(40))) and made['CRVAL2'] == pytest.approx(39.8)
    assert 'EXPTIME' not in made
    assert read_plate(made) is not None


def test_a_moving_object_stays_where_it_is_in_its_frame():
    rate, hours = (36.0, -18.0), 3.0
    made = exposure_wcs.nonsidereal(DETECTORS['OTA33'], *rate, 56000.0, 56000.0 + hours / 24)
    assert (40.0 - made['CRVAL2']) * 3600 == pytest.approx(-18.0 * hours, abs=1e-5)
    assert (150.0 - made['CRVAL1']) * 3600 * np.cos(np.radians(40)) == pytest.approx(36.0 * hours, abs=1e-4)
    assert made['NSIDPMRA'] == 36.0 and made['NSIDBASE'] == 56000.0 and made['NSID_DHR'] == pytest.approx(3)
    with pytest.raises(ProcessingError, match='would move it twice'):
        exposure_wcs.nonsidereal(made, *rate, 56000.0, 56001.0)


def test_a_history_names_the_last_file_before_a_date(tmp_path):
    history = tmp_path / 'wcs.history'
    history.write_text('# what counts when\n56000.5 first.fits http://example.org/first\n\n57000 second.fits\n')
    assert exposure_wcs.from_history(history, 56000.0) is None
    assert exposure_wcs.from_history(history, 56000.5) == tmp_path / 'first.fits'
    assert exposure_wcs.from_history(history, 60000.0) == tmp_path / 'second.fits'
    history.write_text('tomorrow third.fits\n')
    with pytest.raises(HeaderError, match='line 1'):
        exposure_wcs.from_history(history, 56000.0)


def turned(cards, angle, east, north):
    from awlike.sky.exposure_fit import _turned
    return _turned(cards, np.radians(angle), east / 3600, north / 3600)


def off(fit, stars):
    return max(np.abs(np.median(part)) for name, one in stars.items() for part in residuals(fit.cards[name], one))


@pytest.mark.parametrize('mode', MODES)
def test_each_mode_finds_a_shift(mode):
    stars = stars_of({name: turned(one, 0, 3.0, -5.0) for name, one in DETECTORS.items()})
    found = fitted(DETECTORS, stars, mode)
    assert found.is_fitted and found.number == 120 and off(found, stars) < 0.02 and max(found.rms) < 0.03


def test_a_rotation_is_found_by_the_modes_that_look_for_it():
    stars = stars_of({name: turned(one, 0.3, 3.0, -5.0) for name, one in DETECTORS.items()})
    assert off(fitted(DETECTORS, stars, 'shift'), stars) > 0.5
    assert max(fitted(DETECTORS, stars, 'rotation').rms) < 0.03


def test_a_detector_that_moved_by_itself_is_found_by_the_modes_for_detectors():
    truth = dict(DETECTORS, OTA34=turned(DETECTORS['OTA34'], 0, 0.8, 0))
    stars = stars_of(truth)
    assert off(fitted(DETECTORS, stars, 'rotation'), stars) > 0.2
    found = fitted(DETECTORS, stars, 'otashift')
    assert max(found.rms) < 0.03


def test_a_shear_of_a_detector_is_found_with_nine_stars():
    truth = dict(DETECTORS, OTA43=DETECTORS['OTA43'] | {'CD1_1': -SCALE * 1.001, 'CD2_1': SCALE * 0.0005})
    stars = stars_of(truth)
    assert max(fitted(DETECTORS, stars, 'otashift').rms) > 0.05
    assert max(fitted(DETECTORS, stars, 'otashear').rms) < 0.03


def test_few_stars_move_nothing():
    stars = {'OTA33': stars_of(DETECTORS, 3)['OTA33']}
    found = fitted(DETECTORS, stars, 'otashear')
    assert not found.is_fitted and found.cards == DETECTORS
    with pytest.raises(ValueError, match='it is one of shift'):
        fitted(DETECTORS, stars, 'best')


def test_wrong_pairs_do_not_move_the_exposure():
    stars = stars_of({name: turned(one, 0, 3.0, -5.0) for name, one in DETECTORS.items()})
    one = stars['OTA33']
    wrong = one._replace(dec=np.where(np.arange(40) < 6, one.dec + 0.01, one.dec))
    found = fitted(DETECTORS, stars | {'OTA33': wrong}, 'rotation')
    assert np.median(residuals(found.cards['OTA34'], stars['OTA34'])[1]) == pytest.approx(0, abs=0.02)


def test_the_zero_point_is_the_median_and_brings_what_follows():
    offsets = np.random.default_rng(1).normal(25.5, 0.03, 200)
    offsets[:5] = 20
    found = exposure_zero_point(offsets, 100.0, sky=400.0, pixel_scale=0.11, seeing=0.8)
    cards = found.cards
    assert found.is_certain and cards['PHOTZP'] == pytest.approx(25.5, abs=0.01) and cards['PHOTZPN0'] == 200
    assert cards['PHOTZP_N'] <= 195 and cards['PHOTZP_X'] == pytest.approx(cards['PHOTZP'] + 5)
    assert cards['FLXSCALE'] == pytest.approx(10 ** (-0.4 * (cards['PHOTZP_X'] - 25)))
    assert cards['SKYMAG'] == pytest.approx(-2.5 * np.log10(400 / 0.11 ** 2) + cards['PHOTZP_X'])
    flux = 10 ** (-0.4 * (cards['PHOTDPTH'] - cards['PHOTZP_X']))
    assert flux == pytest.approx(np.sqrt(400 * np.pi * (0.8 / 0.11) ** 2))
    assert not exposure_zero_point(np.array([np.nan]), 100.0).is_certain
    assert not exposure_zero_point(np.array([-3.0, -3.1]), 100.0).is_certain


def test_the_seeing_is_that_of_undisturbed_sources():
    fwhm, good = np.array([8.0, 8.0, 30.0, np.nan]), np.array([True, True, False, True])
    assert seeing_cards(fwhm, good, 0.1) == pytest.approx({'FWHM_ALL': 0.8, 'FWHM_FLT': 0.8, 'SEEING': 0.8, 'SEEING_N': 2})
    assert seeing_cards(np.array([]), np.array([], bool), 0.1) == {'SEEING_N': 0}


def test_detectors_share_the_optical_axis():
    axis, turn = axis_and_turn(DETECTORS['OTA34'], DETECTORS['OTA33'])
    assert axis == pytest.approx((4100, -40)) and np.allclose(turn, np.eye(2))
    flipped = cards_of(10.0, 20.0, angle=180)
    axis, turn = axis_and_turn(flipped, DETECTORS['OTA33'])
    assert np.allclose(turn, -np.eye(2))
    elsewhere = cards_of(1.0, 1.0, ra=150.0, dec=40.0 + 100 * SCALE)
    assert axis_and_turn(elsewhere, DETECTORS['OTA33'])[0] == pytest.approx((1.0, -99.0), abs=0.01)

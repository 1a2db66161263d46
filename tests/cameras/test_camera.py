"""Cameras: nights, parameters, filters, and the headers that they recognise."""

import pickle
from datetime import date, datetime, timedelta

import pytest

from awlike.cameras.camera import Camera
from awlike.cameras.declaration import ATTRIBUTES
from awlike.cameras.known import camera, cameras
from awlike.cameras.raw_facts import FilterFacts
from awlike.errors import ConfigError
from awlike.nights import span

MINIMAL = {'name': 'X', 'telescope': 'T', 'latitude': 0.0, 'longitude': 0.0, 'elevation': 0.0,
           'recognised_by': {'INSTRUME': 'X'}, 'frame_types': {'BIAS': 'bias'}}


@pytest.mark.parametrize('timezone', ['America/Santiago', 'America/Phoenix', 'Europe/Amsterdam', -4, 5.5])
def test_nights_tile_the_year(timezone):
    some = Camera(**MINIMAL, timezone=timezone)
    night, hours = date(2011, 12, 31), set()
    for _ in range(370):
        start, end = span(night, night, some.zone)
        assert some.night(start) == night == some.night(end - timedelta(microseconds=1))
        night += timedelta(days=1)
        assert some.night(end) == night and span(night, night, some.zone)[0] == end
        hours.add((end - start) / timedelta(hours=1))
    assert hours == ({23, 24, 25} if timezone in ('America/Santiago', 'Europe/Amsterdam') else {24})


def test_night_of_the_tutorial():
    omegacam = camera('OMEGACAM')
    assert omegacam.night(datetime(2012, 6, 1, 8, 51, 44)) == date(2012, 5, 31)
    assert span(date(2012, 5, 31), date(2012, 5, 31), omegacam.zone) == (datetime(2012, 5, 31, 16), datetime(2012, 6, 1, 16))
    assert camera('NASA42').night(datetime(2019, 3, 26, 3, 8)) == date(2019, 3, 25)


def test_unknown_timezone():
    with pytest.raises(ConfigError, match="timezone 'Mars/Olympus'.*IANA"):
        Camera(**MINIMAL, timezone='Mars/Olympus').night(datetime(2012, 1, 1))


def test_parameters_of_chip_and_filter():
    some = Camera(**MINIMAL, timezone=0, parameters={'A.P': 1, 'A.Q': 1},
                  overrides={'r': {'A.P': 2, 'A.R': 2}, 'C1': {'A.P': 3}})
    assert some.parameters_for() == {'A.P': 1, 'A.Q': 1}
    assert some.parameters_for('C1', 'r') == {'A.P': 3, 'A.Q': 1, 'A.R': 2}
    some = Camera(**MINIMAL, timezone=0, parameters={'*.P': 0, 'A.P': 1, 'B.Q': 5}, overrides={'r': {'*.P': 2}})
    assert some.defaults_for('A') == {'P': 1} and some.defaults_for('B') == {'P': 0, 'Q': 5}
    assert some.defaults_for('A', filter='r') == {'P': 2, 'BAND': 'r'}


def test_the_band_of_a_filter_is_that_of_reference_catalogues():
    assert camera('OMEGACAM').defaults_for('PhotometricParameters', filter='r_SDSS')['BAND'] == 'r'
    assert camera('NASA42').defaults_for('PhotometricParameters', filter='Ha')['BAND'] == 'Ha', 'as the filter, unless told'


def test_filter_outside_the_table():
    assert camera('NASA42').filter_facts('VR').central_wavelength == 610.0
    assert camera('NASA42').filter_facts('Ha') == FilterFacts('Ha')


def test_cameras_travel_between_processes():
    for one in cameras().values():
        assert pickle.loads(pickle.dumps(one)) == one and hash(one) == hash(pickle.loads(pickle.dumps(one)))


def test_a_header_without_the_keyword_is_not_recognised_by_any_pattern():
    some = Camera(**MINIMAL | {'recognised_by': {'SERIAL': '*'}}, timezone=0)
    assert some.recognises({'SERIAL': 7}) and not some.recognises({'INSTRUME': 'X'})


SET_UP = Camera(**MINIMAL, timezone=0, setup={'READMODE': ('READOUTM', 'RDMODE'), 'BINNING': 'CCDSUM', 'GAIN': 'GAINSET'},
                values={'BINNING': {'1 1': '1x1', '2 2': '2x2'}, 'READMODE': {'q*': 'quick'}})


@pytest.mark.parametrize(('header', 'settings'), [
    ({'GAINSET': 2, 'CCDSUM': '1 1', 'READOUTM': 'Slow'}, {'READMODE': 'Slow', 'BINNING': '1x1', 'GAIN': '2'}),
    ({'GAINSET': 2.0, 'CCDSUM': ' 1  1 ', 'RDMODE': '  Slow '}, {'READMODE': 'Slow', 'BINNING': '1x1', 'GAIN': '2'}),
    ({'GAINSET': '2.0', 'CCDSUM': '2 2'}, {'BINNING': '2x2', 'GAIN': '2'}),
    ({'GAINSET': 4.950, 'READOUTM': 'Quick', 'RDMODE': 'Slow'}, {'READMODE': 'quick', 'GAIN': '4.95'}),
    ({'GAINSET': '4.950', 'READOUTM': ' '}, {'GAIN': '4.95'}), ({'GAINSET': '10'}, {'GAIN': '10'}),
    ({'GAINSET': 'v1.10.0'}, {'GAIN': 'v1.10.0'}), ({'GAINSET': True}, {'GAIN': 'True'}), ({'READOUTM': ''}, None), ({}, None),
])
def test_settings_are_text_in_the_order_of_the_camera(header, settings):
    found = SET_UP.settings(header)
    assert found == settings and list(found or ()) == list(settings or ())


def test_a_camera_without_setup_has_no_settings():
    assert Camera(**MINIMAL, timezone=0).settings({'READOUTM': 'Slow'}) is None


@pytest.mark.parametrize(('value', 'celsius'), [
    (-20, -20.0), ('-100.5', -100.5), (0.0, 0.0), (-273.2, None), (-273.15, None), (999, None), (153.2, None), ('cold', None),
    ('nan', None), ('', None), (None, None), (True, None)])
def test_a_senseless_temperature_is_none(value, celsius):
    assert SET_UP.temperature({'CCD-TEMP': value}) == celsius


def test_no_setting_of_a_camera_is_called_as_an_attribute():
    for one in cameras().values():
        assert not ATTRIBUTES & one.setup.keys() and one.values.keys() <= ATTRIBUTES | one.setup.keys()
        assert one.temperature_tolerance > 0

import pickle
from datetime import date, datetime, timedelta

import pytest

from awlike.cameras.camera import Camera
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
    assert some.defaults_for('A', filter='r') == {'P': 2}


def test_filter_outside_the_table():
    assert camera('NASA42').filter_facts('VR').central_wavelength == 610.0
    assert camera('NASA42').filter_facts('Ha') == FilterFacts('Ha')


def test_cameras_travel_between_processes():
    for one in cameras().values():
        assert pickle.loads(pickle.dumps(one)) == one and hash(one) == hash(pickle.loads(pickle.dumps(one)))

import datetime
from datetime import UTC, timedelta, timezone

import astropy.units as u
import numpy as np
import pytest
from astropy.time import Time

from awlike.errors import QueryError
from awlike.frames.raw import RawScienceFrame as Raw

THREE = '2012-06-01T03:00:00'


@pytest.mark.parametrize('value', [
    200, 200.0, np.float64(200), np.float32(200), np.int16(200), np.array(200.0), 200 * u.s, u.Quantity(200, u.s),
    200 / 60 * u.min, np.ma.array([200.0])[0]], ids=repr)
def test_numbers_of_any_library(science, value):
    assert list(Raw.EXPTIME == value) == [science[1]] == list(value == Raw.EXPTIME)
    assert list(Raw.EXPTIME > value) == science[2:] == list(value < Raw.EXPTIME)
    assert list(Raw.EXPTIME <= value) == science[:2] == list(value >= Raw.EXPTIME)
    assert list(Raw.EXPTIME.between(value, value)) == [science[1]] == list(Raw.EXPTIME.in_([value]))


def test_quantities_are_brought_to_the_unit_of_the_attribute(science):
    assert list(Raw.EXPTIME > 0.1 * u.hour) == science[3:]
    assert list(Raw.imstat.median > 203.5 * u.adu) == science[4:] == list(203.5 * u.adu < Raw.imstat.median)
    with pytest.raises(QueryError, match="RawScienceFrame.EXPTIME has the unit 's', <Quantity 1. m> cannot be brought to it"):
        Raw.EXPTIME > 1 * u.m
    with pytest.raises(QueryError, match=r"has the unit '\(none\)'"):
        Raw.AIRMASS > 1 * u.m


@pytest.mark.parametrize('value', [
    THREE, '2012-06-01T05:00:00+02:00', datetime.datetime(2012, 6, 1, 3), datetime.datetime(2012, 6, 1, 3, tzinfo=UTC),
    datetime.datetime(2012, 6, 1, 5, tzinfo=timezone(timedelta(hours=2))), np.datetime64(THREE), np.datetime64(THREE, 'ns'),
    Time(THREE), Time(THREE).tai], ids=repr)
def test_instants_of_any_library(science, value):
    assert list(Raw.DATE_OBS == value) == [science[3]] == list(Raw.DATE_OBS.in_([value]))
    assert list(Raw.DATE_OBS >= value) == science[3:] == list(value <= Raw.DATE_OBS)


def test_a_date_is_its_midnight(science):
    assert list(Raw.DATE_OBS > datetime.date(2012, 6, 1)) == science[1:] == list(Raw.DATE_OBS > '2012-06-01')


def test_a_masked_value_is_a_missing_one(science):
    assert list(Raw.AIRMASS == np.ma.masked) == [science[5]]
    with pytest.raises(QueryError, match='nothing is larger or smaller than a missing value'):
        Raw.AIRMASS > np.ma.masked


def test_values_come_back_from_a_table_into_a_query(science):
    table = Raw.select_all().table('DATE_OBS', 'EXPTIME', 'AIRMASS', 'chip.name')
    row = table[5]
    assert list(Raw.DATE_OBS == row['DATE_OBS']) == [science[5]] == list(Raw.EXPTIME == row['EXPTIME'])
    assert list(Raw.AIRMASS == row['AIRMASS']) == [science[5]] and len(Raw.chip.name == row['chip.name']) == 3
    assert list(Raw.EXPTIME.in_(table['EXPTIME'][:2])) == science[:2]


@pytest.mark.parametrize(('mistake', 'message'), [
    (lambda: Raw.EXPTIME > '100', "RawScienceFrame.EXPTIME is a float and is compared with '100': compare it with a float"),
    (lambda: Raw.is_valid == True, 'is a int and is compared with True'),  # noqa: E712
    (lambda: Raw.chip.name == 3, 'is a str and is compared with 3: compare it with a str'),
    (lambda: Raw.EXPTIME == float('nan'), 'is a float and is compared with nan'),
    (lambda: Raw.EXPTIME == float('inf'), 'no attribute is infinite'),
    (lambda: Raw.filter.has_fringes > False, 'true and false have no order; write RawScienceFrame.filter.has_fringes == False'),
    (lambda: Raw.extension == 10**30, 'no attribute is so large'),
    (lambda: Raw.OBJECT == 'a\0b', 'no text has the character NUL'),
    (lambda: Raw.OBJECT != 'a\ud800b', 'no text has the character NUL or half a character'),
    (lambda: Raw.OBJECT.in_(['a', 'a\0b']), 'no text has the character NUL'),
    (lambda: Raw.OBJECT.like('a\udfff*'), 'no text has the character NUL'),
    (lambda: Raw.chip.name == '\0', 'no text has the character NUL'),
    (lambda: Raw.select_all().limit(2**63), r'limit\(9223372036854775808\): give a whole number, 0 or more, of 64 bits'),
    (lambda: Raw.select_all().order_by(5), r'order_by\(5\): order by the name of an attribute'),
    (lambda: Raw.EXPTIME == np.array([1.0, 2.0]), r'compared with a list: write RawScienceFrame.EXPTIME.in_\('),
    (lambda: Raw.DATE_OBS > 'yesterday', "is an instant and is compared with 'yesterday': write a datetime, or a text like"),
    (lambda: Raw.DATE_OBS > 5, 'is an instant and is compared with 5: write a datetime'),
    (lambda: Raw.object_id == 'x', "is a UUID and is compared with 'x'")])
def test_values_of_another_type_are_refused(mistake, message):
    with pytest.raises(QueryError, match=message):
        mistake()


def test_infinity_bounds(science):
    assert len(Raw.EXPTIME < float('inf')) == 6 and len(Raw.EXPTIME > float('inf')) == 0

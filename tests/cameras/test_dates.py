"""Dates, times and numbers that cameras write in forms of their own."""

from datetime import datetime

import pytest

from awlike.cameras.dates import in_iso
from awlike.cameras.known import camera
from awlike.errors import ConfigError, HeaderError
from tests.cameras.test_described import PLAIN

SPANISH = ['ene', 'feb', 'mar', 'abr', 'may', 'jun', 'jul', 'ago', 'sep', 'oct', 'nov', 'dic']
FRENCH = ['janvier', 'février', 'mars', 'avril', 'mai', 'juin', 'juillet', 'août', 'septembre', 'octobre', 'novembre',
          'décembre']


@pytest.mark.parametrize(['value', 'form', 'months', 'iso'], [
    ('05-ene-2020', '%d-%b-%Y', SPANISH, '2020-01-05'), ('31-DIC-1999', '%d-%b-%Y', SPANISH, '1999-12-31'),
    ('14 août 2019', '%d %b %Y', FRENCH, '2019-08-14'), ('14 févr 2019', '%d %b %Y', FRENCH, '2019-02-14'),
    ('7-Sep-2018', '%d-%b-%Y', (), '2018-09-07'), ('07/09/18', '%d/%m/%y', (), '2018-09-07'),
    ('7 September 2018 03:04:05.678', '%d %B %Y %H:%M:%S.%f', (), '2018-09-07T03:04:05.678000'),
    ('03:04:05:678', '%H:%M:%S:%f', (), '03:04:05.678000'), ('030405', '%H%M%S', (), '03:04:05'),
    ('2020-01-05', '%d-%b-%Y', SPANISH, '2020-01-05'), ('03:04:05.5', '%H:%M:%S:%f', (), '03:04:05.5')])
def test_dates_and_times_become_iso(value, form, months, iso):
    assert in_iso('DATE-OBS', value, form, months) == iso


@pytest.mark.parametrize(['value', 'form', 'months'], [
    ('05-xyz-2020', '%d-%b-%Y', SPANISH), ('05-ju-2020', '%d-%b-%Y', SPANISH), ('35-ene-2020', '%d-%b-%Y', SPANISH),
    ('05-jan-2020', '%d-%b-%Y', SPANISH), ('', '%d-%b-%Y', ()), ('03:04', '%H:%M:%S:%f', ())])
def test_what_is_of_another_form_is_refused(value, form, months):
    if value == '03:04':
        assert in_iso('UT', value, form, months) == '03:04'
        return
    with pytest.raises(HeaderError, match='is not of the form .*description of the camera'):
        in_iso('DATE-OBS', value, form, months)


def described(folder, head='', tables=''):
    (folder / 'aspen.toml').write_text(head + PLAIN.replace('TIME_OBS = "TIME-OBS"', 'TIME_OBS = "UT"') + tables)
    return camera('ASPEN')


def test_a_camera_reads_words_milliseconds_and_kelvin(folder):
    aspen = described(folder, f'date_format = "%d-%b-%Y"\ntime_format = "%H:%M:%S:%f"\nmonths = {SPANISH}\n',
                      '\n[scales]\nEXPTIME = 0.001\nTEMPERATURE = [1.0, -273.15]\n')
    facts = aspen.read({'DATE-OBS': '05-ago-2020', 'UT': '23:59:58:250', 'EXPTIME': 1500, 'CCD-TEMP': 253.15, 'FILTER': 'r',
                        'IMAGETYP': 'LIGHT'}, 0, (10, 10))
    assert facts.DATE_OBS == datetime(2020, 8, 5, 23, 59, 58, 250000)
    assert facts.EXPTIME == 1.5 and facts.TEMPERATURE == pytest.approx(-20)
    assert aspen.temperature({'CCD-TEMP': 'unknown'}) is None


@pytest.mark.parametrize(['head', 'tables', 'words'], [
    ('date_format = "%Q"\n', '', 'entry date_format: .*%Q is unknown'), ('date_format = "%d-%Y"\n', '', 'lacks %m or %b'),
    ('time_format = "%S"\n', '', 'lacks %H'), ('months = ["a", "b"]\n', '', 'entry months: 2 names'),
    ('', '\n[scales]\nEXPTIME = 0\n', 'a factor other than 0'),
    ('', '\n[scales]\nOBJECT = 2\n', 'is no number of a raw frame')])
def test_a_wrong_description_is_told(folder, head, tables, words):
    with pytest.raises(ConfigError, match=words):
        described(folder, head, tables)

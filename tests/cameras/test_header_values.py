from datetime import UTC, datetime, timedelta

import pytest
from astropy.io import fits

from awlike.cameras.header_values import (
    astrometry,
    distorted_astrometry,
    exposure_time,
    first,
    matches,
    modified_julian_date,
    moment,
    number,
    section,
)
from awlike.errors import HeaderError


@pytest.mark.parametrize('text', ['2012-06-01T08:51:44.125', '2012-06-01 08:51:44.125', '2012-06-01T08:51:44.1250Z'])
def test_moment_keeps_fractions(text):
    assert moment('DATE-OBS', text) == datetime(2012, 6, 1, 8, 51, 44, 125000)


def test_a_moment_may_end_with_a_point():
    assert moment('DATE-OBS', '2012-06-01T08:51:44.') == datetime(2012, 6, 1, 8, 51, 44)


def test_moment_of_date_and_time():
    assert moment('DATE-OBS', '2019-03-26', 'UTC-OBS', '03:08:43.48') == datetime(2019, 3, 26, 3, 8, 43, 480000)


@pytest.mark.parametrize(('text', 'rule'), [
    ('19/05/94', 'old-style date'), ('2012-13-01T00:00:00', 'not a date'), ('2012-06-01', 'no time of day'),
    ('1979-12-31T00:00:00', 'before 1980'), ('yesterday', 'not a date'), ('2012-06-01T25:00:00', 'not a date'),
    pytest.param((datetime.now(UTC) + timedelta(days=2)).strftime('%Y-%m-%dT%H:%M:%S'), 'future', id='two days ahead'),
])
def test_moment_refuses(text, rule):
    with pytest.raises(HeaderError, match=f'DATE-OBS.*{rule}'):
        moment('DATE-OBS', text)


def test_numbers_may_be_quoted():
    assert number('CRPIX1', ' 716.0') == 716.0
    for wrong in ('n/a', True, float('inf')):
        with pytest.raises(HeaderError, match='CRPIX1.*not a number'):
            number('CRPIX1', wrong)


@pytest.mark.parametrize('wrong', [-1.0, 86401])
def test_exposure_time_has_bounds(wrong):
    with pytest.raises(HeaderError, match='EXPTIME = .*seconds'):
        exposure_time('EXPTIME', wrong)


def test_first_passes_over_blanks():
    header = fits.Header({'A': '  ', 'C': ' x '})
    header['B'] = fits.card.Undefined()
    assert first(header, ('A', 'B', 'C')) == ('C', 'x') and first(header, ('A', 'B')) == (None, None)


def test_only_star_and_question_mark_are_wild():
    assert matches('flat*', 'FLAT, dome ') and matches('r?', 'r1')
    assert matches('[ab]', '[AB]') and not matches('[ab]', 'a')


def test_section_inside():
    assert section('TRIMSEC', ' [18:1382,1:1370] ', (1370, 1432)) == '[18:1382,1:1370]'
    with pytest.raises(HeaderError, match='TRIMSEC.*inside the image of 1432 x 1369'):
        section('TRIMSEC', '[18:1382,1:1370]', (1369, 1432))
    with pytest.raises(HeaderError, match='BIASSEC.*is not a section'):
        section('BIASSEC', '[4096:4109]', (10, 10))


def test_mjd():
    assert modified_julian_date(datetime(2000, 1, 1, 12)) == 51544.5


def test_astrometry_of_pixel_axes_is_none():
    assert set(astrometry({'CTYPE1': 'Linear ADC', 'CTYPE2': 'Linear ADC', 'CRVAL1': 1.0}).values()) == {None}


def test_astrometry_from_steps_and_rotation():
    header = {'CTYPE1': 'RA---TAN', 'CTYPE2': 'DEC--TAN', 'CRVAL1': '10.5', 'CRVAL2': -3, 'CRPIX1': 1, 'CRPIX2': 2,
              'CDELT1': -1e-4, 'CDELT2': 1e-4, 'CROTA2': 90.0}
    found = astrometry(header)
    assert found['CRVAL1'] == 10.5 and abs(found['CD1_1']) < 1e-12
    assert found['CD1_2'] == pytest.approx(-1e-4) and found['CD2_1'] == pytest.approx(-1e-4)
    with pytest.raises(HeaderError, match='CRVAL2'):
        astrometry({**header, 'CRVAL2': 'south'})


def test_absent_elements_of_a_matrix_have_the_values_of_the_standard():
    header = {'CTYPE1': 'RA---TAN', 'CTYPE2': 'DEC--TAN', 'CRVAL1': 10.5, 'CRVAL2': -3, 'CRPIX1': 1, 'CRPIX2': 2}
    cd = astrometry({**header, 'CD1_1': -1e-4, 'CD2_2': 1e-4})
    pc = astrometry({**header, 'CDELT1': -1e-4, 'CDELT2': 1e-4, 'PC1_2': 0.5})
    names = ('CD1_1', 'CD1_2', 'CD2_1', 'CD2_2')
    assert [cd[name] for name in names] == [-1e-4, 0, 0, 1e-4]
    assert [pc[name] for name in names] == [-1e-4, -0.5e-4, 0, 1e-4]


@pytest.mark.parametrize('order', [10, 30_000, 1e9, -1])
@pytest.mark.parametrize('keyword', ['A_ORDER', 'B_ORDER', 'AP_ORDER', 'BP_ORDER'])
def test_no_header_asks_for_more_terms_than_sip_has(keyword, order):
    header = {'CTYPE1': 'RA---TAN-SIP', 'CTYPE2': 'DEC--TAN-SIP', 'CRVAL1': 10.0, 'CRVAL2': 5.0, 'CRPIX1': 3.0, 'CRPIX2': 5.0,
              'CD1_1': 1e-4, 'CD2_2': 1e-4, 'A_ORDER': 9, 'BP_ORDER': 0}
    assert distorted_astrometry(header)['A_ORDER'] == 9
    with pytest.raises(HeaderError, match=f'{keyword} = .* up to 9'):
        distorted_astrometry(header | {keyword: order})

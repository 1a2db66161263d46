"""The table of the first rows of a query."""

import datetime

from awlike.views.preview import Preview

NAME = 'RawScienceFrame_OMEGACAM_ESO_CCD_65_r_SDSS_2012-06-01T08-52-03_f8dfdf14beff.fits'
ROW = (NAME, 'ESO_CCD_#65', datetime.datetime(2012, 6, 1, 8, 52, 3, 123000), 360.0, 'a field', None)
COLUMNS = ['filename', 'chip', 'DATE_OBS', 'EXPTIME', 'OBJECT', 'imstat.median'], ['', '', '', 's', '', 'adu']


def preview(*rows, number=None):
    return Preview('title', number or len(rows), *COLUMNS, list(rows))


def test_columns_stand_under_each_other_with_units():
    rows = [('a.fits', 360.0, 'M31'), ('bb.fits', 1.5, None)]
    text = str(Preview('2 frames', 2, ['name', 'EXPTIME', 'OBJECT'], ['', 's', ''], rows))
    assert text.splitlines() == ['2 frames', '  name     EXPTIME  OBJECT', '               [s]', '  a.fits       360  M31',
                                 '  bb.fits      1.5  -']


def test_what_the_file_name_tells_is_left_out_where_it_does_not_fit():
    lines = str(preview(ROW)).splitlines()
    assert lines[1].split() == ['filename', 'EXPTIME', 'OBJECT', 'imstat.median'] and max(map(len, lines)) <= 120
    other = (NAME, 'another chip', *ROW[2:])
    assert 'chip' in str(preview(other)).splitlines()[1].split(), 'which the name does not tell'

    valid = Preview('title', 1, ['filename', 'chip', 'is_valid'], [''] * 3, [(NAME, 'ESO_CCD_#65', 1)]).within(95)
    assert valid.names == ['filename', 'is_valid'], 'a 1 in the name tells nothing of that'


def test_long_texts_are_cut_and_names_are_not():
    assert 'x' * 21 + '...' in str(preview((NAME, 'c', None, 1.0, 'x' * 60, 1.0))) and NAME in str(preview(ROW))


def test_empty_columns_are_no_columns():
    assert preview(ROW).filled().names == COLUMNS[0][:-1]


def test_the_rest_is_counted():
    assert str(preview(ROW, number=100)).endswith('... and 99 more') and preview(ROW).rest == ''


def test_on_a_narrow_terminal_names_lose_what_they_have_in_common():
    rows = [(NAME.replace('52-03', f'{minute}-03'), ROW[1], ROW[2].replace(minute=minute), *ROW[3:]) for minute in (52, 58)]
    lines = preview(*rows).within(80)._as_text().splitlines()
    assert [line.split()[0] for line in lines[3:]] == ['.._2012-06-01T08-52-03_f8dfdf14beff.fits',
                                                       '.._2012-06-01T08-58-03_f8dfdf14beff.fits']
    assert lines[1].split() == ['filename', 'chip', 'EXPTIME', 'OBJECT'] and max(map(len, lines)) <= 80


# --- date and place before the name ---

def of_query(*rows):
    """The table that a query shows: the name of the file stands behind the other columns."""
    names = ['DATE_OBS', 'filter', 'chip', 'EXPTIME', 'OBJECT', 'imstat.median', 'filename']
    return Preview('title', len(rows), names, ['', '', '', 's', '', 'adu', ''],
                   [(row[2], 'r_SDSS', row[1], row[3], row[4], 201.5, row[0]) for row in rows])


def test_names_behind_date_and_place_lose_their_beginning_first():
    rows = [ROW, (NAME.replace('52-03', '58-03'), *ROW[1:])]
    wide, middle, narrow = (of_query(*rows).within(width)._as_text().splitlines() for width in (200, 120, 80))
    assert NAME in wide[3] and '.._2012-06-01T08-58-03_f8dfdf14beff.fits' in middle[4] and '.._f8dfdf14beff.fits' in narrow[3]
    for lines, width in ((wide, 200), (middle, 120), (narrow, 80)):
        heads = lines[1].split()
        assert heads[:3] == ['DATE_OBS', 'filter', 'chip'] and heads[-1] == 'filename' and max(map(len, lines)) <= width
    assert 'EXPTIME' in middle[1] and 'imstat.median' not in narrow[1]


def test_at_least_the_date_is_shown_however_narrow():
    assert of_query(ROW).within(10).names == ['DATE_OBS'] and of_query(ROW).within(48).names == ['DATE_OBS', 'filter', 'chip']


def test_an_object_without_a_file_has_no_name_to_shorten():
    assert '-' in str(of_query((None, *ROW[1:]), ROW).within(80)._as_text().splitlines()[3].split()[-1])

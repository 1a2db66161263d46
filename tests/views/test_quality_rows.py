"""The values of a quality report in words, and the page: what is unusual, what misses a limit, what is hostile."""

import re

import pytest

from awlike.views.quality_page import Picture, body, sparkline, whole_page
from awlike.views.quality_rows import Earlier, Row, Verdict, short

EVIL = '<script>alert(1)</script>"\'&'


def row(value, limit=1.5, is_least=False, earlier=(), name='seeing', reason=''):
    return Row(name, 'FWHM of stars', 'arcsec', value, reason, limit, is_least, Earlier.of(value, earlier))


@pytest.mark.parametrize(('value', 'limit', 'is_least', 'state'), [
    (1.0, 1.5, False, 'good'), (1.5, 1.5, False, 'good'), (1.6, 1.5, False, 'missed'), (1.6, 1.5, True, 'good'),
    (1.4, 1.5, True, 'missed'), (None, 1.5, False, 'unknown'), (None, None, False, 'unknown'), (3.0, None, False, '')])
def test_a_value_is_beside_its_limit(value, limit, is_least, state):
    assert row(value, limit, is_least).state == state


def test_an_outlier_is_told_in_words_and_only_among_enough():
    usual = [1.0, 1.1, 0.9, 1.05, 0.95, 1.0]
    assert Earlier.of(1.1, usual).words == ''
    assert re.fullmatch(r'unusually high: \d+ sigma above the last 6', Earlier.of(3.0, usual).words)
    assert 'unusually low' in Earlier.of(0.1, usual).words
    assert Earlier.of(3.0, usual[:4]).words == '', 'four tell nothing'
    assert Earlier.of(3.0, [*usual, None, float('nan')]).words.endswith('the last 6')
    assert Earlier.of(None, usual).words == Earlier.of(1.0, []).words == Earlier.of(1.0, []).text == ''
    assert Earlier.of(0.0, [0.0] * 9).words == '' and 'all had 0' in Earlier.of(0.1, [0.0] * 9).words
    assert Earlier.of(1.001, [1.0] * 9).words == '', 'a tenth of a percent is nothing'


def test_a_verdict_names_what_stands_out():
    good, missed = row(1.0), row(2.0, name='ellipticity')
    unknown = row(None, name='depth', reason='no zero point')
    assert Verdict.of([good, unknown], ['seeing', 'depth']).headline == 'Nothing stands out'
    assert Verdict.of([good, unknown], ['depth']).details == ['not measured: depth']
    assert Verdict.of([good, unknown], ['seeing']).unknown == []
    found = Verdict.of([good, missed], ['seeing'])
    assert not found.is_good and found.headline == 'Look at it: one value misses its limit'
    assert found.missed == ['ellipticity is 2 arcsec, and should be at most 1.5']
    odd = Verdict.of([row(9.0, limit=None, earlier=[1.0, 1.1, 0.9, 1.0, 1.2])], [])
    assert odd.headline == 'Look at it: it is unusual' and 'unusually high' in odd.text


def test_numbers_are_short():
    assert [short(one) for one in (3, 12345, 0.91234, 24.3971, 5.5e-5, 558.23, 30000.0)] == [
        '3', '12,345', '0.9123', '24.397', '5.5e-05', '558.2', '30,000']


def test_the_page_stands_alone_and_runs_nothing():
    rows = [row(1.0, earlier=[1.1, 1.0, 0.9]), Row(EVIL, EVIL, EVIL, None, EVIL, 1.0, False, Earlier.of(None, []))]
    page = whole_page(EVIL, body(Verdict.of(rows, [EVIL]), rows, ['seeing', EVIL], [Picture('data:x', EVIL)], [(EVIL, EVIL)]))
    assert '<script' not in page and EVIL not in page and page.count('&lt;script&gt;') >= 5
    assert not re.search(r'(src|href)="(?!data:)', page) and ' style=' not in page and 'onclick' not in page
    assert "default-src 'none'" in page


@pytest.mark.parametrize('earlier', [[], [1.0], [1.0, 1.0], [0.0, 0.0], [-1e9, 1e9], [1e-300, 2e-300]])
@pytest.mark.parametrize('value', [1.0, 0.0, -3.0, 1e9])
def test_a_sparkline_lies_in_its_box(value, earlier):
    svg = sparkline(row(value, earlier=earlier))
    assert svg.startswith('<svg') and 'nan' not in svg and 'inf' not in svg
    for points in re.findall(r'points="([^"]*)"', svg):
        places = [tuple(map(float, one.split(','))) for one in points.split()]
        assert all(0 <= x <= 150 and 0 <= y <= 34 for x, y in places)

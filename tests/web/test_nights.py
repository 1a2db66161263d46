"""The page of a night: what came in, what was refused and why, the focal plane by any quantity, the time line."""

import re

import numpy as np
import pytest
from sqlalchemy import event

from awlike import RawFrame, context, ingest, simulate
from awlike.config import settings
from awlike.database.sessions import database
from tests.web.conftest import entered

PAGE = '/night/2012-05-31'


def test_it_shows_what_came_in_and_what_was_made(web):
    text, told = web.get(PAGE).text, web.get(f'{PAGE}.json').json()
    report = context.night('2012-05-31')
    assert told['night']['groups'] and told['raw_frames'] == {
        kind: sum(one.frames for one in report.groups if one.kind == kind) for kind in {one.kind for one in report.groups}}
    assert sum(told['raw_frames'].values()) == len(RawFrame.select_all())
    for one in report.groups:
        assert f'>{one.kind}</a>' in text and one.run in text
    assert 'ReducedScienceFrame' in text and 'no file was refused' in text and 'class="night"' in text
    assert not re.search(r'<script(?! src)|\sstyle=', text.partition('<main')[2]), 'neither scripts nor styles in the page'


def test_detectors_are_coloured_by_any_quantity(web):
    frames = RawFrame.select(instrument='OMEGACAM', date='2012-05-31')
    for quantity in ('EXPTIME', 'imstat.stdev', "card('EXPTIME')"):
        text = web.get(PAGE, params={'quantity': quantity}).text
        value = context.night('2012-05-31', quantity=quantity).chips()['ESO_CCD_#65']
        assert f'<title>ESO_CCD_#65: {value:.6g}</title>' in text and len(frames) > 0
    for wrong in ('nonsense', 'filename', '<script>'):
        answer = web.get(PAGE, params={'quantity': wrong})
        assert 400 <= answer.status_code < 500 and '<script>' not in answer.text.partition('<main')[2]


def test_refused_files_have_their_reasons_and_no_name_acts(web, write, tmp_path):
    name = '<img src=x onerror=alert(1)>.fits'
    ingest([write(name, EXPTIME='long', DATE_OBS='2012-06-01', UTC_OBS='03:00:00')])
    ingest([write('odd.fits', OBJECT='<b>M31</b>', pixels=np.full((10, 24), 3, np.uint16))])
    text = web.get(PAGE, params={'instrument': 'OMEGACAM'}).text
    assert '1 refused' in text and 'EXPTIME' in text and '<img src=x' not in text and '&lt;img src=x' in text
    other = context.night('2019-03-25', 'NASA42').instrument
    text = web.get('/night/2019-03-25', params={'instrument': other}).text
    assert '&lt;b&gt;M31' in text and '<b>M31' not in text


def test_a_night_without_frames_is_a_page(web):
    text = web.get('/night/1999-01-01').text
    assert 'no raw frames' in text and '<h2>Detectors' not in text


@pytest.mark.sqlite
@pytest.mark.parametrize('chips', [1, 3])
def test_the_number_of_statements_does_not_grow_with_the_night(project, site, tmp_path, monkeypatch, chips):
    monkeypatch.setenv('AWLIKE_PROJECT', 'TEST')
    settings.cache_clear()
    simulate(tmp_path / 'raw', chips=chips, shape=(64, 64), seed=8)
    ingest([tmp_path / 'raw'], how='refer')
    web, seen = entered(site), []

    def note(*_):
        seen.append(1)

    event.listen(database().engine, 'before_cursor_execute', note)
    try:
        assert web.get(PAGE).status_code == 200
    finally:
        event.remove(database().engine, 'before_cursor_execute', note)
    assert 0 < len(seen) <= 50

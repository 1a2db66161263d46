"""What one request, or one person, may ask for."""

import pytest

from awlike.errors import ConfigError
from awlike.web import jobs
from awlike.web.guard import Guard
from awlike.web.serve import _in_file_system
from tests import paper
from tests.web.conftest import SAME, behind_proxy, entered

LONG = '9' * 5000  # digits, which Python does not read as a number


@pytest.fixture
def frame(project):
    """A raw frame in project TEST of ada; nothing was made from it."""
    return paper.raws(1)[0]


@pytest.mark.parametrize('path', [
    f'/RawScienceFrame?page={LONG}', f'/RawScienceFrame?size={LONG}', '/RawScienceFrame/{id}/lineage?up=' + LONG,
    '/RawScienceFrame?date=9999-12-31&instrument=OMEGACAM', '/night/9999-12-31?instrument=OMEGACAM',
    '/night/0001-01-01?instrument=OMEGACAM', '/calibrations?date=9999-12-31', '/RawScienceFrame?OBJECT=a%00b',
    '/RawScienceFrame?OBJECT=%00*', '/RawScienceFrame?' + '&'.join(f'OBJECT=x{number}' for number in range(301))])
def test_what_cannot_be_asked_is_told(frame, site, path, caplog):
    answer = entered(site).get(path.replace('{id}', str(frame.object_id)))
    assert answer.status_code == 400 and 'Traceback' not in caplog.text and len(answer.text) < 3000


@pytest.mark.parametrize('query', [
    '&'.join(f'OBJECT=x{number}' for number in range(300)), '&'.join(['OBJECT=x'] * 1000),
    '&'.join(['grade=A', 'grade=B'] * 100),
    '&'.join(f'grade={sign}{grade}' for sign in ('', '<=', '>=', '<', '>', '!=') for grade in 'ABCD')])
def test_many_criteria_are_one_statement(frame, site, query):
    assert entered(site).get(f'/RawScienceFrame?{query}').status_code == 200


def test_criteria_of_lineage_go_together(frame, site):
    ids = [str(frame.object_id), str(frame.raw_fits.object_id)]
    answer = entered(site).get('/DataObject.json', params={'descends_from': ids})
    assert answer.status_code == 200 and answer.json()['count'] == 0


@pytest.mark.parametrize('origin', ['http://[', 'http://[::1', 'x', ''])
def test_what_is_no_origin_is_another_site(frame, site, origin):
    answer = entered(site).post('/here', data={'project': 'TEST'}, headers={'origin': origin})
    assert answer.status_code == 403


@pytest.mark.parametrize('length', [LONG, '-1', '1e3', '٣'.encode().decode('latin-1')])
def test_a_length_that_is_none_is_refused(site, length):
    async def app(scope, receive, send):
        raise AssertionError('it came through')
    from starlette.datastructures import Headers
    found = Guard(app, site)._refusal('POST', Headers({'host': '127.0.0.1', 'content-length': length} | SAME))
    assert found is not None and found.status_code == 413


def test_one_person_does_not_follow_all_logs(frame, monkeypatch):
    monkeypatch.setattr(jobs, '_new_lines', lambda number, last: ([], True, {'status': 'done'}))
    client = behind_proxy('ada')
    site = client.app._site
    assert client.get('/jobs/1/log').text.endswith('event: over\ndata: {}\n\n') and site.streams.total() == 0
    site.streams['ada'] = jobs.STREAMS_EACH
    assert client.get('/jobs/1/log').status_code == 503
    assert client.get('/jobs/1/log', headers={'x-remote-user': 'bob'}).status_code == 200, 'others still can'
    site.streams['carl'] = jobs.STREAMS
    assert client.get('/jobs/1/log', headers={'x-remote-user': 'bob'}).status_code == 503


def test_a_socket_takes_the_place_of_no_file(tmp_path):
    kept = tmp_path / 'night.fits'
    kept.write_text('pixels')
    with pytest.raises(ConfigError, match='no socket: give another --socket'):
        _in_file_system(kept)
    assert kept.read_text() == 'pixels'
    for _ in range(2):  # the second takes the place of what a crash left
        _in_file_system(tmp_path / 's').close()

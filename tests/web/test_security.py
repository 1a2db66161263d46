"""Who gets in, and what is refused."""

import pytest

from awlike.frames.raw import RawScienceFrame
from awlike.frames.reduced import ReducedScienceFrame
from awlike.web import logins
from awlike.web.guard import LONGEST_BODY
from awlike.web.identity import Alone, Password
from awlike.web.logins import Logins
from awlike.web.site import Site
from awlike.web.throttle import FOR_ADDRESS, FOR_NAME
from tests.web.conftest import HOST, SAME, behind_proxy, browser, entered, with_passwords


def test_a_stranger_sees_nothing(reduced, site):
    stranger = browser(site)
    for path in ('/', '/ReducedScienceFrame', '/ReducedScienceFrame.json', '/jobs', '/process', '/sky',
                 '/jobs/1/log', '/find?name=x'):
        assert stranger.get(path).status_code == 401, path
    for path in ('/process', '/here', '/jobs/1/cancel'):
        assert stranger.post(path, headers=SAME).status_code == 401, path
    assert stranger.get('/', params={'token': 'wrong'}).status_code == 401


def test_the_token_is_gone_from_the_address_and_its_cookie_is_no_scripts(reduced, site):
    client = browser(site)
    answer = client.get(f'/ReducedScienceFrame?chip=x&token={site.identity.token}')
    assert answer.status_code == 303 and answer.headers['location'] == '/ReducedScienceFrame?chip=x'
    cookie = answer.headers['set-cookie'].lower()
    assert 'httponly' in cookie and 'samesite=strict' in cookie and site.identity.token.lower() not in cookie
    assert client.get('/').status_code == 200


def test_two_servers_do_not_share_a_cookie(reduced):
    one, other = Site(Alone('ada')), Site(Alone('ada'))
    client = entered(one)
    assert browser(other, cookies=dict(client.cookies)).get('/').status_code == 401


def test_cookies_are_secure_behind_https(reduced):
    site = Site(Alone('ada'), hosts=('awe.example.org',), url='https://awe.example.org/awlike')
    answer = browser(site).get('/', params={'token': site.identity.token}, headers={'host': 'awe.example.org'})
    assert '; secure' in answer.headers['set-cookie'].lower() and 'path=/awlike' in answer.headers['set-cookie'].lower()


@pytest.mark.parametrize('host', ['evil.example', 'evil.example:80', '127.0.0.1.evil.example', '', '[::'])
def test_a_foreign_host_is_refused(web, host):
    assert web.get('/', headers={'host': host}).status_code == 400


@pytest.mark.parametrize('headers', [
    {'sec-fetch-site': 'cross-site'}, {'sec-fetch-site': 'same-site'}, {'origin': 'http://evil.example'},
    {'origin': 'null'}, {'origin': f'{HOST}:81'}, {'origin': HOST, 'sec-fetch-site': 'cross-site'}])
def test_another_site_changes_nothing(web, headers):
    for path in ('/here', '/process', '/jobs/1/cancel', '/calibrations/1', '/logout'):
        assert web.post(path, data={'project': 'TEST'}, headers=headers).status_code == 403


def test_nothing_changes_by_get(web):
    obj = ReducedScienceFrame.select_all().first().bias
    for path in (f'/calibrations/{obj.object_id}/valid', '/jobs/1/cancel', '/jobs/1/again', '/logout'):
        assert web.get(path, params={'is_valid': '0'}).status_code in (404, 405), path
    web.get(f'/calibrations/{obj.object_id}', params={'start': '2000-01-01', 'end': '2001-01-01'})
    assert type(obj).get(obj.object_id).timestamp_start == obj.timestamp_start
    assert web.put('/here').status_code == 405 and web.delete('/here').status_code == 405


def test_the_headers_forbid_scripts_and_frames_of_others(web):
    for path in ('/', '/NoSuchClass', '/static/awlike.css', '/jobs.json'):
        headers = web.get(path).headers
        policy = headers['content-security-policy']
        assert "default-src 'none'" in policy and "script-src 'self'" in policy and 'unsafe' not in policy, path
        assert "frame-ancestors 'none'" in policy and headers['x-content-type-options'] == 'nosniff'
        assert headers['referrer-policy'] == 'same-origin'


def test_requests_are_bounded(web):
    assert web.post('/here', data={'project': 'x' * (LONGEST_BODY + 1)}, headers=SAME).status_code == 413

    def parts():
        for _ in range(30):
            yield b'x' * 50_000
    form = {'content-type': 'application/x-www-form-urlencoded'}
    assert web.post('/here', content=parts(), headers=SAME | form).status_code == 413
    assert web.get('/ReducedScienceFrame?page=99999999').status_code == 400
    assert web.get('/ReducedScienceFrame?size=100000').status_code == 400
    assert web.post('/here', files={'project': b'file'}, headers=SAME).status_code == 400


@pytest.mark.parametrize('path', [
    '/ReducedScienceFrame/../../etc/passwd', '/static/../pyproject.toml', '/static/%2e%2e/%2e%2e/app.py', '/static/..%2fapp.py',
    '/ReducedScienceFrame/%2e%2e%2f%2e%2e', "/ReducedScienceFrame/'; DROP TABLE dbobject; --", '/jobs/1e9', '/jobs/٣',
    '/night/x', '/jobs/99999999999999999999',
    '/DBObject', '/__class__', '/ReducedScienceFrame/00000000-0000-0000-0000-000000000000/file'])
def test_odd_addresses_lead_nowhere(web, path):
    answer = web.get(path)
    assert answer.status_code in (400, 404) and 'root:' not in answer.text and 'Traceback' not in answer.text


def test_strangers_text_is_shown_and_not_run(web, monkeypatch):
    evil = '<script>alert(1)</script>'
    pages = [web.get('/ReducedScienceFrame', params={name: evil}) for name in ('OBJECT', 'columns', 'sort', 'chip', evil)]
    pages += [web.get('/process', params={'task': evil, 'instrument': 'OMEGACAM'}), web.get('/find', params={'name': evil}),
              web.get(f'/{evil}'), web.get('/here', params={'next': f'"{evil}'})]
    assert not any('<script>alert' in page.text for page in pages)
    assert any('&lt;script&gt;alert' in page.text for page in pages)


# --- many people ---

def test_people_log_in_with_a_password_and_out(reduced):
    web = with_passwords(lambda name, password: (name, password) == ('ada', 'right'))
    answer = web.get('/ReducedScienceFrame?chip=x')
    assert answer.status_code == 303 and answer.headers['location'] == '/login?next=%2FReducedScienceFrame%3Fchip%3Dx'
    assert web.get('/jobs.json').status_code == 401
    assert web.post('/login', data={'name': 'ada', 'password': 'wrong'}, headers=SAME).status_code == 403
    answer = web.post('/login', data={'name': 'ada', 'password': 'right', 'next': '/jobs'}, headers=SAME)
    assert answer.status_code == 303 and answer.headers['location'] == '/jobs' and 'right' not in str(answer.headers)
    assert web.get('/jobs').status_code == 200
    kept = dict(web.cookies)
    assert web.post('/logout', headers=SAME).status_code == 303
    assert web.get('/jobs').status_code == 303
    web.cookies.update(kept)
    assert web.get('/jobs').status_code == 303, 'a key does not outlive the log-out'


@pytest.mark.parametrize('onward', ['https://evil.example', '//evil.example', '/\\evil.example', '/a\r\nset-cookie: x=1', ''])
def test_logging_in_leads_to_no_other_site(reduced, onward):
    web = with_passwords(lambda name, password: True)
    answer = web.post('/login', data={'name': 'ada', 'password': 'x', 'next': onward}, headers=SAME)
    assert answer.headers['location'] == '/' and 'x=1' not in answer.headers['set-cookie']


def test_trials_to_log_in_are_bounded(reduced):
    web = with_passwords(lambda name, password: password == 'right')
    for _ in range(FOR_NAME):
        assert web.post('/login', data={'name': 'ada', 'password': 'wrong'}, headers=SAME).status_code == 403
    assert web.post('/login', data={'name': 'ada', 'password': 'right'}, headers=SAME).status_code == 429
    assert web.post('/login', data={'name': 'bob', 'password': 'right'}, headers=SAME).status_code == 303


@pytest.mark.parametrize('client', [None, ('127.0.0.1', 5000)])
def test_behind_a_proxy_nobody_locks_others_out(home, client):
    site = Site(Password(Logins(lambda name, password: password == 'right')), url=HOST)
    web = browser(site)
    web._transport.client = client

    def tried(name, password, *addresses):
        forwarded = [('x-forwarded-for', address) for address in addresses]
        return web.post('/login', data={'name': name, 'password': password}, headers=[*SAME.items(), *forwarded]).status_code
    for number in range(FOR_ADDRESS):
        tried(f'nobody-{number}', 'wrong', f'10.0.0.{number}, 192.0.2.1')
    assert tried('ada', 'right', '192.0.2.2', '192.0.2.1') == 429, 'the proxy tells the last address; the others say who asks'
    assert tried('ada', 'right', '192.0.2.2') in (303, 403), 'an account of the database or none, and no trial too many'


def test_who_asks_nothing_for_long_logs_in_again(monkeypatch):
    people, now = Logins(lambda name, password: True), [0.0]
    monkeypatch.setattr(logins.time, 'monotonic', lambda: now[0])
    key = people.log_in('ada', 'x', '')
    for moment in 0.9 * logins.LONGEST, 1.8 * logins.LONGEST:
        now[0] = moment
        assert people.user(key) == 'ada', 'each request counts'
    now[0] += 1.1 * logins.LONGEST
    assert people.user(key) is None and people.user(key) is None


def test_nobody_else_tells_an_address(home):
    web = with_passwords(lambda name, password: False)
    for number in range(FOR_ADDRESS):
        web.post('/login', data={'name': f'x{number}', 'password': 'x'}, headers=SAME | {'x-forwarded-for': f'10.0.0.{number}'})
    answer = web.post('/login', data={'name': 'ada', 'password': 'x'}, headers=SAME | {'x-forwarded-for': '10.0.1.1'})
    assert answer.status_code == 429


def test_a_proxy_names_who_asks_and_nobody_else_does(reduced):
    assert behind_proxy('ada').get('/here.json').json()['user'] == 'ada'
    two = behind_proxy('ada')
    assert two.get('/here.json', headers=[('x-remote-user', 'ada'), ('x-remote-user', 'bob')]).status_code == 401
    elsewhere = behind_proxy('ada')
    elsewhere._transport.client = ('10.0.0.9', 5000)
    assert elsewhere.get('/here.json').status_code == 401


def test_two_browsers_side_by_side_have_their_own_people_and_projects(reduced):
    ada, bob = behind_proxy('ada'), behind_proxy('bob')
    number = len(RawScienceFrame.select_all())
    assert number and ada.get('/RawScienceFrame.json').json()['count'] == number
    assert bob.get('/RawScienceFrame.json').json()['count'] == 0
    red = ReducedScienceFrame.select_all().first()
    for end in ('', '.json', '/file', '/preview.png', '/lineage', '/why', '/impact', '/at.json?x=1&y=1', '/image'):
        assert bob.get(f'/ReducedScienceFrame/{red.object_id}{end}').status_code == 404, end
        assert ada.get(f'/ReducedScienceFrame/{red.object_id}{end}').status_code == 200, end
    assert ada.get('/here.json').json()['project'] == 'TEST'
    assert bob.get('/here.json').json()['project'] == ''
    assert bob.post('/here', data={'project': 'TEST'}, headers=SAME).status_code == 403
    assert not bob.get('/').text.count('TEST')


def test_a_cookie_that_nobody_wrote_does_no_harm(web, site):
    for value in ('x', 'e30=', 'W10=', 'eyJwcm9qZWN0IjogIkVWSUwiLCAiYXNfb2YiOiAieCIsICJsZXZlbCI6IDk5fQ==', 'A' * 5000):
        web.cookies.set(site.cookie('here'), value)
        assert web.get('/').status_code == 200, value
        web.cookies.delete(site.cookie('here'))

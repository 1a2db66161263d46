"""Notices: what went wrong reaches a command, a webhook and mail, once, and never stops the work."""

import contextlib
import http.server
import json
import os
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time
import types

import pytest

from awlike import RawScienceFrame, context
from awlike.calibrations.alarm import tell_of_night
from awlike.calibrations.check import check
from awlike.config import settings
from awlike.errors import DpuUnreachable, NotFound, StoreUnreachable, Unreachable
from awlike.notices import FAILED, notices, outbox, tell_of
from awlike.notices.deliver import deliver
from awlike.notices.servers import tell_of_server
from awlike.watching.nights_over import NightsOver


@pytest.fixture
def named(home, monkeypatch):
    """Name receivers; what is told waits until a test sends it."""
    monkeypatch.setattr(outbox, 'send_aside', lambda: None)

    def named(**values):
        for name, value in values.items():
            monkeypatch.setenv(f'AWLIKE_NOTICE_{name.upper()}', value if isinstance(value, str) else json.dumps(value))
        settings.cache_clear()

    return named


@contextlib.contextmanager
def serving(server):
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def hook():
    """A web server: its port, what it got, and the status of its answers."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            got.append(json.loads(self.rfile.read(int(self.headers['Content-Length']))))
            self.send_response(hook.status)
            self.send_header('Location', f'http://127.0.0.1:{hook.port}/elsewhere')
            self.end_headers()

        do_GET = do_POST

        def log_message(self, *_):
            pass

    class hook:
        status = 204

    got = hook.got = []
    with serving(http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)) as hook.port:
        hook.url = f'http://127.0.0.1:{hook.port}/hook/s3cret'
        yield hook


@pytest.fixture
def mailbox():
    """A mail server: its port, and the mails that it got as (sender, recipients, text)."""
    mails = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            sender, to = '', []
            self.say('220 here')
            for line in iter(self.rfile.readline, b''):
                word, _, rest = line.decode().strip().partition(':')
                if word.upper() == 'MAIL FROM':
                    sender = rest
                elif word.upper() == 'RCPT TO':
                    to.append(rest)
                elif word.upper() == 'DATA':
                    self.say('354 go on')
                    text = b''.join(iter(self.rfile.readline, b'.\r\n')).decode()
                    mails.append((sender, to, text))
                elif word.upper() == 'QUIT':
                    return self.say('221 bye')
                self.say('250 ok')

        def say(self, text):
            self.wfile.write(f'{text}\r\n'.encode())

    with serving(socketserver.ThreadingTCPServer(('127.0.0.1', 0), Handler)) as port:
        yield port, mails


@pytest.fixture
def command(tmp_path):
    """A command that appends what it reads to a file, and its arguments as they are."""
    script = tmp_path / 'page.py'
    script.write_text('import sys, json\nwith open(sys.argv[1], "a") as file:\n'
                      '    print(json.dumps([sys.argv[2:], json.load(sys.stdin)]), file=file)\n')
    return [sys.executable, str(script), str(tmp_path / 'paged'), '$(touch hacked); `x`'], tmp_path / 'paged'


def test_without_a_receiver_nothing_is_kept(home):
    tell_of(FAILED, 'a job failed', 'why')
    assert notices() == [] and not (home / 'notices').exists()


def test_each_receiver_gets_a_notice_once(named, hook, mailbox, command):
    (port, mails), (words, paged) = mailbox, command
    named(webhook=hook.url, mail=['ada@example.org', 'bob@example.org'], smtp=f'smtp://127.0.0.1:{port}', command=words)
    tell_of(FAILED, 'job 3\nBcc: eve@example.org', 'the flat; rm -rf /\nCafé', project='NIGHT')
    assert deliver() == 3 and deliver() == 0
    message, = hook.got
    assert message['subject'] == 'job 3 Bcc: eve@example.org' and message['text'] == 'the flat; rm -rf /\nCafé'
    assert {'id', 'date'} < set(message)
    assert (message['kind'], message['user'], message['project']) == ('failed', 'ada', 'NIGHT')
    (sender, to, text), = mails
    assert 'awlike@localhost' in sender and len(to) == 2 and 'Subject: [awlike] job 3 Bcc: eve@example.org' in text
    assert '\nBcc' not in text.replace('\r', '') and f'<{message["id"]}@awlike>' in text
    (given, read), = map(json.loads, paged.read_text().splitlines())
    assert given == ['$(touch hacked); `x`'] and read == message
    assert [one.waiting for one in notices()] == [[]]


def test_the_same_thing_is_told_once_by_however_many(named, hook):
    named(webhook=hook.url)
    threads = [threading.Thread(target=tell_of, args=(FAILED, 'job 3', 'why', 'job 3')) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tell_of(FAILED, 'job 4', 'why', 'job 4')
    assert deliver() == 2 and sorted(one['subject'] for one in hook.got) == ['job 3', 'job 4']


@pytest.mark.parametrize('status', [500, 302])
def test_a_receiver_that_is_down_gets_it_later(named, hook, command, status):
    named(webhook=hook.url, command=command[0])
    hook.status = status
    tell_of(FAILED, 'job 3', 'why')
    tell_of(FAILED, 'job 4', 'why')
    assert deliver() == 2 and len(hook.got) == 1, 'a receiver that failed is left alone, and no redirection is followed'
    assert [one.waiting for one in notices()] == [['webhook']] * 2
    assert notices()[0].error == f'webhook: the server answered {status}' or notices()[1].error.startswith('webhook')
    hook.status = 204
    assert deliver() == 0, 'not within a minute'
    assert deliver(patient=True) == 2 and {one['subject'] for one in hook.got} == {'job 3', 'job 4'}
    assert all(not one.waiting and not one.error for one in notices()) and len(command[1].read_text().splitlines()) == 2


def test_a_receiver_that_never_answers_takes_a_bounded_time(named, monkeypatch):
    from awlike.notices import channels
    monkeypatch.setattr(channels, 'SECONDS', 0.2)
    with socket.create_server(('127.0.0.1', 0)) as silent:
        port = silent.getsockname()[1]
        named(webhook=f'http://127.0.0.1:{port}/', mail=['ada@example.org'], smtp=f'smtp://127.0.0.1:{port}',
              command=['sleep', '100'])
        tell_of(FAILED, 'job 3', 'why')
        before = time.monotonic()
        assert deliver() == 0 and time.monotonic() - before < 8
    assert len(notices()[0].waiting) == 3 and 'no answer' in notices()[0].error


def test_work_goes_on_whatever_is_wrong_with_notices(named, home, caplog):
    named(webhook='http://127.0.0.1:1/')
    (home / 'notices').write_text('no folder')
    tell_of(FAILED, 'job 3', 'why')
    assert 'no notice of "job 3" could be kept' in caplog.text
    (home / 'notices').unlink()
    tell_of(FAILED, 'job 3', 'why')
    (home / 'notices' / 'cut.json').write_text('{"id": ')
    (home / 'notices' / 'other.json').write_text('[]')
    assert deliver() == 0 and len(notices()) == 1 and 'refused' in notices()[0].error.lower()


def test_no_secret_leaves(named, hook, awe):
    named(webhook=hook.url, smtp='smtp://ada:s3cret@127.0.0.1:1', mail=['ada@example.org'],
          command=['page', '--token', 's3cret'])
    tell_of(FAILED, 'postgresql://ada:s3cret@host/db', 'password=s3cret at postgresql://ada:s3cret@host/db')
    deliver()
    kept = ''.join(path.read_text() for path in (settings().home / 'notices').glob('*.json'))
    assert hook.got and 's3cret' not in json.dumps(hook.got) + kept
    shown = [awe('config'), awe('config', '--json'), awe('notices', 'list'), awe('notices', 'send'), awe('doctor')]
    assert not [out for _, out, said in shown if 's3cret' in out + said]
    assert (settings().home / 'notices').stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(('name', 'value', 'rule'), [
    ('WEBHOOK', 'file:///etc/s3cret', 'begins with https://'), ('SMTP', 'http://s3cret', 'begins with smtp://'),
    ('COMMAND', 'page s3cret', 'a list in JSON')])
def test_a_setting_without_meaning_is_refused(awe, monkeypatch, name, value, rule):
    monkeypatch.setenv(f'AWLIKE_NOTICE_{name}', value)
    settings.cache_clear()
    status, _, said = awe('notices', 'list')
    assert status == 2 and rule in said and f'AWLIKE_NOTICE_{name}' in said and 's3cret' not in said


def test_servers_that_cannot_be_reached_are_told_once_a_day(named):
    named(command=['true'])
    for cls in (Unreachable, StoreUnreachable, DpuUnreachable):
        wrapped = NotFound('x')
        wrapped.__cause__ = cls(f'{cls.__name__} at host')
        assert tell_of_server(cls(f'{cls.__name__} at host')) and tell_of_server(wrapped)
    assert not tell_of_server(NotFound('x'))
    assert sorted(one.subject for one in notices()) == [
        f'the {name} cannot be reached' for name in ('DPU', 'data server', 'database')]


def test_a_command_tells_of_a_database_that_cannot_be_reached(named, awe, monkeypatch):
    monkeypatch.setenv('AWLIKE_DATABASE', 'postgresql+psycopg://ada:s3cret@127.0.0.1:1/none')
    named(command=['true'])
    assert awe('list', 'RawFrame')[0] == 2
    found, = notices()
    assert found.kind == 'unreachable' and 'the database' in found.subject and 's3cret' not in found.text


def test_a_run_that_fails_is_told_once_a_day(named, awe, project, write):
    awe('ingest', write(), '--project', 'TEST')
    named(command=['true'])
    for _ in range(2):
        assert awe('run', 'Reduce', '--instrument', 'NASA42', '--project', 'TEST', '--commit')[0] != 0
    assert awe('run', 'Reduce', '--instrument', 'NASA42')[0] != 0, 'nobody is told of trials'
    found, = notices()
    assert found.kind == 'failed' and 'BiasFrame' in found.text and found.project == 'TEST'


def test_a_job_that_fails_is_told_and_its_reason_only_to_its_user(named):
    from awlike.dpu.coordinate import _tell_of_failure
    named(command=['true'])
    for number, user in enumerate(('ada', 'bob')):
        job = types.SimpleNamespace(id=number, number=number, user=user, step='Reduce', project='SECRET')
        for _ in range(2):
            _tell_of_failure(job, 'private.fits has no stars')
    mine, others = sorted(notices(), key=lambda one: one.subject)
    assert (mine.subject, mine.text, mine.project) == ('job 0 of ada failed: Reduce', 'private.fits has no stars', 'SECRET')
    assert others.subject == 'job 1 of bob failed' and not {'private', 'SECRET'} & {*others.text.split('.'), others.project}


def test_a_night_without_calibrations_is_told_when_it_is_over(named, project, awe, write):
    awe('ingest', write(), '--project', 'TEST')
    named(command=['true'])
    context.set_project('TEST')
    frame, = RawScienceFrame.select_all()
    over = NightsOver()
    over.check()
    assert notices() == [], 'nobody took files of that night lately'
    over.took(frame.raw_fits)
    for _ in range(2):
        over.check()
    found, = notices()
    assert found.kind == 'night' and 'lacks calibrations: ' in found.subject and 'BiasFrame' in found.subject
    tell_of_night(check('1999-01-01'))
    date = found.subject.split()[2]
    assert awe('check', date, '--notice', '--project', 'TEST')[0] == 1 and len(notices()) == 1


def test_the_commands(named, awe, hook):
    assert awe('notices', 'list')[1] == 'no notices\n'
    status, _, said = awe('notices', 'test')
    assert status == 2 and 'notice_webhook' in said
    named(webhook=hook.url)
    status, out, _ = awe('notices', 'test')
    assert status == 0 and '1 notice sent' in out and hook.got[0]['kind'] == 'test'
    hook.status = 500
    status, out, _ = awe('notices', 'test', '--json')
    assert status == 1 and json.loads(out)['waiting'][0]['error'] == 'webhook: the server answered 500'
    assert 'waits for webhook (webhook: the server answered 500)' in awe('notices', 'list')[1]
    assert 'awe notices send' in awe('doctor')[1]
    hook.status = 204
    assert awe('notices', 'send')[0] == 0 and len(json.loads(awe('notices', 'list', '--json')[1])) == 2


def test_another_process_sends_and_a_killed_sender_loses_nothing(home, hook, monkeypatch, tmp_path):
    started = tmp_path / 'started'
    slow = tmp_path / 'slow.py'
    slow.write_text(f'import time, pathlib\npathlib.Path({str(started)!r}).touch()\ntime.sleep(5)\n')
    monkeypatch.setenv('AWLIKE_NOTICE_COMMAND', json.dumps([sys.executable, str(slow)]))
    settings.cache_clear()
    tell_of(FAILED, 'job 3', 'why')
    sender, = (one for one in outbox._senders if one.poll() is None)
    until(started.exists)
    os.kill(sender.pid, signal.SIGKILL)
    sender.wait()
    assert [one.waiting for one in notices()] == [['command']]
    monkeypatch.setenv('AWLIKE_NOTICE_COMMAND', json.dumps(['true']))
    settings.cache_clear()
    subprocess.run([sys.executable, '-m', 'awlike.notices'], check=True, timeout=60)
    assert [one.waiting for one in notices()] == [[]]


def until(holds):
    for _ in range(600):
        if holds():
            return
        time.sleep(0.05)
    pytest.fail('it takes too long')

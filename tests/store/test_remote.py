"""S3 over real HTTP: what a bad line, a killed process, a wrong setting do, and what they cannot do."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from blake3 import blake3

from awlike.errors import ConfigError, MissingExtra, StoreError
from awlike.store import remote
from awlike.store.cache import Cache
from awlike.store.filesystem import open_filesystem
from awlike.store.remote import RemoteServer
from tests.store.s3 import new_bucket, options, s3_server

NAME = 'frame_1.fits'
CONTENT = os.urandom(1 << 20)


def put(store, content=CONTENT, name=NAME):
    with store.new_file(name) as path:
        path.write_bytes(content)


@pytest.fixture
def stored(s3, line, tmp_path):
    """A store behind the line, with one file in it, and nothing in the cache of this machine."""
    url = new_bucket(s3)
    put(s3_server(s3, tmp_path / 'elsewhere', url))
    return s3_server(line.url, tmp_path / 'cache', url)


def files(cache):
    return [path for path in cache.glob('[!.]*/*')]


# --- the number of requests ---


def test_a_file_costs_one_listing_and_one_request_and_then_none(stored, line):
    assert stored.open_path(NAME).read_bytes() == CONTENT
    assert [method for method, _ in line.requests] == ['GET', 'GET']
    assert stored.open_path(NAME).read_bytes() == CONTENT and len(line.requests) == 2


def test_what_was_written_here_is_not_fetched(line, tmp_path):
    store = s3_server(line.url, tmp_path / 'cache')
    put(store)
    del line.requests[:]
    assert store.open_path(NAME).read_bytes() == CONTENT and line.requests == []


@pytest.mark.slow
def test_thousands_are_found_in_listings(s3, line, tmp_path, monkeypatch):
    url = new_bucket(s3)
    names = [f'{number}.fits' for number in range(40)]
    store = s3_server(s3, tmp_path / 'elsewhere', url)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: put(store, b'.', name), names[:30]))
    monkeypatch.setattr(remote, '_MANY', 20)
    assert s3_server(line.url, tmp_path / 'cache', url).has_all(names) == set(names[:30])
    assert len(line.requests) <= len({remote.shelf(name) for name in names})


# --- a bad line ---


def test_a_connection_that_breaks_again_and_again_goes_on_where_it_was(stored, line, monkeypatch):
    monkeypatch.setattr(remote, '_BLOCK', 1 << 19)
    line.cut = 200_000
    assert stored.open_path(NAME).read_bytes() == CONTENT
    line.cut = None


def test_a_few_broken_connections_are_not_noticed(stored, line, tmp_path):
    line.breaks = 3
    assert stored.has(NAME)
    line.breaks = 3
    put(stored, b'other', 'other.fits')
    line.breaks = 3
    assert stored.open_path(NAME).read_bytes() == CONTENT and sorted(one.name for one in stored.files()) == [NAME, 'other.fits']


def test_a_line_that_stays_broken_is_told_and_leaves_nothing_under_the_name(stored, line, tmp_path):
    line.breaks = 1000
    with pytest.raises(StoreError, match='the data server s3://.*cannot be asked.*Check the network, '):
        stored.open_path(NAME)
    with pytest.raises(StoreError):
        put(stored, b'other', 'other.fits')
    line.breaks = 0
    assert not stored.has('other.fits') and files(tmp_path / 'cache') == []
    assert stored.open_path(NAME).read_bytes() == CONTENT


def test_a_download_that_was_cut_short_is_resumed(stored, line, monkeypatch):
    monkeypatch.setattr(remote, '_BLOCK', 1 << 18)
    whole, blocks = stored._fs.cat_file, []

    def cat_file(*args, **named):
        blocks.append(named['start'])
        if len(blocks) == 3:
            raise KeyboardInterrupt
        return whole(*args, **named)

    monkeypatch.setattr(stored._fs, 'cat_file', cat_file)
    with pytest.raises(KeyboardInterrupt):
        stored.open_path(NAME)
    assert stored.open_path(NAME).read_bytes() == CONTENT
    assert blocks == [0, 1 << 18, 2 << 18, 2 << 18, 3 << 18]


# --- killed processes ---


PROGRAM = textwrap.dedent('''
    import sys
    from tests.store.s3 import s3_server
    from awlike.store import remote
    endpoint, cache, url, what = sys.argv[1:]
    store = s3_server(endpoint, cache, url)
    remote._BLOCK = 1 << 18
    if what == 'read':
        store.open_path('frame_1.fits')
    else:
        with store.new_file('new.fits') as path:
            path.write_bytes(bytes(1 << 20))
''')


def killed(line, folder, store, what):
    """Kill a process in the middle of a transfer."""
    line.hold.clear()
    process = subprocess.Popen([sys.executable, '-c', PROGRAM, line.url, folder, store._url, what])
    assert line.held.wait(30)
    process.kill()
    assert process.wait(10) == -signal.SIGKILL
    line.answer = (500, 'InternalError')  # what the dead one had under way does not arrive
    line.hold.set()
    line.answer = None if what == 'read' else line.answer


@pytest.mark.slow
def test_an_upload_whose_process_is_killed_leaves_nothing_under_the_name(s3, stored, line, tmp_path):
    killed(line, tmp_path / 'cache', stored, 'write')
    direct = s3_server(s3, tmp_path / 'cache', stored._url)
    assert not direct.has('new.fits') and [one.name for one in direct.files()] == [NAME]
    put(direct, b'again', 'new.fits')
    assert direct.open_path('new.fits').read_bytes() == b'again'


@pytest.mark.slow
def test_a_download_whose_process_is_killed_is_resumed(stored, line, tmp_path):
    killed(line, tmp_path / 'cache', stored, 'read')
    assert stored.open_path(NAME).read_bytes() == CONTENT
    assert [path.name.partition('@')[0] for path in files(tmp_path / 'cache')] == [NAME]


def test_unfinished_uploads_are_told_and_can_be_removed(stored):
    bucket, _, key = stored._root.partition('/')
    stored._fs.call_s3('create_multipart_upload', Bucket=bucket, Key=f'{key}/3f/half.fits/{"0" * 64}')
    stored._fs.call_s3('create_multipart_upload', Bucket=bucket, Key='of/somebody/else')
    half, = [one for one in stored.files() if not one.whole]
    assert half.name == 'half.fits' and 'unfinished upload' in half.place and half.written is not None
    stored.discard(half), stored.discard(half)
    assert all(one.whole for one in stored.files()) and len(stored._fs.list_multipart_uploads(bucket)) == 1


def test_half_a_file_behind_a_store_without_atomic_uploads_is_told_and_goes(tmp_path, at_once):
    store = RemoteServer('memory://halves', {}, Cache(tmp_path, 1 << 20))
    store._fs.pipe_file(f'/halves/{remote.shelf(NAME)}/.{NAME}.{"0" * 32}.part', b'half')
    put(store, b'whole')
    assert sorted(one.whole for one in store.files()) == [False, True]
    store.remove(NAME)
    assert list(store.files()) == []


# --- damage ---


def test_bytes_that_are_not_those_that_were_stored_do_not_arrive(stored, tmp_path):
    path = stored._object(NAME, blake3(CONTENT).hexdigest())
    stored._fs.pipe_file(path, b'!' + CONTENT[1:])
    right = blake3(CONTENT).hexdigest()
    with pytest.raises(StoreError, match=f'{NAME} arrived with the digest .* and was stored with {right}'):
        stored.open_path(NAME)
    assert files(tmp_path / 'cache') == []
    stored._fs.pipe_file(path, CONTENT)
    assert stored.open_path(NAME).read_bytes() == CONTENT


def test_what_is_stored_is_looked_at_anew_when_that_is_asked_for(stored):
    stored.open_path(NAME)
    stored._fs.pipe_file(stored._object(NAME, blake3(CONTENT).hexdigest()), b'!' + CONTENT[1:])
    assert stored.open_path(NAME).read_bytes() == CONTENT
    with pytest.raises(StoreError, match='arrived with the digest'):
        stored.open_path(NAME, anew=True)


def test_of_two_who_store_other_bytes_at_the_same_moment_at_most_one_succeeds(s3, tmp_path, at_once):
    url, both = new_bucket(s3), threading.Barrier(2)

    def store(number):
        mine = s3_server(s3, tmp_path / str(number), url)
        try:
            with mine.new_file(NAME) as path:
                path.write_bytes(b'%d' % number)
                both.wait(10)
        except StoreError:
            return None
        return number

    with ThreadPoolExecutor(2) as pool:
        stood = [number for number in pool.map(store, (1, 2)) if number is not None]
    assert [path.read_bytes() for path in ([s3_server(s3, tmp_path / 'c', url).open_path(NAME)] if stood else [])] == \
        [b'%d' % number for number in stood]


# --- settings ---


@pytest.mark.slow
@pytest.mark.parametrize(('status', 'code', 'message'), [
    (403, 'InvalidAccessKeyId', 'The credentials are wrong. Put them into store_options'),
    (403, 'SignatureDoesNotMatch', 'The credentials are wrong'),
    (400, 'ExpiredToken', 'The credentials are old: log in there again'),
    (403, 'AccessDenied', 'Ask the owner of the bucket for leave'),
    (403, 'RequestTimeTooSkewed', 'The clock of this machine is wrong: set it'),
    (404, 'NoSuchBucket', 'Make the bucket, or correct the setting store'),
    (503, 'ServiceUnavailable', 'Check the network, '),
])
def test_what_the_server_refuses_is_told_with_what_to_do(stored, line, status, code, message):
    line.answer = (status, code)
    for work in (stored.check, lambda: stored.has(NAME), lambda: stored.open_path(NAME), lambda: put(stored, b'.', 'b.fits'),
                 lambda: list(stored.files())):
        with pytest.raises(StoreError, match=message) as told:
            work()
        assert '\n' not in str(told.value) and 's3://bucket' in str(told.value)


def test_a_bucket_that_is_not_there_is_no_empty_store(s3, tmp_path, at_once):
    store = RemoteServer('s3://nowhere/awlike', options(s3), Cache(tmp_path, 1 << 20))
    for work in (lambda: store.has(NAME), lambda: list(store.files()), store.check):
        with pytest.raises(StoreError, match='Make the bucket, or correct the setting store'):
            work()


def test_without_credentials_it_is_told_where_to_put_them(s3, tmp_path, at_once, monkeypatch):
    for name in list(os.environ):
        if name.startswith('AWS_'):
            monkeypatch.delenv(name)
    monkeypatch.setenv('AWS_EC2_METADATA_DISABLED', 'true')
    monkeypatch.setenv('AWS_SHARED_CREDENTIALS_FILE', str(tmp_path / 'none'))
    monkeypatch.setenv('AWS_CONFIG_FILE', str(tmp_path / 'none'))
    store = RemoteServer('s3://bucket', {'endpoint_url': s3}, Cache(tmp_path, 1 << 20))
    with pytest.raises(StoreError, match='redentials.*Put them into store_options.*key and secret'):
        store.check()


def test_an_option_that_there_is_not_is_told(s3, tmp_path, at_once):
    store = RemoteServer('s3://bucket', options(s3) | {'kee': 'k'}, Cache(tmp_path, 1 << 20))
    with pytest.raises(StoreError, match="'kee'. Correct the settings store and store_options"):
        store.check()


def test_nobody_there_is_told(tmp_path, at_once):
    store = RemoteServer('s3://bucket', options('http://127.0.0.1:9'), Cache(tmp_path, 1 << 20))
    with pytest.raises(StoreError, match='s3://bucket cannot be used: .*127.0.0.1:9.*Check the network, '):
        store.check()


@pytest.mark.slow
def test_a_good_store_is_told_to_be_good_and_left_as_it_was(stored):
    stored.check()
    assert [one.name for one in stored.files()] == [NAME] and len(stored._fs.find(stored._root)) == 1


def test_a_package_that_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, 's3fs', None)
    monkeypatch.delitem(sys.modules['fsspec.registry']._registry, 's3', raising=False)
    with pytest.raises(MissingExtra, match=r"s3://bucket needs a package that is not installed: pip install 'awlike\[s3\]'"):
        open_filesystem('s3://bucket', {})


def test_a_url_of_no_kind_is_refused():
    with pytest.raises(ConfigError, match='nothing://ada:\\*\\*\\*@bucket cannot be used.*Correct the settings'):
        open_filesystem('nothing://ada:secret@bucket', {})


def test_links_and_references_are_refused_before_anything_is_read(stored, tmp_path):
    for how in ('link', 'refer'):
        with pytest.raises(StoreError, match=f"s3://.*keeps copies only.*'{how}' cannot be had there, take files by 'copy'"):
            stored.take(tmp_path / 'absent', NAME, how)


# --- processes ---


@pytest.mark.slow
def test_a_forked_process_has_connections_of_its_own(s3, tmp_path):
    program = textwrap.dedent(f'''
        import os, sys
        from tests.store.s3 import s3_server
        store = s3_server({s3!r}, {str(tmp_path)!r}, {new_bucket(s3)!r})
        with store.new_file('a.fits') as path:
            path.write_bytes(b'content')
        child = os.fork()
        good = store.has('a.fits') and store.open_path('a.fits', anew=True).read_bytes() == b'content'
        if not child:
            os._exit(0 if good else 1)
        sys.exit(os.waitpid(child, 0)[1] or not good)
    ''')
    assert subprocess.run([sys.executable, '-W', 'ignore', '-c', program], timeout=60).returncode == 0

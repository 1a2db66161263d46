"""The data server: files stored once, whole, and given back as they were."""

import errno
import os
import signal
import subprocess
import sys
import textwrap
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from blake3 import blake3

from awlike.errors import StoreError
from awlike.store import DataServer
from awlike.store.server import file_digest

NAME = 'frame_1.fits'


@pytest.fixture
def store(tmp_path):
    return DataServer(tmp_path / 'files')


@pytest.fixture
def source(tmp_path):
    """A file of somebody's, to be stored."""
    path = tmp_path / 'source.fits'
    path.write_bytes(b'pixels' * 1000)
    os.utime(path, (1e9, 1e9))
    return path


def put(store, content=b'content', name=NAME):
    with store.new_file(name) as path:
        path.write_bytes(content)


def files(store):
    return [path for path in store.folder.rglob('*') if not path.is_dir()]


def test_a_stored_file_is_under_its_name(store):
    assert not store.has(NAME)
    put(store)
    assert store.has(NAME) and store.open_path(NAME).read_bytes() == b'content'
    assert store.open_path(NAME).name == NAME and files(store) == [store.open_path(NAME)]


def test_names_spread_over_folders(store):
    folders = {store.path(f'frame_{number}.fits').parent for number in range(2000)}
    assert 250 < len(folders) <= 256 and {folder.parent for folder in folders} == {store.folder}


def test_what_is_stored_is_never_overwritten(store, source):
    put(store)
    with pytest.raises(StoreError, match=f'{NAME} is stored already.*use a new name'):
        put(store, b'other')
    for how in ('copy', 'link', 'refer'):
        with pytest.raises(StoreError, match='stored already'):
            store.take(source, NAME, how)
    assert store.open_path(NAME).read_bytes() == b'content' and len(files(store)) == 1


def test_a_dangling_reference_keeps_its_name(store, source):
    store.take(source, NAME, 'refer')
    source.unlink()
    with pytest.raises(StoreError, match='stored already'):
        put(store)


def test_nothing_is_under_the_name_while_it_is_written(store):
    with store.new_file(NAME) as path:
        path.write_bytes(b'half')
        assert not store.has(NAME)
    assert store.has(NAME)


def test_an_error_while_writing_leaves_nothing(store):
    with pytest.raises(RuntimeError, match='disk on fire'), store.new_file(NAME) as path:
        path.write_bytes(b'half')
        raise RuntimeError('disk on fire')
    assert not store.has(NAME) and files(store) == []
    put(store)
    assert store.has(NAME)


@pytest.mark.parametrize(('code', 'message'), [
    (errno.ENOSPC, 'a.fits cannot be stored in .*: No space left on device. Make space, as by awe purge, and ask again'),
    (errno.EACCES, 'Permission denied. Ask its owner for leave to write, or set AWLIKE_STORE, and ask again'),
])
def test_what_the_disk_refuses_is_told_with_what_to_do(store, monkeypatch, code, message):
    def refuse(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, 'rename', refuse)
    with pytest.raises(StoreError, match=message), store.new_file('a.fits') as path:
        path.write_bytes(b'content')
    assert not store.has('a.fits') and not list(store.files())


def test_an_error_of_the_writer_stays_what_it_is(store):
    with pytest.raises(FileNotFoundError), store.new_file('a.fits'):
        open('/nowhere/at/all')


def test_nothing_written_is_nothing_stored(store):
    with pytest.raises(FileNotFoundError), store.new_file(NAME):
        pass
    assert not store.has(NAME) and files(store) == []


@pytest.mark.parametrize('moment', ['while writing', 'before the rename'])
def test_a_killed_process_leaves_nothing_under_the_name(store, moment):
    program = textwrap.dedent(f'''
        import os, signal
        from awlike.store import DataServer
        kill = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
        if {moment!r} == 'before the rename':
            os.rename = kill
        with DataServer({str(store.folder)!r}).new_file({NAME!r}) as path:
            path.write_bytes(b'half')
            if {moment!r} == 'while writing':
                kill()
    ''')
    assert subprocess.run([sys.executable, '-c', program]).returncode == -signal.SIGKILL
    assert not store.has(NAME) and all(path.name.startswith('.') for path in files(store))
    put(store)
    assert store.open_path(NAME).read_bytes() == b'content'


def test_what_a_killed_process_left_goes_with_the_name(store):
    for name in (NAME, NAME, 'other.fits'):
        store.path(name).parent.mkdir(parents=True, exist_ok=True)
        store.path(name).with_name(f'.{name}.{uuid.uuid4().hex}.part').write_bytes(b'half')
    put(store)
    assert sorted((name, whole) for name, whole, _ in store.files()) == [
        (NAME, False), (NAME, False), (NAME, True), ('other.fits', False)]
    store.remove(NAME)
    assert [name for name, *_ in store.files()] == ['other.fits']


def test_what_is_put_back_may_be_put_back_by_several_at_once(store):
    with store.new_file(NAME, again=True) as one, store.new_file(NAME, again=True) as other:
        one.write_bytes(b'content'), other.write_bytes(b'content')
    put_back = store.open_path(NAME)
    assert put_back.read_bytes() == b'content' and files(store) == [put_back]


def test_a_file_is_on_the_disk_before_it_has_its_name(store, monkeypatch):
    done, sync, rename = [], os.fsync, os.rename
    monkeypatch.setattr(os, 'fsync', lambda descriptor: done.append('sync') or sync(descriptor))
    monkeypatch.setattr(os, 'rename', lambda *paths: done.append('rename') or rename(*paths))
    put(store)
    assert done == ['sync', 'rename', 'sync'], 'the file, its name, the folder'


def test_many_writers_at_once(store):
    def write(number):
        put(store, b'%d' % number * 10000, f'frame_{number}.fits')

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(100)))
    assert len(files(store)) == 100
    assert all(store.open_path(f'frame_{n}.fits').read_bytes() == b'%d' % n * 10000 for n in range(100))


@pytest.mark.parametrize('how', ['copy', 'link', 'refer'])
def test_raw_files_are_taken_and_left_as_they_are(store, source, how):
    before = (source.read_bytes(), source.stat().st_mtime_ns, source.stat().st_mode)
    store.take(source, NAME, how)
    assert store.open_path(NAME).read_bytes() == before[0]
    store.remove(NAME)
    assert not store.has(NAME)
    assert (source.read_bytes(), source.stat().st_mtime_ns, source.stat().st_mode) == before


def test_copy_link_and_reference_are_what_they_say(store, source):
    for how in ('copy', 'link', 'refer'):
        store.take(source, f'{how}.fits', how)
    copy, link, reference = (store.path(f'{how}.fits') for how in ('copy', 'link', 'refer'))
    assert not copy.is_symlink() and copy.stat().st_ino != source.stat().st_ino
    assert not link.is_symlink() and link.stat().st_ino == source.stat().st_ino
    assert reference.is_symlink() and reference.readlink() == source.resolve()


def test_a_copy_and_a_link_survive_the_loss_of_their_source(store, source):
    for how in ('copy', 'link', 'refer'):
        store.take(source, f'{how}.fits', how)
    source.unlink()
    assert store.has('copy.fits') and store.has('link.fits') and not store.has('refer.fits')
    with pytest.raises(StoreError, match=f'refer.fits was referred to, and {source} is gone: put it back'):
        store.open_path('refer.fits')


def test_a_relative_source_is_found_from_everywhere(store, source, monkeypatch):
    monkeypatch.chdir(source.parent)
    store.take(source.name, NAME, 'refer')
    monkeypatch.chdir('/')
    assert store.open_path(NAME).read_bytes() == source.read_bytes()


def test_unknown_ways_and_absent_sources_store_nothing(store, source):
    with pytest.raises(StoreError, match="'move' is no way to store a file: it is one of copy, link, refer"):
        store.take(source, NAME, 'move')
    for how in ('copy', 'link', 'refer'):
        with pytest.raises(OSError):
            store.take(source.with_name('absent'), NAME, how)
    assert files(store) == []


def test_no_link_across_file_systems(store, source, monkeypatch):
    def link(*_):
        raise OSError(18, 'Invalid cross-device link')

    monkeypatch.setattr(os, 'link', link)
    with pytest.raises(StoreError, match='cannot be hard-linked.*cross-device.*copy it, or refer to it'):
        store.take(source, NAME, 'link')
    assert files(store) == []


@pytest.mark.parametrize('how', ['copy', 'link', 'refer'])
def test_a_source_that_changes_while_it_is_read_is_refused(store, source, how):
    digest = file_digest(source)
    source.write_bytes(source.read_bytes() + b'more')
    with pytest.raises(StoreError, match='source.fits changed while it was read'):
        store.take(source, NAME, how, digest)
    assert files(store) == []
    store.take(source, NAME, how, file_digest(source))


@pytest.mark.parametrize('name', ['', '../frame.fits', 'a/b.fits', '/etc/passwd', '.hidden'])
def test_a_name_cannot_lead_out_of_the_store(store, name):
    with pytest.raises(StoreError, match='must be a plain file name'):
        store.path(name)


def test_retrieve_puts_a_copy_where_it_is_asked_for(store, tmp_path, monkeypatch):
    put(store)
    monkeypatch.chdir(tmp_path)
    assert store.retrieve(NAME).resolve() == tmp_path / NAME
    folder = tmp_path / 'there'
    folder.mkdir()
    path = store.retrieve(NAME, folder)
    path.write_bytes(b'changed by its new owner')
    assert store.open_path(NAME).read_bytes() == b'content'
    assert store.retrieve(NAME, folder).read_bytes() == b'content'
    assert list(folder.iterdir()) == [path]


def test_what_cannot_be_retrieved(store, tmp_path):
    with pytest.raises(StoreError, match=f'{NAME} is not on the data server.*restore it from a backup'):
        store.retrieve(NAME, tmp_path)
    put(store)
    with pytest.raises(StoreError, match=f'no folder {tmp_path}/nowhere to put {NAME} into: make it first'):
        store.retrieve(NAME, tmp_path / 'nowhere')
    assert not (tmp_path / NAME).exists()


def test_removing_twice_is_removing(store):
    put(store)
    store.remove(NAME)
    store.remove(NAME)
    assert not store.has(NAME)


def test_digest_of_a_file_is_blake3_of_its_bytes(tmp_path):
    content = bytes(range(256)) * 70000  # more than is read at once
    for size in (0, 1, len(content)):
        (tmp_path / 'file').write_bytes(content[:size])
        assert file_digest(tmp_path / 'file') == blake3(content[:size]).hexdigest()

"""The data server that is a folder: what is true of it alone; test_server.py has what is true of each kind."""

import errno
import os
import signal
import subprocess
import sys
import textwrap
import uuid
from pathlib import Path

import pytest

from awlike.digests import FileState, file_digest
from awlike.errors import StoreError
from awlike.store.folder import FolderServer

NAME = 'frame_1.fits'


@pytest.fixture
def store(tmp_path):
    return FolderServer(tmp_path / 'files')


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


def test_a_dangling_reference_keeps_its_name(store, source):
    store.take(source, NAME, 'refer')
    source.unlink()
    with pytest.raises(StoreError, match='stored already'):
        put(store)


@pytest.mark.parametrize(('code', 'message'), [
    (errno.ENOSPC,
     'a.fits cannot be stored in .*: No space left on device. Make space, as by context.purge.query., and try again'),
    (errno.EACCES, 'Permission denied. Ask its owner for leave to write, or set AWLIKE_STORE, and try again'),
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
        Path('/nowhere/at/all').read_bytes()


@pytest.mark.parametrize('moment', ['while writing', 'before the rename'])
def test_a_killed_process_leaves_nothing_under_the_name(store, moment):
    program = textwrap.dedent(f'''
        import os, signal
        from awlike.store.folder import FolderServer
        kill = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
        if {moment!r} == 'before the rename':
            os.rename = kill
        with FolderServer({str(store.folder)!r}).new_file({NAME!r}) as path:
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
    assert sorted((one.name, one.whole) for one in store.files()) == [
        (NAME, False), (NAME, False), (NAME, True), ('other.fits', False)]
    store.remove(NAME)
    assert [one.name for one in store.files()] == ['other.fits']


def test_a_file_is_on_the_disk_before_it_has_its_name(store, monkeypatch):
    done, sync, rename = [], os.fsync, os.rename
    monkeypatch.setattr(os, 'fsync', lambda descriptor: done.append('sync') or sync(descriptor))
    monkeypatch.setattr(os, 'rename', lambda *paths: done.append('rename') or rename(*paths))
    put(store)
    assert done == ['sync', 'rename', 'sync'], 'the file, its name, the folder'


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


def test_a_file_that_is_referred_to_and_has_not_changed_is_not_read_again(store, source, monkeypatch):
    digest, state = file_digest(source), FileState.of(source)
    certain = state._replace(seen=state.seen + 10**10)  # as if the file were older
    monkeypatch.setattr(sys.modules['awlike.store.server'], 'file_digest', lambda path: read.append(path) or file_digest(path))
    read = []
    store.take(source, 'certain.fits', 'refer', digest, certain)
    assert not read
    store.take(source, 'copy.fits', 'copy', digest, certain)
    store.take(source, 'young.fits', 'refer', digest, state)
    store.take(source, 'unknown.fits', 'refer', digest)
    assert len(read) == 3, 'a copy, a file that had changed just before, one of which nothing is known'


def test_a_file_that_changed_after_its_digest_was_worked_out_is_refused(store, source):
    digest, state = file_digest(source), FileState.of(source)
    times = source.stat()
    content = bytearray(source.read_bytes())
    content[-1] ^= 1
    source.write_bytes(content)
    os.utime(source, ns=(times.st_atime_ns, times.st_mtime_ns))  # of the same size, and dated back
    with pytest.raises(StoreError, match='changed while it was read'):
        store.take(source, NAME, 'refer', digest, state._replace(seen=state.seen + 10**10))
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

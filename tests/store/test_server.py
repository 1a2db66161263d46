"""What every data server does, whichever kind it is: files stored once, whole, and given back as they were."""

import datetime
import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from blake3 import blake3

from awlike.digests import file_digest
from awlike.errors import NotStored, StoreError
from awlike.store.folder import FolderServer

NAME = 'frame_1.fits'


@pytest.fixture
def source(tmp_path):
    """A file of somebody's, to be stored."""
    path = tmp_path / 'source.fits'
    path.write_bytes(b'pixels' * 1000)
    return path


def put(store, content=b'content', name=NAME, **how):
    with store.new_file(name, **how) as path:
        path.write_bytes(content)


def told(store):
    return sorted((one.name, one.whole) for one in store.files())


def test_a_stored_file_is_under_its_name(store):
    assert not store.has(NAME) and told(store) == []
    put(store)
    path = store.open_path(NAME)
    assert store.has(NAME) and path.read_bytes() == b'content' and path.name == NAME
    assert told(store) == [(NAME, True)]


def test_files_tell_when_they_were_written(store):
    put(store)
    age = datetime.datetime.now(datetime.UTC) - next(store.files()).written
    assert abs(age.total_seconds()) < 60


def test_many_are_asked_for_together(store):
    names = [f'frame_{number}.fits' for number in range(30)]
    for name in names[:20]:
        put(store, name=name)
    assert store.has_all(names) == set(names[:20]) and store.has_all([]) == set()


def test_a_name_that_begins_like_another_is_another(store):
    put(store, b'long', 'frame_1.fits.gz'), put(store, b'short', 'frame_1.fits')
    assert store.open_path('frame_1.fits').read_bytes() == b'short' and not store.has('frame_1')
    store.remove('frame_1.fits')
    assert store.open_path('frame_1.fits.gz').read_bytes() == b'long'


def test_what_is_stored_is_never_overwritten(store, source):
    put(store)
    with pytest.raises(StoreError, match=f'{NAME} is stored already.*use a new name'):
        put(store, b'other')
    for how in store.ways:
        with pytest.raises(StoreError, match='stored already'):
            store.take(source, NAME, how)
    assert store.open_path(NAME, anew=True).read_bytes() == b'content' and told(store) == [(NAME, True)]


def test_nothing_is_under_the_name_while_it_is_written(store):
    with store.new_file(NAME) as path:
        path.write_bytes(b'half')
        assert not store.has(NAME)
    assert store.has(NAME)


def test_an_error_while_writing_leaves_nothing(store):
    with pytest.raises(RuntimeError, match='disk on fire'), store.new_file(NAME) as path:
        path.write_bytes(b'half')
        raise RuntimeError('disk on fire')
    assert not store.has(NAME) and told(store) == [] and not path.exists()
    put(store)
    assert store.has(NAME)


def test_nothing_written_is_nothing_stored(store):
    with pytest.raises(FileNotFoundError), store.new_file(NAME):
        pass
    assert not store.has(NAME)


def test_what_is_put_back_may_be_put_back_by_several_at_once_with_another_date(store):
    with store.new_file(NAME, again=True) as one, store.new_file(NAME, again=True) as other:
        one.write_bytes(b'content of 10:00'), other.write_bytes(b'content of 10:01')
    assert store.open_path(NAME).read_bytes() in (b'content of 10:00', b'content of 10:01')
    assert store.open_path(NAME, anew=True).read_bytes() in (b'content of 10:00', b'content of 10:01')
    store.remove(NAME)
    assert not store.has(NAME) and told(store) == []


@pytest.mark.slow
def test_many_writers_and_readers_at_once(store):
    def write(number):
        put(store, b'%d' % number * 1000, f'frame_{number}.fits')
        return store.open_path(f'frame_{number}.fits', anew=True).read_bytes()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(write, range(40))) == [b'%d' % n * 1000 for n in range(40)]
    assert len(told(store)) == 40


def test_raw_files_are_taken_and_left_as_they_are(store, source):
    before = (source.read_bytes(), source.stat().st_mtime_ns, source.stat().st_mode)
    for how in store.ways:
        store.take(source, NAME, how)
        assert store.open_path(NAME).read_bytes() == before[0]
        store.remove(NAME)
        assert not store.has(NAME)
    assert (source.read_bytes(), source.stat().st_mtime_ns, source.stat().st_mode) == before


def test_unknown_ways_and_absent_sources_store_nothing(store, source):
    with pytest.raises(StoreError, match="'move' is no way to store a file: it is one of copy, link, refer"):
        store.take(source, NAME, 'move')
    with pytest.raises(OSError):
        store.take(source.with_name('absent'), NAME)
    assert told(store) == []


def test_a_source_that_changes_while_it_is_read_is_refused(store, source):
    digest = file_digest(source)
    source.write_bytes(source.read_bytes() + b'more')
    with pytest.raises(StoreError, match='source.fits changed while it was read'):
        store.take(source, NAME, digest=digest)
    assert told(store) == []
    store.take(source, NAME, digest=file_digest(source))


@pytest.mark.parametrize('name', ['', '../frame.fits', 'a/b.fits', '/etc/passwd', '.hidden'])
def test_a_name_cannot_lead_out_of_the_store(store, name):
    with pytest.raises(StoreError, match='must be a plain file name'):
        store.has(name)


def test_retrieve_puts_a_copy_where_it_is_asked_for(store, tmp_path, monkeypatch):
    put(store)
    monkeypatch.chdir(tmp_path)
    assert store.retrieve(NAME).resolve() == tmp_path / NAME
    folder = tmp_path / 'there'
    folder.mkdir()
    path = store.retrieve(NAME, folder)
    path.write_bytes(b'changed by its new owner')
    assert store.open_path(NAME).read_bytes() == b'content'
    assert store.retrieve(NAME, folder).read_bytes() == b'content' and os.listdir(folder) == [NAME]


def test_all_of_a_folder_can_be_moved_there(store, tmp_path):
    old = FolderServer(tmp_path / 'old')
    for number in range(5):
        put(old, b'%d' % number, f'{number}.fits')
    put(store, b'0', '0.fits')
    names = {one.name for one in old.files() if one.whole}
    for name in sorted(names - store.has_all(names)):
        store.take(old.open_path(name), name)
    assert [store.open_path(f'{number}.fits').read_bytes() for number in range(5)] == [b'%d' % number for number in range(5)]


def test_what_cannot_be_retrieved(store, tmp_path):
    with pytest.raises(NotStored, match=f'{NAME} is not on the data server.*restore it from a backup'):
        store.retrieve(NAME, tmp_path)
    put(store)
    with pytest.raises(StoreError, match=f'no folder {tmp_path}/nowhere to put {NAME} into: make it first'):
        store.retrieve(NAME, tmp_path / 'nowhere')
    assert not (tmp_path / NAME).exists()


def test_removing_twice_is_removing(store):
    put(store)
    store.remove(NAME), store.remove(NAME)
    assert not store.has(NAME)
    with pytest.raises(NotStored):
        store.open_path(NAME)


def test_what_is_told_can_be_discarded(store):
    put(store), put(store, name='other.fits')
    for one in list(store.files()):
        if one.name == NAME:
            store.discard(one), store.discard(one)
    assert told(store) == [('other.fits', True)] and not store.has(NAME)


def test_digest_of_a_file_is_blake3_of_its_bytes(tmp_path):
    content = bytes(range(256)) * 70000  # more than is read at once
    for size in (0, 1, len(content)):
        (tmp_path / 'file').write_bytes(content[:size])
        assert file_digest(tmp_path / 'file') == blake3(content[:size]).hexdigest()

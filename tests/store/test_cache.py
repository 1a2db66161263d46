"""The local cache: those used last, up to a size, and never gone under who reads them."""

import gc
import os
import signal
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from blake3 import blake3

from awlike.errors import StoreError
from awlike.store import cache as cache_module
from awlike.store.cache import Cache

KILO = b'x' * 1000


class Source:
    """Where files are fetched from: `content`, at most `step` bytes at a time; it notes what was asked for."""

    def __init__(self, content=KILO, step=1 << 20):
        self.content, self.step, self.asked = content, step, []

    def __call__(self, start, end):
        self.asked.append((start, end))
        return self.content[start:min(end, start + self.step)]

    def into(self, cache, name='a.fits'):
        return cache.fetch(name, len(self.content), blake3(self.content).hexdigest(), self)


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path / 'cache', 10_000)


def kept(cache):
    return sorted(path.name.partition('@')[0] for path in cache.folder.glob('[!.]*/[!.]*'))


def in_use(cache):
    return [path for path in cache.folder.glob('.in-use/*/*') if path.is_dir()]


def test_what_was_fetched_is_not_fetched_again(cache):
    source = Source(step=300)
    assert cache.find('a.fits') is None
    assert source.into(cache).read_bytes() == KILO and source.into(cache).read_bytes() == KILO
    assert [start for start, _ in source.asked] == [0, 300, 600, 900]
    assert cache.find('a.fits').name == 'a.fits' and kept(cache) == ['a.fits']


def test_those_used_longest_ago_go(cache):
    for number in range(10):
        Source().into(cache, f'{number}.fits')
        cache.find('0.fits')
    assert len(kept(cache)) == 10
    for number in range(10, 14):
        Source().into(cache, f'{number}.fits')
    left = kept(cache)
    assert '0.fits' in left and '1.fits' not in left and '13.fits' in left
    assert sum(path.stat().st_size for path in cache.folder.glob('[!.]*/*')) <= cache.limit


def test_a_file_in_use_outlasts_the_cache_and_goes_with_its_path(cache):
    path = Source(b'first' * 200).into(cache)
    for number in range(30):
        Source().into(cache, f'{number}.fits')
    assert 'a.fits' not in kept(cache)
    with open(path, 'rb') as file:
        assert file.read() == b'first' * 200
    assert path.read_bytes() == b'first' * 200, 'also when it is opened anew'
    del path
    gc.collect()
    assert in_use(cache) == []


def test_pixels_are_read_from_a_file_that_left_the_cache(cache, tmp_path):
    import numpy as np
    from astropy.io import fits

    from awlike.fits.images import pixel_rows
    fits.PrimaryHDU(np.arange(5000, dtype='f4').reshape(50, 100)).writeto(tmp_path / 'a.fits')
    rows = pixel_rows(Source((tmp_path / 'a.fits').read_bytes()).into(cache), 0)
    cache.drop('a.fits')
    for number in range(12):
        Source().into(cache, f'{number}.fits')
    gc.collect()
    assert rows[10:12][1, 3] == 1103


def test_a_file_larger_than_the_cache_can_be_used(cache):
    path = Source(b'y' * 50_000).into(cache)
    assert path.stat().st_size == 50_000 and kept(cache) == []


def test_a_file_that_was_cut_short_is_fetched_anew(cache):
    Source().into(cache)
    one, = cache.folder.glob('[!.]*/*')
    one.chmod(0o600), one.write_bytes(b'cut')
    assert cache.find('a.fits') is None
    assert Source().into(cache).read_bytes() == KILO


def test_nobody_writes_into_the_cache_by_mistake(cache):
    assert Source().into(cache).stat().st_mode & 0o222 == 0


def test_an_interrupted_fetch_goes_on_where_it_was(cache):
    source = Source(step=400)

    def interrupted(start, end):
        if start >= 800:
            raise KeyboardInterrupt
        return source(start, end)

    with pytest.raises(KeyboardInterrupt):
        cache.fetch('a.fits', 1000, blake3(KILO).hexdigest(), interrupted)
    assert kept(cache) == [] and cache.find('a.fits') is None
    source.asked.clear()
    assert source.into(cache).read_bytes() == KILO and source.asked == [(800, 1000)]


def test_what_arrives_damaged_is_fetched_once_more(cache):
    source, first = Source(), []

    def damaged_once(start, end):
        first.append(start)
        return b'?' * 1000 if len(first) == 1 else source(start, end)

    assert cache.fetch('a.fits', 1000, blake3(KILO).hexdigest(), damaged_once).read_bytes() == KILO
    with pytest.raises(StoreError, match=f'b.fits arrived with the digest {blake3(b"?" * 1000).hexdigest()}, and was stored '
                                         f'with {blake3(KILO).hexdigest()}: it was damaged'):
        cache.fetch('b.fits', 1000, blake3(KILO).hexdigest(), lambda *_: b'?' * 1000)
    assert kept(cache) == ['a.fits'] and not list(cache.folder.glob('[!.]*/.*'))


def test_a_file_that_is_shorter_than_it_was_is_told(cache):
    with pytest.raises(StoreError, match='a.fits ends after 0 bytes of 1000'):
        cache.fetch('a.fits', 1000, blake3(KILO).hexdigest(), lambda *_: b'')


def test_of_many_who_want_the_same_one_fetches(cache):
    source, go = Source(), threading.Event()

    def slow(start, end):
        go.wait(10)
        return source(start, end)

    with ThreadPoolExecutor(8) as pool:
        wanted = [pool.submit(cache.fetch, 'a.fits', 1000, blake3(KILO).hexdigest(), slow) for _ in range(8)]
        go.set()
        assert {one.result().read_bytes() for one in wanted} == {KILO}
    assert len(source.asked) == 1 and kept(cache) == ['a.fits'] and not list(cache.folder.glob('[!.]*/.*'))


def test_parts_that_nobody_goes_on_with_go(cache, monkeypatch):
    with pytest.raises(RuntimeError), cache.new_file('c.fits') as new:
        raise RuntimeError
    assert not new.exists()
    part = new.with_name('.c.fits@0.part')
    part.write_bytes(b'half'), os.utime(part, (1e9, 1e9))
    Source().into(cache)
    assert not part.exists()


WORK = textwrap.dedent('''
    import random, sys
    from blake3 import blake3
    from awlike.store.cache import Cache
    cache, chosen = Cache(sys.argv[1], 10_000), random.Random(sys.argv[2])
    for _ in range(400):
        number = chosen.randrange(40)
        content = b'%03d' % number * 300
        path = cache.fetch(f'{number}.fits', 900, blake3(content).hexdigest(), lambda start, end: content[start:end])
        assert path.read_bytes() == content
''')


@pytest.mark.slow
def test_processes_share_it(cache):
    running = [subprocess.Popen([sys.executable, '-c', WORK, cache.folder, str(seed)], stderr=subprocess.PIPE, text=True)
               for seed in range(3)]
    for process in running:
        assert process.communicate(timeout=60)[1] == '' and process.returncode == 0
    assert sum(path.stat().st_size for path in cache.folder.glob('[!.]*/[!.]*')) <= 1.2 * cache.limit
    assert in_use(cache) == []


def test_what_a_killed_process_had_in_use_goes(cache):
    program = textwrap.dedent('''
        import os, signal, sys
        from blake3 import blake3
        from awlike.store.cache import Cache
        path = Cache(sys.argv[1], 10_000).fetch('a.fits', 3, blake3(b'abc').hexdigest(), lambda *_: b'abc')
        assert path.read_bytes() == b'abc'
        os.kill(os.getpid(), signal.SIGKILL)
    ''')
    assert subprocess.run([sys.executable, '-c', program, cache.folder]).returncode == -signal.SIGKILL
    assert len(in_use(cache)) == 1
    assert cache.find('a.fits').read_bytes() == b'abc'
    gc.collect()
    assert in_use(cache) == []


def test_a_forked_process_takes_nothing_away_from_its_parent(cache):
    path = Source().into(cache)
    child = os.fork()
    if child == 0:
        mine = cache.find('a.fits')
        good = mine != path and mine.read_bytes() == path.read_bytes() == KILO
        del mine, path
        os._exit(0 if good else 1)
    assert os.waitpid(child, 0)[1] == 0 and path.read_bytes() == KILO


def test_no_other_account_reads_it(cache):
    Source().into(cache)
    assert cache.folder.stat().st_mode & 0o077 == 0


def test_a_disk_without_hard_links_is_told(cache, monkeypatch):
    def refuse(*_):
        raise PermissionError(1, 'Operation not permitted')

    monkeypatch.setattr(os, 'link', refuse)
    with pytest.raises(StoreError, match='no hard links.*set AWLIKE_CACHE'):
        Source().into(cache)


def test_a_full_disk_is_told_with_what_to_do(cache, monkeypatch):
    import errno

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(cache_module, '_fill', full)
    with pytest.raises(StoreError, match='a.fits cannot be stored in .*cache: No space left on device. Make space'):
        Source().into(cache)

"""1,000 files from the data server into a folder: from a folder, and from S3, moto's server in a process of its own."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

from awlike.products.retrieve import retrieve
from awlike.store import use_server
from awlike.store.folder import FolderServer
from tests.bench.timing import medians_in_turn
from tests.store.s3 import new_bucket, s3_server

FILES, SIZE = 1000, 1 << 20
DELAY = 0.03  # seconds before each answer, about as far away as a bucket is
SERVE = f'''
import sys, time
from moto.moto_server.werkzeug_app import DomainDispatcherApplication
from tests.store.s3 import moto
answer = DomainDispatcherApplication.__call__

def later(*request):
    time.sleep({DELAY})
    return answer(*request)

DomainDispatcherApplication.__call__ = later
with moto() as url:
    print(url, flush=True)
    sys.stdin.read()
'''


def rows():
    """The rows of the table, one after the other."""
    names = [f'frame_{number}.fits' for number in range(FILES)]
    with tempfile.TemporaryDirectory() as folder:
        folder, content = Path(folder), os.urandom(SIZE)
        store = FolderServer(folder / 'files')
        _fill(store, names, content)
        ours, peer = medians_in_turn(
            lambda: _seconds(lambda into: _retrieve(store, names, into)),
            lambda: _seconds(lambda into: [shutil.copyfile(store.path(name), into / name) for name in names]), runs=3)
        yield _row('from a folder', ours, f'shutil, one after the other {peer:.1f} s', '<= 2x', ours <= 2 * peer)
    with tempfile.TemporaryDirectory() as folder, _moto() as endpoint:
        folder, url = Path(folder), new_bucket(endpoint)
        store = s3_server(endpoint, folder / 'filled', url, limit=1 << 40)
        with ThreadPoolExecutor(store.streams) as pool:
            list(pool.map(lambda number: _fill(store, [names[number]], content), range(FILES)))
        held = [store.open_path(name) for name in names]
        ours, peer = medians_in_turn(
            lambda: _seconds(lambda into: _retrieve(store, names, into)),
            lambda: _seconds(lambda into: [shutil.copyfile(path, into / path.name) for path in held]), runs=1)
        yield _row('from S3, found in the cache', ours, f'shutil, one after the other {peer:.1f} s', '<= 3x',
                   ours <= 3 * peer)
        ours = _seconds(lambda into: _retrieve(s3_server(endpoint, folder / 'cache', url, limit=1 << 40), names, into))
        single = s3_server(endpoint, folder / 'single', url, limit=1 << 40)
        alone = 10 * _seconds(lambda into: [single.retrieve(name, into) for name in names[::10]])
        yield _row('from S3', ours, f'one after the other {alone:.1f} s (by 100)', '<= 0.6x', ours <= 0.6 * alone)
        places = sorted(one.place for one in store.files())
        peer = _seconds(lambda into: store._fs.get(places, [str(into / name) for name in names]))
        yield _row('from S3, checked and kept in the cache', ours, f's3fs get, unchecked, not kept {peer:.1f} s', '<= 2.5x',
                   ours <= 2.5 * peer)


def _row(what, ours, beside, goal, met):
    return f'{FILES:,} files of {SIZE >> 20} MB {what}', f'{ours:.1f} s', beside, goal, met


def _fill(store, names, content):
    for name in names:
        with store.new_file(name) as path:
            path.write_bytes(name.encode() + content[len(name):])


def _retrieve(store, names, into):
    use_server(store)
    done = retrieve([SimpleNamespace(filename=name, is_committed=True) for name in names], into)
    use_server(None)
    assert len(done.paths) == len(names), done.failed[:1]


def _seconds(work):
    with tempfile.TemporaryDirectory() as into:
        start = time.perf_counter()
        work(Path(into))
        return time.perf_counter() - start


@contextlib.contextmanager
def _moto():
    with subprocess.Popen([sys.executable, '-c', SERVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process.stdout.readline().strip()
        process.stdin.close()

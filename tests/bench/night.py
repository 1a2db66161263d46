"""One whole science frame, and a whole night with several workers, beside the peer; files and data base included."""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from awlike.instruments.omegacam import CHIPS
from awlike.simulate import simulate
from tests.bench.reducing import files, timed

ALL_CHIPS = len(CHIPS)
FULL, HALF = (4100, 2048), (2050, 1024)
PEER_CHIPS = 2   # of the night, that the peer reduces; its time for all follows from theirs
SCALED_CHIPS = 8  # of the night, that are reduced again by other numbers of workers
QUALITY = 'sky over truth, cosmic rays found, false in a million pixels'
AWE = [sys.executable, '-c', 'from awlike.cli import main; main()']


def rows(chips=ALL_CHIPS):
    """The rows of the table, one after the other."""
    with TemporaryDirectory() as folder:
        yield from _frame(Path(folder))
    with TemporaryDirectory() as folder:
        yield from _night(Path(folder), chips)


def _frame(folder):
    raw = _simulated(folder / 'raw', 1, FULL)
    for threads in (1, 2):
        with _home(folder / f'home {threads}'):
            _awe('ingest', *raw, '--how', 'refer', '--project', 'BENCH')
            mine = _apart('ours', threads, folder / 'raw', CHIPS[0], 5)
        peer = _apart('peer', threads, folder / 'raw', CHIPS[0], 2)
        ratio = peer['frame'] / mine['frame']
        yield (f'a ReducedScienceFrame with all its maps, {threads} thread{"s" * (threads > 1)}; {QUALITY}',
               _told(mine), _told(peer), f'{ratio:.1f}x >= 12x', ratio >= 12)


def _night(folder, chips):
    raw = _simulated(folder / 'raw', chips, HALF)
    workers = len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()
    with _home(folder / 'home'):
        mine = timed(lambda: (_awe('ingest', *raw, '--how', 'refer', '--project', 'BENCH'), _run(workers)))
        made = _made()
    assert made == 5 * chips, made
    peers = [_apart('peer', workers, folder / 'raw', chip, 5) for chip in CHIPS[:PEER_CHIPS]]
    theirs = sum(one['calibrations'] + 5 * one['frame'] for one in peers) / PEER_CHIPS * chips
    yield (f'a night of {chips} half-size chips, 10 biases, 10 flats, 5 science frames each; {workers} workers',
           f'{mine:.0f} s', f'{theirs:.0f} s, from {PEER_CHIPS} chips', f'{theirs / mine:.1f}x >= 12x', theirs >= 12 * mine)
    some = min(SCALED_CHIPS, chips)
    seconds = {number: _scaled(folder / f'home {number}', raw, number, CHIPS[:some]) for number in (1, 2, 4)}
    yield (f'{some} chips of it by 1, 2 and 4 workers', ', '.join(f'{one:.0f} s' for one in seconds.values()), '',
           'the more the quicker, up to the cores', seconds[2] < seconds[1])


def _scaled(home, raw, workers, chips):
    with _home(home):
        _awe('ingest', *raw, '--how', 'refer', '--project', 'BENCH')
        return timed(lambda: _run(workers, *(word for chip in chips for word in ('--chip', chip))))


def _told(result):
    return f'{result["frame"]:.1f} s; {result["sky"]:.4f}, {result["found"]:.3f}, {result["false"]:.0f}'


def _simulated(folder, chips, shape):
    """The files of a simulated night, without those that nobody asks for."""
    paths = simulate(folder, chips=chips, shape=shape)
    wanted = [path for some in files(folder, shape).values() for path in some]
    for path in set(paths) - set(wanted):
        path.unlink()
    return wanted


@contextlib.contextmanager
def _home(folder):
    """An empty awlike in `folder` with a project, for the processes that are started meanwhile."""
    before = os.environ['AWLIKE_HOME']
    os.environ['AWLIKE_HOME'] = str(folder)
    folder.mkdir()
    _awe('project', 'create', 'BENCH')
    try:
        yield
    finally:
        os.environ['AWLIKE_HOME'] = before


def _awe(*words):
    subprocess.run([*AWE, *map(str, words)], check=True, stdout=subprocess.DEVNULL)


def _run(workers, *more):
    """So many processes do the same task at once."""
    words = [*AWE, 'run', 'Reduce', '--instrument', 'OMEGACAM', '--project', 'BENCH', '--commit', *more]
    processes = [subprocess.Popen(words, stdout=subprocess.DEVNULL) for _ in range(workers)]
    assert [process.wait() for process in processes] == [0] * workers


def _made() -> int:
    """How many science frames the awlike in use has."""
    code = 'from awlike import *; context.set_project("BENCH"); print(len(ReducedScienceFrame.select_all()))'
    return int(subprocess.run([sys.executable, '-c', code], check=True, capture_output=True, text=True).stdout)


def _apart(who, threads, folder, chip, frames):
    """What tests.bench.reducing tells, of a process of its own."""
    words = [sys.executable, '-m', 'tests.bench.reducing', who, str(threads), str(folder), chip, str(frames)]
    return json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout.splitlines()[-1])

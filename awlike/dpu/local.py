"""A Dask cluster on this machine, of processes that know nothing of the one that starts them.

So it can be started from anywhere: a prompt, a notebook, a script without ``if __name__ == '__main__'``. Its processes
do not hear the Ctrl-C of a terminal, they write into a log of their own, and go when this process does, however it ends.
"""

import asyncio
import json
import logging
import os
import sys
from pathlib import Path

from distributed.deploy.spec import SpecCluster
from distributed.deploy.subprocess import Subprocess

from awlike.errors import ConfigError

_CHILD = str(Path(__file__).with_name('_child.py'))
_PATIENCE = 60.0  # seconds until the scheduler is there


class _Process(Subprocess):
    """``dask spec``: one object of Dask's in a process."""

    def __init__(self, cls, folder, options, *arguments):
        super().__init__()
        self._folder = Path(folder)
        self._command = [_CHILD, str(folder), 'spec', *arguments, '--spec', json.dumps({'cls': cls, 'opts': options})]

    async def _start(self):
        quiet = {'DASK_LOGGING__DISTRIBUTED': 'warning'}
        with open(self._folder / 'log', 'ab') as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, '-P', *self._command, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
                env=os.environ | quiet, start_new_session=True)


class Scheduler(_Process):
    """The scheduler, which says by a file where it is."""

    def __init__(self, folder):
        self._file = Path(folder) / 'scheduler.json'
        super().__init__('distributed.Scheduler', folder, {
            'host': '127.0.0.1', 'port': 0, 'dashboard': False, 'dashboard_address': None, 'scheduler_file': str(self._file)})

    async def _start(self):
        await super()._start()
        for _ in range(int(_PATIENCE / 0.05)):
            if self.process.returncode is not None:
                break
            try:
                self.address = json.loads(self._file.read_text())['address']
                return
            except (OSError, ValueError):  # not there yet, or not whole
                await asyncio.sleep(0.05)
        raise ConfigError(f'the local Dask scheduler does not start: {last_words(self._folder)}')


class Worker(_Process):
    """A worker of one thread, with a nanny that starts it again when it dies."""

    def __init__(self, scheduler, name=None, folder=None, threads=1):
        share = {name: str(threads) for name in ('NUMBA_NUM_THREADS', 'OMP_NUM_THREADS')}
        super().__init__('distributed.Nanny', folder, {
            'host': '127.0.0.1', 'nthreads': 1, 'memory_limit': 0, 'local_directory': str(folder), 'dashboard': False,
            'name': f'local-{name}', 'env': share | {'MPLBACKEND': 'Agg'}}, scheduler)
        self.name = name


def last_words(folder) -> str:
    """The last line that the processes of the cluster in `folder` wrote."""
    return ((Path(folder) / 'log').read_text(errors='replace').strip().splitlines() or ['nothing was said'])[-1]


def local_cluster(folder: str, maximum: int):
    """A cluster of one to `maximum` workers, as many as there is work for; its files are in `folder`."""
    threads = max(1, (os.cpu_count() or 1) // maximum)
    cluster = SpecCluster(name='awlike', silence_logs=logging.CRITICAL,
                          scheduler={'cls': Scheduler, 'options': {'folder': folder}},
                          worker={'cls': Worker, 'options': {'folder': folder, 'threads': threads}})
    # A worker takes seconds to start, so one without work stays for a minute.
    cluster.adapt(minimum=1, maximum=maximum, interval='500ms', target_duration='1s', wait_count=120)
    return cluster

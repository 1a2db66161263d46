"""A Dask cluster on this machine, whose processes know nothing of the process that starts them.

So any process can start the cluster: a prompt, a notebook, a script without ``if __name__ == '__main__'``. The processes of
the cluster do not hear the Ctrl-C of a terminal, write into a log of their own, and end when the starting process ends, in
whatever way.
"""

import asyncio
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

from distributed.deploy.spec import SpecCluster
from distributed.deploy.subprocess import Subprocess

from awlike.errors import ConfigError

_CHILD = str(Path(__file__).with_name('_child.py'))
_PATIENCE = 60.0  # seconds until the scheduler must be there


class _Process(Subprocess):
    """``dask spec``: one object of Dask's in a process."""

    def __init__(self, cls: str, folder: str, options: dict[str, Any], *arguments: str) -> None:
        super().__init__()
        self._folder = Path(folder)
        self._command = [_CHILD, folder, 'spec', *arguments, '--spec', json.dumps({'cls': cls, 'opts': options})]

    async def _start(self) -> None:
        quiet = {'DASK_LOGGING__DISTRIBUTED': 'warning'}
        with open(self._folder / 'log', 'ab') as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, '-P', *self._command, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
                env=os.environ | quiet, start_new_session=True)


class Scheduler(_Process):
    """The scheduler, which writes its address into a file."""

    def __init__(self, folder: str) -> None:
        self._file = Path(folder) / 'scheduler.json'
        super().__init__('distributed.Scheduler', folder, {
            'host': '127.0.0.1', 'port': 0, 'dashboard': False, 'dashboard_address': None, 'scheduler_file': str(self._file)})

    async def _start(self) -> None:
        await super()._start()
        process = self.process
        for _ in range(int(_PATIENCE / 0.05)):
            if process is None or process.returncode is not None:
                break
            try:
                self.address = json.loads(self._file.read_text())['address']
                return
            except (OSError, ValueError):  # the file is not there yet, or not complete
                await asyncio.sleep(0.05)
        raise ConfigError(f'the local Dask scheduler does not start: {last_words(self._folder)}')


class Worker(_Process):
    """A worker of one thread, with a nanny that starts the worker again when it dies."""

    def __init__(self, scheduler: str, name: str | int | None = None, *, folder: str, threads: int = 1) -> None:
        share = {variable: str(threads) for variable in ('NUMBA_NUM_THREADS', 'OMP_NUM_THREADS')}
        super().__init__('distributed.Nanny', folder, {
            'host': '127.0.0.1', 'nthreads': 1, 'memory_limit': 0, 'local_directory': folder, 'dashboard': False,
            'name': f'local-{name}', 'env': share | {'MPLBACKEND': 'Agg'}}, scheduler)
        self.name = name


def last_words(folder: str | Path) -> str:
    """Return the last line that the processes of the cluster in `folder` wrote."""
    return ((Path(folder) / 'log').read_text(errors='replace').strip().splitlines() or ['nothing was said'])[-1]


def local_cluster(folder: str, maximum: int) -> SpecCluster:
    """Start a cluster of one to `maximum` workers, depending on the work; its files are in `folder`."""
    threads = max(1, (os.cpu_count() or 1) // maximum)
    cluster = SpecCluster(name='awlike', silence_logs=logging.CRITICAL,
                          scheduler={'cls': Scheduler, 'options': {'folder': folder}},
                          worker={'cls': Worker, 'options': {'folder': folder, 'threads': threads}})
    # A worker takes seconds to start, so an idle worker stays for a minute.
    cluster.adapt(minimum=1, maximum=maximum, interval='500ms', target_duration='1s', wait_count=120)
    return cluster

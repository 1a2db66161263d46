"""``dask scheduler`` and ``dask worker`` as anybody starts them."""

import json
import os
import subprocess
import sys

from tests.dpu.gate import until


class External:
    """A scheduler and workers with files in `folder`; the environment of the workers has `settings` besides."""

    def __init__(self, folder, workers=2, threads=2, **settings):
        self._folder, self._file, self.processes = folder, folder / 'scheduler.json', []
        self._workers, self._threads, self._environment = workers, threads, os.environ | settings
        self.start()

    def start(self):
        self._file.unlink(missing_ok=True)
        self.scheduler = self._dask('scheduler', '--no-dashboard', '--scheduler-file', self._file, '--host', '127.0.0.1',
                                    '--port', 0)
        until(lambda: self._file.exists() and self._file.read_text().strip().endswith('}'))
        self.address = json.loads(self._file.read_text())['address']
        for _ in range(self._workers):
            self._dask('worker', self.address, '--nthreads', self._threads, '--no-dashboard', '--local-directory',
                       self._folder / 'dask')

    def _dask(self, *arguments):
        with open(self._folder / 'dask.log', 'ab') as log:
            process = subprocess.Popen([sys.executable, '-m', 'dask', *map(str, arguments)], stdout=log, stderr=log,
                                       env=self._environment)
        self.processes.append(process)
        return process

    def end(self):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

"""Whatever is killed: the job ends complete or says what is missing, and run again it is finished; nothing is there twice."""

import json
import os
import signal
import subprocess
import sys

import pytest

from awlike.config import settings
from awlike.context import context
from awlike.dpu import dpu
from awlike.dpu import jobs as rows
from awlike.errors import ConfigError
from awlike.frames.reduced import ReducedScienceFrame
from awlike.persist import database
from awlike.tracing.fsck import fsck
from tests.dpu.conftest import ended, living_in, products
from tests.dpu.gate import Gate, until

PROMPT = '''
import sys
from awlike import *
context.set_project('TEST')
number = dpu.run(sys.argv[1], instrument='OMEGACAM', commit=True)
print(number, flush=True)
import time
time.sleep(600)
'''


@pytest.fixture
def home(tmp_path, small_home, on):
    """The small night in a home of its own."""
    with living_in(tmp_path / 'awlike', small_home, on) as folder:
        yield folder


@pytest.fixture
def gate(home):
    """The gate of the recipe of the gate, closed."""
    gate = Gate(home)
    yield gate
    gate.open()


class External:
    """``dask scheduler`` and ``dask worker`` as anybody starts them."""

    def __init__(self, folder):
        self._folder, self._file, self.processes = folder, folder / 'scheduler.json', []
        self.start()

    def start(self):
        self._file.unlink(missing_ok=True)
        self.scheduler = self._dask('scheduler', '--no-dashboard', '--scheduler-file', self._file, '--host', '127.0.0.1',
                                    '--port', 0)
        until(lambda: self._file.exists() and self._file.read_text().strip().endswith('}'))
        self.address = json.loads(self._file.read_text())['address']
        for _ in range(2):
            self._dask('worker', self.address, '--nthreads', 2, '--no-dashboard', '--local-directory', self._folder / 'dask')

    def _dask(self, *arguments):
        with open(self._folder / 'dask.log', 'ab') as log:
            process = subprocess.Popen([sys.executable, '-m', 'dask', *map(str, arguments)], stdout=log, stderr=log)
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


@pytest.fixture
def external(home, gate, monkeypatch):
    """A cluster that runs elsewhere, so to speak, with two workers of two threads each; `dpu` uses it."""
    cluster = External(home)
    monkeypatch.setenv('AWLIKE_DPU', cluster.address)
    settings.cache_clear()
    yield cluster
    dpu.close()
    cluster.end()


def finished(number, gate):
    """All is there, once, and nothing is wrong."""
    ended(number)
    made, = dpu.get_result(number)
    assert type(made).__name__ == f'{gate.step}Map'
    assert [type(one).__name__ for one in products()].count(f'{gate.step}Map') == 1 and not fsck()


@pytest.mark.slow
def test_a_job_on_a_cluster_elsewhere_outlives_the_prompt(external, gate, home):
    prompt = subprocess.Popen([sys.executable, '-c', PROMPT, gate.step], stdout=subprocess.PIPE, text=True)
    number = int(prompt.stdout.readline())
    gate.begun()
    prompt.send_signal(signal.SIGKILL)
    prompt.wait()
    assert dpu.get_status(number).status == 'running'
    gate.open()
    finished(number, gate)


@pytest.mark.slow
def test_when_the_scheduler_dies_the_job_says_what_is_missing_and_can_be_run_again(external, gate, monkeypatch):
    number = dpu.run(gate.step, instrument='OMEGACAM', commit=True)
    gate.begun()
    external.scheduler.kill()
    until(lambda: dpu.get_status(number).is_over)
    job = dpu.get_status(number)
    assert job.status == 'lost' and f'1 step is missing: dpu.run_again({number}) makes it' in str(job)
    with pytest.raises(ConfigError, match='the Dask scheduler .* does not answer'):
        dpu.run_again(number)
    gate.open()
    external.end()
    external.start()
    monkeypatch.setenv('AWLIKE_DPU', external.address)
    settings.cache_clear()
    finished(dpu.run_again(number), gate)


@pytest.mark.slow
def test_workers_of_several_threads_do_one_thing_at_a_time_each(external, gate):
    gate.open()
    jobs = [dpu.run('Reduce', instrument='OMEGACAM', commit=True) for _ in range(3)]
    for number in jobs:
        ended(number)
    assert len(products()) == 32 and len(ReducedScienceFrame.select_all()) == 5 and not fsck()


@pytest.mark.slow
def test_when_the_prompt_dies_its_local_cluster_does_and_the_job_says_so(gate):
    prompt = subprocess.Popen([sys.executable, '-c', PROMPT, gate.step], stdout=subprocess.PIPE, text=True)
    number = int(prompt.stdout.readline())
    worker = gate.begun()
    prompt.send_signal(signal.SIGKILL)
    prompt.wait()
    until(lambda: not alive(worker))
    job = dpu.get_status(number)
    assert job.status == 'lost' and 'the process that it was submitted from' in job.reason
    assert f'1 step is missing: dpu.run_again({number}) makes it' in str(job)
    gate.open()
    finished(dpu.run_again(number), gate)


@pytest.mark.slow
def test_workers_with_another_database_say_so(external, gate, tmp_path, monkeypatch):
    other = tmp_path / 'other'
    other.mkdir()
    ended(dpu.run('Bias', instrument='OMEGACAM', commit=True))
    monkeypatch.setenv('AWLIKE_HOME', str(other))
    monkeypatch.setenv('AWLIKE_DATABASE', '')
    settings.cache_clear()
    database.use(None)
    context.reset()
    context.create_project('TEST')
    context.set_project('TEST')
    number = dpu.run('Bias', instrument='OMEGACAM', commit=True)
    job = ended(number, 'failed')
    assert 'has another database' in job.reason and 'AWLIKE_DATABASE' in job.reason
    assert rows.of_number(number).started is None


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True

"""A job ends complete or says what is missing, whichever process is killed; a second run makes the rest, and nothing twice."""

import os
import signal
import subprocess
import sys

import pytest
from distributed import Client

from awlike.config import settings
from awlike.context import context
from awlike.database import sessions
from awlike.dpu import dpu, job_state, scheduler, submit
from awlike.dpu import jobs as rows
from awlike.dpu.local import local_cluster
from awlike.errors import ConfigError
from awlike.frames.reduced import ReducedScienceFrame
from awlike.tracing.fsck import fsck
from tests.dpu.conftest import ended, living_in, products
from tests.dpu.external import External
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


@pytest.fixture
def external(home, gate, monkeypatch):
    """A cluster that `dpu` does not start itself, with two workers of two threads each."""
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
def test_a_job_goes_on_when_the_worker_of_its_coordinator_is_told_to_close(external, gate):
    number = dpu.run(gate.step, instrument='OMEGACAM', commit=True)
    gate.begun()
    with Client(external.address, set_as_default=False) as client:
        coordinator, = [worker for worker, keys in client.processing().items()
                        if any(key.startswith('awlike-') for key in keys)]
        nanny = client.run(os.getppid, workers=[coordinator])[coordinator]
    os.kill(nanny, signal.SIGTERM)
    next(one for one in external.processes if one.pid == nanny).wait(60)
    gate.open()
    finished(number, gate)


@pytest.mark.slow
def test_a_job_goes_on_when_the_connection_is_closed(external, gate):
    number = dpu.run(gate.step, instrument='OMEGACAM', commit=True)
    gate.begun()
    dpu.close()
    assert dpu.get_status(number).status == 'running'
    gate.open()
    finished(number, gate)


@pytest.mark.slow
def test_workers_of_several_threads_make_nothing_twice(external, gate):
    gate.open()
    jobs = [dpu.run('Reduce', instrument='OMEGACAM', commit=True) for _ in range(3)]
    for number in jobs:
        ended(number)
    assert len(products()) == 32 and len(ReducedScienceFrame.select_all()) == 5 and not fsck()


@pytest.mark.slow
def test_when_the_prompt_dies_its_local_cluster_does_and_the_job_says_so(gate, home):
    (home / 'temporary').mkdir()
    prompt = subprocess.Popen([sys.executable, '-c', PROMPT, gate.step], stdout=subprocess.PIPE, text=True,
                              env=os.environ | {'TMPDIR': str(home / 'temporary')})
    number = int(prompt.stdout.readline())
    worker = gate.begun()
    folder, = [path for path in (home / 'temporary').glob('awlike-dpu-*')]
    prompt.send_signal(signal.SIGKILL)
    prompt.wait()
    until(lambda: not alive(worker))
    until(lambda: not folder.exists())
    job = dpu.get_status(number)
    assert job.status == 'lost' and 'the process that it was submitted from' in job.reason
    assert f'1 step is missing: dpu.run_again({number}) makes it' in str(job)
    gate.open()
    finished(dpu.run_again(number), gate)


@pytest.mark.slow
def test_a_job_that_its_scheduler_forgot_is_lost(external, gate, monkeypatch):
    for process in external.processes[1:]:
        process.terminate()
        process.wait()
    number = dpu.run('Bias', instrument='OMEGACAM', commit=True)
    monkeypatch.setattr(job_state, 'JOB_DEAD_AFTER', 0)
    assert dpu.get_status(number).status == 'submitted'  # it waits for workers, however long
    dpu.close()
    external.scheduler.kill()
    scheduler._jobs_at.cache_clear()
    assert dpu.get_status(number).status == 'lost'


@pytest.mark.slow
def test_workers_of_another_version_refuse(external, gate, monkeypatch):
    theirs = submit.versions()
    monkeypatch.setattr(submit, 'versions', lambda: theirs.replace('numpy ', 'numpy 9.'))
    job = ended(dpu.run('Bias', instrument='OMEGACAM', commit=True), 'failed')
    assert 'rather than numpy 9.' in job.reason and 'install the same there' in job.reason and not products()


@pytest.mark.slow
def test_why_no_worker_could_begin_it_is_told_when_its_prompt_is_gone(external, gate, monkeypatch):
    theirs = submit.versions()
    monkeypatch.setattr(submit, 'versions', lambda: theirs.replace('numpy ', 'numpy 9.'))
    monkeypatch.setattr(submit.DPU, '_over', lambda *_: None)
    number = dpu.run('Bias', instrument='OMEGACAM', commit=True)
    dpu.close()
    assert 'rather than numpy 9.' in ended(number, 'failed').reason


@pytest.mark.slow
def test_workers_of_somebody_else_run_no_recipes_of_ones_own(home, gate, monkeypatch):
    cluster = External(home, AWLIKE_USER='service')
    monkeypatch.setenv('AWLIKE_DPU', cluster.address)
    settings.cache_clear()
    job = ended(dpu.run(gate.step, instrument='OMEGACAM', commit=True), 'failed')
    assert 'gated: a recipe of ada\'s own does not run on worker' in job.reason and 'started as service' in job.reason
    ended(dpu.run('Bias', instrument='OMEGACAM', commit=True))
    assert {one.creator.name for one in products()} == {'ada'}
    dpu.close()
    cluster.end()


@pytest.mark.slow
def test_a_step_that_kills_each_worker_fails_and_the_others_are_made(home, gate):
    gate.recipe.write_text(gate.recipe.read_text().replace("(GATE / 'begun').write_text(str(os.getpid()))", 'os._exit(9)'))
    number = dpu.run(f'{gate.step}>Reduce', instrument='OMEGACAM', commit=True)
    job = ended(number, 'failed')
    assert 'its worker died, ' in job.reason and ' times in succession' in job.reason
    assert 'perhaps it needs more memory than there is' in str(dpu.get_logs(number))
    assert len(ReducedScienceFrame.select_all()) == 5
    assert {one.kind for one in fsck()} == {'stale claim'}  # of the worker that died last; who makes it next takes over


@pytest.mark.slow
def test_any_cluster_of_dask_gets_workers_as_there_is_work(home, tmp_path):
    given = local_cluster(str(tmp_path), 1)
    dpu.use(given)
    try:
        until(lambda: not given.workers)  # there is no work
        number = dpu.run('Bias', instrument='OMEGACAM', commit=True)
        ended(number)
        assert rows.of_number(number).place == given.scheduler_address
    finally:
        dpu.use(None)
        given.close()


@pytest.mark.slow
def test_workers_with_another_database_say_so(external, gate, tmp_path, monkeypatch):
    other = tmp_path / 'other'
    other.mkdir()
    ended(dpu.run('Bias', instrument='OMEGACAM', commit=True))
    monkeypatch.setenv('AWLIKE_HOME', str(other))
    monkeypatch.setenv('AWLIKE_DATABASE', '')
    settings.cache_clear()
    sessions.use(None)
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

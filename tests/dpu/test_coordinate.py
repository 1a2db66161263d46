"""The coordinator of a job and its ledger, without a cluster."""

import datetime
import os
from types import SimpleNamespace

import pytest

from awlike.config import settings
from awlike.database.claims import place_of_process
from awlike.database.sessions import database
from awlike.dpu import cluster, coordinate, dpu, job_state, jobs
from awlike.dpu.cluster import Cluster
from awlike.dpu.job_order import JobOrder, versions
from awlike.dpu.ledger import Ledger
from awlike.dpu.task_graph import Superseded
from awlike.errors import WorkerDied
from awlike.frames.bias import BiasFrame
from awlike.frames.dark import DarkFrame
from awlike.frames.raw import RawScienceFrame
from awlike.frames.reduced import ReducedScienceFrame
from awlike.nights import utcnow
from awlike.planning.outcome import Failed
from awlike.planning.plan import Plan
from awlike.planning.request import of_frame
from awlike.planning.step import Step
from awlike.products.product import ProcessTarget
from awlike.recipes.bias import BiasTask
from awlike.tasks.failed_inputs import fail_with_inputs


@pytest.fixture
def job(night):
    row = jobs.new_job('Bias', {'commit': True}, 'localhost:8786')  # which is a scheduler, and no local cluster
    return JobOrder(row.id, row.number, 'ada', 'TEST', 2, 'Bias', {'commit': True}, {}, versions())


@pytest.fixture
def ledger(job):
    return Ledger(database(), job.id)


def begin(ledger, workers):
    """Plan the read noise and the bias as a coordinator that sees `workers`; return the numbers of the steps."""
    ledger.begin_steps(workers)
    return list(ledger.add_plan(Plan(BiasTask('OMEGACAM', commit=True).plan().to_make)).values())


@pytest.mark.parametrize(('called_off', 'reasons', 'status'), [
    (True, ['one: the job was cancelled'], 'cancelled'), (False, ['one: it has no pixels'], 'failed'), (True, [], 'done')])
def test_what_was_called_off_and_is_not_whole_is_cancelled(job, ledger, monkeypatch, called_off, reasons, status):
    def steps(*_):
        assert ledger.change(status='running')
        if called_off:
            job_state.cancel(jobs.of_id(job.id))
        return reasons

    monkeypatch.setattr(coordinate, '_steps_on_workers', steps)
    coordinate._do(job, ledger, None)
    assert ledger.read().status == status


def test_a_step_dies_with_its_worker_and_no_other(ledger):
    first, second = begin(ledger, ['tcp://one', 'tcp://two'])
    ledger.note(first, status='running', reason='tcp://one')
    ledger.note(second, status='running', reason='tcp://two')
    dead = ledger.step(first)
    again = begin(ledger, ['tcp://two', 'tcp://three'])
    assert ledger.deaths() == {(dead.class_name, dead.place): 1} and min(again) > second and ledger.step(second) is None
    ledger.note(again[0], status='running', reason='tcp://two')
    begin(ledger, ['tcp://three'])
    assert ledger.deaths() == {(dead.class_name, dead.place): 2}
    assert sum(one.total for one in jobs.counts([ledger.job_id])[ledger.job_id].values()) == 2, 'the dead are not counted'


def test_a_step_is_left_out_after_three_deaths(ledger):
    for number in range(4):
        plan = BiasTask('OMEGACAM', commit=True).plan()
        noise, bias = plan.to_make
        coordinate._leave_out(plan, ledger.deaths())
        assert (noise.error is None) == (number < 3) and bias.error is None
        read_noise, _ = begin(ledger, [f'tcp://{number}'])
        ledger.note(read_noise, status='running', reason=f'tcp://{number}')
        ledger.begin_steps([])
    assert 'its worker died, 3 times in succession' in str(noise.error)


@pytest.mark.parametrize(('told', 'status', 'reason'), [
    (None, 'submitted', None), ('worker one has numpy 9', 'failed', 'worker one has numpy 9')])
def test_why_no_worker_could_begin_it_is_learnt_from_the_scheduler(job, monkeypatch, told, status, reason):
    monkeypatch.setattr(job_state, 'jobs_at', lambda address: {f'awlike-{job.id}': told})
    row = job_state.current(jobs.of_id(job.id))
    assert (row.status, row.reason) == (status, reason) and jobs.of_id(job.id).status == status


def test_what_is_submitted_waits_until_its_scheduler_forgot_it(job, monkeypatch):
    row = jobs.of_id(job.id)
    for known, state in ((None, 'submitted'), ({f'awlike-{job.id}': None}, 'submitted'), ({}, 'lost')):
        monkeypatch.setattr(job_state, 'jobs_at', lambda address, known=known: known)
        assert job_state.state(row) == 'submitted', 'it is too young'
        with monkeypatch.context() as later:
            later.setattr(job_state, 'JOB_DEAD_AFTER', 0)
            assert job_state.state(row) == state


def test_who_began_it_meanwhile_is_not_stopped(job, ledger, monkeypatch):
    row = jobs.of_id(job.id)
    answer = {f'awlike-{job.id}': 'too late'}
    monkeypatch.setattr(job_state, 'jobs_at', lambda address: ledger.change(status='running') and answer)
    assert job_state.current(row).status == 'running'


def test_what_is_lost_can_be_called_off(job, ledger, monkeypatch):
    ledger.change(status='running', heartbeat=utcnow() - datetime.timedelta(seconds=job_state.JOB_DEAD_AFTER + 1))
    assert dpu.get_status(job.number).status == 'lost'
    dpu.cancel_job(job.number)
    assert dpu.get_status(job.number).status == 'cancelled'
    ended = jobs.of_id(job.id).ended
    dpu.cancel_job(job.number)
    assert jobs.of_id(job.id).ended == ended


# --- a coordinator that is it no longer ---


def test_a_worker_that_is_told_to_close_ends_no_job(job, ledger, monkeypatch):
    def closed(*_):
        raise Superseded('the client of this worker is closed')

    ledger.change(status='running')
    monkeypatch.setattr(coordinate, '_steps_on_workers', closed)
    assert coordinate._do(job, ledger, None) is None and ledger.read().status == 'running'


def test_a_job_that_was_ended_is_not_gone_on_with(job, ledger, monkeypatch):
    ledger.change(status='running')
    ledger.end('lost', 'its cluster was closed')
    monkeypatch.setattr('distributed.get_client', lambda: SimpleNamespace(scheduler_info=lambda n_workers: {'workers': {}}))
    coordinate._do(job, ledger, None)
    assert ledger.read().status == 'lost' and not ProcessTarget.select_all().exists()


def test_numbers_are_not_given_again_though_a_coordinator_died_before_it_planned(ledger):
    first = begin(ledger, [])
    Ledger(database(), ledger.job_id).begin_steps([])
    assert min(begin(Ledger(database(), ledger.job_id), [])) > max(first)
    assert ledger.step(first[0]) is None


# --- what a dead worker leaves ---


def test_what_needs_a_product_that_killed_its_worker_is_not_made_without_it(night):
    step = Step(ReducedScienceFrame, of_frame(RawScienceFrame.select_all()[0]), ReducedScienceFrame.Parameters())
    dark, bias = Step(DarkFrame, 'a dark', DarkFrame.Parameters()), Step(BiasFrame, 'a bias', BiasFrame.Parameters())
    step.take({'dark': dark, 'bias': bias}, {})
    dark.outcome = Failed(WorkerDied('its worker died'))
    fail_with_inputs(step)
    assert 'its worker died' in str(step.error)


# --- where a job is ---


def test_a_job_on_a_local_cluster_is_lost_with_the_process_that_submitted_it(night, monkeypatch):
    row = jobs.new_job('Bias', {'commit': True}, cluster.local_place())
    assert job_state.state(row) == 'submitted'
    monkeypatch.setattr(job_state, 'is_gone', lambda place, pid: pid == os.getpid() and place == place_of_process())
    assert job_state.state(row) == 'lost'


def test_the_place_of_a_cluster_is_what_the_settings_say_or_this_process(home, monkeypatch):
    assert Cluster().is_local and Cluster().place == cluster.local_place()
    monkeypatch.setenv('AWLIKE_DPU', 'tcp://elsewhere:8786')
    settings.cache_clear()
    assert not Cluster().is_local and Cluster().place == 'tcp://elsewhere:8786'


def test_a_job_says_what_is_left_and_what_is_missing(job, ledger):
    begin(ledger, [])
    ledger.change(status='running', started=utcnow() - datetime.timedelta(seconds=30), heartbeat=utcnow())
    noise = ledger.step(1)
    ledger.note(1, status='done')
    now = dpu.get_status(job.number)
    assert noise.number == 1 and (now.done, now.total, now.missing) == (1, 2, 1)
    assert now.left == pytest.approx(30, abs=10) and 'run_again' not in str(now)
    ledger.end('failed', 'its worker died')
    over = dpu.get_status(job.number)
    assert over.left is None and f'1 step is missing: dpu.run_again({job.number}) makes it' in str(over)


def test_a_plan_written_twice_as_nobody_heard_of_the_first_time_is_there_once(ledger):
    ledger.begin_steps([])
    again = Ledger(database(), ledger.job_id)
    again.begin_steps([])
    plan = Plan(BiasTask('OMEGACAM', commit=True).plan().to_make)
    assert ledger.add_plan(plan) == again.add_plan(plan)
    assert sum(steps.total for steps in jobs.counts([ledger.job_id])[ledger.job_id].values()) == 2

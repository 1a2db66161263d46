"""The coordinator of a job and its ledger, without a cluster."""

import pytest

from awlike.dpu import cluster, coordinate, jobs
from awlike.dpu.ledger import Ledger
from awlike.dpu.travel import Travelling, versions
from awlike.persist.database import database
from awlike.recipes.bias import BiasTask
from awlike.tasks.plan import Plan


@pytest.fixture
def job(night):
    row = jobs.new_job('Bias', {'commit': True}, 'tcp://somewhere')
    return Travelling(row.id, row.number, 'ada', 'TEST', 2, 'Bias', {'commit': True}, {}, versions())


@pytest.fixture
def ledger(job):
    return Ledger(database(), job.id)


def begin(ledger, workers):
    """Plan the read noise and the bias as a coordinator does that sees `workers`; gives the numbers of the steps."""
    ledger.begin_steps(workers)
    return list(ledger.add_plan(Plan(BiasTask('OMEGACAM', commit=True).plan().to_make)).values())


@pytest.mark.parametrize(('called_off', 'reasons', 'status'), [
    (True, ['one: the job was cancelled'], 'cancelled'), (False, ['one: it has no pixels'], 'failed'), (True, [], 'done')])
def test_what_was_called_off_and_is_not_whole_is_cancelled(job, ledger, monkeypatch, called_off, reasons, status):
    def steps(*_):
        assert ledger.change(status='running')
        if called_off:
            jobs.cancel(jobs.of_id(job.id))
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


@pytest.mark.parametrize(('knows', 'said', 'status'), [
    (True, None, 'submitted'), (False, 'worker one has numpy 9', 'failed'), (False, None, 'submitted')])
def test_why_no_worker_could_begin_it_is_learnt_from_the_scheduler(job, monkeypatch, knows, said, status):
    monkeypatch.setattr(cluster, 'jobs_at', lambda address: {f'awlike-{job.id}'} if knows else set())
    monkeypatch.setattr(cluster, 'said_at_scheduler', lambda address, job_id: said)
    row = jobs.current(jobs.of_id(job.id))
    assert (row.status, row.reason) == (status, said) and jobs.of_id(job.id).status == status


def test_who_began_it_meanwhile_is_not_stopped(job, ledger, monkeypatch):
    row = jobs.of_id(job.id)
    monkeypatch.setattr(cluster, 'jobs_at', lambda address: set())
    monkeypatch.setattr(cluster, 'said_at_scheduler', lambda *_: ledger.change(status='running') and 'too late')
    assert jobs.current(row).status == 'running'

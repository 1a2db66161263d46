"""Jobs on a local cluster: looked at while they run, cancelled, without their worker, with a user's own recipe."""

import sys
import types

import pytest
from sqlalchemy import select

from awlike.context import context
from awlike.database.sessions import database
from awlike.dpu import dpu
from awlike.errors import NotFound, ParameterError, UnknownAttribute
from awlike.frames.bias import BiasFrame
from awlike.persist.tables import claim, recipe_source
from awlike.tasks.known import task_class
from awlike.tracing.fsck import fsck
from tests.conftest import become
from tests.dpu.conftest import ended, products
from tests.dpu.gate import Gate, until


@pytest.fixture(scope='module')
def gate(cluster):
    """The gate of the recipe of the gate."""
    return Gate(cluster)


@pytest.fixture
def closed(gate):
    """The gate, closed; nothing was made behind it."""
    gate.close()
    yield gate
    gate.open()


def claims():
    with database().engine.connect() as connection:
        return connection.execute(select(claim)).all()


def gated(gate):
    return [one for one in products() if type(one).__name__ == f'{gate.step}Map']


def test_a_running_job_can_be_looked_at_and_survives_the_death_of_its_worker(closed):
    number = dpu.run(closed.step, instrument='OMEGACAM', commit=True)
    source = closed.recipe.read_text()
    closed.begun()
    closed.recipe.write_text('this is no recipe any more')  # the job has its own copy
    until(lambda: 'BiasFrame OMEGACAM ESO_CCD_#65: made in' in str(dpu.get_logs(number)))
    job = dpu.wait(number, timeout=0)
    assert (job.status, job.done, job.running, job.total) == ('running', 2, 1, 3) and job.left > 0
    assert str(job).startswith(f'job {number}: {closed.step}, running, 2 of 3 steps') and '0 of 1, 1 running' in str(job)
    assert f'{number}    {closed.step}  running  2/3' in str(dpu.get_status())
    with pytest.raises(NotFound, match=rf'job {number} is running: dpu.wait\({number}\) waits for it'):
        dpu.get_result(number)
    closed.kill_who_waits()
    closed.begun()
    closed.open()
    ended(number)
    closed.recipe.write_text(source)
    made, = dpu.get_result(number)
    assert made.recipe == task_class(closed.step).recipe() and made.recipe.startswith(f'{closed.step} ')
    assert len(gated(closed)) == 1 and not claims() and not fsck()
    assert [row.source for row in database().session.execute(select(recipe_source))] == [source]


def test_a_cancelled_job_commits_nothing_more(closed):
    before = products()
    number = dpu.run(closed.step, instrument='OMEGACAM', commit=True, rebuild='all')
    closed.begun()
    dpu.cancel_job(number)
    until(lambda: dpu.get_status(number).is_over)
    closed.open()
    until(lambda: not claims())
    assert dpu.get_status(number).status == 'cancelled' and products() == before and not fsck()
    dpu.cancel_job(number)
    assert dpu.get_status(number).status == 'cancelled', 'what is over stays as it is'
    again = dpu.run_again(number)
    ended(again)
    assert len(gated(closed)) == 2 and again == number + 1


def test_waiting_can_be_interrupted_and_the_job_goes_on(closed, monkeypatch, caplog):
    number = dpu.run(closed.step, instrument='OMEGACAM', commit=True, rebuild='all')
    closed.begun()
    with monkeypatch.context() as patch:
        def interrupt(seconds):
            raise KeyboardInterrupt
        patch.setattr(sys.modules['awlike.dpu.submit'], 'time', types.SimpleNamespace(sleep=interrupt))
        assert dpu.wait(number).status == 'running'
    assert f'job {number} goes on: dpu.wait({number}) waits again, dpu.cancel_job({number}) ends it' in caplog.text
    closed.open()
    ended(number)


def test_a_plan_that_cannot_be_made_fails_with_the_reason(cluster):
    number = dpu.run('Bias', instrument='OMEGACAM', raw_filenames=['nothing.fits'], commit=True)
    assert '1 of 1 raw_filenames are no valid RawBiasFrame' in ended(number, 'failed').reason
    number = dpu.run('Dark', instrument='OMEGACAM', date='1999-01-01', commit=True)
    assert not ended(number).total and 'no frames answer' in str(dpu.get_logs(number))


def test_what_makes_no_sense_is_refused_before_there_is_a_job(cluster):
    jobs = dpu.get_jobids()
    with pytest.raises(UnknownAttribute, match='Redduce.*did you mean Reduce'):
        dpu.run('Redduce', instrument='OMEGACAM')
    with pytest.raises(ParameterError, match="no argument 'fliter' .did you mean filter"):
        dpu.run('Reduce', instrument='OMEGACAM', fliter='r_SDSS')
    with pytest.raises(ParameterError, match='steps hand on what they commit'):
        dpu.run('Bias>Reduce', instrument='OMEGACAM')
    typed = type('TypedTask', (task_class('Bias'),), {})
    with pytest.raises(ParameterError, match=r'TypedTask was typed.*\n?.*put it into a file of its own in .*recipes, .* Typed'):
        dpu.run(typed, instrument='OMEGACAM')
    with pytest.raises(NotFound, match='you have no job 999'):
        dpu.get_status(999)
    assert dpu.get_jobids() == jobs


def test_jobs_are_their_users_own(cluster, monkeypatch):
    assert dpu.get_jobids()
    with monkeypatch.context() as patch:
        become(patch, 'bob')
        assert dpu.get_jobids() == [] and str(dpu.get_status()).startswith('no jobs')
        with pytest.raises(NotFound, match='you have no job 1'):
            dpu.get_logs(1)
    become(monkeypatch, 'ada')
    context.set_project('TEST')


@pytest.mark.slow
def test_jobs_tell_themselves_to_machines_and_notebooks(cluster):
    told = dpu.get_status().to_dict()
    assert [job['id'] for job in told] == dpu.get_jobids() and told[0]['steps']['BiasFrame']['done'] == 1
    assert '<table' in dpu.get_status()._repr_html_()
    assert {line['level'] for line in dpu.get_logs(1).to_dict()} >= {'INFO'}
    assert BiasFrame.select_all().exists()

"""The commands of jobs, on jobs that no cluster has."""

import json

import pytest
import typer
from sqlalchemy import insert

from awlike.cli.job import submitted
from awlike.config import settings
from awlike.context import context
from awlike.database.sessions import database
from awlike.dpu import cluster, jobs
from awlike.dpu.ledger import Ledger
from awlike.dpu.logs import say
from awlike.nights import utcnow
from awlike.persist.tables import job_step

ARGUMENTS = {'instrument': 'OMEGACAM', 'commit': True}


@pytest.fixture
def job(project, monkeypatch):
    """A job that failed in one of its two targets."""
    monkeypatch.setenv('AWLIKE_PROJECT', 'TEST')
    row = jobs.new_job('Reduce', ARGUMENTS, cluster.local_place())
    ledger = Ledger(database(), row.id)
    with database().transaction() as connection:
        connection.execute(insert(job_step), [
            {'job_id': row.id, 'number': n, 'class_name': 'ReducedScienceFrame', 'place': f'raw{n}.fits', 'is_target': True,
             'status': status, 'object_id': None, 'reason': reason}
            for n, status, reason in [(1, 'reused', None), (2, 'failed', 'lost in space')]])
    say(database(), row.id, 'here', 'ERROR', 'ReducedScienceFrame raw2.fits: lost in space')
    ledger.change(status='failed', reason='ReduceTask: 1 of 2 targets could not be made', ended=utcnow())
    return row.number


def test_jobs_are_listed_and_told(awe, job):
    status, out, _ = awe('job', 'list')
    assert status == 0 and '1    Reduce  failed  1/2        1  ' in out
    status, out, _ = awe('job', 'status', job)
    assert status == 1 and 'job 1: Reduce, failed, 1 of 2 steps, 1 failed' in out
    assert 'ReduceTask: 1 of 2 targets could not be made' in out


def test_what_a_job_said_is_shown_with_where_and_how_grave(awe, job):
    for words in ([], ['--follow']):
        status, out, _ = awe('job', 'logs', job, *words)
        assert status == 0 and out.rstrip().endswith('ERROR   here  ReducedScienceFrame raw2.fits: lost in space')


def test_machines_read_it_as_json(awe, job):
    told, = json.loads(awe('job', 'list', '--json')[1])
    assert told['failures'] == []
    assert told['steps'] == {'ReducedScienceFrame': {'total': 2, 'done': 1, 'failed': 1, 'running': 0}}
    told = json.loads(awe('job', 'status', job, '--json')[1])
    assert told['failures'] == [{'class': 'ReducedScienceFrame', 'of': 'raw2.fits', 'reason': 'lost in space'}]
    assert json.loads(awe('job', 'logs', job, '--json')[1])[0]['level'] == 'ERROR'


@pytest.mark.slow
def test_a_job_that_waits_for_its_cluster_can_be_called_off(awe, project):
    number = jobs.new_job('Reduce', ARGUMENTS, 'tcp://elsewhere:8786').number
    assert awe('job', 'cancel', number)[1] == f'job {number} is cancelled\n'
    status, out, _ = awe('job', 'wait', number)
    assert status == 1 and f'job {number}: Reduce, cancelled' in out
    status, out, _ = awe('job', 'cancel', number)
    assert status == 0 and out == f'job {number} is over, cancelled: there is nothing to cancel\n'


def test_numbers_are_counted_per_user_and_unknown_ones_refused(awe, project):
    assert [jobs.new_job('Bias', ARGUMENTS, 'x').number for _ in range(3)] == [1, 2, 3]
    status, _, told = awe('job', 'status', 4)
    assert status == 2 and 'you have no job 4' in told
    assert context.user.name == 'ada'


def test_a_job_that_keeps_nothing_is_refused_at_the_command_line(awe, project):
    status, _, told = awe('run', 'Bias', '--instrument', 'OMEGACAM', '--dpu')
    assert status == 2 and 'give --commit as well' in told and jobs.of_user() == []


def test_a_new_job_on_a_cluster_that_stays_is_not_waited_for(awe, job, capsys, monkeypatch):
    monkeypatch.setenv('AWLIKE_DPU', 'tcp://elsewhere:8786')
    settings.cache_clear()
    submitted(job)
    assert capsys.readouterr() == (f'job {job} is submitted: awe job wait {job} waits for its end\n', '')
    with pytest.raises(typer.Exit):  # it failed
        submitted(job, wait=True)


def test_a_new_job_on_this_machine_is_waited_for(awe, job, capsys):
    with pytest.raises(typer.Exit):
        submitted(job)
    out, said = capsys.readouterr()
    assert f'job {job} runs on this machine' in said and f'job {job}: Reduce, failed' in out

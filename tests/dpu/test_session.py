"""What one session of the prompt submitted: its jobs, their log and the file that keeps it."""

import logging
import re
import sys
from types import SimpleNamespace

import pytest

from awlike.database.sessions import database
from awlike.dpu import DPU, jobs
from awlike.dpu.cluster import local_place
from awlike.dpu.logs import say
from awlike.errors import MissingExtra
from awlike.nights import utcnow

LINE = r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d INFO    '


def job_that_said(*texts: str):
    row = jobs.new_job('Bias', {'commit': True}, local_place())
    for text in texts:
        say(database(), row.id, 'here', 'INFO', text)
    return row


@pytest.fixture
def dpu(project):
    """A session that submitted jobs 2 and 3; job 1 is of an earlier session."""
    job_that_said('long ago')
    session = DPU()
    session.submitted = [job_that_said('one begins', 'one ends'), job_that_said('two begins')]
    for row in session.submitted:
        session._session.add(row.id)
    return session


def logs_in(folder):
    return {path.name: path.read_text() for path in folder.glob('*.log')}


def test_without_a_number_status_and_logs_are_of_the_jobs_of_the_session(dpu):
    assert [job.id for job in dpu.get_status()] == [2, 3]
    assert [job.id for job in dpu.get_status(all_sessions=True)] == [1, 2, 3] == dpu.get_jobids()
    told = str(dpu.get_logs())
    assert 'long ago' not in told
    assert re.fullmatch(f'{LINE}job 2 here  one begins\n{LINE}job 2 here  one ends\n{LINE}job 3 here  two begins', told)
    assert re.fullmatch(f'{LINE}here  long ago', str(dpu.get_logs(1))), 'a number names a job of any session'


def test_a_session_without_jobs_says_so(project):
    job_that_said('long ago')
    dpu = DPU()
    assert str(dpu.get_status()).startswith('no jobs in this session') and len(dpu.get_status()) == 0
    assert str(dpu.get_logs()).startswith('no jobs in this session')
    assert dpu.get_logs(follow=True) is None


def test_each_session_keeps_its_log_in_one_file_once_logs_are_asked_for(dpu, home, caplog):
    assert not logs_in(home)
    with caplog.at_level(logging.INFO, 'awlike'):
        dpu.get_logs(2)
    (name, text), = logs_in(home).items()
    assert re.fullmatch(r'\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.log', name)
    assert text.count('\n') == 2 and 'job 2 here  one ends' in text
    assert f'kept in {home / name}' in caplog.text
    say(database(), dpu.submitted[1].id, 'here', 'INFO', 'two ends')
    dpu.get_logs()
    dpu.get_logs()
    (same, text), = logs_in(home).items()
    assert same == name and [line.rpartition('  ')[2] for line in text.splitlines()] == [
        'one begins', 'one ends', 'two begins', 'two ends'], 'each line once'


def test_the_log_is_shown_where_no_file_can_be_written(dpu, home, monkeypatch, caplog):
    monkeypatch.setattr(sys.modules['awlike.dpu.session'], 'Path', SimpleNamespace(cwd=lambda: home / 'not there'))
    assert 'two begins' in str(dpu.get_logs())
    assert 'is not kept in a file: ' in caplog.text


def test_following_shows_and_keeps_all_jobs_of_the_session(dpu, home, capsys):
    for row in dpu.submitted:
        dpu.cancel_job(row.number)
    dpu.get_logs(follow=True)
    shown = capsys.readouterr().out
    assert 'job 2 here  one ends' in shown and 'job 3 here  two begins' in shown and logs_in(home).popitem()[1] == shown


def test_a_job_that_is_over_is_not_cancelled(dpu):
    with database().transaction() as connection:
        connection.execute(jobs.job.update().where(jobs.job.c.number == 2).values(status='done', ended=utcnow()))
    dpu.cancel_job(2)
    assert dpu.get_status(2).status == 'done' and not jobs.of_number(2).cancelled


def test_without_dask_a_job_is_refused_before_anything_is_done(project, monkeypatch):
    monkeypatch.setattr('importlib.util.find_spec', lambda name: None)
    row = job_that_said('done')
    for submit in (lambda: DPU().run('Bias', instrument='NO SUCH CAMERA', commit=True), lambda: DPU().run_again(row.number)):
        with pytest.raises(MissingExtra, match=r"pip install 'awlike\[dpu\]'.*lpu\.run"):
            submit()
    assert len(jobs.of_user()) == 1, 'the one of this test alone'

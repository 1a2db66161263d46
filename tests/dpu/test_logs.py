"""The log of a job: its lines in order, each in the log of its own job, followed until the end."""

import logging
import threading
from types import SimpleNamespace

import pytest

from awlike.current import in_this_context
from awlike.database.sessions import database
from awlike.dpu import jobs
from awlike.dpu.logs import JobLog, as_text, follow, lines_of
from awlike.nights import utcnow

log = logging.getLogger('awlike')


@pytest.fixture
def two_jobs(project):
    """The ids of two jobs."""
    return [jobs.new_job('Bias', {'commit': True}, 'localhost:8786').id for _ in range(2)]


def said(job_id):
    return [line.text for line in lines_of(job_id)]


def test_each_job_gets_the_lines_of_its_own_threads(two_jobs):
    both_open = threading.Barrier(2)

    def work(job_id, name):
        with JobLog(database(), job_id, 'here'):
            both_open.wait(30)
            log.info('%s begins', name)
            thread = threading.Thread(target=in_this_context(lambda: log.info('%s goes on', name)))
            thread.start()
            thread.join()
            both_open.wait(30)
        log.info('%s is over', name)

    threads = [threading.Thread(target=in_this_context(work), args=(job_id, name))
               for job_id, name in zip(two_jobs, ('one', 'two'), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [said(job_id) for job_id in two_jobs] == [['one begins', 'one goes on'], ['two begins', 'two goes on']]


def test_a_line_of_a_thread_without_a_job_is_in_the_log_that_is_open(two_jobs):
    with JobLog(database(), two_jobs[0], 'here'):
        thread = threading.Thread(target=lambda: log.info('from nowhere'))
        thread.start()
        thread.join()
    assert said(two_jobs[0]) == ['from nowhere'] and said(two_jobs[1]) == []


def test_a_traceback_is_in_the_log(two_jobs):
    with JobLog(database(), two_jobs[0], 'here'):
        try:
            raise ValueError('no pixels')
        except ValueError:
            log.exception('it failed')
    line, = lines_of(two_jobs[0])
    assert line.level == 'ERROR' and line.text.startswith('it failed\nTraceback') and 'ValueError: no pixels' in line.text


def test_only_lines_after_another_are_returned(two_jobs):
    with JobLog(database(), two_jobs[0], 'here'):
        for number in range(3):
            log.info('line %d', number)
    first = lines_of(two_jobs[0])[0]
    assert [line.text for line in lines_of(two_jobs[0], first)] == ['line 1', 'line 2']


def test_following_ends_after_the_last_line():
    line = SimpleNamespace(date=utcnow(), level='INFO', place='here', text='the last')
    answers, shown = iter([[], [line]]), []
    ends = iter([False, True])
    follow(lambda after: next(answers), lambda: next(ends), shown.append, pause=0)
    assert shown == [[line]] and as_text([line]).endswith('here  the last')

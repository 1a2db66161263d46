"""The coordinator of a job: a Dask task that plans as the user, lets workers make the steps, and notes what became of them.

It lives on the cluster, so that a job goes on when the prompt is closed. When the worker on which it runs dies, Dask runs
it again on another: then it plans anew, and what was made meanwhile is found.
"""

import logging
import threading

from awlike.current import in_this_context
from awlike.database.retry import patiently
from awlike.database.sessions import Database, database
from awlike.dpu.identity import acting_for
from awlike.dpu.in_memory import make_all
from awlike.dpu.job_order import check_here
from awlike.dpu.jobs import CANCELLED, DONE, FAILED, PLANNING, RUNNING, UNDER_WAY
from awlike.dpu.ledger import Ledger
from awlike.dpu.logs import JobLog
from awlike.dpu.own_recipes import load_recipes
from awlike.dpu.packing import packed
from awlike.dpu.scheduler import say_at_scheduler
from awlike.dpu.task_graph import Superseded, TaskGraph, worker_died
from awlike.dpu.work import place
from awlike.errors import AwlikeError, Cancelled, said
from awlike.nights import utcnow
from awlike.planning.outcome import Failed
from awlike.tasks.chain import Chain

log = logging.getLogger('awlike')
_DEATHS = 3   # of coordinators with one step; of more Dask itself would give them up
_BEAT = 1.0   # seconds between heartbeats, which also learn whether the job was called off


def coordinate(job):
    """Do `job`; gives what is not kept in the database, if it is one that keeps nothing.

    Raises
    ------
    ConfigError
        When this worker cannot work for the job, and so cannot write down why.
    """
    try:
        row, ledger = patiently(lambda: _begun(job))
    except Exception as error:  # who submitted it may be gone, and what asks for the job later must know
        say_at_scheduler(job.id, said(error))
        raise
    try:
        begun = {'status': PLANNING, 'started': row.started or utcnow(), 'heartbeat': utcnow()}
        if row.status not in UNDER_WAY or not ledger.change(**begun):
            return None
        with Heartbeat(ledger) as heart:
            return _do(job, ledger, heart)
    finally:
        ledger.db.close()


def _begun(job):
    """The row of the job, and its ledger, with a connection of its own: that of the process is with whoever it acts for."""
    with acting_for(job):
        ledger = Ledger(Database(database().url, database().user, lambda: job.user), job.id)
        return check_here(job, ledger, place()), ledger


def _do(job, ledger, heart):
    made = None
    try:
        if job.arguments['commit']:
            reasons = _steps_on_workers(job, ledger, heart)
        else:
            with acting_for(job), JobLog(database(), job.id, place()):
                load_recipes(job)
                made, reasons = make_all(job, ledger, heart)
        if reasons and ledger.read().cancelled:  # workers learnt it before the heart did
            raise Cancelled('the job was cancelled')
        status, reason = (FAILED, '\n'.join(reasons)) if reasons else (DONE, None)
    except Superseded:  # how it ends is another's to say
        return None
    except Cancelled:
        status, reason = CANCELLED, 'cancelled'
    except Exception as error:
        log.debug('the job failed', exc_info=True)
        status, reason = FAILED, said(error)
    ledger.end(status, reason)
    return made


def _steps_on_workers(job, ledger, heart) -> list[str]:
    """Do the steps of the chain one after the other, each as a graph; gives what failed in them."""
    from distributed import get_client, secede
    client, reasons, is_apart = get_client(), [], False
    ledger.begin_steps(client.scheduler_info(n_workers=-1)['workers'])
    for position in range(1 + job.step.count('>')):
        task, plan, steps = patiently(lambda: _planned(job, position, ledger))
        if not ledger.change(status=RUNNING):
            raise Superseded('the job was ended meanwhile')
        if steps:
            if not is_apart:
                secede()  # from here on it only waits, and its place is free for the steps
                is_apart = True
            TaskGraph(client, job, task.recipe(), steps, ledger, heart).run()
        if plan.failed:
            reasons.append(task.report(plan))
    return reasons


def _planned(job, position, ledger):
    """The task at `position` of the chain, its plan, and what that makes, with the same packed."""
    with acting_for(job), JobLog(database(), job.id, place()):
        load_recipes(job)
        task = Chain(job.step, **job.arguments).tasks[position]
        plan = task.plan()
        log.info('%s', plan.summary if plan.targets else plan)
        _leave_out(plan, ledger.deaths())
        numbers = ledger.add_plan(plan, position == job.step.count('>'))
        to_make = plan.to_make
        numbers = {id(step): numbers[id(step)] for step in to_make}
        return task, plan, [(step, packed(step, numbers)) for step in to_make]


def _leave_out(plan, deaths):
    """Try no step again with which one coordinator after the other died, as it seems to kill its worker."""
    for step in plan.to_make:
        number = deaths[step.cls.__name__, step.place]
        if number >= _DEATHS:
            step.outcome = Failed(worker_died(f'{number} times in succession'))
            log.error('%s %s: %s', step.cls.__name__, step.place, step.error)


class Heartbeat:
    """As a context: says in the ledger that the job lives, and learns from there whether its user called it off."""

    def __init__(self, ledger):
        self._ledger, self._ended, self._cancelled = ledger, threading.Event(), threading.Event()
        self._thread = threading.Thread(target=in_this_context(self._beat), name='awlike job', daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join(5 * _BEAT)

    def pause(self, seconds: float) -> None:
        """Wait a moment.

        Raises
        ------
        Cancelled
            As soon as the job is called off.
        """
        if self._cancelled.wait(seconds):
            raise Cancelled('the job was cancelled')

    def _beat(self):
        while not self._ended.wait(_BEAT):
            try:
                if self._ledger.beat():
                    self._cancelled.set()
            except AwlikeError:  # the next one may come through
                log.debug('no heartbeat', exc_info=True)

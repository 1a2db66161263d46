"""The coordinator of a job: a Dask task that plans as the user, lets workers make the steps, and notes the outcome.

The coordinator runs on the cluster, so that a job goes on when the prompt is closed. When its worker dies, Dask runs the
coordinator again on another worker: the coordinator then plans anew and finds what was made before.
"""

import collections
import functools
import logging

from sqlalchemy import Row

from awlike.config import settings
from awlike.database.retry import patiently
from awlike.database.sessions import Database, database
from awlike.dpu.heartbeat import Heartbeat
from awlike.dpu.identity import acting_for
from awlike.dpu.in_memory import make_all
from awlike.dpu.job_order import JobOrder, check_here
from awlike.dpu.jobs import CANCELLED, DONE, FAILED, PLANNING, RUNNING, UNDER_WAY
from awlike.dpu.ledger import Ledger
from awlike.dpu.logs import JobLog
from awlike.dpu.own_recipes import load_recipes
from awlike.dpu.packing import packed
from awlike.dpu.scheduler import say_at_scheduler
from awlike.dpu.task_graph import Superseded, TaskGraph, worker_died
from awlike.dpu.work import place
from awlike.errors import Cancelled, said
from awlike.nights import utcnow
from awlike.notices import FAILED as FAILURE
from awlike.notices import tell_of
from awlike.planning.outcome import Failed
from awlike.planning.plan import Plan
from awlike.planning.resolve import Bad
from awlike.planning.step import Step
from awlike.tasks.chain import Chain
from awlike.tasks.own_code import told
from awlike.tasks.task import Task, missed_limits

log = logging.getLogger('awlike')
_DEATHS = 3  # coordinators that die with the same step before it fails; Dask gives a task up only after more deaths


def coordinate(job: JobOrder) -> list[dict] | None:
    """Do `job`; return the products of a job that keeps nothing, packed, else None.

    Raises
    ------
    ConfigError
        When this worker cannot work for the job, and so cannot note the reason in the database.
    """
    try:
        row, ledger = patiently(lambda: _begun(job))
    except Exception as error:  # the prompt may be gone, and whoever asks for the job later must learn the reason
        say_at_scheduler(job.id, said(error))
        raise
    try:
        started = row.started or utcnow()
        if row.status not in UNDER_WAY or not ledger.change(status=PLANNING, started=started, heartbeat=utcnow()):
            return None
        with Heartbeat(ledger) as heart:
            return _do(job, ledger, heart)
    finally:
        ledger.db.close()


def _begun(job: JobOrder) -> tuple[Row, Ledger]:
    """Return the row of the job and its ledger, which connects as the user of the job also where nobody acts for that user."""
    with acting_for(job):
        ledger = Ledger(Database(database().url, database().user, lambda: job.user), job.id)
        return check_here(job, ledger, place()), ledger


def _do(job: JobOrder, ledger: Ledger, heart: Heartbeat) -> list[dict] | None:
    made = None
    try:
        if job.arguments['commit']:
            reasons = _steps_on_workers(job, ledger, heart)
        else:
            with acting_for(job), JobLog(database(), job.id, place()):
                load_recipes(job.recipes)
                made, reasons = make_all(job, ledger, heart)
        if reasons and ledger.read().cancelled:  # the workers learnt it before the heartbeat did
            raise Cancelled('the job was cancelled')
        status, reason = (FAILED, '\n'.join(reasons)) if reasons else (DONE, None)
    except Superseded:  # another coordinator notes how the job ends
        return None
    except Cancelled:
        status, reason = CANCELLED, 'cancelled'
    except Exception as error:
        log.debug('the job failed', exc_info=True)
        status, reason = FAILED, told(error)
    if ledger.end(status, reason) and status == FAILED:
        _tell_of_failure(job, reason or '')
    return made


def _tell_of_failure(job: JobOrder, reason: str) -> None:
    """Tell of a job that failed to whom the settings of this worker name.

    What the job was and why it failed is private: only the owner of the settings learns that, of their own jobs.
    """
    subject, once = f'job {job.number} of {job.user} failed', str(job.id)
    if job.user == settings().user:
        tell_of(FAILURE, f'{subject}: {job.step}', reason, once, job.project)
    else:
        tell_of(FAILURE, subject, f'awe job show {job.number} tells {job.user} the reason.', once)


def _steps_on_workers(job: JobOrder, ledger: Ledger, heart: Heartbeat) -> list[str]:
    """Do the steps of the chain in order, each as a graph of Dask tasks; return the failures."""
    from distributed import get_client, secede
    client, reasons, is_apart = get_client(), [], False
    ledger.begin_steps(client.scheduler_info(n_workers=-1)['workers'])
    for position in range(1 + job.step.count('>')):
        task, plan, steps = patiently(functools.partial(_planned, job, position, ledger))
        bad: Bad = {}
        while True:
            if not ledger.change(status=RUNNING):
                raise Superseded('the job was ended meanwhile')
            if steps:
                if not is_apart:
                    secede()  # the coordinator only waits from here on: its place on the worker is free for steps
                    is_apart = True
                TaskGraph(client, job, task.recipe(), steps, ledger, heart).run()
            new = missed_limits(step for step, _ in steps)
            if not new:
                break
            bad |= new
            ledger.forget_failed()
            task, again, steps = patiently(functools.partial(_planned, job, position, ledger, plan, bad))
            plan = plan.followed_by(again)
        if plan.failed:
            reasons.append(task.report(plan))
    return reasons


def _planned(job: JobOrder, position: int, ledger: Ledger, before: Plan | None = None,
             bad: Bad | None = None) -> tuple[Task, Plan, list[tuple[Step, dict]]]:
    """Return the task at `position` of the chain, its plan, and the steps that make something, each with its packed form.

    Where the calibrations `bad` missed their limits, the plan is for those targets of the plan `before` that failed.
    """
    with acting_for(job), JobLog(database(), job.id, place()):
        load_recipes(job.recipes)
        task = Chain(job.step, **job.arguments).tasks[position]
        plan = task.plan() if before is None else task.plan_again(before, bad or {})
        if before is None:
            task.note_use()
        log.info('%s', plan.summary if plan.targets else plan)
        _leave_out(plan, ledger.deaths())
        numbers = ledger.add_plan(plan, position == job.step.count('>'))
        to_make = plan.to_make
        numbers = {id(step): numbers[id(step)] for step in to_make}
        return task, plan, [(step, packed(step, numbers)) for step in to_make]


def _leave_out(plan: Plan, deaths: collections.Counter) -> None:
    """Fail each step with which several coordinators died in succession: it seems to kill its worker."""
    for step in plan.to_make:
        number = deaths[step.cls.__name__, step.place]
        if number >= _DEATHS:
            step.outcome = Failed(worker_died(f'{number} times in succession'))
            log.error('%s %s: %s', step.cls.__name__, step.place, step.error)

"""The jobs of a user as the database has them: submitted, looked up, called off."""

import collections
import json
from typing import NamedTuple

from sqlalchemy import and_, case, func, insert, select

from awlike.context import context
from awlike.database.retry import first, rows
from awlike.database.sessions import database
from awlike.errors import NotFound
from awlike.nights import utcnow
from awlike.persist.ids import new_id
from awlike.persist.tables import job, job_step

SUBMITTED, PLANNING, RUNNING = 'submitted', 'planning', 'running'
DONE, FAILED, CANCELLED, LOST = 'done', 'failed', 'cancelled', 'lost'
WAITING, REUSED, DIED = 'waiting', 'reused', 'died'  # of a step, besides; died: with its worker, and planned anew
UNDER_WAY = SUBMITTED, PLANNING, RUNNING
LOCAL = 'local'  # the first word of the place of a job on a cluster that goes with the process that submitted it


class Steps(NamedTuple):
    """How many steps of a class a job has, and what became of them."""

    total: int = 0
    done: int = 0
    failed: int = 0
    running: int = 0


def new_job(step: str, arguments: dict, place: str):
    """Write the row of a new job of the user's; gives the row."""
    db, user = database(), context.account('submit a job')
    row = {'id': new_id(), 'user_id': user.object_id, 'project_id': _project(arguments['commit']),
           'privileges': context.privileges, 'step': step, 'arguments': json.loads(json.dumps(arguments, default=str)),
           'status': SUBMITTED, 'place': place, 'cancelled': False, 'submitted': utcnow()}
    with db.transaction() as connection:
        db.one_by_one(connection, f'jobs of {user.object_id}')
        last = connection.scalar(select(func.max(job.c.number)).where(job.c.user_id == user.object_id))
        connection.execute(insert(job), row | {'number': (last or 0) + 1})
    return of_id(row['id'])


def _project(needed):
    try:
        return context.project.object_id
    except NotFound:
        if needed:
            raise
        return None


def of_id(job_id):
    """The row of a job; None where the database does not have it."""
    return first(select(job).where(job.c.id == job_id))


def of_number(number: int):
    """The row of a job of the user's by its number.

    Raises
    ------
    NotFound
        When there is none.
    """
    found = next(iter(of_user(job.c.number == number)), None)
    if found is None:
        raise NotFound(f'you have no job {number}: dpu.get_jobids() gives those that you have')
    return found


def of_user(*conditions) -> list:
    """The rows of the user's jobs, the latest last."""
    if context.user is None:
        return []
    return rows(select(job).where(job.c.user_id == context.user.object_id, *conditions).order_by(job.c.number))


# --- what became of them ---


def counts(ids) -> dict:
    """By id of the job and class: `Steps`."""
    def number(*statuses):
        return func.sum(case((job_step.c.status.in_(statuses), 1), else_=0))
    found, first_number = collections.defaultdict(dict), func.min(job_step.c.number)
    for row in rows(select(job_step.c.job_id, job_step.c.class_name, func.count().label('total'),
                           number(DONE, REUSED).label('done'), number(FAILED).label('failed'), number(RUNNING).label('running'))
                    .where(job_step.c.job_id.in_(list(ids)), job_step.c.status != DIED)
                    .group_by(job_step.c.job_id, job_step.c.class_name).order_by(first_number)):
        found[row.job_id][row.class_name] = Steps(row.total, row.done, row.failed, row.running)
    return found


def failures(job_id) -> list:
    """The steps that were targets and failed."""
    return rows(select(job_step).where(job_step.c.job_id == job_id, job_step.c.is_target, job_step.c.status == FAILED)
                .order_by(job_step.c.number))


def results(job_id) -> list:
    """The ids of the targets that were made or found, in order."""
    wanted = and_(job_step.c.job_id == job_id, job_step.c.is_target, job_step.c.status.in_((DONE, REUSED)))
    found = rows(select(job_step.c.object_id).where(wanted).order_by(job_step.c.number))
    return list(dict.fromkeys(row.object_id for row in found))

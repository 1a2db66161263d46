"""The jobs of a user in the database: write a new one, look jobs up, count what became of their steps."""

import collections
import json
import uuid
from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import ColumnElement, Row, and_, case, func, insert, select

from awlike.context import context
from awlike.database.retry import first, rows
from awlike.database.sessions import database
from awlike.errors import NotFound
from awlike.nights import utcnow
from awlike.persist.ids import new_id
from awlike.persist.tables import job, job_step
from awlike.remedies import to_type

SUBMITTED, PLANNING, RUNNING = 'submitted', 'planning', 'running'
DONE, FAILED, CANCELLED, LOST = 'done', 'failed', 'cancelled', 'lost'
WAITING, REUSED, DIED = 'waiting', 'reused', 'died'  # of steps alone; died: with its worker, and was planned anew
UNDER_WAY = SUBMITTED, PLANNING, RUNNING


class Steps(NamedTuple):
    """The number of steps of one class in a job, and what became of them."""

    total: int = 0
    done: int = 0
    failed: int = 0
    running: int = 0


def new_job(step: str, arguments: dict, place: str) -> Row:
    """Write the row of a new job of the user; return the row."""
    db, user = database(), context.account('submit a job')
    row = {'id': new_id(), 'user_id': user.object_id, 'project_id': _project(arguments['commit']),
           'privileges': context.privileges, 'step': step, 'arguments': json.loads(json.dumps(arguments, default=str)),
           'status': SUBMITTED, 'place': place, 'cancelled': False, 'submitted': utcnow()}
    with db.transaction() as connection:
        db.one_by_one(connection, f'jobs of {user.object_id}')
        last = connection.scalar(select(func.max(job.c.number)).where(job.c.user_id == user.object_id))
        connection.execute(insert(job), row | {'number': (last or 0) + 1})
    return of_id(row['id'])


def _project(needed: bool) -> uuid.UUID | None:
    try:
        return context.project.object_id
    except NotFound:
        if needed:
            raise
        return None


def of_id(job_id: uuid.UUID) -> Row:
    """Return the row of a job that this database has."""
    row = first(select(job).where(job.c.id == job_id))
    assert row is not None, f'the database has no job {job_id}'
    return row


def of_number(number: int) -> Row:
    """Return the row of the user's job `number`.

    Raises
    ------
    NotFound
        When the user has no such job.
    """
    found = next(iter(of_user(job.c.number == number)), None)
    if found is None:
        raise NotFound(f'you have no job {number}: {to_type("dpu.get_jobids()", "awe job list")} lists your jobs')
    return found


def of_user(*conditions: ColumnElement[bool]) -> list[Row]:
    """Return the rows of the user's jobs, the latest last."""
    if context.user is None:
        return []
    return rows(select(job).where(job.c.user_id == context.user.object_id, *conditions).order_by(job.c.number))


# --- what became of their steps ---


def counts(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, dict[str, Steps]]:
    """Return the numbers of steps by id of the job and class."""
    def number(*statuses: str) -> ColumnElement[int]:
        return func.sum(case((job_step.c.status.in_(statuses), 1), else_=0))
    found, first_number = collections.defaultdict(dict), func.min(job_step.c.number)
    for row in rows(select(job_step.c.job_id, job_step.c.class_name, func.count().label('total'),
                           number(DONE, REUSED).label('done'), number(FAILED).label('failed'), number(RUNNING).label('running'))
                    .where(job_step.c.job_id.in_(list(ids)), job_step.c.status != DIED)
                    .group_by(job_step.c.job_id, job_step.c.class_name).order_by(first_number)):
        found[row.job_id][row.class_name] = Steps(row.total, row.done, row.failed, row.running)
    return found


def failures(job_id: uuid.UUID) -> list[Row]:
    """Return the rows of the targets that failed."""
    return rows(select(job_step).where(job_step.c.job_id == job_id, job_step.c.is_target, job_step.c.status == FAILED)
                .order_by(job_step.c.number))


def results(job_id: uuid.UUID) -> list[uuid.UUID]:
    """Return the ids of the targets that were made or found, in order."""
    wanted = and_(job_step.c.job_id == job_id, job_step.c.is_target, job_step.c.status.in_((DONE, REUSED)))
    found = rows(select(job_step.c.object_id).where(wanted).order_by(job_step.c.number))
    return list(dict.fromkeys(row.object_id for row in found))

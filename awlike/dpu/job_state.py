"""The state of a job: its status as its user sees it, and how a job is called off."""

import datetime

from sqlalchemy import Row, update

from awlike.database.claims import is_gone
from awlike.database.sessions import database
from awlike.dpu.cluster import LOCAL
from awlike.dpu.jobs import CANCELLED, FAILED, LOST, SUBMITTED, UNDER_WAY, of_id
from awlike.dpu.scheduler import jobs_at, name_of
from awlike.nights import utcnow
from awlike.persist.tables import job

JOB_DEAD_AFTER = 60.0  # seconds without a heartbeat: longer than the wait for a database


def state(row: Row) -> str:
    """Return the status of a job as its user sees it: a job without a sign of life is lost."""
    if row.status not in UNDER_WAY:
        return row.status
    if _is_local(row):
        _, pid, place = row.place.split(' ', 2)
        if is_gone(place, int(pid)):
            return LOST
    elif row.status == SUBMITTED and _is_old(row.submitted) and _is_forgotten(row):
        return LOST
    return LOST if row.heartbeat is not None and _is_old(row.heartbeat) else row.status


def current(row: Row) -> Row:
    """Return the row of a job as it is now. Note why no worker could begin the job, when only the scheduler knows why."""
    if row.status != SUBMITTED or _is_local(row):
        return row
    reason = (jobs_at(row.place) or {}).get(name_of(row.id))
    if reason is not None:
        with database().transaction() as connection:
            connection.execute(update(job).where(job.c.id == row.id, job.c.status == SUBMITTED)
                               .values(status=FAILED, ended=utcnow(), reason=reason))
    return of_id(row.id)  # the job may have begun while the scheduler answered


def cancel(row: Row) -> None:
    """Call a job off: it commits nothing after this transaction."""
    ended = {'status': CANCELLED, 'ended': utcnow(), 'reason': 'cancelled'}
    dead = row.status == SUBMITTED or state(row) == LOST
    with database().transaction() as connection:
        connection.execute(update(job).where(job.c.id == row.id).values(cancelled=True))
        if dead:  # no process is there to end the job
            connection.execute(update(job).where(job.c.id == row.id, job.c.status == row.status).values(ended))


def _is_local(row: Row) -> bool:
    """Return whether the cluster of a job ends with the process that submitted the job."""
    return (row.place or '').startswith(f'{LOCAL} ')


def _is_forgotten(row: Row) -> bool:
    """Return whether the scheduler of a job no longer knows the job, so that no worker will begin it."""
    known = jobs_at(row.place)
    return known is not None and name_of(row.id) not in known


def _is_old(date: datetime.datetime) -> bool:
    return date < utcnow() - datetime.timedelta(seconds=JOB_DEAD_AFTER)

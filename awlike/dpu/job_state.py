"""The state of a job."""

import datetime

from sqlalchemy import update

from awlike.database.claims import is_gone
from awlike.database.sessions import database
from awlike.dpu.jobs import CANCELLED, FAILED, LOCAL, LOST, SUBMITTED, UNDER_WAY, of_id
from awlike.dpu.scheduler import jobs_at, name_of
from awlike.nights import utcnow
from awlike.persist.tables import job

JOB_DEAD_AFTER = 60.0  # seconds without a heartbeat: more than a database is waited for


def cancel(row) -> None:
    """Call a job off: from this transaction on it commits nothing."""
    ended = {'status': CANCELLED, 'ended': utcnow(), 'reason': 'cancelled'}
    dead = row.status == SUBMITTED or state(row) == LOST
    with database().transaction() as connection:
        connection.execute(update(job).where(job.c.id == row.id).values(cancelled=True))
        if dead:  # nobody is there who would end it
            connection.execute(update(job).where(job.c.id == row.id, job.c.status == row.status).values(ended))


def state(row) -> str:
    """The status of a job as its user sees it: one of which nothing is heard any more is lost."""
    if row.status not in UNDER_WAY:
        return row.status
    if _is_local(row):
        _, pid, place = row.place.split(' ', 2)
        if is_gone(place, int(pid)):
            return LOST
    elif row.status == SUBMITTED and _is_old(row.submitted) and _is_forgotten(row):
        return LOST
    return LOST if row.heartbeat is not None and _is_old(row.heartbeat) else row.status


def current(row):
    """`row`; where no worker could begin the job, and none could write down why, that is done here."""
    if row.status != SUBMITTED or _is_local(row):
        return row
    reason = (jobs_at(row.place) or {}).get(name_of(row.id))
    if reason is not None:
        with database().transaction() as connection:
            connection.execute(update(job).where(job.c.id == row.id, job.c.status == SUBMITTED)
                               .values(status=FAILED, ended=utcnow(), reason=reason))
    return of_id(row.id)  # as it was after the scheduler was asked


def _is_local(row):
    """Whether a job is on a cluster that goes with the process that submitted it."""
    return (row.place or '').startswith(f'{LOCAL} ')


def _is_forgotten(row):
    """Whether nobody will begin a job: nothing of it is at its scheduler any more."""
    known = jobs_at(row.place)
    return known is not None and name_of(row.id) not in known


def _is_old(date):
    return date < utcnow() - datetime.timedelta(seconds=JOB_DEAD_AFTER)

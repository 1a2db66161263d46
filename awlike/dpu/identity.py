"""Who a worker acts as: the user of the job, with that user's rights, in the thread that works for the job."""

import contextlib
import functools
from collections.abc import Iterator

from awlike.context import context
from awlike.context.asker import Asker
from awlike.current import acting
from awlike.database.sessions import Database, database
from awlike.dpu.job_order import JobOrder


@contextlib.contextmanager
def acting_for(job: JobOrder) -> Iterator[None]:
    """Act as the user of `job`, in its project and at its privileges.

    On PostgreSQL the connections of this thread act as that user, and the database says whether they may.
    """
    asker = _asker(database(), job.user, job.project, job.privileges).but()
    try:
        with acting(asker):
            yield
    finally:
        asker.close()


@functools.lru_cache(64)
def _asker(db: Database, user: str, project: str | None, privileges: int) -> Asker:
    """Return the user of a job, looked up once: a worker makes many steps for the same one."""
    with context.acting(user=user, project=project or None, privileges=privileges if project else None) as asker:
        return asker

"""A worker acts as the user of a job, with the rights of that user, in the thread that works for the job."""

import contextlib
import functools
from collections.abc import Generator
from typing import cast

import awlike.assembly  # noqa: F401 -- a worker loads no more than what it works with
from awlike.context import context
from awlike.context.asker import Asker
from awlike.current import acting, current, set_default
from awlike.database.sessions import Database, database
from awlike.dpu.job_order import JobOrder


@contextlib.contextmanager
def acting_for(job: JobOrder) -> Generator[None, None, None]:
    """Act as the user of `job`, in its project and at its privileges.

    On PostgreSQL the connections of this thread act as that user, and the database says whether they may.
    """
    _ask_as_nobody_else()
    asker = _asker(database(), job.user, job.project, job.privileges).but()
    try:
        with acting(asker):
            yield
    finally:
        asker.close()


@functools.lru_cache(64)
def _asker(db: Database, user: str, project: str | None, privileges: int) -> Asker:
    """Return the user of a job, looked up once: a worker makes many steps for the same user."""
    with context.acting(user=user, project=project or None, privileges=privileges if project else None):
        return cast(Asker, current())


def _ask_as_nobody_else() -> None:
    """Remove the default asker of a worker process: it asks for the users of its jobs alone. A worker in a test stays."""
    from distributed import get_worker
    with contextlib.suppress(ValueError):  # no worker at all, as in a test
        if get_worker().nanny is not None:
            set_default(None)

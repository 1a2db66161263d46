"""Who a worker acts as: one user at a time in a process, with that user's rights."""

import contextlib
import os
import threading

from awlike import config
from awlike.config import settings
from awlike.context import context
from awlike.database import sessions
from awlike.products.image_cache import forget_images
from awlike.tasks.known import use_tasks

_one_at_a_time = threading.Lock()  # context, settings and database are those of a whole process
_now = None                        # as what one works here already


@contextlib.contextmanager
def acting_for(job):
    """Be the user of `job`, in its project and at its privileges; meanwhile nobody else is anybody in this process.

    On PostgreSQL the connections of a worker act as that user, and the database says whether they may.
    """
    with _one_at_a_time:
        become(job.user)
        _work_in(job)
        try:
            yield
        finally:
            use_tasks(None)


def _work_in(job):
    global _now
    wanted = sessions.database(), job.user, job.project, job.privileges
    if job.project and _now != wanted:
        context.set_project(job.project, job.privileges)
        _now = wanted


def become(user: str) -> None:
    """Be `user` from now on, with connections of that user's."""
    if settings().user != user:
        os.environ[f'{config.PREFIX}USER'] = user
        settings.cache_clear()
        sessions.use(None)
        context.reset()
        forget_images()  # nothing that was read for one serves another

"""The Dask scheduler of a job: ask which jobs it knows, and leave there why a worker could not begin a job."""

import functools
import logging
import time
import uuid
from typing import Any

log = logging.getLogger('awlike')


def jobs_at(address: str) -> dict[str, str | None] | None:
    """Ask the scheduler at `address` which jobs it knows; at most every five seconds.

    Returns
    -------
    dict or None
        By name of the job, why no worker could begin the job, or None for a job that is there. Empty when no scheduler
        answers; None when the scheduler cannot be asked.
    """
    return _jobs_at(address, int(time.monotonic() // 5))


@functools.lru_cache(16)
def _jobs_at(address: str, moment: int) -> dict[str, str | None] | None:
    from distributed import Client

    def look(dask_scheduler: Any) -> dict[str, str | None]:
        reasons = {name: events[-1][1] for name, events in dask_scheduler.get_events().items()}
        return reasons | {str(name): None for name in dask_scheduler.tasks}

    try:
        with Client(address, timeout=3, set_as_default=False, name='awlike') as client:
            return client.run_on_scheduler(look)
    except OSError:
        return {}
    except Exception:  # the scheduler may want to know who asks, for example
        log.debug('the scheduler %s cannot be asked', address, exc_info=True)
        return None


def say_at_scheduler(job_id: uuid.UUID, reason: str) -> None:
    """Leave with the scheduler why this worker cannot begin a job, when the worker cannot write it into the database."""
    from distributed import get_worker
    get_worker().log_event(name_of(job_id), reason)


def name_of(job_id: uuid.UUID) -> str:
    """Return the name of a job at its scheduler."""
    return f'awlike-{job_id}'

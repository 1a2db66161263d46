"""What a Dask scheduler knows of jobs."""

import functools
import logging
import time

log = logging.getLogger('awlike')


def jobs_at(address: str) -> dict | None:
    """What the scheduler at `address` knows of jobs, by name: why no worker could begin it, None of one that is there.

    Nothing when nobody is there; None when it cannot be asked. It is asked at most every five seconds.
    """
    return _jobs_at(address, int(time.monotonic() // 5))


@functools.lru_cache(16)
def _jobs_at(address, moment):
    from distributed import Client

    def look(dask_scheduler):
        said = {name: events[-1][1] for name, events in dask_scheduler.get_events().items()}
        return said | {str(name): None for name in dask_scheduler.tasks}

    try:
        with Client(address, timeout=3, set_as_default=False, name='awlike') as client:
            return client.run_on_scheduler(look)
    except OSError:
        return {}
    except Exception:  # one that wants to know who asks, say
        log.debug('the scheduler %s cannot be asked', address, exc_info=True)
        return None


def say_at_scheduler(job_id, reason: str) -> None:
    """Leave with the scheduler why this worker cannot work for a job: into the database it cannot write then."""
    from distributed import get_worker
    get_worker().log_event(name_of(job_id), reason)


def name_of(job_id) -> str:
    """The name of a job at its scheduler."""
    return f'awlike-{job_id}'

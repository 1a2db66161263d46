"""Work in processes of its own, the results in the order of the work."""

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from awlike.errors import ProcessingError

Job = TypeVar('Job')
Result = TypeVar('Result')

_at_work = False
"""Whether this process, which a pool started, is at an item of work."""


def in_order(work: Callable[[Job], Result], jobs: Sequence[Job], processes: int, begin: Callable[..., object],
             *arguments: Any) -> Generator[Result]:
    """Yield ``work(job)`` for each job, in order, from new processes.

    Parameters
    ----------
    work : callable
        Can be pickled, as must be jobs and results.
    begin : callable
        Called first in each process, with `arguments`.

    Raises
    ------
    ProcessingError
        When a process ends by itself.
    """
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(processes, multiprocessing.get_context('spawn'), begin, arguments)
    try:
        waiting: list[Future[Result]] = [pool.submit(work, job) for job in jobs]
        for future in waiting:
            try:
                yield future.result()
            except BrokenProcessPool:
                raise ProcessingError('a process ended by itself, for want of memory perhaps: what is not told as done is not; '
                                      'run again with fewer processes (-j)') from None
    except KeyboardInterrupt:
        for process in set(multiprocessing.active_children()) - others:  # a terminal interrupts them, too; `kill` does not
            if process.pid is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGINT)
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def clean_up_when_interrupted() -> None:
    """Let Ctrl-C, which all processes get, end this process of a pool: at once, or, during work, after its ``finally``."""
    signal.signal(signal.SIGINT, _interrupt)


@contextlib.contextmanager
def at_work() -> Generator[None]:
    """Return a context: this process of a pool does an item of work, which Ctrl-C ends as an exception would."""
    global _at_work
    _at_work = True
    try:
        yield
    except KeyboardInterrupt:
        os._exit(130)
    finally:
        _at_work = False


def _interrupt(*_: object) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second one would disturb the cleaning up
    if _at_work:
        raise KeyboardInterrupt
    os._exit(130)

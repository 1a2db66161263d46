"""Work in threads, a little ahead of the caller that takes the results."""

import collections
import contextlib
import itertools
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from awlike.current import in_this_context

T = TypeVar('T')
R = TypeVar('R')


@contextlib.contextmanager
def ahead(work: Callable[[T], R], items: Iterable[T], workers: int) -> Generator[Iterator[tuple[T, Future[R]]]]:
    """Iterate over (item, future of ``work(item)``), in order; at most twice as many as `workers` are ahead.

    The thread of the caller takes the `items`. A caller that leaves early, as by Ctrl-C, waits for the items that are
    being worked on; no other item is begun.
    """
    pool = ThreadPoolExecutor(workers)
    try:
        yield _in_order(pool, in_this_context(work), iter(items), 2 * workers)
    finally:
        pool.shutdown(cancel_futures=True)


def _in_order(pool: ThreadPoolExecutor, work: Callable[[T], R], items: Iterator[T], number: int,
              ) -> Iterator[tuple[T, Future[R]]]:
    waiting = collections.deque((item, pool.submit(work, item)) for item in itertools.islice(items, number))
    while waiting:
        yield waiting.popleft()
        waiting.extend((item, pool.submit(work, item)) for item in itertools.islice(items, 1))

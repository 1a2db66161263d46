"""Work in threads, a little ahead of whoever takes the results."""

import collections
import contextlib
import itertools
from concurrent.futures import ThreadPoolExecutor

from awlike.current import in_this_context


@contextlib.contextmanager
def ahead(work, items, workers: int):
    """An iterator over (item, future of ``work(item)``), in order; at most twice as many as `workers` are ahead.

    `items` are taken in the thread of the caller. Whoever leaves early, as by Ctrl-C, waits for those that are worked on
    just then, and no others are begun.
    """
    pool = ThreadPoolExecutor(workers)
    try:
        yield _in_order(pool, in_this_context(work), iter(items), 2 * workers)
    finally:
        pool.shutdown(cancel_futures=True)


def _in_order(pool, work, items, number):
    waiting = collections.deque((item, pool.submit(work, item)) for item in itertools.islice(items, number))
    while waiting:
        yield waiting.popleft()
        waiting.extend((item, pool.submit(work, item)) for item in itertools.islice(items, 1))

"""Images that are read or worked out a strip of rows at a time, on all cores."""

import collections
import functools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any, TypeVar

import numpy as np
from numpy.typing import DTypeLike

from awlike.pixels.arrays import Array, Image, Image32, Map

Result = TypeVar('Result')
_MOST_HELPERS = 256


class Rows:
    """An image whose rows are read, or worked out, when it is sliced: ``image[start:stop]`` returns an array [y, x].

    ``image - other`` (an image) and ``image / other`` (an image, not finite where that is 0, or a number) are worked out
    at that time, too; ``numpy.asarray(image)`` returns the whole image. Several threads can slice it at a time.

    Parameters
    ----------
    shape : tuple of int
        (rows, columns).
    rows_of : function
        Returns the array of a slice of rows with start and stop.
    """

    def __init__(self, shape: tuple[int, int], rows_of: Callable[[slice], Array]) -> None:
        height, width = shape
        self.shape, self._rows_of = (height, width), rows_of

    def __getitem__(self, rows: slice) -> Image:
        start, stop, _ = rows.indices(self.shape[0])
        return self._rows_of(slice(start, stop))

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Array:
        return np.asarray(self[:], dtype)

    def __sub__(self, image: 'Frame') -> 'Rows':
        return Rows(self.shape, lambda rows: self[rows] - image[rows])

    def __truediv__(self, other: 'Frame | float | np.number') -> 'Rows':
        def divided(rows: slice) -> Array:
            with np.errstate(divide='ignore', invalid='ignore'):
                return self[rows] / (other if isinstance(other, float | int | np.number) else other[rows])
        return Rows(self.shape, divided)


class Trimmed(Rows):
    """A part of a raw frame, less the level of each row and each column of the part (float32), worked out when sliced.

    `raw` returns rows when sliced; the part begins at the row `top` and the column `left` of the raw frame.
    """

    def __init__(self, raw: 'Frame', top: int, left: int, row_levels: Array, column_levels: Array) -> None:
        super().__init__((len(row_levels), len(column_levels)), self._subtracted)
        self.raw, self.top, self.left, self.row_levels, self.column_levels = raw, top, left, row_levels, column_levels

    def raw_rows(self, rows: slice) -> Image:
        """Return the rows of the raw frame in which these rows of the part lie, in full width."""
        return self.raw[self.top + rows.start:self.top + rows.stop]

    def _subtracted(self, rows: slice) -> Array:
        part = self.raw_rows(rows)[:, self.left:self.left + self.shape[1]].astype(np.float32)
        part -= self.row_levels[rows, None]
        part -= self.column_levels
        return part


Frame = Image | Rows  # an image, or what returns its rows


def for_strips(length: int, width: int, work: Callable[[slice], Result], values: int = 1 << 18) -> list[Result]:
    """Call ``work(rows)`` for slices of rows from 0 to `length`, on all cores of this process; return the list of results.

    A strip has about `values` values in rows of `width`; by default a megabyte of float32, which fits into the
    processor's cache. Where strips begin depends only on these numbers, so the results do not depend on the cores.
    """
    height = max(1, values // max(width, 1))
    strips = [slice(start, min(start + height, length)) for start in range(0, length, height)]
    helpers = min(_cores(), len(strips)) - 1
    if helpers <= 0:
        return [work(rows) for rows in strips]
    results: list[Any] = [None] * len(strips)
    waiting = iter(enumerate(strips))  # of which each thread takes the next; one step of it holds Python's lock

    def work_on() -> None:
        for number, rows in waiting:
            results[number] = work(rows)

    others = [_helpers().submit(work_on) for _ in range(helpers)]
    try:
        work_on()  # the caller works, too: nobody waits for helpers that are busy elsewhere
    finally:
        collections.deque(waiting, 0)  # after an error nobody begins another strip
        begun = [one for one in others if not one.cancel()]
        wait(begun)
    for one in begun:
        one.result()
    return results


@functools.cache
def _helpers() -> ThreadPoolExecutor:
    """Return the threads that help with strips, for the whole process."""
    return ThreadPoolExecutor(_MOST_HELPERS, 'awlike strips')  # a thread begins when there is work and none is idle


if hasattr(os, 'register_at_fork'):  # a child has no threads but its first
    os.register_at_fork(after_in_child=_helpers.cache_clear)


def _cores() -> int:
    """Return how many threads may work: one a core, or ``OMP_NUM_THREADS``, by which Dask limits the share of a worker."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count() or 1
    share = os.environ.get('OMP_NUM_THREADS', '')
    return min(cores, int(share)) if share.isdecimal() and int(share) else cores


def strip_of(image: Frame | None, rows: slice, width: int, neutral: float = 0) -> Image32:
    """Return these rows as the kernels want them, float32; without an image one row that changes nothing."""
    return np.full((1, width), neutral, np.float32) if image is None else np.ascontiguousarray(image[rows], np.float32)


def strip_of_map(good: Frame | None, rows: slice, width: int) -> Map:
    """Return these rows of a map as the kernels want them, uint8, 0 bad; without a map one row of good pixels."""
    if good is None:
        return np.ones((1, width), np.uint8)
    strip = np.ascontiguousarray(good[rows])
    return strip if strip.dtype == np.uint8 else (strip > 0).view(np.uint8)

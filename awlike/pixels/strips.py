"""Images a strip of rows at a time: never held whole, and worked on by all cores."""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np


class Rows:
    """An image whose rows are read, or worked out, when it is sliced: ``image[start:stop]`` gives an array [y, x].

    ``image - other`` (an image) and ``image / other`` (an image, not finite where that is 0, or a number) are worked out
    then too; ``numpy.asarray(image)`` gives it whole. It can be sliced by several threads at a time.

    Parameters
    ----------
    shape : tuple of int
        (rows, columns).
    rows_of : function
        Gives the array of a slice of rows with start and stop.
    """

    def __init__(self, shape, rows_of):
        self.shape, self._rows_of = tuple(shape), rows_of

    def __getitem__(self, rows):
        start, stop, _ = rows.indices(self.shape[0])
        return self._rows_of(slice(start, stop))

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self[:], dtype)

    def __sub__(self, image):
        return Rows(self.shape, lambda rows: self[rows] - image[rows])

    def __truediv__(self, other):
        def divided(rows):
            with np.errstate(divide='ignore', invalid='ignore'):
                return self[rows] / (other[rows] if np.ndim(other) else other)
        return Rows(self.shape, divided)


class Trimmed(Rows):
    """A part of a raw frame, less a level per row and a level per column of it (float32), worked out when sliced.

    `raw` gives rows when sliced; `top` and `left` are its first row and column that are in the part.
    """

    def __init__(self, raw, top, left, row_levels, column_levels):
        super().__init__((len(row_levels), len(column_levels)), self._subtracted)
        self.raw, self.top, self.left, self.row_levels, self.column_levels = raw, top, left, row_levels, column_levels

    def raw_rows(self, rows):
        """Those rows of the raw frame, whole."""
        return self.raw[self.top + rows.start:self.top + rows.stop]

    def _subtracted(self, rows):
        part = self.raw_rows(rows)[:, self.left:self.left + self.shape[1]].astype(np.float32)
        part -= self.row_levels[rows, None]
        part -= self.column_levels
        return part


def for_strips(length, width, work, values=1 << 18):
    """Call ``work(rows)`` for slices of rows from 0 to `length`, on all cores that are this process's; gives the list of its
    results.

    A strip has about so many `values` in rows of `width`; default: a megabyte of float32, which the processor keeps
    at hand. Where strips begin depends on nothing but these numbers, so neither does what is worked out from them.
    """
    height = max(1, values // max(width, 1))
    strips = [slice(start, min(start + height, length)) for start in range(0, length, height)]
    if len(strips) <= 1:
        return [work(rows) for rows in strips]
    with ThreadPoolExecutor(_cores()) as pool:
        return list(pool.map(work, strips))


def _cores() -> int:
    """How many threads may work: one for each core, or as ``OMP_NUM_THREADS`` says, by which Dask gives workers their share."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count() or 1
    share = os.environ.get('OMP_NUM_THREADS', '')
    return min(cores, int(share)) if share.isdecimal() and int(share) else cores


def strip_of(image, rows, width, neutral=0):
    """Those rows as the kernels want them: float32; where there is no image, one row that changes nothing."""
    return np.full((1, width), neutral, np.float32) if image is None else np.ascontiguousarray(image[rows], np.float32)


def strip_of_map(good, rows, width):
    """As `strip_of`, of a map: uint8, 0 bad."""
    if good is None:
        return np.ones((1, width), np.uint8)
    strip = np.ascontiguousarray(good[rows])
    return strip if strip.dtype == np.uint8 else (strip > 0).view(np.uint8)

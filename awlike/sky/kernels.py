"""Compiled kernels for positions; see `awlike.pixels.kernels.combine` for the rules."""

import numpy as np
from numba import types
from numpy.typing import NDArray

from awlike.compiled import kernel, read_only

_PLACES = read_only(types.float64, 2)


@kernel((_PLACES, _PLACES, read_only(types.float64, 3), types.float64, types.float64, types.int32[:, ::1], types.int64[:, ::1]))
def count_offsets(sources: NDArray[np.float64], references: NDArray[np.float64], trials: NDArray[np.float64], reach: float,
                  cell: float, counts: NDArray[np.int32], peaks: NDArray[np.int64]) -> None:
    """Find, for each trial, the offset on which most pairs of source and reference agree.

    A trial is a matrix that turns the sources. Offsets up to `reach` are counted in the cells of `counts`, a square; the
    result, for each trial, is the number of pairs in a block of 2 x 2 cells, the indices of its second cell along each axis,
    and the number of all pairs.
    """
    size, per_cell = counts.shape[0], 1 / cell
    rows, columns = np.empty(references.shape[0]), np.empty(references.shape[0])
    rows[:], columns[:] = references[:, 1] * per_cell, references[:, 0] * per_cell
    for trial in range(trials.shape[0]):
        counts[:] = 0
        matrix = trials[trial]
        for source in range(sources.shape[0]):
            x = matrix[0, 0] * sources[source, 0] + matrix[0, 1] * sources[source, 1] - reach
            y = matrix[1, 0] * sources[source, 0] + matrix[1, 1] * sources[source, 1] - reach
            x, y = x * per_cell, y * per_cell
            for reference in range(np.searchsorted(rows, y), np.searchsorted(rows, y + size)):
                column = columns[reference] - x
                if 0 <= column < size:
                    counts[min(int(rows[reference] - y), size - 1), int(column)] += 1
        peaks[trial, 0], peaks[trial, 3] = -1, counts.sum()
        for row in range(1, size):
            above, here = counts[row - 1], counts[row]
            most = np.int32(-1)
            for column in range(1, size):
                most = max(most, np.int32(above[column - 1] + above[column] + here[column - 1] + here[column]))
            if most <= peaks[trial, 0]:
                continue
            for column in range(1, size):
                if above[column - 1] + above[column] + here[column - 1] + here[column] == most:
                    peaks[trial, 0], peaks[trial, 1], peaks[trial, 2] = most, column, row
                    break

"""The finite values of an image by their rank, without sorting them unless they are few; float32, on all cores."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from awlike.pixels.arrays import Array
from awlike.pixels.strips import Frame, for_strips

_CHUNK = 1 << 20  # values worked on at a time
_FEW = 1 << 18  # up to this number values are sorted, which is then quicker than to count digits
_HIGHEST = -1  # in place of a higher digit: count the higher digits
_NATIVE = (np.dtype(np.float32), np.dtype(np.uint16))


class Part(NamedTuple):
    """The statistics of the values within two bounds."""

    number: int
    median: float
    mean: float
    stdev: float


class Ordered:
    """The finite values of `data`, each to be had by its rank.

    A float32 number is two digits of 16 bits, by which numbers sort as they do by value. The first digits are counted
    once; the second digits are counted only for the first digit of the wanted value (radix select; Knuth, The Art of
    Computer Programming 3, 5.2.5).

    Parameters
    ----------
    data : array
        Any shape; taken as float32.
    good : array of the same shape, optional
        Map: values with `good` > 0 count. Default: all.
    about : float, optional
        Take the distances from this value instead. Default: the values themselves.
    """

    def __init__(self, data: Array | Frame, good: Array | Frame | None = None, about: float = float('nan')) -> None:
        data = np.asarray(data)
        self._values = np.ascontiguousarray(data if data.dtype in _NATIVE else data.astype(np.float32)).reshape(-1)
        self._good = np.empty(0, bool) if good is None else np.ascontiguousarray(np.asarray(good) > 0).reshape(-1)
        self._about = np.float32(about)
        self._up_to: dict[int, Array] = {}  # by higher digit, see `_counted`
        if self._values.size <= _FEW:
            self._sorted = self._in_order()
            self.number = self._sorted.size
        else:
            self._sorted, self._firsts = None, self._counted(_HIGHEST)
            self.number = int(self._firsts[-1])

    def value(self, rank: int) -> float:
        """Return the value of this rank; the least value has rank 0."""
        if self._sorted is not None:
            return float(self._sorted[rank])
        first = int(np.searchsorted(self._firsts, rank, 'right'))
        below = int(self._firsts[first - 1]) if first else 0
        second = int(np.searchsorted(self._counted(first), rank - below, 'right'))
        place = np.uint32(first << 16 | second)
        bits = place ^ np.uint32(0x80000000) if first >> 15 else ~place
        return float(bits.view(np.float32))

    def median(self, below: int = 0, number: int | None = None) -> float:
        """Return the median of the `number` values (default all) above the lowest `below` values."""
        number = self.number if number is None else number
        return 0.5 * (self.value(below + (number - 1) // 2) + self.value(below + number // 2))

    def within(self, lower: float, upper: float, centre: float) -> Part:
        """Return the `Part` from `lower` to `upper`; mean and stdev (N in the denominator) are exact to float64.

        `centre` is any value near the mean: sums of differences from it keep their digits.
        """
        from awlike.pixels.kernels.statistics import moments
        number, below, total, squares = self._summed(
            4, np.float64, lambda values, good, sums: moments(values, good, lower, upper, centre, sums))
        if not number:
            return Part(0, float('nan'), float('nan'), float('nan'))
        shift = total / number
        return Part(int(number), self.median(int(below), int(number)), float(centre + shift),
                    float(np.sqrt(max(squares / number - shift**2, 0.0))))

    def _in_order(self) -> Array:
        values = self._values.astype(np.float32, copy=False)
        values = values[np.isfinite(values) & (self._good if self._good.size else True)]
        return np.sort(values if np.isnan(self._about) else np.abs(values - self._about))

    def _counted(self, first: int) -> Array:
        """Return for each lower digit how many values of the higher digit `first` have this or a smaller lower digit."""
        if first not in self._up_to:
            from awlike.pixels.kernels.statistics import count_digits
            self._up_to[first] = np.cumsum(self._summed(
                1 << 16, np.int64, lambda values, good, counts: count_digits(values, good, self._about, first, counts)))
        return self._up_to[first]

    def _summed(self, size: int, dtype: type[np.number[Any]], kernel: Callable[[Array, Array, Array], None]) -> Array:
        """Return the sum of what `kernel` adds to an array of `size`, chunk after chunk."""
        def work(chunk: slice) -> Array:
            sums = np.zeros(size, dtype)
            kernel(self._values[chunk], self._good[chunk], sums)
            return sums
        chunks = for_strips(self._values.size, 1, work, _CHUNK)
        return sum(chunks, np.zeros(size, dtype))

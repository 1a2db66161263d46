"""Compiled kernels for statistics of images; see `kernels.combine` for the rules."""

import numpy as np
from numba import types
from numpy.typing import NDArray

from awlike.compiled import kernel, part, read_only
from awlike.pixels.arrays import Array, Doubles, Flags, Float, Floats, Integers

_VALUES = [read_only(dtype, 1) for dtype in (types.float32, types.uint16)]
_GOOD = read_only(types.bool_, 1)
_BLOCK = 4096  # values at a time: few enough to stay in the processor's first cache
_NOWHERE = 1 << 16  # the digit of values that do not count
_LANES = 16  # sums side by side, so that the processor adds several values at a time, always in the same order


@part
def _load(values: Array, good: Flags, about: Float, start: int, block: Floats) -> None:
    """Write the values from `start` on into `block`, NaN for those that do not count."""
    nan, infinity = np.float32(np.nan), np.float32(np.inf)
    part = values[start:start + block.size]
    for i in range(part.size, block.size):
        block[i] = nan
    for i in range(part.size):
        block[i] = np.float32(part[i]) if abs(np.float32(part[i])) < infinity else nan
    if good.size:
        part_good = good[start:start + block.size]
        for i in range(part_good.size):
            block[i] = block[i] if part_good[i] else nan
    if not np.isnan(about):
        for i in range(block.size):
            block[i] = abs(block[i] - about)


@part
def _digits(bits: NDArray[np.uint32], high: int, digits: NDArray[np.uint32]) -> None:
    """Write the digit to count of float32 numbers, given as bits; `_NOWHERE` for those that do not count."""
    exponent, sign, nowhere = np.uint32(0x7F800000), np.uint32(0x80000000), np.uint32(_NOWHERE)
    low = np.uint32(0xFFFF)
    for i in range(bits.size):
        place = bits[i] ^ (np.uint32(0xFFFFFFFF) if bits[i] & sign else sign)
        finite = bits[i] & exponent != exponent
        above = place >> np.uint32(16)
        if high < 0:
            digits[i] = above if finite else nowhere
        else:
            digits[i] = place & low if finite and above == high else nowhere


@kernel(*[(values, _GOOD, types.float32, types.int64, types.int64[::1]) for values in _VALUES])
def count_digits(values: Array, good: Flags, about: Float, high: int, counts: Integers) -> None:
    """Count the finite values by a digit of their place in the order of all float32 numbers.

    Parameters
    ----------
    values : float32 or uint16 [n]
    good : bool [n] or [0]
        Which values count; all if empty.
    about : float32
        If not NaN, distances from this are counted instead of values.
    high : int
        -1: the higher 16 bits are counted. Else the lower 16 bits are, of values whose higher bits are `high`.
    counts : int64 [65536]
        Is added to.
    """
    block, digits = np.empty(_BLOCK, np.float32), np.empty(_BLOCK, np.uint32)
    lanes = np.zeros((4, _NOWHERE + 1), np.int32)  # in turn: counting the same digit twice in a row is slow
    for start in range(0, values.size, _BLOCK):
        _load(values, good, about, start, block)
        _digits(block.view(np.uint32), high, digits)
        for i in range(0, _BLOCK, 4):
            for lane in range(4):
                lanes[lane, digits[i + lane]] += 1
    for lane in range(4):
        for digit in range(_NOWHERE):
            counts[digit] += lanes[lane, digit]


@kernel((types.Array(types.uint16, 2, 'A', readonly=True), types.int64[::1]))
def count_values(image: Array, counts: Integers) -> None:
    """Count the pixels [y, x] of each value; `counts` [65536] is added to."""
    lanes = np.zeros((4, _NOWHERE), np.int32)  # in turn: counting the same value twice in a row is slow
    for y in range(image.shape[0]):
        row = image[y]
        for x in range(row.size):
            lanes[x & 3, row[x]] += 1
    for lane in range(4):
        for value in range(_NOWHERE):
            counts[value] += lanes[lane, value]


@kernel(*[(values, _GOOD, types.float64, types.float64, types.float64, types.float64[::1]) for values in _VALUES])
def moments(values: Array, good: Flags, lower: Float, upper: Float, centre: Float, result: Doubles) -> None:
    """Sum the finite values from `lower` to `upper`: number, number below, sums of distances from `centre` and of squares.

    Parameters
    ----------
    values, good
        As in `count_digits`.
    lower, upper, centre : float64
    result : float64 [4]
        Is filled.
    """
    block = np.empty(_BLOCK, np.float32)
    kept, below, total, squares = np.zeros(_LANES), np.zeros(_LANES), np.zeros(_LANES), np.zeros(_LANES)
    for start in range(0, values.size, _BLOCK):
        _load(values, good, np.float32(np.nan), start, block)
        for first in range(0, _BLOCK, _LANES):
            for lane in range(_LANES):
                value = np.float64(block[first + lane])
                inside = lower <= value and value <= upper
                distance = value - centre if inside else 0.0
                kept[lane] += 1.0 if inside else 0.0
                below[lane] += 1.0 if value < lower else 0.0
                total[lane] += distance
                squares[lane] += distance * distance
    for i in range(result.size):
        result[i] = 0.0
    for lane in range(_LANES):
        result[0] += kept[lane]
        result[1] += below[lane]
        result[2] += total[lane]
        result[3] += squares[lane]

"""Compiled kernels for the background of the sky; see `kernels.combine` for the rules."""

import numpy as np
from numba import types
from numpy.typing import NDArray

from awlike.compiled import kernel, part, read_only
from awlike.pixels.arrays import Bytes, Doubles, Floats, Integers

_IMAGE, _MAP, _EDGES = read_only(types.float32, 2), read_only(types.uint8, 2), read_only(types.int64, 1)
_RESULT, _PIECES = types.float32[:, ::1], read_only(types.float64, 3)
_SAMPLES = 128  # pixels of a cell that tell the range of its histogram
_BINS, _RANGE = 512, 5.0  # of the histogram, which reaches this number of sigma to either side
_CLIP, _ROUNDS = 3.0, 12
_TRUNCATED = 0.98658  # standard deviation of a Gaussian of unit width, clipped at 3 sigma
_CROWDED = 0.3  # sigma between mean and median from which on the mode is no longer a matter of 2.5 median - 1.5 mean
_LEAST_SHARE = 0.25  # of the pixels of a cell must be good
_MAD_TO_SIGMA = 1.4826
_FEWEST_IN_STEPS, _MOST_STEPS, _OFF_STEP = 16, 8.0, 0.1  # gaps that tell a step, of so many steps; from a whole multiple


@part
def _sampled(image: Floats, good: Bytes, window: tuple[int, int, int, int], samples: Floats, gaps: Floats) -> int:
    """Write the good ones of pixels spread evenly over a window into `samples`, and what their neighbours to the right are
    brighter into `gaps`, 0 where that is unknown; return their number.
    """
    y0, y1, x0, x1 = window
    area = (y1 - y0) * (x1 - x0)
    step = (area // _SAMPLES) | 1  # odd, so that the samples lie in all columns
    number = 0
    for place in range(0, area, step):
        y, x = y0 + place // (x1 - x0), x0 + place % (x1 - x0)
        if good[y % good.shape[0], x] > 0 and abs(image[y, x]) < np.float32(np.inf) and number < samples.size:
            samples[number], gaps[number] = image[y, x], np.float32(0)
            if x + 1 < x1 and good[y % good.shape[0], x + 1] > 0 and abs(image[y, x + 1]) < np.float32(np.inf):
                gaps[number] = image[y, x + 1] - image[y, x]
            number += 1
    return number


@part
def _step(gaps: Floats, least: float) -> float:
    """Return the step of pixels whose differences are whole multiples of it, as those of counts are; 0 where they are not.

    A sky that was subtracted moves counts by other than whole steps, and neighbours by the same. A step below `least` does not
    matter.
    """
    step, number, total, multiples = np.inf, 0, 0.0, 0.0
    for gap in gaps:
        if abs(gap) > least:
            step = min(step, float(abs(gap)))
    for gap in gaps:
        multiple = abs(gap) / step
        if least < abs(gap) and multiple < _MOST_STEPS:
            if abs(multiple - np.rint(multiple)) > _OFF_STEP:
                return 0.0
            number, total, multiples = number + 1, total + abs(gap), multiples + np.rint(multiple)
    return total / multiples if number >= _FEWEST_IN_STEPS else 0.0


@part
def _phase(samples: Floats, origin: float, step: float) -> float:
    """Return where the nearest of the values in steps is, from `origin`."""
    along, across = 0.0, 0.0
    for value in samples:
        turn = 2 * np.pi * (value - origin) / step
        along, across = along + np.cos(turn), across + np.sin(turn)
    return np.arctan2(across, along) / (2 * np.pi) * step


@part
def _histogram(image: Floats, good: Bytes, window: tuple[int, int, int, int], lowest: float, scale: float,
               lanes: NDArray[np.int32]) -> int:
    """Count the good pixels of a window in the bins, in several lanes; return how many pixels are good."""
    y0, y1, x0, x1 = window
    lanes[:] = 0
    low, factor, top = np.float32(lowest), np.float32(scale), np.float32(_BINS + 1)
    zero, one, nowhere = np.float32(0), np.float32(1), _BINS + 2
    for y in range(y0, y1):
        row, mask = image[y], good[y % good.shape[0]]
        for x in range(x0, x1):
            place = (row[x] - low) * factor + one
            finite = abs(row[x]) < np.float32(np.inf)
            place = min(max(place, zero), top) if finite else top
            lanes[x & 1, int(place) if mask[x] > 0 and finite else nowhere] += 1
    return (y1 - y0) * (x1 - x0) - lanes[0, nowhere] - lanes[1, nowhere]


@part
def _clipped(counts: Integers) -> tuple[float, float, float]:
    """Return mean, median and standard deviation [bins] of what is counted, clipped again and again."""
    first, last = 0, counts.size
    mean, median, deviation = 0.0, 0.0, 0.0
    for _ in range(_ROUNDS):
        number, total, squares = 0, 0.0, 0.0
        for k in range(first, last):
            number += counts[k]
            total += counts[k] * (k + 0.5)
            squares += counts[k] * (k + 0.5) ** 2
        if number == 0:
            return np.nan, np.nan, np.nan
        mean = total / number
        deviation = np.sqrt(max(squares / number - mean * mean, 0.0))
        below, k = 0, first
        while below + counts[k] < 0.5 * number:
            below += counts[k]
            k += 1
        median = k + (0.5 * number - below) / counts[k]
        low, high = max(first, int(median - _CLIP * deviation)), min(last, int(median + _CLIP * deviation) + 1)
        if low == first and high == last:
            break
        first, last = low, high
    return mean, median, deviation


@part
def _measured(image: Floats, good: Bytes, window: tuple[int, int, int, int], samples: Floats, gaps: Floats,
              lanes: NDArray[np.int32], counts: Integers) -> tuple[float, float]:
    """Return level and noise of a window; NaN where too few pixels are good."""
    y0, y1, x0, x1 = window
    number = _sampled(image, good, window, samples, gaps)
    if number == 0:
        return np.nan, np.nan
    middle = float(np.median(samples[:number]))
    deviations = np.abs(samples[:number] - np.float32(middle))
    sigma = _MAD_TO_SIGMA * float(np.median(deviations))
    constant = sigma <= 0
    sigma = 1.0 if constant else sigma
    bin_width = 2 * _RANGE * sigma / _BINS
    lowest = middle - _RANGE * sigma
    step = _step(gaps[:number], bin_width / 2)
    if step > 0:  # each bin holds the same number of steps, in its middle: else the median would be that of a single step
        bin_width = step * np.ceil(bin_width / step)
        lowest = middle + _phase(samples[:number], middle, step) - 0.5 * step - bin_width * (_BINS // 2)
    usable = _histogram(image, good, window, lowest, 1 / bin_width, lanes)
    if usable < _LEAST_SHARE * (y1 - y0) * (x1 - x0):
        return np.nan, np.nan
    if constant:
        return middle, 0.0
    for k in range(counts.size):
        counts[k] = lanes[0, k + 1] + lanes[1, k + 1]
    mean, median, deviation = _clipped(counts)
    mode = 2.5 * median - 1.5 * mean if abs(mean - median) < _CROWDED * deviation else median
    return lowest + bin_width * mode, bin_width * deviation / _TRUNCATED


@kernel((_IMAGE, _MAP, _EDGES, _EDGES, types.int64, types.int64, _RESULT, _RESULT))
def measure_cells(image: Floats, good: Bytes, down: Integers, across: Integers, first: int, last: int, levels: Floats,
                  noises: Floats) -> None:
    """Write level and noise of the rows of cells from `first` to before `last`; NaN where too few pixels are good.

    Parameters
    ----------
    image : float32 [y, x]
    good : uint8 [y, x] or [1, x]
        0 bad. Pixels that are not finite do not count either.
    down, across : int64 [rows + 1], [columns + 1]
        The first pixel of each cell, and the end of the last.
    first, last : int
    levels, noises : float32 [row, column]
        Are filled.
    """
    samples, gaps, counts = np.empty(2 * _SAMPLES, np.float32), np.empty(2 * _SAMPLES, np.float32), np.zeros(_BINS, np.int64)
    lanes = np.zeros((2, _BINS + 3), np.int32)  # counting in the same bin twice in a row is slow
    for j in range(first, last):
        for i in range(across.size - 1):
            window = (down[j], down[j + 1], across[i], across[i + 1])
            level, noise = _measured(image, good, window, samples, gaps, lanes, counts)
            levels[j, i], noises[j, i] = np.float32(level), np.float32(noise)


@part
def _spline_row(pieces: Doubles, y: int, step: float, row: Floats) -> None:
    """Write the cubic spline of a row into `row`."""
    number, width = pieces.shape[1], row.size
    for piece in range(number):
        node = (piece + 0.5) * step - 0.5
        start = 0 if piece == 0 else int(np.ceil(node))
        stop = width if piece == number - 1 else min(int(np.ceil(node + step)), width)
        a, b, c, d = (np.float32(pieces[0, piece, y]), np.float32(pieces[1, piece, y]),
                      np.float32(pieces[2, piece, y]), np.float32(pieces[3, piece, y]))
        origin = np.float32(node)
        for x in range(start, stop):
            t = np.float32(x) - origin
            row[x] = ((a * t + b) * t + c) * t + d


@kernel((_PIECES, types.float64, types.float64, types.boolean, _RESULT))
def evaluate_rows(pieces: Doubles, step: float, lowest: float, squared: bool, result: Floats) -> None:
    """Write cubic splines along rows, at least `lowest`, or their squares, into `result` [y, x].

    Parameters
    ----------
    pieces : float64 [4, piece, y]
        Coefficients of each piece about its first node, the cube first. Node i is at (i + 0.5) step - 0.5.
    step : float
        Distance of the nodes [pixels].
    lowest : float
    squared : bool
    result : float32 [y, x]
        Is filled.
    """
    for y in range(result.shape[0]):
        row, least = result[y], np.float32(lowest)
        _spline_row(pieces, y, step, row)
        for x in range(row.size):
            value = max(row[x], least)
            row[x] = value * value if squared else value


@kernel((_PIECES, types.float64, _IMAGE, _RESULT))
def subtract_rows(pieces: Doubles, step: float, image: Floats, result: Floats) -> None:
    """Write rows of an image less cubic splines into `result` [y, x]; see `evaluate_rows`."""
    levels = np.empty(result.shape[1], np.float32)
    for y in range(result.shape[0]):
        _spline_row(pieces, y, step, levels)
        for x in range(levels.size):
            result[y, x] = image[y, x] - levels[x]

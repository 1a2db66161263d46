"""Compiled kernels for ensembles; see `awlike.pixels.kernels.combine` for the rules.

An observation is one measurement of one star: its frame, its pixel (x, y) scaled to -1 .. 1, its weight, and its value, which
is a pair relative to a place near the star. Observations lie in the order of their stars; those of star s run from `first[s]`
to `first[s + 1]`. A correction of a frame is a polynomial of x and y, a pair of coefficients for each product of Legendre
polynomials in the order of `polynomials.terms`.

A star has a place and a motion, which are eliminated: what is left of an observation is its residual against the best star. A
star that is known enters as one more observation of its place, and one of its motion.
"""

import numpy as np
from numba import types
from numpy.typing import NDArray

from awlike.compiled import kernel, part, read_only

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]
Numbers = NDArray[np.int32]

_PAIRS, _STARS = read_only(types.float64, 3), read_only(types.float64, 1)
_NUMBERS, _SINGLES, _FIRST = read_only(types.int32, 1), read_only(types.float32, 1), read_only(types.int64, 1)
_VALUES, _PLACES = read_only(types.float32, 2), read_only(types.float64, 2)
_OBSERVATIONS = (_NUMBERS, _SINGLES, _SINGLES, _SINGLES, _SINGLES, _VALUES, _FIRST)


@part
def _products(x: float, y: float, degree: int, along_x: Doubles, along_y: Doubles, found: Doubles) -> None:
    """Write the products of Legendre polynomials up to a total degree."""
    along_x[0] = along_y[0] = found[0] = 1.0
    if degree > 0:
        along_x[1], along_y[1] = x, y
    for n in range(1, degree):
        along_x[n + 1] = ((2 * n + 1) * x * along_x[n] - n * along_x[n - 1]) / (n + 1)
        along_y[n + 1] = ((2 * n + 1) * y * along_y[n] - n * along_y[n - 1]) / (n + 1)
    term = 1
    for total in range(1, degree + 1):
        for j in range(total + 1):
            found[term] = along_x[total - j] * along_y[j]
            term += 1


@part
def _best_star(weight: Floats, time: Floats, observed: Doubles, begin: int, end: int, known: float, still: float,
               place: Doubles, motion: Doubles) -> tuple[float, float, float]:
    """Write place and motion of a star from its observations; return the sums of weights, weighted times and their squares."""
    sum0, sum1, sum2 = known, 0.0, still
    for axis in range(2):
        place[axis] = motion[axis] = 0.0
    for i in range(begin, end):
        w, t = weight[i], time[i]
        sum0 += w
        sum1 += w * t
        sum2 += w * t * t
        for axis in range(2):
            place[axis] += w * observed[i - begin, axis]
            motion[axis] += w * t * observed[i - begin, axis]
    determinant = sum0 * sum2 - sum1 * sum1
    if determinant > 0:
        for axis in range(2):
            a, b = place[axis], motion[axis]
            place[axis] = (sum2 * a - sum1 * b) / determinant
            motion[axis] = (sum0 * b - sum1 * a) / determinant
    return sum0, sum1, sum2


@kernel((*_OBSERVATIONS, _PLACES, _STARS, _STARS, _PAIRS, types.float64, types.int64, types.float64[:, :, ::1]))
def gradient(frame: Numbers, x: Floats, y: Floats, weight: Floats, time: Floats, value: Floats, first: NDArray[np.int64],
             known_place: Doubles, known: Doubles, still: Doubles, coefficients: Doubles, share: float, degree: int,
             found: Doubles) -> None:
    """Write for each coefficient the sum of weight x residual x term.

    `share` is 1, or 0 for what the corrections alone do, as if all values were 0. `known` and `still` are the weights of what
    is known of the place [star] and of the motion; the known place [star, 2] is that of the reference.
    """
    terms, longest = found.shape[1], 0
    for star in range(first.size - 1):
        longest = max(longest, first[star + 1] - first[star])
    along_x, along_y = np.empty(degree + 1), np.empty(degree + 1)
    products, observed = np.empty((longest, terms)), np.empty((longest, 2))
    place, motion = np.empty(2), np.empty(2)
    found[:] = 0.0
    for star in range(first.size - 1):
        begin, end = first[star], first[star + 1]
        for i in range(begin, end):
            row = products[i - begin]
            _products(x[i], y[i], degree, along_x, along_y, row)
            own = coefficients[frame[i]]
            one, two = 0.0, 0.0
            for k in range(terms):
                one += row[k] * own[k, 0]
                two += row[k] * own[k, 1]
            observed[i - begin, 0] = share * (value[i, 0] - known_place[star, 0]) + one
            observed[i - begin, 1] = share * (value[i, 1] - known_place[star, 1]) + two
        _best_star(weight, time, observed, begin, end, known[star], still[star], place, motion)
        for i in range(begin, end):
            row, into = products[i - begin], found[frame[i]]
            one = weight[i] * (observed[i - begin, 0] - place[0] - motion[0] * time[i])
            two = weight[i] * (observed[i - begin, 1] - place[1] - motion[1] * time[i])
            for k in range(terms):
                into[k, 0] += row[k] * one
                into[k, 1] += row[k] * two


@kernel((*_OBSERVATIONS, _PLACES, _STARS, _STARS, _PAIRS, types.int64, types.float32[:, ::1], types.float32[::1],
         types.float64[:, ::1]))
def residuals(frame: Numbers, x: Floats, y: Floats, weight: Floats, time: Floats, value: Floats, first: NDArray[np.int64],
              known_place: Doubles, known: Doubles, still: Doubles, coefficients: Doubles, degree: int, left: Floats,
              hold: Floats, stars: Doubles) -> None:
    """Write what is left of each observation against its star, how much it holds its star, and the stars.

    The hold of an observation is the part of its star that it decides, 0 to 1. A row of `stars` has the pair of the place, the
    pair of the motion, and the weight of the place.
    """
    terms, longest = coefficients.shape[1], 0
    for star in range(first.size - 1):
        longest = max(longest, first[star + 1] - first[star])
    along_x, along_y, row = np.empty(degree + 1), np.empty(degree + 1), np.empty(terms)
    observed, place, motion = np.empty((longest, 2)), np.empty(2), np.empty(2)
    for star in range(first.size - 1):
        begin, end = first[star], first[star + 1]
        for i in range(begin, end):
            _products(x[i], y[i], degree, along_x, along_y, row)
            for axis in range(2):
                total = value[i, axis] - known_place[star, axis]
                for k in range(terms):
                    total += row[k] * coefficients[frame[i], k, axis]
                observed[i - begin, axis] = total
        sum0, sum1, sum2 = _best_star(weight, time, observed, begin, end, known[star], still[star], place, motion)
        determinant = sum0 * sum2 - sum1 * sum1
        for axis in range(2):
            stars[star, axis], stars[star, 2 + axis] = place[axis], motion[axis]
        stars[star, 4] = determinant / sum2 if sum2 > 0 else 0.0
        for i in range(begin, end):
            t = time[i]
            hold[i] = weight[i] * (sum2 - 2 * t * sum1 + t * t * sum0) / determinant if determinant > 0 else 1.0
            for axis in range(2):
                left[i, axis] = observed[i - begin, axis] - place[axis] - motion[axis] * t


@kernel((*_OBSERVATIONS, _SINGLES, types.int64, types.float64[:, :, ::1]))
def own_blocks(frame: Numbers, x: Floats, y: Floats, weight: Floats, time: Floats, value: Floats, first: NDArray[np.int64],
               hold: Floats, degree: int, found: Doubles) -> None:
    """Write for each frame the part of the normal matrix that concerns its correction alone, [frame, term, term]."""
    terms = found.shape[1]
    along_x, along_y, row = np.empty(degree + 1), np.empty(degree + 1), np.empty(terms)
    found[:] = 0.0
    for i in range(frame.size):
        free = weight[i] * (1.0 - hold[i])
        if free <= 0:
            continue
        _products(x[i], y[i], degree, along_x, along_y, row)
        into = found[frame[i]]
        for k in range(terms):
            factor = free * row[k]
            for m in range(k + 1):
                into[k, m] += factor * row[m]
    for one in range(found.shape[0]):
        for k in range(terms):
            for m in range(k):
                found[one, m, k] = found[one, k, m]


@part
def _slot(column: int, row: int, size: int) -> int:
    """Return where in a table of `size`, a power of 2, the search for a cell begins."""
    return ((column * 73856093) ^ (row * 19349663)) & (size - 1)


@kernel((_PLACES, _NUMBERS, types.float64, types.int64[::1], types.int64[::1], types.float64[:, ::1], types.int64[::1],
         types.int64[::1]))
def group(places: Doubles, exposure: Numbers, radius: float, star: NDArray[np.int64], head: NDArray[np.int64], mean: Doubles,
          following: NDArray[np.int64], counts: NDArray[np.int64]) -> None:
    """Write the star of each measurement: the nearest within `radius`, if no other of its exposure is nearer; else a new one.

    Measurements lie in the order of their exposures. `head` (all -1; its length a power of 2) finds the stars of a cell;
    `mean`, `following` and `counts` have room for a star for each measurement. A star is where the mean of its measurements
    is.
    """
    n, size, cell, stars, begin = places.shape[0], head.size, 2 * radius, 0, 0
    taken, distance = np.full(n, -1, np.int64), np.empty(n)
    while begin < n:
        end = begin
        while end < n and exposure[end] == exposure[begin]:
            end += 1
        known = stars
        for i in range(begin, end):  # which star each is nearest to, and which of them each star takes
            star[i] = -1
            column, row = int(np.floor(places[i, 0] / cell)), int(np.floor(places[i, 1] / cell))
            least = radius * radius
            for near in range(9):
                one = head[_slot(column + near // 3 - 1, row + near % 3 - 1, size)]
                while one >= 0:
                    apart = (mean[one, 0] - places[i, 0]) ** 2 + (mean[one, 1] - places[i, 1]) ** 2
                    if apart <= least:
                        least, star[i] = apart, one
                    one = following[one]
            found = star[i]
            if found >= 0 and (taken[found] < begin or least < distance[found]):
                taken[found], distance[found] = i, least
        for i in range(begin, end):
            found = star[i]
            if found >= 0 and found < known and taken[found] == i:
                for axis in range(2):
                    mean[found, axis] += (places[i, axis] - mean[found, axis]) / (counts[found] + 1)
                counts[found] += 1
                continue
            star[i], counts[stars] = stars, 1
            mean[stars, 0], mean[stars, 1] = places[i, 0], places[i, 1]
            slot = _slot(int(np.floor(places[i, 0] / cell)), int(np.floor(places[i, 1] / cell)), size)
            following[stars], head[slot] = head[slot], stars
            stars += 1
        begin = end

"""The stars of a frame among those of a catalogue, when nobody knows exactly where the telescope pointed.

All places are in a plane, [n, 2], arcsec.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree  # pyrefly: ignore[missing-module-attribute]  # scipy has it, but no type for it
from scipy.special import gammainc

Doubles = NDArray[np.float64]

SYMMETRIES = np.array([[[1, 0], [0, 1]], [[-1, 0], [0, 1]], [[1, 0], [0, -1]], [[-1, 0], [0, -1]],
                       [[0, 1], [1, 0]], [[0, -1], [-1, 0]], [[0, 1], [-1, 0]], [[0, -1], [1, 0]]], float)
_STEP = 0.0056  # of rotation (rad) and scale from trial to trial
_CELL = 0.004  # of the radius of the frame: what rotation and scale between two trials leave
_CELLS = 300  # along an axis, at most
_NUMBERS = (120, 400)  # the brightest sources that are compared, at first and at last
_OUTSTANDING = (-1.0, np.inf)  # log10 of the probability of an offset's pairs by chance, to be looked at closely
_CANDIDATES = 4  # offsets of each round that are looked at closely
_CLEAR = 2.0  # of the least chance, in the logarithm: no other candidate can be better by chance
_FREE = 3  # stars that an affine transformation fits whatever they are


@dataclass(frozen=True)
class Search:
    """How far a header may be wrong."""

    offset: float = 300.0  # arcsec
    rotation: float = 1.0  # deg
    scale: float = 0.005  # of the scale
    any_parity: bool = True  # flips about the middle of the frame, and turns by 90 degrees, are tried, too


@dataclass(frozen=True)
class Pattern:
    """An affine transformation from sources to references: `matrix @ source + offset`, and how sure it is."""

    matrix: Doubles  # [2, 2]
    offset: Doubles  # [2], arcsec
    pairs: int  # that agree
    chance: float  # log10 of the probability that so many agree by chance


def find_pattern(sources: Doubles, references: Doubles, half_sides: tuple[float, float], pixel: float, search: Search,
                 least_chance: float) -> tuple[Pattern | None, Pattern | None]:
    """Return the transformation that brings sources onto references, and the best of those that may be chance.

    Parameters
    ----------
    sources, references : array [n, 2]
        Places in the plane, relative to the middle of the frame, the brightest first.
    half_sides : pair of float
        Of the frame in the plane.
    pixel : float
        Its size.
    search : Search
        How far the sources may lie from their references.
    least_chance : float
        The first transformation is one whose `chance` is smaller.

    Returns
    -------
    tuple of Pattern or None
        The transformation, None if none is better than chance; and the best that was looked at.
    """
    cell = max(2 * pixel, _CELL * float(np.hypot(*half_sides)), 2 * search.offset / _CELLS)
    tree, best, tried = cKDTree(references, balanced_tree=False, compact_nodes=False), None, 0
    for near, far, trials, outstanding in _rounds(sources, references, half_sides, search):
        tried += len(trials)
        for matrix, offset in _candidates(near, far, trials, search.offset, cell, outstanding):
            found = _refined(sources, references, tree, matrix, offset, cell, half_sides, tried * (2 * search.offset) ** 2)
            if found and (best is None or found.chance < best.chance):
                best = found
            if best and best.chance < _CLEAR * least_chance:
                break
        if best and best.chance < least_chance:
            return best, best
    return None, best


def _rounds(sources: Doubles, references: Doubles, half_sides: tuple[float, float],
            search: Search) -> Iterator[tuple[Doubles, Doubles, Doubles, float]]:
    """Return brightest sources, as many references of the same area, trial matrices, and how much an offset must stand out."""
    angles, scales = _steps(np.radians(search.rotation)), 1 + _steps(search.scale)
    turns = np.array([[[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]] for angle in angles])
    trials = np.multiply.outer(scales, turns).reshape(-1, 2, 2)
    larger = np.prod([1 + search.offset / half for half in half_sides])  # than the frame is the area of references
    sets = [slice(0, 1), slice(1, 4), slice(4, 8)] if search.any_parity else [slice(0, 1)]
    done = None
    for number, outstanding in zip(_NUMBERS, _OUTSTANDING, strict=True):
        near, far = sources[:number], references[:int(number * larger)]
        if (len(near), len(far)) == done:
            return
        done = len(near), len(far)
        for some in sets:
            yield near, far, np.ascontiguousarray((trials[None] @ SYMMETRIES[some, None]).reshape(-1, 2, 2)), outstanding


def _steps(limit: float) -> Doubles:
    """Return the middles of equal steps between the limits; each lies so near that the next round finds the rest."""
    number = max(int(np.ceil(2 * limit / _STEP)), 1)
    return limit * (2 * np.arange(number) + 1 - number) / number


def _candidates(sources: Doubles, references: Doubles, trials: Doubles, reach: float,
                cell: float, outstanding: float) -> Iterator[tuple[Doubles, Doubles]]:
    """Return the trials on whose offset most pairs agree, and this offset, if they are so `outstanding`."""
    from awlike.sky.kernels import count_offsets  # late: numba takes 0.3 s
    size = int(np.ceil(2 * reach / cell)) + 1
    counts, peaks = np.zeros((size, size), np.int32), np.zeros((len(trials), 4), np.int64)
    count_offsets(np.ascontiguousarray(sources), references[np.argsort(references[:, 1])], trials, reach, cell, counts, peaks)
    for trial in np.argsort(-peaks[:, 0], kind='stable')[:_CANDIDATES]:
        pairs, column, row, everywhere = peaks[trial]
        if _chance(int(pairs), 4 * everywhere / size**2) + np.log10(len(trials) * size**2) < outstanding:
            yield trials[trial], np.array([column, row]) * cell - reach


def _refined(sources: Doubles, references: Doubles, tree: cKDTree, matrix: Doubles, offset: Doubles, cell: float,
             half_sides: tuple[float, float], area: float) -> Pattern | None:
    """Return a candidate after a fit to its pairs, with the probability of chance; None where pairs are too few.

    `area` is that of all offsets that were tried, arcsec**2.
    """
    near, reach = sources[:_NUMBERS[-1]], 1.5 * cell
    for factor in (1.0, 0.8, 0.6, 0.4):
        distance, nearest = tree.query(near @ matrix.T + offset, distance_upper_bound=reach * factor)
        found = np.isfinite(distance)
        if found.sum() <= _FREE:
            return None
        fit = np.column_stack([near[found], np.ones(found.sum())])
        solution = np.linalg.lstsq(fit, references[nearest[found]], rcond=None)[0]
        turned = solution[:2].T
        if np.abs(turned - matrix).max() > 0.05:
            return None
        matrix, offset = turned, solution[2]
    placed = near @ matrix.T + offset
    distance, nearest = tree.query(placed, distance_upper_bound=cell)
    inside = np.all(np.abs((references - offset) @ np.linalg.inv(matrix).T) < half_sides, axis=1).sum()
    density = len(near) * inside / (4 * half_sides[0] * half_sides[1])
    best = Pattern(matrix, offset, 0, 0.0)
    for radius in cell * np.array([0.5, 0.25, 0.125, 0.0625]):
        pairs = len(np.unique(nearest[distance < radius]))
        chance = _chance(pairs - _FREE, density * np.pi * radius**2) + np.log10(4 * area / radius**2)
        if chance < best.chance:
            best = Pattern(matrix, offset, pairs, float(chance))
    return best if best.pairs else None


def _chance(number: int, expected: float) -> float:
    """Return log10 of the probability of that number or more, where so many are expected."""
    if number <= 0 or expected <= 0:
        return 0.0
    probability = gammainc(number, expected)
    if probability > 1e-300:
        return float(np.log10(probability))
    from scipy.special import gammaln
    return float((number * np.log(expected) - expected - gammaln(number + 1)) / np.log(10))

"""A robust fit of a polynomial to the stars of a frame. Places in the plane are in arcsec."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree  # pyrefly: ignore[missing-module-attribute]  # scipy has it, but no type for it

from awlike.sky.polynomials import design, terms

Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]

CLIP = 4.0  # sigma, in two dimensions: 3 of 10,000 good pairs are farther
_STARS_A_TERM = 2.5
_ROUNDS, _CLIPPINGS = 12, 6
_MEDIAN = 2 * np.log(2)  # of chi2 with two degrees of freedom
_REACHES = (4.0, 10.0, 2.0)  # pixels: where the first pairs are looked for
_GOOD = 1.0, 0.1  # the excess, of the given errors and of a pixel, that a good fit has at most
_FARTHEST = 2.5  # sigma within which a pair is looked for, of CLIP


@dataclass(frozen=True)
class Fit:
    """A polynomial from scaled pixels to the plane, and the pairs that it was fitted to."""

    coefficients: Doubles  # [terms, 2], arcsec
    degree: int
    source: Integers
    reference: Integers
    residuals: Doubles  # [n, 2]: source less reference, arcsec
    sigma: Doubles  # [n]: the given error of each pair along an axis, arcsec
    excess: float  # arcsec: what these errors do not tell
    covariance: Doubles  # [terms, terms], arcsec**2: of the coefficients along an axis

    @property
    def typical(self) -> float:
        """The error of a typical pair along an axis, arcsec."""
        return float(np.sqrt(np.median(self.sigma) ** 2 + self.excess**2))


def fit_plate(pixels: Doubles, predicted: Doubles, places: Doubles, errors: tuple[Doubles, Doubles], reach: float,
              least: float, degree: int) -> Fit | None:
    """Return the polynomial that brings sources onto reference stars.

    Pairs are the nearest of each other. The reach shrinks with the residuals, and the degree grows as the fit holds.

    Parameters
    ----------
    pixels : array [sources, 2]
        Scaled to -1 .. 1.
    predicted : array [sources, 2]
        Where a first solution has the sources, arcsec.
    places : array [references, 2]
        Where the reference stars are, arcsec.
    errors : pair of arrays
        Of sources and of references along an axis, arcsec.
    reach, least : float
        The largest distance of a first pair, and the shortest to which it shrinks, arcsec.
    degree : int
        Of the polynomial; that of the result is lower where stars are few.

    Returns
    -------
    Fit or None
        None where fewer than 4 pairs are left.
    """
    tree, matrix = cKDTree(places, balanced_tree=False, compact_nodes=False), design(pixels[:, 0], pixels[:, 1], degree)
    now, last, fit = 1, None, None
    for _ in range(_ROUNDS):
        source, reference, distance = _pairs(tree, predicted, reach)
        sigma = np.hypot(errors[0][source], errors[1][reference])
        kept = np.ones(len(source), bool) if fit is None else distance < 2 * CLIP * np.hypot(sigma, fit.excess)
        now_degree, excess = now, 0.0
        for _ in range(_CLIPPINGS):
            if kept.sum() < 4:
                return fit
            now_degree = _allowed(now, int(kept.sum()))
            own = matrix[source, :len(terms(now_degree))]
            coefficients, excess, free = _weighted(own[kept], places[reference[kept]], sigma[kept])
            variance = sigma**2 + excess**2
            hold = np.sum((own @ free) * own, axis=1) / variance  # how much a pair bends the fit to itself, or could
            squares = np.sum((own @ coefficients - places[reference]) ** 2, axis=1)
            good = squares < CLIP**2 * variance * np.where(kept, np.maximum(1 - hold, 0.01), 1 + hold)
            if np.array_equal(good, kept):
                break
            kept = good
        if kept.sum() < 4:
            return fit
        used = source[kept], reference[kept]
        fit = _result(matrix, places, used, sigma[kept], now_degree, excess)
        predicted = matrix[:, :len(terms(now_degree))] @ fit.coefficients
        if now >= degree and last is not None and np.array_equal(last, used[0]):
            break
        last, now = used[0] if now == degree else None, min(now + 1, degree)  # only the full degree brings the corners in
        reach = min(reach, max(_FARTHEST * CLIP * fit.typical, reach / 4, least))
    return fit


def best_fit(pixels: Doubles, predicted: Doubles, places: Doubles, errors: tuple[Doubles, Doubles], pixel: float,
             degree: int) -> Fit | None:
    """Return the best of several fits as `fit_plate`, each from another reach; a good first one ends the search.

    Chance pairs in the corners can hold a fit in a wrong state: its residuals tell.
    """
    fits = []
    for reach in _REACHES:
        fit = fit_plate(pixels, predicted, places, errors, reach * pixel, _REACHES[-1] * pixel, degree)
        if fit:
            fits.append(fit)
            if fit.degree == degree and fit.excess <= max(_GOOD[0] * float(np.median(fit.sigma)), _GOOD[1] * pixel):
                break
    return max(fits, key=lambda fit: len(fit.source) * np.log(max(_REACHES) * pixel / fit.typical), default=None)


def _allowed(degree: int, stars: int) -> int:
    """Return the degree that so many stars can bear."""
    while degree > 1 and stars < _STARS_A_TERM * len(terms(degree)):
        degree -= 1
    return degree


def _pairs(tree: cKDTree, predicted: Doubles, reach: float) -> tuple[Integers, Integers, Doubles]:
    """Return sources and references that are each the nearest of the other, and their distances."""
    distance, nearest = tree.query(predicted, distance_upper_bound=reach)
    source = np.flatnonzero(np.isfinite(distance))
    order = source[np.argsort(distance[source], kind='stable')]
    first = np.unique(nearest[order], return_index=True)[1]
    source = np.sort(order[first])
    return source, nearest[source], distance[source]


def _weighted(matrix: Doubles, places: Doubles, sigma: Doubles) -> tuple[Doubles, float, Doubles]:
    """Return the coefficients of a weighted fit, the excess of its residuals over the given errors, and the covariance."""
    excess = 0.0 if sigma.all() else 1.0
    coefficients, normal = np.zeros((matrix.shape[1], 2)), np.eye(matrix.shape[1])
    for _ in range(3):
        weighted = matrix.T / (sigma**2 + excess**2)  # terms are scaled: the normal equations are good enough, and quick
        normal = weighted @ matrix
        coefficients = np.asarray(np.linalg.lstsq(normal, weighted @ places, rcond=1e-13)[0], float)
        excess = _excess(matrix @ coefficients - places, sigma, matrix.shape[1])
        if not excess:
            break
        excess = max(excess, 1e-6)
    return coefficients, excess, np.asarray(np.linalg.pinv(normal, hermitian=True), float)


def _excess(residuals: Doubles, sigma: Doubles, free: int) -> float:
    """Return the error beside `sigma` that makes the median of chi2 what it should be; 0 where `sigma` is enough."""
    squares = np.sum(residuals**2, axis=1) * len(residuals) / max(len(residuals) - free, 1)
    given, half = sigma**2, len(squares) // 2
    if sigma.all() and _middle(squares / given, half) <= _MEDIAN * (1 + 2 / np.sqrt(len(squares))):
        return 0.0
    low, high = 0.0, float(_middle(squares, half)) / _MEDIAN + 1e-12  # no more than without given errors
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (middle, high) if _middle(squares / (given + middle), half) > _MEDIAN else (low, middle)
    return float(np.sqrt(high))


def _middle(values: Doubles, half: int) -> float:
    """Return the value in the middle; faster than the median of numpy."""
    return np.partition(values, half)[half]


def _result(matrix: Doubles, places: Doubles, used: tuple[Integers, Integers], sigma: Doubles, degree: int,
            excess: float) -> Fit:
    """Return the last fit to the pairs that are left."""
    own = matrix[used[0], :len(terms(degree))]
    weights = 1 / np.sqrt(sigma**2 + excess**2)
    weighted = own * weights[:, None]
    coefficients = np.asarray(np.linalg.lstsq(weighted, places[used[1]] * weights[:, None], rcond=None)[0], float)
    return Fit(coefficients, degree, *used, own @ coefficients - places[used[1]], sigma, excess,
               np.asarray(np.linalg.pinv(weighted.T @ weighted), float))

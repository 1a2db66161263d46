"""Smooth surfaces: polynomials in x and y, fitted without outliers."""

from collections.abc import Sequence

import numpy as np

from awlike.pixels.arrays import Array, Flags
from awlike.pixels.statistics import MAD_TO_SIGMA

_ROUNDS = 20


def terms(degree: int) -> list[tuple[int, int]]:
    """Return the powers (i, j) of x and y in the terms of a polynomial of this degree, in order: (0, 0), (1, 0), (0, 1) ..."""
    return [(total - j, j) for total in range(degree + 1) for j in range(total + 1)]


def basis(x: Array, y: Array, degree: int) -> Array:
    """Return the terms of a polynomial at each place: float64 [term, ...], in the order of `terms`."""
    x, y = np.broadcast_arrays(np.asarray(x, float), np.asarray(y, float))
    return np.array([x**i * y**j for i, j in terms(degree)])


def evaluated(coefficients: Sequence[float] | Array, shape: tuple[int, ...], rows: slice) -> Array:
    """Return a polynomial in x / width and y / height on rows of an image of this shape: float64 [y, x].

    `coefficients` are in the order of `terms`; terms beyond the last coefficient are 0.
    """
    degree = max(i + j for i, j in terms(len(coefficients))[:len(coefficients)])
    powers = np.zeros((degree + 1, degree + 1))
    for (i, j), number in zip(terms(degree), coefficients, strict=False):  # the last terms can be left out
        powers[j, i] = number
    y, x = np.arange(rows.start, rows.stop) / shape[0], np.arange(shape[1]) / shape[1]
    return np.polynomial.polynomial.polygrid2d(y, x, powers)


def normal_equations(columns: Array, values: Array) -> tuple[Array, Array]:
    """Return the products of `columns` [k, n] with each other and with `values` [n]: [k, k] and [k].

    `@` does not serve: its sums depend on how many threads the linear algebra library has.
    """
    return np.einsum('in,jn->ij', columns, columns), np.einsum('in,n->i', columns, values)


def clipped_fit(columns: Array, values: Array, nsigma: float) -> tuple[Array, Flags]:
    """Fit by least squares, again and again without the values beyond `nsigma` robust standard deviations.

    Parameters
    ----------
    columns : array [k, n]
        The functions that are fitted, at n places; n >= k.
    values : array [n]
        Finite.
    nsigma : float
        Half width of the range kept.

    Returns
    -------
    tuple
        Coefficients (float64 [k]) and which values were kept (bool [n]).
    """
    coefficients, before, kept = np.zeros(len(columns)), np.zeros(values.size, bool), np.ones(values.size, bool)
    for _ in range(_ROUNDS):
        products, sums = normal_equations(columns[:, kept], values[kept])
        coefficients = np.linalg.lstsq(products, sums)[0]
        residuals = values - sum(one * column for one, column in zip(coefficients, columns, strict=True))
        sigma = MAD_TO_SIGMA * np.median(np.abs(residuals[kept]))
        before, kept = kept, np.abs(residuals) <= nsigma * sigma
        if kept.sum() <= len(columns) or np.array_equal(before, kept):
            return coefficients, before
    return coefficients, before

"""Polynomials of two variables: `c[i, j]` belongs to x**i y**j, and is 0 where i + j exceeds the degree."""

import numpy as np
from numpy.typing import ArrayLike

from awlike.sky.sphere import Doubles


def terms(degree: int, lowest: int = 0) -> list[tuple[int, int]]:
    """Return the exponents (i, j) of all terms from degree `lowest` to `degree`, the lower degrees first."""
    return [(total - j, j) for total in range(lowest, degree + 1) for j in range(total + 1)]


def degree_of_terms(number: int) -> int:
    """Return the degree of a polynomial with so many terms."""
    return int((np.sqrt(8 * number + 1) - 3) / 2)


def design(x: Doubles, y: Doubles, degree: int) -> Doubles:
    """Return the value of each of the `terms` at each place, [places, terms]."""
    powers_x, powers_y = (np.vander(values, degree + 1, increasing=True) for values in (x, y))
    i, j = np.array(terms(degree)).T
    return powers_x[:, i] * powers_y[:, j]


def from_terms(values: ArrayLike, degree: int) -> Doubles:
    """Return the array of coefficients of the values of all `terms`."""
    coefficients = np.zeros((degree + 1, degree + 1))
    coefficients[tuple(np.array(terms(degree)).T)] = values
    return coefficients


def evaluate(coefficients: Doubles, x: ArrayLike, y: ArrayLike) -> Doubles:
    """Return the values of a polynomial."""
    x, y = np.broadcast_arrays(np.asarray(x, float), np.asarray(y, float))
    values = np.zeros(x.shape)
    for along_y in coefficients[::-1]:  # Horner's scheme: the outer loop sums powers of x, the inner loop powers of y
        of_y = np.full(x.shape, along_y[-1])
        for coefficient in along_y[-2::-1]:
            of_y = of_y * y + coefficient
        values = values * x + of_y
    return values


def gradient(coefficients: Doubles, x: ArrayLike, y: ArrayLike) -> tuple[Doubles, Doubles]:
    """Return the derivatives of a polynomial along x and along y."""
    powers = np.arange(1.0, len(coefficients))
    if not powers.size:
        return evaluate(0 * coefficients, x, y), evaluate(0 * coefficients, x, y)
    return evaluate(coefficients[1:] * powers[:, None], x, y), evaluate(coefficients[:, 1:] * powers, x, y)


def degree_of(coefficients: Doubles) -> int:
    """Return the largest i + j whose coefficient is not 0; 0 for a constant."""
    i, j = np.nonzero(coefficients)
    return int((i + j).max()) if i.size else 0


def product(one: Doubles, two: Doubles) -> Doubles:
    """Return the product of two polynomials."""
    result = np.zeros((len(one) + len(two) - 1,) * 2)
    if np.count_nonzero(one) > np.count_nonzero(two):
        one, two = two, one
    for i, j in np.argwhere(one):
        result[i:i + len(two), j:j + len(two)] += one[i, j] * two
    return result


def substituted(coefficients: Doubles, matrix: ArrayLike, shift: tuple[float, float] = (0.0, 0.0)) -> Doubles:
    """Return the same polynomial in other variables.

    Parameters
    ----------
    coefficients : array [n, n]
        The polynomial in the old variables.
    matrix : 2 x 2 array
    shift : pair of float
        The old variables are `matrix @ new + shift`.

    Returns
    -------
    array [n, n]
        The polynomial in the new variables.
    """
    size = len(coefficients)
    (a, b), (c, d) = np.asarray(matrix, float)
    powers = [_powers(np.array([[constant, along_y], [along_x, 0]]), size)
              for constant, along_x, along_y in ((shift[0], a, b), (shift[1], c, d))]
    result = np.zeros((size, size))
    for i, j in np.argwhere(coefficients):
        term = product(powers[0][i], powers[1][j])[:size, :size]
        result[:len(term), :len(term)] += coefficients[i, j] * term
    return result


def _powers(form: Doubles, number: int) -> list[Doubles]:
    """Return the first powers of a polynomial, from power 0."""
    powers = [np.ones((1, 1))]
    for _ in range(number - 1):
        powers.append(product(powers[-1], form))
    return powers

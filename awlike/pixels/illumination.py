"""Illumination correction: the factor that a flat field lacks, because of scattered light, to be the response to stars."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from awlike.errors import ParameterError
from awlike.pixels.arrays import Array, Flags, Image32
from awlike.pixels.stars import Stars
from awlike.pixels.statistics import MAD_TO_SIGMA
from awlike.pixels.strips import for_strips
from awlike.pixels.surface import basis, evaluated, normal_equations
from awlike.sky.matching import match_stars
from awlike.spelling import counted

_MAG = 2.5 / np.log(10)  # magnitudes for a relative difference
_FLOOR = 0.003  # mag: no aperture photometry is better
_FEWEST = 20  # stars
_CLIP = 4.0
_NOTHING = 1e-13  # of the weight of all measurements: an eigenvalue below it is a rounding error
_ROUNDS = 20
_GRID = 33  # places along each axis where the error is looked at


class Illumination(NamedTuple):
    """The result of `fit_illumination`."""

    fit_coeffs: tuple[float, ...]  # mag, of x / width and y / height: x, y, x^2, xy, y^2 ...
    rms: float  # of the magnitudes of a star about the surface, mag
    error: float  # standard error of the surface, of mean 0, where it is largest on the detector, mag; inf if not determined
    number_of_stars: int  # measured in two exposures or more
    zero_points: np.ndarray  # of each exposure, mag; NaN for one whose stars are in no other


def fit_illumination(catalogues: Sequence[Stars], positions: Sequence[Any], shape: tuple[int, ...], degree: int = 2,
                     exposure_times: Sequence[float] | None = None, stability: float = 0.01) -> Illumination:
    """Fit the surface that makes each star equally bright wherever on the detector it is measured.

    The magnitude of a star in an exposure is that of the star, plus the zero point of the exposure, plus a polynomial in x
    and y without constant (Manfroid 1995, A&AS 113, 587; Koch et al. 2004, AN 325, 299). All are fitted together by least
    squares, without outliers. If exposures are only shifted, a slope of the surface looks the same as different zero
    points. So the zero points are held together: the night is taken to be stable. Exposures that are turned as well as
    shifted do without this.

    Parameters
    ----------
    catalogues : sequence of stars.Stars
        One for each of two or more exposures, shifted by a good part of the detector, or turned; of flat-fielded images.
    positions : sequence of functions, or of pairs (matrix, offset)
        One for each exposure: from x and y in pixels from 0 to a plane common to all, `matrix` @ (x, y) + `offset`, or
        a function, as `matching.tangent_plane` returns. Pointings may be wrong by 60 pixels.
    shape : (int, int)
        Rows and columns of the detector.
    degree : int
        Of the polynomial. Default: 2.
    exposure_times : sequence of float, optional
        s. Default: all alike.
    stability : float
        By how much zero points differ from exposure to exposure (of fluxes over exposure times), one sigma, mag. Default:
        0.01, a photometric night at one airmass.

    Returns
    -------
    Illumination
        Refuse a product whose `error` is larger than the correction itself.

    Raises
    ------
    ValueError
        When less than 20 stars are in two or more exposures, or a parameter is out of its range.
    """
    number = len(catalogues)
    if degree < 1 or not stability > 0 or number != len(positions):
        raise ParameterError(f'degree is {degree}, stability {stability}, with {number} catalogues and {len(positions)} '
                             'positions, but needed are a degree of 1 or more, a stability above 0 mag, one position each')
    times = np.ones(number) if exposure_times is None else np.asarray(exposure_times, float)
    if not (times > 0).all():
        raise ParameterError(f'exposure times are {times.tolist()} s, but must be above 0: leave out what was not exposed')
    positions = [where if callable(where) else _linear(*where) for where in positions]
    stars, exposures, (x, y, flux, error) = _measured_again(catalogues, match_stars(catalogues, positions))
    number_of_stars = np.unique(stars).size
    if number_of_stars < _FEWEST:
        raise ParameterError(f'{counted(number_of_stars, "star is", "stars are")} in two or more of {number} exposures, '
                             f'but {_FEWEST} are needed: '
                             'select dithered exposures of one field with more stars, or look at their astrometry')
    magnitudes = -_MAG * np.log(flux / times[exposures])
    variances = (_MAG * error / flux)**2 + _FLOOR**2
    of_exposures = exposures == np.arange(number)[:, None]
    columns = np.concatenate([of_exposures, basis(x / shape[1], y / shape[0], degree)[1:]])
    prior = np.where(np.arange(len(columns)) < number, stability**-2, 0.0)
    found, covariance, rms = _solved(columns, magnitudes, variances, stars, prior)
    return Illumination(tuple(found[number:].tolist()), rms, _largest_error(covariance[number:, number:], degree),
                        number_of_stars, np.where(of_exposures.any(axis=1), found[:number], np.nan))


def illumination_image(fit_coeffs: Sequence[float], shape: tuple[int, int]) -> Image32:
    """Return the factor by which stars are too bright in a flat-fielded image: divide the image by it.

    Parameters
    ----------
    fit_coeffs : sequence of float
        Of `Illumination`.
    shape : (int, int)
        Rows and columns of the detector.

    Returns
    -------
    2-D float32 array [y, x]
        Of mean 1, above 0.
    """
    image = np.empty(shape, np.float32)

    def fill(rows: slice) -> None:
        image[rows] = np.exp(evaluated([0.0, *fit_coeffs], shape, rows) / -_MAG)
    for_strips(*shape, fill)
    return image / np.float32(image.mean(dtype=np.float64))


def _linear(matrix: Array, offset: Array) -> Callable[[Array, Array], tuple[Array, Array]]:
    """Return the function from x and y to `matrix` @ (x, y) + `offset`."""
    (a, b), (c, d) = matrix
    return lambda x, y: (a * x + b * y + offset[0], c * x + d * y + offset[1])


def _measured_again(catalogues: Sequence[Stars], numbers: Sequence[Array]) -> tuple[Array, Array, Array]:
    """Return star (from 0), exposure, and (x, y, flux, its error) of each measurement of stars in two or more exposures."""
    stars = np.concatenate([*numbers, np.empty(0, int)])
    exposures = np.repeat(np.arange(len(numbers)), [len(part) for part in numbers])
    times = np.bincount(stars[stars >= 0], minlength=1)
    again = (stars >= 0) & (times[stars] > 1)
    columns = np.array([np.concatenate([*parts, np.empty(0)])[again] for parts in zip(*catalogues, strict=True)])
    return np.unique(stars[again], return_inverse=True)[1], exposures[again], columns.reshape(4, -1)


class _Solution(NamedTuple):
    """The least-squares solution for the measurements kept."""

    found: Array  # coefficients of the columns
    covariance: Array  # inf where they are not determined
    rms: float
    within: Flags  # measurements that the next round keeps


def _solved(columns: Array, magnitudes: Array, variances: Array, stars: Array, prior: Array) -> tuple[Array, Array, float]:
    """Return the coefficients of the columns, their covariance, and the rms, without outliers.

    `prior` is 1 / variance about 0 of each coefficient.
    """
    kept = np.ones(magnitudes.size, bool)
    solution = _solved_once(columns, magnitudes, variances, stars, prior, kept)
    for _ in range(_ROUNDS - 1):
        if np.array_equal(solution.within, kept):
            break
        kept = solution.within
        solution = _solved_once(columns, magnitudes, variances, stars, prior, kept)
    return solution.found, solution.covariance, solution.rms


def _solved_once(columns: Array, magnitudes: Array, variances: Array, stars: Array, prior: Array, kept: Flags) -> _Solution:
    """Solve for the measurements kept.

    The magnitudes of the stars themselves drop out, as everything is taken relative to the mean of each star.
    """
    weights = kept / variances
    totals = np.maximum(np.bincount(stars, weights), 1e-300)

    def relative(values: Array) -> Array:
        return values - (np.bincount(stars, weights * values) / totals)[stars]
    design, observed = np.array([relative(column) for column in columns]), relative(magnitudes)
    products, sums = normal_equations(design * np.sqrt(weights), observed * np.sqrt(weights))
    # In units of the columns, so that a coefficient that no shift determines has an eigenvalue of nothing.
    scale = np.sqrt(np.sum(weights * columns**2, axis=1) + prior + 1e-300)
    eigenvalues, vectors = np.linalg.eigh((products + np.diag(prior)) / np.outer(scale, scale))
    vectors = vectors[:, eigenvalues > _NOTHING] / scale[:, None]
    covariance = np.sum(vectors[:, None] * vectors / eigenvalues[eigenvalues > _NOTHING], axis=2)
    found = np.sum(covariance * sums, axis=1)
    residuals = relative(magnitudes - np.sum(found[:, None] * columns, axis=0))
    # A star's own mean follows its measurements.
    free = np.maximum(1 - weights / totals[stars], 1e-6)
    pulls = np.abs(residuals) / np.sqrt(variances * free)
    spread = max(1.0, MAD_TO_SIGMA * float(np.median(pulls[kept])))
    rms = np.sqrt(np.sum(weights * residuals**2) / np.sum(weights * free))
    determined = eigenvalues.min() > _NOTHING
    return _Solution(found, covariance * spread**2 if determined else np.full(covariance.shape, np.inf), float(rms),
                     pulls <= _CLIP * spread)


def _largest_error(covariance: Array, degree: int) -> float:
    """Return the largest standard error of the surface, less its mean, on the detector; inf where it is not determined."""
    x, y = np.meshgrid(*[np.linspace(0, 1, _GRID)] * 2)
    terms = basis(x.ravel(), y.ravel(), degree)[1:]
    terms = terms - terms.mean(axis=1, keepdims=True)
    if not np.isfinite(covariance).all():
        return float('inf')
    return float(np.sqrt(np.einsum('in,ij,jn->n', terms, covariance, terms).max()))

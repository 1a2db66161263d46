"""The light of simulated stars and galaxies as shapes that the kernels draw."""

from functools import cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Values = TypeVar('Values', float, Doubles)

BETA = 3.0  # the exponent of the Moffat profile
EXPONENTIAL, DE_VAUCOULEURS = 1, 4  # Sersic's index
_STEEPNESS = {EXPONENTIAL: 1.6783, DE_VAUCOULEURS: 7.6692}  # half of the light lies within the half-light radius
_OUTERMOST = 8.0  # half-light radii where galaxies end
_NODES = 6  # Gaussians that make a Moffat profile
_LEAST = 0.05  # electrons: a Gaussian with less is not drawn
_PIXEL = 1 / 12  # the second moment of a pixel


def core_radius(fwhm: Values) -> Values:
    """Return the core radius of a Moffat profile of that FWHM."""
    return fwhm / (2 * np.sqrt(2 ** (1 / BETA) - 1))


def moments(size: Doubles, e1: Doubles, e2: Doubles) -> Doubles:
    """Return second moments (xx, xy, yy), [n, 3], of that size (the fourth root of the determinant) and ellipticity.

    `e1` and `e2` are (1 - q) / (1 + q), q the axis ratio, times cosine and sine of twice the angle of the long axis, from x
    to y.
    """
    square = e1**2 + e2**2
    return (size**2 / (1 - square) * np.array([1 + square + 2 * e1, 2 * e2, 1 + square - 2 * e1])).T


def inverse(moments: Doubles) -> Doubles:
    """Return the inverse (xx, xy, yy) of second moments."""
    xx, xy, yy = moments.T
    return np.ascontiguousarray((np.array([yy, -xy, xx]) / (xx * yy - xy**2)).T)


def draw_stars(image: NDArray[np.float32], x: Doubles, y: Doubles, flux: Doubles, psf: Doubles) -> None:
    """Add stars to an image; `psf` is the square of the core radius as `moments`, [stars, 3]."""
    from awlike.simulate.kernels import add_stars
    x, y, flux = map(np.ascontiguousarray, (x, y, flux))
    add_stars(image, x, y, flux, inverse(psf))


def draw_galaxies(image: NDArray[np.float32], x: Doubles, y: Doubles, flux: Doubles, psf: Doubles, shapes: Doubles,
                  index: NDArray[np.int64]) -> None:
    """Add galaxies to an image, as seen through the point-spread function.

    Parameters
    ----------
    image : float32 array [y, x]
    x, y, flux : array [galaxies]
        Pixels from 0, and the whole light.
    psf : array [galaxies, 3]
        The square of the core radius of the Moffat profile there, as `moments`.
    shapes : array [galaxies, 3]
        The square of the half-light radius, as `moments`.
    index : int array [galaxies]
        EXPONENTIAL or DE_VAUCOULEURS.
    """
    from awlike.simulate.kernels import add_gaussians
    seen, seen_light = _moffat()
    for kind in _STEEPNESS:
        own = index == kind
        widths, light = _sersic(kind)
        each = (psf[own, None, None] * seen[:, None, None] + shapes[own, None, None] * widths[:, None]).reshape(-1, 3)
        each = each + np.array([_PIXEL, 0, _PIXEL])
        weights = np.multiply.outer(seen_light, light).ravel()
        fluxes = np.multiply.outer(flux[own], weights).ravel()
        drawn = fluxes > _LEAST
        columns, rows = (np.repeat(values[own], len(weights))[drawn] for values in (x, y))
        add_gaussians(image, columns, rows, fluxes[drawn], np.ascontiguousarray(each[drawn]))


@cache
def _moffat() -> tuple[Doubles, Doubles]:
    """Return variances, in squares of the core radius, and weights of Gaussians that sum up to a Moffat profile."""
    from scipy.special import roots_genlaguerre
    nodes, weights = roots_genlaguerre(_NODES, BETA - 2)
    return 1 / (2 * nodes), weights / weights.sum()


@cache
def _sersic(index: int) -> tuple[Doubles, Doubles]:
    """Return variances, in squares of the half-light radius, and weights of Gaussians that sum up to Sersic's profile."""
    from scipy.optimize import nnls
    radius = np.geomspace(0.01, _OUTERMOST, 300)
    profile = np.exp(-_STEEPNESS[index] * (radius ** (1 / index) - 1))
    sigma = np.geomspace(0.02, 4, 14)
    gaussians = np.exp(-0.5 * (radius[:, None] / sigma) ** 2) / (2 * np.pi * sigma**2)
    weights = nnls(gaussians * radius[:, None], profile * radius)[0]
    kept = weights > 1e-3 * weights.sum()
    return sigma[kept] ** 2, weights[kept] / weights[kept].sum()

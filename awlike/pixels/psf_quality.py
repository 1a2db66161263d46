"""How good a point spread function is: its moments, how they vary over the image, and how stars differ from it."""

from typing import NamedTuple

import numpy as np

from awlike.pixels.arrays import Doubles, Floats, Image32
from awlike.pixels.psf_model import PSF
from awlike.pixels.statistics import robust_sigma

_ROUNDS = 12
_GRID = 5  # places along a side, where a PSF is looked at
_REACH = 2.5  # sigma of a PSF: half of the side of the stamps that are measured
_ASTRAY, _SETTLED = 2.0, 0.1  # pixels: from the middle, and of the last round, beyond which there is no star
_FEWEST = 3  # stars that tell a scatter
_SIGMA = 2.3548  # FWHM of a Gaussian


class Variation(NamedTuple):
    """A point spread function over the image; moments are those of a Gaussian that matches it."""

    fwhm: float  # pixels: median over the image
    ellipticity: float  # (a^2 - b^2) / (a^2 + b^2): median over the image
    moments: tuple[float, float, float]  # xx, yy, xy: medians over the image, pixels^2
    sigma: float  # pixels: the fourth root of the determinant of these
    area: float  # pixels^2: noise of the flux of a star by the fit is sqrt(area) times that of a pixel
    size_range: float  # the largest less the smallest trace radius, by the median
    flux_range: float  # the most less the least light within a circle of one FWHM radius, by the median


class Differences(NamedTuple):
    """How stars differ from the point spread function at their places."""

    e1: tuple[float, float]  # median and scatter
    e2: tuple[float, float]
    size: tuple[float, float]  # of the trace radius, pixels
    scaled_size: float  # scatter of the size, relative
    ellipticity: float  # median ellipticity of the stars themselves


def variation(psf: PSF) -> Variation:
    """Return what a point spread function is like over its image."""
    height, width = psf.shape
    rows, columns = ((np.arange(_GRID) + 0.5) * length / _GRID for length in (height, width))
    x, y = (np.rint(place.ravel()) for place in np.meshgrid(columns, rows))
    widths = np.array([psf.fwhm(*place) for place in zip(x, y, strict=True)])
    fwhm = float(np.median(widths))
    stamps = psf.stamps(x, y)
    moments = adaptive_moments(stamps[:, *_middle(stamps, fwhm)], fwhm / _SIGMA)
    xx, yy, xy = (float(one) for one in np.nanmedian(moments, axis=0))
    circle = np.arange(stamps.shape[1]) - stamps.shape[1] // 2
    inside = circle ** 2 + circle[:, None] ** 2 <= fwhm ** 2
    light, sizes = stamps[:, inside].sum(axis=1, dtype=float), trace_radius(moments)
    middle = stamps[len(stamps) // 2].astype(float)
    return Variation(fwhm, float(np.nanmedian(np.hypot(*ellipticity(moments)))), (xx, yy, xy),
                     float(max(xx * yy - xy ** 2, 0.0) ** 0.25), float(middle.sum() ** 2 / (middle ** 2).sum()),
                     float(np.ptp(sizes) / np.median(sizes)), float(np.ptp(light) / np.median(light)))


def differences(image: Image32, good: np.ndarray, psf: PSF, x: Doubles, y: Doubles) -> Differences | None:
    """Return how stars differ from their point spread function; None for fewer than three that can be measured.

    Parameters
    ----------
    image : float32 [y, x]
        The image, its sky subtracted.
    good : [y, x]
        1 for good pixels, 0 for bad ones.
    psf : PSF
        Of this image.
    x, y : array [star]
        Places of the stars, from 0.
    """
    start = psf.fwhm() / _SIGMA
    half = max(4, round(_REACH * start))
    models = psf.stamps(x, y, half)
    stars, whole = _stamps(image, good, x, y, half)
    mine, theirs = (adaptive_moments(one[whole], start) for one in (stars, models))
    known = np.isfinite(mine).all(axis=1) & np.isfinite(theirs).all(axis=1)
    if known.sum() < _FEWEST:
        return None
    (e1, e2), (model1, model2) = ellipticity(mine[known]), ellipticity(theirs[known])
    size, model_size = trace_radius(mine[known]), trace_radius(theirs[known])
    return Differences(_both(e1 - model1), _both(e2 - model2), _both(size - model_size), robust_sigma(size / model_size - 1),
                       float(np.median(np.hypot(e1, e2))))


def adaptive_moments(stamps: Floats, sigma: float) -> Doubles:
    """Return the second moments (xx, yy, xy) of the Gaussian that matches each star; NaN where none does: float64 [star, 3].

    The Gaussian is the weight by which the moments are taken, and follows from them (Bernstein and Jarvis 2002).

    Parameters
    ----------
    stamps : [star, m, m]
        Stars, each near the middle of its pixels.
    sigma : float
        About their width [pixels].
    """
    place = np.arange(stamps.shape[-1]) - stamps.shape[-1] // 2
    values = stamps.astype(float)
    centre = np.zeros((len(stamps), 2))
    found = np.repeat([[sigma ** 2, sigma ** 2, 0.0]], len(stamps), axis=0)
    shift, total = np.zeros_like(centre), np.zeros(len(stamps))
    with np.errstate(all='ignore'):
        for _ in range(_ROUNDS):
            dx = (place[None] - centre[:, :1])[:, None, :]
            dy = (place[None] - centre[:, 1:])[:, :, None]
            inverse = _inverse(found)
            weight = values * np.exp(-0.5 * (inverse[:, 0, None, None] * dx ** 2 + inverse[:, 1, None, None] * dy ** 2)
                                     - inverse[:, 2, None, None] * dx * dy)
            total = weight.sum(axis=(1, 2))
            shift = np.array([(weight * one).sum(axis=(1, 2)) / total for one in (dx, dy)]).T
            measured = np.array([(weight * one).sum(axis=(1, 2)) / total for one in (dx ** 2, dy ** 2, dx * dy)]).T
            centre += 2 * shift
            found = _inverse(_inverse(measured) - inverse)
        lost = (np.abs(centre) > _ASTRAY).any(axis=1) | ~(np.abs(shift) < _SETTLED).all(axis=1) | ~(total > 0)
        lost |= ~(found[:, :2] > 0).all(axis=1) | ~(_determinant(found) > 0)
    found[lost | ~np.isfinite(found).all(axis=1)] = np.nan
    return found


def ellipticity(moments: Doubles) -> tuple[Doubles, Doubles]:
    """Return e1 and e2 of second moments (xx, yy, xy)."""
    xx, yy, xy = moments.T
    return (xx - yy) / (xx + yy), 2 * xy / (xx + yy)


def trace_radius(moments: Doubles) -> Doubles:
    """Return the root of the mean of xx and yy [pixels]."""
    return np.sqrt((moments[:, 0] + moments[:, 1]) / 2)


def farthest_from_stars(x: Doubles, y: Doubles, shape: tuple[int, int]) -> float:
    """Return how far the place in an image is from its nearest star that is farthest from all [pixels], to some percent."""
    from scipy.spatial import cKDTree  # pyrefly: ignore[missing-module-attribute]  # scipy has it, but no type for it
    rows, columns = (np.linspace(0, length - 1, 60) for length in shape)
    places = np.stack([one.ravel() for one in np.meshgrid(columns, rows)], axis=1)
    return float(cKDTree(np.stack([x, y], axis=1)).query(places)[0].max())


def _both(values: Doubles) -> tuple[float, float]:
    return float(np.median(values)), robust_sigma(values)


def _inverse(moments: Doubles) -> Doubles:
    xx, yy, xy = moments.T
    return (np.array([yy, xx, -xy]) / _determinant(moments)).T


def _determinant(moments: Doubles) -> Doubles:
    return moments[:, 0] * moments[:, 1] - moments[:, 2] ** 2


def _middle(stamps: Floats, fwhm: float) -> tuple[slice, slice]:
    half = stamps.shape[1] // 2
    reach = min(half, max(4, round(_REACH * fwhm / _SIGMA)))
    return slice(half - reach, half + reach + 1), slice(half - reach, half + reach + 1)


def _stamps(image: Image32, good: np.ndarray, x: Doubles, y: Doubles, half: int) -> tuple[Floats, np.ndarray]:
    """Return the pixels about stars, float32 [star, m, m], and which stars are whole: inside the image, no pixel bad."""
    side = np.arange(-half, half + 1)
    rows, columns = (np.rint(place).astype(int)[:, None] + side for place in (y, x))
    height, width = image.shape
    inside = ((rows >= 0) & (rows < height)).all(axis=1) & ((columns >= 0) & (columns < width)).all(axis=1)
    rows, columns = np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1)
    index = rows[:, :, None], columns[:, None, :]
    return image[index].astype(np.float32), np.asarray(inside & (good[index] > 0).all(axis=(1, 2)))

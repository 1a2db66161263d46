"""From the light that a measurement takes in to all light of a star: one factor for each kind of flux."""

import math
from typing import NamedTuple

import numpy as np

from awlike.errors import ProcessingError
from awlike.pixels.arrays import Array, Doubles, Image32, Integers
from awlike.pixels.psf_photometry import Found, Photometer
from awlike.pixels.statistics import MAD_TO_SIGMA

_ALL = 1.4  # radii of the PSF: within this circle is all light of a star
_SKY = 2.4  # radii of the PSF: from the circle to this one the sky is measured, with little noise beside that of the circle
_ACCURACY = 0.005  # of a ratio of fluxes: scatter that no brightness removes
_BAD_FIT = 5.0  # sigma of a pixel: what is farther from the median is a badly fitted source
_CLIP, _ROUNDS = 3.0, 5
_USABLE, _USABLE_SKY = 0.8, 0.4  # of the pixels in circle and ring must be good, and in the image


class ApertureCorrection(NamedTuple):
    """The factor that brings a flux to the total of a star.

    All are NaN where no star tells, and `number` is 0.
    """

    factor: float
    error: float
    number: int  # stars that were used


def psf_correction(found: Found, stars: Integers) -> ApertureCorrection:
    """Return the factor from the flux of the fitted PSF to the total flux.

    What the fits leave around bright stars, their neighbours subtracted, is the light that the PSF lacks, or has too much:
    it is summed within 1.4 radii of the PSF, above the sky in a ring around.

    Parameters
    ----------
    found : Found
        From `find_sources`.
    stars : int64 [n]
        Which sources are stars, as of `select_stars`.

    Returns
    -------
    ApertureCorrection
    """
    values, photometer = found.sources.values[np.asarray(stars, int)], found.photometer
    ratios, errors = np.full((2, len(values)), np.nan)
    for k, (x, y, flux) in enumerate(values):
        if flux > 0:
            left, error = _left_around(found.sources.residual, photometer, round(x), round(y))
            ratios[k], errors[k] = left / flux, error / flux
    return _averaged(1 + ratios, errors)


def _left_around(residual: Image32, photometer: Photometer, x: int, y: int) -> tuple[float, float]:
    """Return the light that a fit leaves around a pixel above the sky around, and its error; NaN for too few good pixels."""
    radius = photometer.psf.radius * _ALL
    reach = math.ceil(photometer.psf.radius * _SKY)
    rows, columns = (slice(max(place - reach, 0), place + reach + 1) for place in (y, x))
    left, usable = residual[rows, columns], photometer.good[rows, columns] > 0
    height, width = left.shape
    distance = np.hypot(np.arange(width) + columns.start - x, (np.arange(height) + rows.start - y)[:, None])
    inner, ring = usable & (distance <= radius), usable & (distance > radius) & (distance <= reach)
    area, area_of_ring = math.pi * radius**2, math.pi * (reach**2 - radius**2)
    if inner.sum() < _USABLE * area or ring.sum() < _USABLE_SKY * area_of_ring:
        return math.nan, math.nan
    variance = photometer.variance[rows, columns]
    of_sky = variance[ring].mean(dtype=float) / ring.sum()
    light = (left[inner].mean(dtype=float) - _sky_around(left[ring], variance[ring])) * area
    return light, area * math.sqrt(variance[inner].mean(dtype=float) / inner.sum() + of_sky)


def _sky_around(left: Array, variance: Array) -> float:
    """Return the mean of what is left in a ring, without badly fitted sources.

    A median would be too low: sources too faint to be found light the circle as they light the ring.
    """
    away = np.abs(left - np.median(left))
    return float(left[away < _BAD_FIT * np.sqrt(variance)].mean(dtype=float))


def flux_correction(flux: Array, flux_error: Array, total: Array) -> ApertureCorrection:
    """Return the factor from a flux of stars to their total flux.

    Parameters
    ----------
    flux, flux_error : array [star]
        As FLUX_AUTO and FLUXERR_AUTO, or one of FLUX_APER.
    total : array [star]
        The total flux of the same stars, as FLUX_PSF times the factor of `psf_correction`.

    Raises
    ------
    ProcessingError
        The numbers of stars differ.
    """
    flux, flux_error, total = (np.asarray(one, float).reshape(-1) for one in (flux, flux_error, total))
    if not flux.size == flux_error.size == total.size:
        raise ProcessingError(f'{flux.size} fluxes, {flux_error.size} errors and {total.size} totals: '
                              'give them of the same stars')
    with np.errstate(invalid='ignore', divide='ignore'):
        ratios = np.where((flux > 0) & (total > 0), total / flux, np.nan)
        return _averaged(ratios, np.abs(flux_error / flux) * ratios)


def _averaged(ratios: Doubles, errors: Doubles) -> ApertureCorrection:
    """Return the weighted mean without outliers, and its error."""
    known = np.isfinite(ratios) & np.isfinite(errors)
    ratios, errors = ratios[known], np.hypot(errors[known], _ACCURACY)
    if not ratios.size:
        return ApertureCorrection(math.nan, math.nan, 0)
    weights = 1 / errors**2
    mean, kept = float(np.median(ratios)), np.ones(ratios.size, bool)
    for _ in range(_ROUNDS):
        pulls = (ratios - mean) / errors
        scale = max(MAD_TO_SIGMA * float(np.median(np.abs(pulls))), 1.0)
        kept = np.abs(pulls) < _CLIP * scale
        mean = float(np.average(ratios[kept], weights=weights[kept]))
    scatter = max(1.0, float(np.sqrt(np.mean(((ratios[kept] - mean) / errors[kept]) ** 2))))
    return ApertureCorrection(mean, scatter / math.sqrt(float(weights[kept].sum())), int(kept.sum()))

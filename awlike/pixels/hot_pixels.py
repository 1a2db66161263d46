"""Hot pixels: brighter than their surroundings, in a bias or after an exposure in the dark."""

import numpy as np

from awlike.errors import ParameterError
from awlike.pixels.arrays import Array, Image, Map
from awlike.pixels.filters import fill_bad, good_pixels, local_level, running_median
from awlike.pixels.geometry import require_same_shape
from awlike.pixels.remembered import Remembered
from awlike.pixels.statistics import _ROUNDING, MAD_TO_SIGMA, robust_sigma

_HOT_WINDOW = 31
_HOT_CHARGE = 5.0  # sigma of the noise that every pixel has
_AROUND = np.arange(-6, 7, 3)  # pixels from a pixel to those that tell the level of the dark current there
_SAMPLE = 1 << 18  # pixels that tell the noise of a dark
_in_exposure = Remembered()  # weight, cosmic rays and satellite tracks of an exposure need the same map
_FEW = 0.01  # of the pixels: of more, the level around is worked out for all


def hot_pixels(bias: Image, nsigma: float, iterations: int) -> Map:
    """Return a map of the pixels of a bias that deviate from their surroundings, either way.

    The level of the row (running median along x) and then of the column (along y) are taken off, so that gradients,
    columns and the first rows of a readout, which bias subtraction removes, do not count. The noise is the standard
    deviation of the rest, clipped until it no longer changes.

    Parameters
    ----------
    bias : 2-D array [y, x]
        Master bias, ADU.
    nsigma : float
        A pixel is hot beyond this many standard deviations.
    iterations : int
        Rounds of clipping at most.

    Returns
    -------
    2-D uint8 array
        1 good, 0 hot or not finite.

    Raises
    ------
    ValueError
        When `nsigma` is not positive or the bias is not 2-D.
    """
    require_same_shape(bias=bias)
    if not nsigma > 0:
        raise ParameterError(f'nsigma is {nsigma}, but a rejection threshold must be positive: use about 5')
    finite = good_pixels(bias)
    if not finite.any():
        return finite.astype(np.uint8)
    residuals = fill_bad(bias, finite)
    for axis in (1, 0):
        residuals -= running_median(residuals, _HOT_WINDOW, axis, ends='line')
    deviations = np.abs(residuals, out=residuals)
    # The first sigma must not be 0: more than half of the values can be equal when they are integers.
    sigma = max(MAD_TO_SIGMA * float(np.median(deviations)), _ROUNDING)
    for _ in range(iterations):
        kept = deviations[deviations <= nsigma * sigma]
        new_sigma = float(np.sqrt(np.mean(kept**2, dtype=np.float64))) or _ROUNDING
        if new_sigma == sigma:
            break
        sigma = new_sigma
    return (finite & (deviations <= nsigma * sigma)).astype(np.uint8)


def hot_in_exposure(dark: Image, exposure_time: float, read_noise: float | None, nsigma: float = _HOT_CHARGE) -> Map:
    """Return a map of the pixels that are too hot in the dark for an exposure of a given length.

    The dark current of a hot pixel is not constant: it differs by a fair part of itself with the temperature and from hour
    to hour, where it jumps between levels, and it is no longer proportional to the time. What is left of it after
    subtraction can be as much as the charge itself. So a pixel is hot when the charge that it collects in the exposure,
    beyond the pixels around it, is at least `nsigma` times the noise that every pixel has: then what is left can look like
    a cosmic ray or a star. The longer the exposure, the more pixels are hot; in an exposure of 0 s none is.

    Observatories set a threshold in electrons per second, which fits their usual exposures: ACS of HST calls a pixel warm
    from 0.06 e-/s on and hot from 0.14 e-/s on (ACS data quality flags 64 and 16; ISR 2017-05), which is 30 and 70 electrons
    in 500 s at a read noise of 4.5 electrons; LSST sets 3 e-/s for 30 s (`MeasureDefectsTask` of `cp_pipe`). The rule here
    says the same for any exposure time.

    Parameters
    ----------
    dark : 2-D array [y, x]
        Dark current, ADU/s. Pixels that are not finite are not hot: their dark current is unknown.
    exposure_time : float
        Of the exposure, s.
    read_noise : float, optional
        Of one frame, ADU. Default: not known; the scatter of the dark from pixel to pixel is noise in any case.
    nsigma : float
        A pixel is hot from this many sigma on. Default: 5.

    Returns
    -------
    2-D uint8 array
        1 good, 0 hot. Of a read-only dark the map is kept in memory, and read-only, too.

    Raises
    ------
    ValueError
        When the exposure time is negative or not finite, `nsigma` is not positive, or the dark is not 2-D.
    """
    require_same_shape(dark=dark)
    if not 0 <= exposure_time < np.inf:
        raise ParameterError(f'exposure_time is {exposure_time}, but must be 0 s or more: correct it in the header')
    if not nsigma > 0:
        raise ParameterError(f'nsigma is {nsigma}, but must be positive: use about 5')
    dark = np.asarray(dark)
    numbers = exposure_time, read_noise, nsigma
    return _in_exposure.of(dark, numbers, lambda: _too_charged(dark, *numbers))


def _too_charged(dark: Image, exposure_time: float, read_noise: float | None, nsigma: float) -> Map:
    """Return the map of `hot_in_exposure`."""
    good = np.ones(dark.shape, np.uint8)
    rows = dark[::max(1, dark.size // _SAMPLE) | 1]
    known = rows[np.isfinite(rows)]
    if not known.size or exposure_time == 0:
        return good
    scatter = robust_sigma(np.diff(rows, axis=1)) / np.sqrt(2)
    least = nsigma * np.hypot(scatter, max(read_noise or 0.0, _ROUNDING) / exposure_time)  # ADU/s
    bright = (dark > np.float32(np.quantile(known, 0.01) + least)) & (dark < np.inf)
    y, x = np.divmod(np.flatnonzero(bright), dark.shape[1])
    hot = dark[y, x] - _level_around(dark, y, x) > least
    good[y[hot], x[hot]] = 0
    return good


def _level_around(dark: Image, y: Array, x: Array) -> Array:
    """Return the median of the pixels around each of the places [y, x]; of many places, of wider surroundings."""
    if y.size > _FEW * dark.size:
        return local_level(fill_bad(dark, np.isfinite(dark)), _HOT_WINDOW)[y, x]
    rows = np.clip(y[:, None, None] + _AROUND[:, None], 0, dark.shape[0] - 1)
    columns = np.clip(x[:, None, None] + _AROUND, 0, dark.shape[1] - 1)
    around = np.sort(dark[rows, columns].reshape(y.size, _AROUND.size ** 2), axis=1)  # what is not finite comes last
    middle = (np.isfinite(around).sum(axis=1) - 1) // 2
    return around[np.arange(y.size), middle]

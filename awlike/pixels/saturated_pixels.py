"""Maps of hot, cold and saturated pixels: uint8, 1 good, 0 bad."""

import numpy as np

from awlike.errors import ParameterError
from awlike.pixels.filters import fill_bad, good_pixels, local_level, running_median
from awlike.pixels.geometry import require_same_shape
from awlike.pixels.statistics import MAD_TO_SIGMA, robust_sigma

_HOT_WINDOW = 31
_COLD_WINDOW = 51  # columns and blocks up to half as wide are seen whole
_ROUNDING = 1 / np.sqrt(12)  # ADU: the noise that is in any integer
_SAMPLE = 1 << 18  # pixels that tell the noise of a raw frame


def hot_pixels(bias, nsigma, iterations):
    """Pixels of a bias that deviate from their surroundings, either way.

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
    # Begin wide enough for integers, of which more than half may be equal.
    sigma = max(MAD_TO_SIGMA * float(np.median(deviations)), _ROUNDING)
    for _ in range(iterations):
        kept = deviations[deviations <= nsigma * sigma]
        new_sigma = float(np.sqrt(np.mean(kept**2, dtype=np.float64))) or _ROUNDING
        if new_sigma == sigma:
            break
        sigma = new_sigma
    return (finite & (deviations <= nsigma * sigma)).astype(np.uint8)


def cold_pixels(flat, low, high):
    """Pixels whose response differs from that of their surroundings.

    The surroundings are a running median in x and y, wide enough for dead columns and blocks to leave no trace; a
    second one, with the pixels found first replaced by their neighbours, finds clusters whole. Vignetting is in the
    surroundings, so it makes no pixel cold.

    Parameters
    ----------
    flat : 2-D array [y, x]
        Flat field.
    low, high : float
        Bounds of flat / surroundings; outside them a pixel is bad.

    Returns
    -------
    2-D uint8 array
        1 good, 0 bad: also where the flat is not finite or not above 0.

    Raises
    ------
    ValueError
        When not 0 <= low < 1 < high, or the flat is not 2-D.
    """
    require_same_shape(flat=flat)
    if not 0 <= low < 1 < high:
        raise ParameterError(f'low is {low} and high {high}, but 0 <= low < 1 < high is needed: use about 0.9 and 1.1')
    flat = np.asarray(flat)
    lit = good_pixels(flat) & (flat > 0)
    usable = lit
    for _ in range(2):
        if not usable.any():
            break
        level = local_level(fill_bad(flat, usable), _COLD_WINDOW)
        usable = lit & (flat >= low * level) & (flat <= high * level)
    return usable.astype(np.uint8)


def saturated_pixels(raw, high, low=None, nsigma=5.0, even=None):
    """Pixels of a raw frame that are saturated, with the trails of charge that run from them; or hold no signal at all.

    Charge that does not fit runs along y, to both sides, and may stay below `high`: what fills a column need not reach
    where the converter ends. From each saturated pixel on, the trail goes as far as its columns rise out of those beside
    them with an edge sharper than any PSF has, so that the wings of a star, its diffraction spikes and a galaxy are none.
    Pixels beside a trail are bad where they stand out from those further out: there charge leaks.

    Parameters
    ----------
    raw : 2-D array [y, x]
        Raw frame as the camera wrote it, ADU, level included; trimmed or not.
    high : float
        Values of at least this are bad, ADU.
    low : float, optional
        Values of at most this are bad, ADU. Default: no bound.
    nsigma : float
        A trail is higher than its surroundings by at least this many sigma of the frame.
    even : 2-D array, optional
        The frame without the steps between amplifiers, ADU: in it trails are looked for. Default: `raw`.

    Returns
    -------
    2-D uint8 array
        1 good, 0 bad or not finite.

    Raises
    ------
    ValueError
        When `nsigma` is not positive or the frame is not 2-D.
    """
    require_same_shape(raw=raw, even=even)
    if not nsigma > 0:
        raise ParameterError(f'nsigma is {nsigma}, but a detection threshold must be positive: use about 5')
    from awlike.pixels.kernels.trails import PAD, mark_trails
    raw = np.asarray(raw)
    good = good_pixels(raw) & (raw < high)
    if low is not None:
        good &= raw > low
    good = good.view(np.uint8)
    padded = np.empty((raw.shape[0], raw.shape[1] + 2 * PAD), np.float32)
    if even is not None:  # what is saturated says the raw frame alone
        raw = np.where(raw >= high, raw, np.minimum(even, np.nextafter(np.float32(high), np.float32(0))))
    padded[:, :PAD], padded[:, PAD:-PAD], padded[:, -PAD:] = raw[:, :1], raw, raw[:, -1:]
    mark_trails(padded, high, nsigma * max(_sigma(raw), _ROUNDING), good)
    return good


def _sigma(raw):
    """Noise of a raw frame, ADU, from the differences between neighbours in some of its rows: stars hardly count."""
    rows = raw[::max(1, raw.size // _SAMPLE)].astype(np.float32)
    return robust_sigma(np.diff(rows, axis=1)) / np.sqrt(2)

"""Hot pixels: brighter than their surroundings."""

import numpy as np

from awlike.errors import ParameterError
from awlike.pixels.arrays import Image, Map
from awlike.pixels.filters import fill_bad, good_pixels, running_median
from awlike.pixels.geometry import require_same_shape
from awlike.pixels.statistics import _ROUNDING, MAD_TO_SIGMA

_HOT_WINDOW = 31


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

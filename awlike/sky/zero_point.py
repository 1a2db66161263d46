"""The zero point of a frame, from stars whose magnitudes are known."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

MAG_ERROR = 2.5 / math.log(10)
"""The error of a magnitude for an error of the flux by the flux itself."""

_CLIP, _ROUNDS = 3.0, 10
_FLOOR = 0.005  # mag: scatter of single stars that no measured error tells, as of the flat
_MAD_TO_SIGMA = 1.4826


class ZeroPoint(NamedTuple):
    """A zero point; NaN where no star tells."""

    value: float  # mag
    error: float  # mag
    scatter: float  # mag: robust, of single stars
    used: NDArray[np.bool_]  # [star]


def zero_point(instrumental: ArrayLike, instrumental_error: ArrayLike, known: ArrayLike, known_error: ArrayLike,
               clip: float = _CLIP) -> ZeroPoint:
    """Return the weighted mean of known less instrumental magnitudes, without outliers.

    The first estimate is the median. Stars further than `clip` robust standard deviations of their pull, variables and false
    matches, are left out in turn. The error takes the scatter into account where the stars agree worse than their errors say.

    Parameters
    ----------
    instrumental, instrumental_error : array [star]
        -2.5 log10 of ADU per second, and its error [mag].
    known, known_error : array [star]
        Magnitudes of the same stars, and their errors; an error that is unknown (NaN) counts as 0.
    clip : float
        Default: 3.
    """
    difference = np.asarray(known, float) - np.asarray(instrumental, float)
    error = np.sqrt(np.asarray(instrumental_error, float) ** 2 + np.nan_to_num(np.asarray(known_error, float)) ** 2 + _FLOOR**2)
    used = np.isfinite(difference) & np.isfinite(error)
    if not used.any():
        return ZeroPoint(math.nan, math.nan, math.nan, used)
    fit, value, scale = used, float(np.median(difference[used])), 1.0
    for _ in range(_ROUNDS):
        pulls = np.where(fit, (difference - value) / np.where(fit, error, 1), np.inf)
        scale = max(1.0, _MAD_TO_SIGMA * float(np.median(np.abs(pulls[used]))))
        kept = np.abs(pulls) < clip * scale
        if not kept.any():
            break
        value, before = float(np.average(difference[kept], weights=error[kept] ** -2)), used
        used = kept
        if np.array_equal(used, before):
            break
    left = difference[used] - value
    chi = max(1.0, math.sqrt(float(np.mean((left / error[used]) ** 2))))
    return ZeroPoint(value, chi / math.sqrt(float((error[used] ** -2).sum())),
                     _MAD_TO_SIGMA * float(np.median(np.abs(left))), used)

"""The steps that every science frame goes through: bias, dark, flat, fringes, illumination; and the weight."""

import math

import numpy as np

from awlike.errors import ParameterError
from awlike.pixels.geometry import require_same_shape
from awlike.pixels.strips import Trimmed, for_strips, strip_of, strip_of_map


def reduce_image(trimmed, bias, flat, good=None, *, dark=None, dark_scale=1.0, fringe=None, fringe_scale=1.0,
                 illumination=None):
    """((trimmed - bias - dark_scale * dark) / flat - fringe_scale * fringe) / illumination.

    Parameters
    ----------
    trimmed : 2-D array [y, x]
        Raw science frame, overscan-corrected and trimmed, ADU; or what `overscan_subtracted` gives: overscan, trimming,
        all that follows and the mask are then one passage through memory.
    bias : 2-D array
        Master bias, ADU.
    flat : 2-D array
        Flat field of median 1.
    good : 2-D map, optional
        1 good, 0 bad. Default: all good.
    dark : 2-D array, optional
        Dark current, bias-subtracted. Default: none.
    dark_scale : float
        What makes ADU of this exposure of it: the exposure time in s where `dark` is ADU/s. Default: 1.
    fringe : 2-D array, optional
        Fringe pattern, flat-fielded. Default: none.
    fringe_scale : float
        What makes ADU of this exposure of it. Default: 1.
    illumination : 2-D array, optional
        Illumination correction, a factor about 1: what the flat lacks to be the response to stars. Default: none.

    Returns
    -------
    2-D float32 array
        ADU. Exactly 0.0 at bad pixels: where the map says so, where the flat or the illumination correction is not above
        0, and where the result would not be finite. It holds no NaN; the weight tells which zeros mean nothing.

    Raises
    ------
    ValueError
        When shapes differ or a scale is not finite.
    """
    require_same_shape(trimmed=trimmed, bias=bias, flat=flat, good=good, dark=dark, fringe=fringe, illumination=illumination)
    for name, scale in {'dark_scale': dark_scale, 'fringe_scale': fringe_scale}.items():
        if not math.isfinite(scale):
            raise ParameterError(f'{name} is {scale}, but must be finite: correct what it is worked out from')
    from awlike.pixels.kernels.reduced import reduce_strip
    if not isinstance(trimmed, Trimmed):
        trimmed = Trimmed(trimmed, 0, 0, *(np.zeros(length, np.float32) for length in np.shape(trimmed)))
    reduced = np.empty(trimmed.shape, np.float32)
    width = reduced.shape[1]

    def reduce(rows):
        raw = trimmed.raw_rows(rows)
        raw = np.ascontiguousarray(raw, raw.dtype if raw.dtype == np.uint16 else np.float32)
        reduce_strip(raw, trimmed.left, trimmed.row_levels[rows], trimmed.column_levels, strip_of(bias, rows, width),
                     strip_of(dark, rows, width), dark_scale, strip_of(flat, rows, width), strip_of(fringe, rows, width),
                     fringe_scale, strip_of(illumination, rows, width, 1), strip_of_map(good, rows, width), reduced[rows])

    for_strips(*trimmed.shape, reduce)
    return reduced

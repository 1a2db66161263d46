"""The steps from a trimmed frame to a reduced frame: bias, dark, flat, fringes, illumination."""

import math

import numpy as np

from awlike.errors import ParameterError
from awlike.pixels.arrays import Image32
from awlike.pixels.geometry import require_same_shape
from awlike.pixels.strips import Frame, Trimmed, for_strips, strip_of, strip_of_map


def reduce_image(trimmed: Frame, bias: Frame | None, flat: Frame | None, good: Frame | None = None, *,
                 dark: Frame | None = None, dark_scale: float = 1.0, fringe: Frame | None = None, fringe_scale: float = 1.0,
                 illumination: Frame | None = None) -> Image32:
    """Return ((trimmed - bias - dark_scale * dark) / flat - fringe_scale * fringe) / illumination.

    Parameters
    ----------
    trimmed : 2-D array [y, x]
        Raw science frame, overscan-corrected and trimmed, ADU; or the result of `overscan_subtracted`: then overscan,
        trimming, all other steps and the mask are one passage through memory.
    bias : 2-D array or None
        Master bias, ADU; None for no bias.
    flat : 2-D array or None
        Flat field of median 1; None for a response of 1.
    good : 2-D map, optional
        1 good, 0 bad. Default: all good.
    dark : 2-D array, optional
        Dark current, bias-subtracted. Default: none.
    dark_scale : float
        The factor from `dark` to ADU of this exposure: the exposure time in s where `dark` is ADU/s. Default: 1.
    fringe : 2-D array, optional
        Fringe pattern, flat-fielded. Default: none.
    fringe_scale : float
        The factor from `fringe` to ADU of this exposure. Default: 1.
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
            raise ParameterError(f'{name} is {scale}, but must be finite: correct the exposure time or the fringes behind it')
    from awlike.pixels.kernels.reduced import reduce_strip
    if not isinstance(trimmed, Trimmed):
        trimmed = Trimmed(trimmed, 0, 0, *(np.zeros(length, np.float32) for length in trimmed.shape))
    reduced = np.empty(trimmed.shape, np.float32)
    width = reduced.shape[1]

    def reduce(rows: slice) -> None:
        raw = trimmed.raw_rows(rows)
        raw = np.ascontiguousarray(raw, raw.dtype if raw.dtype == np.uint16 else np.float32)
        reduce_strip(raw, trimmed.left, trimmed.row_levels[rows], trimmed.column_levels, strip_of(bias, rows, width),
                     strip_of(dark, rows, width), dark_scale, strip_of(flat, rows, width, 1), strip_of(fringe, rows, width),
                     fringe_scale, strip_of(illumination, rows, width, 1), strip_of_map(good, rows, width), reduced[rows])

    for_strips(*trimmed.shape, reduce)
    return reduced

"""The steps that every science frame goes through: bias, dark, flat; and the weight."""

import numpy as np

from awlike.pixels.geometry import require_same_shape
from awlike.pixels.strips import Trimmed, for_strips


def reduce_image(trimmed, bias, flat, good=None, dark=None):
    """(trimmed - bias - dark) / flat.

    Parameters
    ----------
    trimmed : 2-D array [y, x]
        Raw science frame, overscan-corrected and trimmed, ADU; or what `overscan_subtracted` gives: overscan, trimming,
        bias, flat and mask are then one passage through memory.
    bias : 2-D array
        Master bias, ADU.
    flat : 2-D array
        Flat field of median 1.
    good : 2-D map, optional
        1 good, 0 bad. Default: all good.
    dark : 2-D array, optional
        Dark current of this exposure, ADU: already scaled to its exposure time. Default: none.

    Returns
    -------
    2-D float32 array
        ADU. Exactly 0.0 at bad pixels: where the map says so, where the flat is not above 0, and where the result would
        not be finite. It holds no NaN; the weight tells which zeros mean nothing.

    Raises
    ------
    ValueError
        When shapes differ.
    """
    require_same_shape(trimmed=trimmed, bias=bias, flat=flat, good=good, dark=dark)
    from awlike.pixels.science_kernels import reduce_strip
    bias, dark, flat = (np.zeros((0, 0), np.float32) if image is None else np.ascontiguousarray(image, np.float32)
                        for image in (bias, dark, flat))
    good = np.zeros((0, 0), bool) if good is None else np.ascontiguousarray(good) > 0
    if not isinstance(trimmed, Trimmed):
        trimmed = Trimmed(trimmed, 0, 0, *(np.zeros(length, np.float32) for length in trimmed.shape))
    reduced = np.empty(trimmed.shape, np.float32)

    def reduce(rows):
        raw = trimmed.raw_rows(rows)
        raw = np.ascontiguousarray(raw, raw.dtype if raw.dtype == np.uint16 else np.float32)
        reduce_strip(raw, trimmed.left, trimmed.row_levels[rows], trimmed.column_levels,
                     bias[rows], dark[rows], flat[rows], good[rows], reduced[rows])

    for_strips(*trimmed.shape, reduce)
    return reduced


def weight_image(flat, maps):
    """Flat field times the product of the maps: what a pixel is worth.

    Parameters
    ----------
    flat : 2-D array [y, x]
        Flat field of median 1.
    maps : sequence of 2-D maps
        1 good, 0 bad; may be empty.

    Returns
    -------
    2-D float32 array
        0 where any map says bad and where the flat is not finite or not above 0; never NaN.

    Raises
    ------
    ValueError
        When shapes differ.
    """
    flat = np.asarray(flat)
    require_same_shape(flat=flat)
    maps = [np.asarray(one) for one in maps]
    for number, one in enumerate(maps):
        require_same_shape(**{'flat': flat, f'map {number}': one})

    from awlike.pixels.science_kernels import weigh_strip
    flat = np.ascontiguousarray(flat, np.float32)
    weight = np.empty(flat.shape, np.float32)

    def weigh(rows):
        good = np.ones(flat[rows].shape, bool)
        for one in maps:
            good &= one[rows] > 0
        weigh_strip(flat[rows], good, weight[rows])

    for_strips(*flat.shape, weigh)
    return weight

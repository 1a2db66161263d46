"""The steps that every science frame goes through: bias, dark, flat; and the weight."""

import numpy as np

from awlike.pixels.filters import good_pixels
from awlike.pixels.geometry import require_same_shape


def reduce_image(trimmed, bias, flat, good=None, dark=None):
    """(trimmed - bias - dark) / flat.

    Parameters
    ----------
    trimmed : 2-D array [y, x]
        Raw science frame, overscan-corrected and trimmed, ADU.
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
    usable = good_pixels(flat, good) & (np.asarray(flat) > 0)
    # Non-finite pixels are found afterwards, all in one go.
    with np.errstate(all='ignore'):
        reduced = np.subtract(trimmed, bias, dtype=np.float32)
        if dark is not None:
            reduced -= dark
        reduced /= flat
    usable &= np.isfinite(reduced)
    reduced[~usable] = 0
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
    usable = good_pixels(flat) & (flat > 0)
    for number, one in enumerate(maps):
        require_same_shape(**{'flat': flat, f'map {number}': one})
        usable &= np.asarray(one) > 0
    return np.where(usable, flat, 0).astype(np.float32)

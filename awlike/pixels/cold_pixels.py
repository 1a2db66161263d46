"""Cold pixels: less sensitive than their surroundings."""

import numpy as np

from awlike.errors import ParameterError
from awlike.pixels.arrays import Image, Map
from awlike.pixels.filters import fill_bad, good_pixels, local_level
from awlike.pixels.geometry import require_same_shape

_COLD_WINDOW = 51  # pixels: columns and blocks up to half as wide are found whole


def cold_pixels(flat: Image, low: float, high: float) -> Map:
    """Return a map of the pixels whose response differs from that of their surroundings.

    The surroundings are a running median in x and y, wide enough for dead columns and blocks to leave no trace. A
    second running median, with the pixels found first replaced by their neighbours, finds clusters whole. Vignetting is
    also in the surroundings, so it makes no pixel cold.

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

"""The weight of each pixel of a reduced frame."""

import functools
from collections.abc import Sequence

import numpy as np

from awlike.pixels.arrays import Image32
from awlike.pixels.geometry import require_same_shape
from awlike.pixels.strips import Frame, for_strips, strip_of, strip_of_map


def weight_image(flat: Frame | None, maps: Sequence[Frame], illumination: Frame | None = None) -> Image32:
    """Return the weight of each pixel: flat field times illumination correction times the product of the maps.

    Parameters
    ----------
    flat : 2-D array [y, x] or None
        Flat field of median 1; None for a response of 1.
    maps : sequence of 2-D maps
        1 good, 0 bad; may be empty where there is a flat.
    illumination : 2-D array, optional
        Illumination correction, a factor about 1. Default: none.

    Returns
    -------
    2-D float32 array
        0 where any map says bad and where the flat or the illumination correction is not finite or not above 0; never NaN.

    Raises
    ------
    ValueError
        When shapes differ.
    """
    require_same_shape(flat=flat, illumination=illumination, **{f'map {number}': one for number, one in enumerate(maps)})
    from awlike.pixels.kernels.reduced import weigh_strip
    weight = np.empty((maps[0] if flat is None else flat).shape, np.float32)
    width = weight.shape[1]

    def weigh(rows: slice) -> None:
        good = functools.reduce(np.minimum, [strip_of_map(one, rows, width) for one in maps or [None]])
        weigh_strip(strip_of(flat, rows, width, 1), strip_of(illumination, rows, width, 1), good, weight[rows])

    for_strips(*weight.shape, weigh)
    return weight

"""Binning after the fact: 2 x 2, 4 x 4 or 8 x 8 pixels become one."""

from typing import Any

import numpy as np

from awlike.errors import ParameterError
from awlike.pixels.arrays import Image, Image32

SIDES = (1, 2, 4, 8)


def binned(image: Image, side: int, sums: bool = False) -> Image32:
    """Return an image whose pixels are the means, or the sums, of side x side pixels.

    Parameters
    ----------
    image : 2-D array [y, x]
        Rows and columns at the upper and right edge that make no whole pixel are left out.
    side : {1, 2, 4, 8}
        How many pixels along each axis become one; 1 changes nothing.
    sums : bool
        Whether light adds up, so that the flux of a star stays the same, and the sky in a pixel rises. Default: means.

    Returns
    -------
    2-D float32 array
        Pixels that are not finite do not count: the mean is that of the others, the sum as many times the mean as pixels
        become one. NaN where none is finite.

    Raises
    ------
    ParameterError
        When `side` is another number, or the image is smaller than it.
    """
    if side not in SIDES:
        raise ParameterError(f'binning of {side!r} pixels: use one of {", ".join(map(str, SIDES))}')
    image = np.asarray(image, np.float32)
    if side == 1:
        return image.copy()
    height, width = image.shape[0] // side, image.shape[1] // side
    if not height or not width:
        raise ParameterError(f'binning of {side} pixels of an image of {image.shape[1]} x {image.shape[0]}: no pixel is left')
    total, number = np.zeros((height, width)), np.zeros((height, width), np.int32)
    for row in range(side):
        for column in range(side):
            values = image[row:height * side:side, column:width * side:side]
            known = np.isfinite(values)
            total += np.where(known, values, 0)
            number += known
    with np.errstate(divide='ignore', invalid='ignore'):
        mean = np.where(number > 0, total / number, np.nan)
    return (mean * side**2 if sums else mean).astype(np.float32)


def binned_astrometry(astrom: dict[str, Any], side: int) -> dict[str, Any]:
    """Return the linear astrometry of a binned image: CRPIX moves, CD grows; the same sky lies beneath the same light."""
    changed = {name: (astrom[name] - 0.5) / side + 0.5 for name in ('CRPIX1', 'CRPIX2') if astrom.get(name) is not None}
    changed |= {name: value * side for name, value in astrom.items() if name.startswith('CD') and value is not None
                and name.startswith(('CD1_', 'CD2_'))}
    return astrom | changed

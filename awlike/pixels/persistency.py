"""Trails of charge from full pixels: upwards in the exposure itself, and downwards, towards the output, in later ones.

When an amplifier is read, rows move to its output one after the other. Charge that does not fit into a full pixel stays
behind in traps of the pixels that it passes: in the rows above, which are read after it, the same exposure shows it; the rows
between the pixel and the output show it in the exposures that follow. Neither is modelled: such pixels are no measurement.
"""

import functools
from collections.abc import Callable, Sequence

import numpy as np

from awlike.pixels.arrays import Image, Map, Mask
from awlike.pixels.geometry import Amplifier, Geometry, require_same_shape


def trails_after(full: Image, geometry: Geometry) -> Map:
    """Return a map without the trails of an exposure: from the first full pixel of a column on to the last row that is read.

    Parameters
    ----------
    full : 2-D map [y, x]
        0 where a pixel of the exposure is full, as `saturated_pixels` finds it, of the assembled image.
    geometry : Geometry
        Of the raw frame: each amplifier has columns of its own, and is read in its own direction.

    Returns
    -------
    2-D uint8 array
        1 good, 0 bad. What an amplifier reads of which all is full tells of no star, but of an amplifier that is broken: it
        has no trails.
    """
    return _by_amplifier(full, geometry, lambda bad: np.logical_or.accumulate(bad, axis=0))


def left_behind(earlier: Sequence[Image], geometry: Geometry) -> Map:
    """Return a map without the pixels in which earlier exposures can have left charge.

    These are the rows from the one that is read first to the last full pixel of a column.

    Parameters
    ----------
    earlier : sequence of 2-D maps [y, x]
        0 where a pixel was full, of each of the earlier exposures.
    geometry : Geometry
        Of the raw frame.

    Returns
    -------
    2-D uint8 array
        1 good, 0 bad; as of `trails_after`, an amplifier of which all is full left nothing.
    """
    found = [_by_amplifier(full, geometry, lambda bad: np.logical_or.accumulate(bad[::-1], axis=0)[::-1]) for full in earlier]
    return functools.reduce(np.bitwise_and, found, np.ones(geometry.shape, np.uint8))


def _by_amplifier(full: Image, geometry: Geometry, spread: Callable[[Mask], Mask]) -> Map:
    """Return a map that is 0 where `spread` carries the full pixels of an amplifier, whose rows are in the order of reading."""
    good = np.ones(geometry.shape, np.uint8)
    require_same_shape(good=good, full=full)
    for one in geometry.amplifiers or (None,):
        rows, columns = (slice(None), slice(None)) if one is None else one.place.slices
        bad = np.asarray(full[rows, columns]) == 0
        if bad.any() and not bad.all():
            step = -1 if one is not None and _is_read_downwards(one) else 1
            good[rows, columns][spread(bad[::step])[::step]] = 0
    return good


def _is_read_downwards(amplifier: Amplifier) -> bool:
    """Return whether the last row of its part of the assembled image is read first."""
    return amplifier.flips[0] != amplifier.reversed[0]

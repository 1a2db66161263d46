"""Where detectors lie in the focal plane, by the astrometry of their headers."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from awlike.sky.headers import read_plate
from awlike.sky.projection import to_plane
from awlike.sky.sphere import Doubles


def axis_and_turn(cards: Mapping[str, Any], reference: Mapping[str, Any]) -> tuple[tuple[float, float], Doubles] | None:
    """Return where the optical axis is on a detector, and how the detector is turned against another.

    The axis is where `reference`, the astrometry of another detector of the exposure, has its point of contact; detectors of
    most cameras share it.

    Returns
    -------
    ((column, row), array [2, 2]) or None
        The first pixel is 1; the matrix leads from the axes of the detector to those of the other, in its pixels. None where
        a header has no place on the sky.
    """
    own, other = read_plate(cards), read_plate(reference)
    if own is None or other is None:
        return None
    east, north = to_plane(*other.CRVAL, own.CRVAL)
    column, row = np.array(own.CRPIX) + np.linalg.solve(own.CD, np.array([float(east), float(north)]))
    return (float(column), float(row)), np.linalg.inv(other.CD) @ own.CD

"""Where the detectors of a camera lie, by the astrometry of one exposure; side by side where headers do not say."""

import collections
import math
from collections.abc import Sequence

import numpy as np

from awlike.nightly.reading import Exposed
from awlike.pixels.geometry import Section

_GAP = 0.08  # of the size of a detector, where they are put side by side


def placed(frames: Sequence[Exposed], names: Sequence[str]) -> dict[str, np.ndarray]:
    """Return by name of the chip its corners [4, (x, y)], in any unit, y upwards; east is left where headers say where."""
    by_exposure: dict[str, list[Exposed]] = collections.defaultdict(list)
    for one in frames:
        by_exposure[one.exposure].append(one)
    fullest = max(by_exposure.values(), key=len, default=[])
    found = {one.chip: corners for one in fullest if (corners := _on_sky(one, fullest[0])) is not None}
    return found if set(found) == set(names) else _side_by_side(names)


def _on_sky(one: Exposed, other: Exposed) -> np.ndarray | None:
    """Return the corners of a frame on the sky, in degrees from where `other` points; None where the header does not say."""
    astrom, origin = one.astrom or {}, other.astrom or {}
    wanted = [astrom.get(name) for name in ('CRVAL1', 'CRVAL2', 'CRPIX1', 'CRPIX2', 'CD1_1', 'CD1_2', 'CD2_1', 'CD2_2')]
    if None in wanted or origin.get('CRVAL1') is None or origin.get('CRVAL2') is None or one.trim is None:
        return None
    ra, dec, x0, y0, *matrix = (float(value) for value in wanted if value is not None)
    section = Section.from_fits(one.trim)
    pixels = np.array([(section.x0, section.y0), (section.x1, section.y0), (section.x1, section.y1), (section.x0, section.y1)])
    offsets = (pixels + 0.5 - (x0, y0)) @ np.reshape(matrix, (2, 2)).T
    apart = (ra - origin['CRVAL1'] + 180) % 360 - 180
    corners = offsets + (apart * math.cos(math.radians(dec)), dec - origin['CRVAL2'])
    return corners * (-1, 1) if np.isfinite(corners).all() and np.ptp(corners) > 0 else None


def _side_by_side(names: Sequence[str]) -> dict[str, np.ndarray]:
    """Return places for detectors in rows, by their names."""
    columns = max(1, math.ceil(math.sqrt(2 * len(names))))
    square = np.array([(0, 0), (1, 0), (1, 1), (0, 1)]) * (1 - _GAP)
    return {name: square + (number % columns, -(number // columns)) for number, name in enumerate(names)}

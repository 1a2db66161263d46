"""Measure the signs of raw frames, in several threads."""

import datetime
import os
from collections.abc import Iterator, Sequence

from awlike.errors import AwlikeError
from awlike.parallel import ahead
from awlike.pixels.frame_signs import Signs, signs
from awlike.pixels.overscan import overscan_subtracted, possible_modes
from awlike.products.raw import RawFrame
from awlike.suspects.compare import Seen

_EPOCH = datetime.datetime(2000, 1, 1)
_CONSTANT = 2  # overscan mode: one level for the frame


def seen(raw: RawFrame, found: Signs) -> Seen:
    """Return a raw frame as frames are compared."""
    return Seen((raw.DATE_OBS - _EPOCH).total_seconds(), raw.EXPTIME or 0.0, found, getattr(raw, 'AIRMASS', None))


def measured(raws: Sequence[RawFrame]) -> Iterator[tuple[RawFrame, Signs | str]]:
    """Yield each raw frame with its signs, or with the error in words where it cannot be read."""
    jobs = [(raw, raw.raw_fits, raw.readout) for raw in raws]  # read here and at once: threads ask no database
    with ahead(_signs, (raw for raw, *_ in jobs), os.cpu_count() or 1) as all_found:
        for raw, found in all_found:
            yield raw, found.result()


def _signs(raw: RawFrame) -> Signs | str:
    try:
        geometry, pixels = raw.geometry, raw.pixels
        if pixels is None:
            return 'it has no pixels'
        mode = _CONSTANT if _CONSTANT in possible_modes(geometry) else 0
        return signs(overscan_subtracted(pixels, geometry, mode))
    except (AwlikeError, OSError, ValueError) as error:
        return f'{error}' or type(error).__name__

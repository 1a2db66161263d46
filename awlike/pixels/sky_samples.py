"""The level of the sky over an exposure: medians of boxes that are spread over each detector."""

from typing import NamedTuple

import numpy as np

from awlike.pixels.arrays import Array


class SkySamples(NamedTuple):
    """The sky at places of an image; arrays [box]."""

    x: Array  # column of the middle of the box, from 0
    y: Array  # its row
    level: Array  # median of the box


class SkyLevel(NamedTuple):
    """The sky over several detectors, from all of their boxes."""

    level: float  # median of the boxes
    clipped: float  # median of those within 3 sigma
    least: float  # the lowest of those
    sigma: float  # half of the distance between the percentiles 16 and 84
    number: int  # of boxes


def sky_samples(image: Array, number: int, half_width: int, seed: int = 0, loudest: float | None = None) -> SkySamples:
    """Return the median of boxes at random places, the same for each call with the same `seed`.

    A box with a pixel that is NaN does not count. Where stars are, clipping rejects the box, see `sky_level`.

    Parameters
    ----------
    image : array, 2-D [y, x]
        The image of a detector; NaN where there is none.
    number : int
        How many boxes are asked for; fewer come where gaps leave no room for a box.
    half_width : int
        A box has 2 half_width + 1 pixels along each axis; it is made smaller for a detector that is not 8 boxes wide.
    seed : int
        Of the places.
    loudest : float, optional
        Boxes whose pixels scatter by more than so many times the median of all boxes, as about stars, do not count.
    """
    half_width = max(1, min(half_width, (min(image.shape) // 8 - 1) // 2))
    places = _whole_boxes(np.isfinite(image), half_width, number, np.random.default_rng(seed))
    boxes = [image[y - half_width:y + half_width + 1, x - half_width:x + half_width + 1] for y, x in places]
    levels = np.array([np.median(box) for box in boxes], float)
    if loudest is not None and boxes:
        scatter = np.array([np.std(box) for box in boxes])
        quiet = scatter <= loudest * np.median(scatter)
        places, levels = places[quiet], levels[quiet]
    return SkySamples(places[:, 1], places[:, 0], levels)


def _whole_boxes(known: Array, half_width: int, number: int, rng: np.random.Generator) -> Array:
    """Return the middles [box, (y, x)] of up to `number` boxes without unknown pixels, at random places."""
    height, width = known.shape
    lacking = np.zeros((height + 1, width + 1), np.int32)
    np.cumsum(np.cumsum(~known, 0, dtype=np.int32), 1, out=lacking[1:, 1:])
    y, x = (rng.integers(half_width, length - half_width, 20 * number) for length in (height, width))
    below, above = np.array([y, x]) - half_width, np.array([y, x]) + half_width + 1
    found = (lacking[above[0], above[1]] - lacking[below[0], above[1]] - lacking[above[0], below[1]]
             + lacking[below[0], below[1]])
    whole = np.flatnonzero(found == 0)[:number]
    return np.column_stack([y[whole], x[whole]])


def sky_level(levels: Array) -> SkyLevel | None:
    """Return the level of the sky from the medians of boxes [box], boxes with stars clipped; None without boxes."""
    levels = levels[np.isfinite(levels)]
    if not levels.size:
        return None
    kept = levels[within_sigma(levels)]
    low, high = np.percentile(kept, [15.865, 84.135])
    return SkyLevel(float(np.median(levels)), float(np.median(kept)), float(kept.min()), float(high - low) / 2, levels.size)


def within_sigma(values: Array, sigma: float = 3.0, rounds: int = 3) -> Array:
    """Return which of `values` [n] lie within `sigma` of their median, after so many rounds of clipping.

    A sigma is half of the distance between the percentiles 16 and 84, which outliers do not move.
    """
    kept = np.isfinite(values)
    for _ in range(rounds):
        if kept.sum() < 3:
            break
        low, middle, high = np.percentile(values[kept], [15.865, 50, 84.135])
        kept &= np.abs(values - middle) <= max(sigma * (high - low) / 2, 1e-9 * abs(middle))
    return kept

"""Fringes scaled by vectors: the contrast between dark and bright places (Snodgrass & Carry 2013, ESO Messenger 152, 14)."""

import re
from typing import NamedTuple

import numpy as np

from awlike.errors import HeaderError
from awlike.pixels.arrays import Array
from awlike.pixels.sky_samples import within_sigma

HALF_WIDTH = 10  # pixels, of the boxes at both ends of a vector
_TILES = 8  # along each axis, in which vectors are found
_KNOWN = 0.75  # of the pixels of a box at the end of such a vector
_VECTOR = re.compile(r'#?\s*vector\s*\(([^)]*)\)')


class FringeScale(NamedTuple):
    """How much of a fringe template is in an exposure."""

    scale: float  # median of the ratios over all detectors
    scatter: float  # of the ratios that agree
    number: int  # of those


def read_vectors(text: str, name: str = 'the region file') -> Array:
    """Return the vectors of a ds9 region file: lines ``vector(x,y,length,angle)`` from a dark to a bright place.

    Parameters
    ----------
    text : str
        The content of the file, in image coordinates.
    name : str
        Of the file, for errors.

    Returns
    -------
    array, 2-D [vector, (x, y, length, angle)]
        Pixels, the first of which is 1, and degrees from x to y.

    Raises
    ------
    HeaderError
        For a vector that has no four numbers, or a file without vectors.
    """
    found = []
    for inside in _VECTOR.findall(text):
        try:
            x, y, length, angle = map(float, inside.split(','))
        except ValueError:
            raise HeaderError(f'{name}: vector({inside}) has no four numbers; save the regions in image coordinates') from None
        found.append((x, y, length, angle))
    if not found:
        raise HeaderError(f'{name}: there is no vector(x,y,length,angle); draw vectors from dark to bright places in ds9')
    return np.array(found)


def vectors_in(template: Array, half_width: int = HALF_WIDTH) -> Array:
    """Return vectors from the darkest to the brightest place in each of 8 x 8 parts of a fringe template.

    Parameters
    ----------
    template : array, 2-D [y, x]
        The fringes; NaN where they are unknown.
    half_width : int
        Half of the side of the boxes whose medians are compared.

    Returns
    -------
    array, 2-D [vector, (x, y, length, angle)]
        As `read_vectors` returns them; none where a part is too small or unknown.
    """
    side, found = 2 * half_width + 1, []
    for rows in np.array_split(np.arange(template.shape[0]), _TILES):
        for columns in np.array_split(np.arange(template.shape[1]), _TILES):
            ends = _extremes(template[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1], side) if len(rows) and len(columns) \
                else None
            if ends is not None:
                (y0, x0), (y1, x1) = ends
                found.append((columns[0] + x0 + 1, rows[0] + y0 + 1, np.hypot(x1 - x0, y1 - y0),
                              np.degrees(np.arctan2(y1 - y0, x1 - x0))))
    return np.array(found).reshape(-1, 4)


def _extremes(part: Array, side: int) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """Return the middles (y, x) of the darkest and of the brightest block of `part`, side x side pixels each."""
    rows, columns = part.shape[0] // side, part.shape[1] // side
    if rows * columns < 2:
        return None
    pixels = part[:rows * side, :columns * side].reshape(rows, side, columns, side)
    known = np.isfinite(pixels)
    number = known.sum(axis=(1, 3))
    blocks = np.where(known, pixels, 0).sum(axis=(1, 3)) / np.maximum(number, 1)
    blocks[number < _KNOWN * side ** 2] = np.nan
    if np.isfinite(blocks).sum() < 2:
        return None
    dark, bright = (np.unravel_index(find(blocks), blocks.shape) for find in (np.nanargmin, np.nanargmax))
    middle = (side - 1) / 2
    return (dark[0] * side + middle, dark[1] * side + middle), (bright[0] * side + middle, bright[1] * side + middle)


def contrasts(image: Array, vectors: Array, half_width: int = HALF_WIDTH) -> Array:
    """Return for each vector the median about its end less the median about its start; NaN at an edge or in a gap.

    Parameters
    ----------
    image : array, 2-D [y, x]
        An exposure or a template; NaN where there is none.
    vectors : array, 2-D [vector, (x, y, length, angle)]
        As `read_vectors` returns them.
    half_width : int
        Half of the side of the boxes at both ends.
    """
    x, y, length, angle = vectors.T
    ends = np.array([[x, y], [x + length * np.cos(np.radians(angle)), y + length * np.sin(np.radians(angle))]])
    dark, bright = (np.array([_box_median(image, row, column, half_width) for column, row in zip(*end, strict=True)], float)
                    for end in ends)
    return bright - dark


def _box_median(image: Array, y: float, x: float, half_width: int) -> float:
    """Return the median about a place (pixels from 1); NaN where more than half of the box is unknown."""
    row, column = round(y - 1), round(x - 1)
    rows, columns = (slice(max(0, at - half_width), max(0, at + half_width + 1)) for at in (row, column))
    box = image[rows, columns]
    known = box[np.isfinite(box)]
    return float(np.median(known)) if known.size > (2 * half_width + 1) ** 2 / 2 else float('nan')


def fringe_ratios(image: Array, template: Array, vectors: Array, half_width: int = HALF_WIDTH) -> Array:
    """Return for each vector how much stronger the contrast is in the exposure than in the template; NaN where unknown.

    Parameters
    ----------
    image, template : array, 2-D [y, x]
        The exposure of a detector, and the fringes of the same pixels.
    vectors : array, 2-D [vector, (x, y, length, angle)]
        As `read_vectors` or `vectors_in` returns them.
    half_width : int
        Half of the side of the boxes at both ends.
    """
    if not len(vectors):
        return np.empty(0)
    of_template = contrasts(template, vectors, half_width)
    with np.errstate(divide='ignore', invalid='ignore'):
        return np.where(of_template != 0, contrasts(image, vectors, half_width) / of_template, np.nan)


def exposure_fringe_scale(ratios: Array) -> FringeScale | None:
    """Return the one scale of the fringes from the ratios of all detectors; None where no ratio is positive.

    Parameters
    ----------
    ratios : array [vector]
        As `fringe_ratios` returns them, those of all detectors together.
    """
    ratios = ratios[np.isfinite(ratios) & (ratios > 0) & (ratios < 1e9)]
    kept = ratios[within_sigma(ratios)]
    return FringeScale(float(np.median(kept)), float(np.std(kept)), int(kept.size)) if kept.size else None

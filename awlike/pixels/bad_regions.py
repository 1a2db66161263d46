"""Bad pixels from region files of ds9: boxes along rows and columns."""

import re
from collections.abc import Sequence

import numpy as np

from awlike.errors import ParameterError
from awlike.pixels.arrays import Map

Box = Sequence[float]  # x, y of the centre (1-based), width, height, pixels
_SHAPE = re.compile(r'([+-]?)\s*(\w+)\s*\(([^)]*)\)')
_SYSTEMS = ('image', 'physical', 'detector', 'amplifier')  # all of pixels; the first two are one for an image that is not cut
_OTHER_SYSTEMS = re.compile(r'(fk4|fk5|icrs|galactic|ecliptic|b1950|j2000|linear|wcs\w?)', re.IGNORECASE)


def read_boxes(text: str) -> list[list[float]]:
    """Return the boxes of a ds9 region file, each [x, y, width, height]: the centre (1-based) and the sides, pixels.

    Raises
    ------
    ParameterError
        When a region is no box along rows and columns, or not in pixels; the message has the line.
    """
    boxes = []
    for number, line in enumerate(text.splitlines(), 1):
        for part in line.split('#')[0].split(';'):
            word = part.strip()
            if _OTHER_SYSTEMS.fullmatch(word):
                raise ParameterError(f'line {number} of the regions: {word!r} is a system of the sky, bad pixels are boxes of '
                                     'pixels: save the regions in the system "image"')
            if not word or word.lower() in _SYSTEMS or word.startswith('global'):
                continue
            boxes.append(_box(word, number))
    return boxes


def good_outside(shape: tuple[int, int], boxes: Sequence[Box]) -> Map:
    """Return a map of an image of this shape (rows, columns) that is 0 in the boxes of `read_boxes` and 1 elsewhere.

    A pixel is bad whose centre lies in a box. Boxes may lie in part, or all, outside the image.
    """
    good = np.ones(shape, np.uint8)
    for x, y, width, height in boxes:
        rows, columns = _pixels(y, height, shape[0]), _pixels(x, width, shape[1])
        good[rows, columns] = 0
    return good


def _pixels(centre: float, side: float, length: int) -> slice:
    """Return the pixels, 0-based, whose centres lie in [centre - side / 2, centre + side / 2), 1-based."""
    start = int(np.ceil(centre - side / 2 - 1e-6)) - 1
    stop = int(np.ceil(centre + side / 2 - 1e-6)) - 1
    return slice(max(start, 0), max(min(stop, length), 0))


def _box(word: str, number: int) -> list[float]:
    found = _SHAPE.fullmatch(word)
    try:
        values = [float(one) for one in found[3].replace(',', ' ').split()] if found else []
    except ValueError:
        values = []
    if found is None or found[1] == '-' or found[2].lower() != 'box' or len(values) not in (4, 5):
        raise ParameterError(f'line {number} of the regions: {word!r} is no box(x, y, width, height, angle) in pixels, and bad '
                             'pixels are boxes: draw boxes, and save them in the system "image"')
    x, y, width, height, turned = *values, *([0.0] if len(values) == 4 else [])
    if turned % 90 or min(width, height) <= 0:
        raise ParameterError(f'line {number} of the regions: {word!r} is turned, or has no size; bad pixels are boxes along '
                             'rows and columns: set its angle to 0, and its sides above 0')
    return [x, y, height, width] if turned % 180 else [x, y, width, height]

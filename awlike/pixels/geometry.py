"""Which part of a raw frame is what: sections of an image, and the geometry made of them."""

import re
from dataclasses import dataclass

import numpy as np

from awlike.errors import HeaderError, ParameterError

_FITS_SECTION = re.compile(r'\s*\[?\s*(\d+)\s*:\s*(\d+)\s*,\s*(\d+)\s*:\s*(\d+)\s*\]?\s*')


@dataclass(frozen=True)
class Section:
    """A rectangle of pixels, 0-based and half-open: columns x0 <= x < x1, rows y0 <= y < y1.

    Raises
    ------
    ValueError
        When it is empty or begins before pixel 0.
    """

    x0: int
    x1: int
    y0: int
    y1: int

    def __post_init__(self):
        if not (0 <= self.x0 < self.x1 and 0 <= self.y0 < self.y1):
            raise HeaderError(
                f'section x {self.x0}:{self.x1}, y {self.y0}:{self.y1} holds no pixels: 0 <= start < end is needed '
                '(0-based, end not included); a region that does not exist is None'
            )

    @classmethod
    def from_fits(cls, text):
        """Section from a FITS header value such as '[18:1382,1:1370]' (x then y, 1-based, both ends included).

        Raises
        ------
        ValueError
            When the text is not of that form, or names no pixels.
        """
        match = _FITS_SECTION.fullmatch(text) if isinstance(text, str) else None
        numbers = [int(number) for number in match.groups()] if match else []
        if not match or not (1 <= numbers[0] <= numbers[1] and 1 <= numbers[2] <= numbers[3]):
            raise HeaderError(
                f'{text!r} is not a FITS section: write [x_first:x_last,y_first:y_last], 1-based, '
                'both ends included, first <= last, as in [18:1382,1:1370]'
            )
        first_x, last_x, first_y, last_y = numbers
        return cls(first_x - 1, last_x, first_y - 1, last_y)

    def to_fits(self):
        """The section as a FITS header value, 1-based with both ends included."""
        return f'[{self.x0 + 1}:{self.x1},{self.y0 + 1}:{self.y1}]'

    @property
    def slices(self):
        """The index of the section in an image: ``image[section.slices]``, [y, x]."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    @property
    def shape(self):
        """(rows, columns)."""
        return self.y1 - self.y0, self.x1 - self.x0

    def fits_in(self, shape):
        """Whether an image of this shape (rows, columns) has all the section's pixels."""
        return self.y1 <= shape[0] and self.x1 <= shape[1]


@dataclass(frozen=True)
class Geometry:
    """The regions of a raw frame. `trim` is the exposed part; regions that the camera does not have are None."""

    trim: Section
    prescan_x: Section | None = None
    overscan_x: Section | None = None
    prescan_y: Section | None = None
    overscan_y: Section | None = None

    def regions(self):
        """The regions that exist, a dict from name to Section, `trim` first."""
        return {name: section for name, section in vars(self).items() if section is not None}


def require_same_shape(**images):
    """Refuse images that do not lie pixel upon pixel. An image that is None does not count.

    Raises
    ------
    ValueError
        When two shapes differ, or the first is not 2-D.
    """
    shapes = {name: getattr(image, 'shape', None) or np.shape(image) for name, image in images.items() if image is not None}
    first, shape = next(iter(shapes.items()))
    if len(shape) != 2:
        raise ParameterError(f'{first} has shape {shape}, but an image has two axes, [y, x]: pass one image')
    for name, other in shapes.items():
        if other != shape:
            raise ParameterError(
                f'{name} has shape {other} and {first} {shape}, but they must lie pixel upon pixel: '
                'trim both with the geometry of one chip'
            )

"""Sections of a raw frame, and the geometry that they make: which part of the frame is what."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from awlike.errors import HeaderError, ParameterError
from awlike.pixels.strips import Frame

REGIONS = ('trim', 'prescan_x', 'overscan_x', 'prescan_y', 'overscan_y')
_FITS_SECTION = re.compile(r'\s*\[?\s*(\d+)\s*:\s*(\d+)\s*,\s*(\d+)\s*:\s*(\d+)\s*\]?\s*')


@dataclass(frozen=True)
class Section:
    """A rectangle of pixels, 0-based and half-open: columns x0 <= x < x1, rows y0 <= y < y1.

    Raises
    ------
    ValueError
        When the section is empty or begins before pixel 0.
    """

    x0: int
    x1: int
    y0: int
    y1: int

    def __post_init__(self) -> None:
        if not (0 <= self.x0 < self.x1 and 0 <= self.y0 < self.y1):
            raise HeaderError(
                f'section x {self.x0}:{self.x1}, y {self.y0}:{self.y1} holds no pixels: 0 <= start < end is needed '
                '(0-based, end not included); a region that does not exist is None'
            )

    @classmethod
    def from_fits(cls, text: object) -> Self:
        """Return the section of a FITS header value such as '[18:1382,1:1370]' (x then y, 1-based, both ends included).

        Raises
        ------
        ValueError
            When the text is not of that form, or names no pixels.
        """
        numbers = _numbers(text)
        if not numbers or not (1 <= numbers[0] <= numbers[1] and 1 <= numbers[2] <= numbers[3]):
            raise HeaderError(
                f'{text!r} is not a FITS section: write [x_first:x_last,y_first:y_last], 1-based, '
                'both ends included, first <= last, as in [18:1382,1:1370]'
            )
        first_x, last_x, first_y, last_y = numbers
        return cls(first_x - 1, last_x, first_y - 1, last_y)

    @classmethod
    def from_directed(cls, text: object) -> tuple[Self, bool, bool]:
        """Return the section of a FITS value that can run backwards along either axis, as DETSEC = '[512:1,4004:2003]' does.

        Returns
        -------
        tuple
            (Section, whether it runs backwards along x, whether along y).
        """
        numbers = _numbers(text)
        if not numbers or min(numbers) < 1:
            raise HeaderError(
                f'{text!r} is not a FITS section: write [x_first:x_last,y_first:y_last], 1-based, both ends included; '
                'first > last where pixels lie the other way round, as in [512:1,1:2002]'
            )
        x, y = numbers[:2], numbers[2:]
        return cls(min(x) - 1, max(x), min(y) - 1, max(y)), x[0] > x[1], y[0] > y[1]

    def to_fits(self) -> str:
        """Return the section as a FITS header value, 1-based with both ends included."""
        return f'[{self.x0 + 1}:{self.x1},{self.y0 + 1}:{self.y1}]'

    def moved(self, x: int, y: int) -> 'Section':
        """Return the section moved to the right by x columns and up by y rows."""
        return Section(self.x0 + x, self.x1 + x, self.y0 + y, self.y1 + y)

    @property
    def slices(self) -> tuple[slice, slice]:
        """The index of the section in an image: ``image[section.slices]``, [y, x]."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    @property
    def shape(self) -> tuple[int, int]:
        """The shape of the section, (rows, columns)."""
        return self.y1 - self.y0, self.x1 - self.x0

    def fits_in(self, shape: tuple[int, ...]) -> bool:
        """Return whether an image of this shape (rows, columns) holds the whole section."""
        return self.y1 <= shape[0] and self.x1 <= shape[1]


    def lies_in(self, other: 'Section') -> bool:
        """Return whether all pixels of the section are pixels of `other`."""
        return other.x0 <= self.x0 and self.x1 <= other.x1 and other.y0 <= self.y0 and self.y1 <= other.y1


@dataclass(frozen=True)
class Regions:
    """The regions of the raw pixels that one amplifier read; a region that does not exist is None."""

    # pyrefly: ignore[bad-assignment]  # all regions have an exposed part but those of a geometry with amplifiers
    trim: Section = None  # the exposed part
    prescan_x: Section | None = None
    overscan_x: Section | None = None
    prescan_y: Section | None = None
    overscan_y: Section | None = None

    def regions(self) -> dict[str, Section]:
        """Return the regions that exist, by name, `trim` first."""
        return {name: section for name in REGIONS if (section := getattr(self, name)) is not None}


@dataclass(frozen=True)
class Amplifier(Regions):
    """One of several amplifiers of a detector: its regions of the raw frame, and where its pixels lie on the detector.

    `place` is a section of the assembled image, of the shape of `trim`. `flips`, (y, x), is True for each axis along which
    the pixels lie in the raw frame in the opposite order than on the detector; `reversed`, (y, x), for each axis along which
    they lie there in the opposite order than they were read. `gain` is in e-/ADU, None where it is not known.
    """

    name: str = ''
    # pyrefly: ignore[bad-assignment]  # every amplifier has a place; a field after others needs a default
    place: Section = None
    flips: tuple[bool, bool] = (False, False)
    reversed: tuple[bool, bool] = (False, False)
    gain: float | None = None


@dataclass(frozen=True)
class Geometry(Regions):
    """The regions of a raw frame; of a frame that several amplifiers read, the regions of each, and none of its own."""

    amplifiers: tuple[Amplifier, ...] = ()
    left_out: tuple[Amplifier, ...] = ()  # amplifiers whose pixels show no sky: their places stay empty

    @classmethod
    def from_fits(cls, amplifiers: Sequence[Mapping[str, Any]] | None = None, **sections: object) -> Self:
        """Return the geometry of FITS sections (None where a region does not exist) and, if there are several, of amplifiers.

        Each amplifier is a dict with its `name`, its sections, and `detsec`, the place of its pixels on the detector, which may
        run backwards. It may have `readout`, a section that runs backwards along the axes along which the amplifier was read
        backwards, and `gain`. One that has `unused` leaves its place empty. The assembled image begins where the first
        amplifier does, and goes as far as the last, used or not, so that it is alike in frames that use other amplifiers.
        """
        if not amplifiers:
            return cls(**_sections(sections))
        places = [Section.from_directed(one['detsec']) for one in amplifiers]
        left, bottom = min(place.x0 for place, *_ in places), min(place.y0 for place, *_ in places)
        parts = [_amplifier(one, place.moved(-left, -bottom), (flip_y, flip_x))
                 for one, (place, flip_x, flip_y) in zip(amplifiers, places, strict=True)]
        unused = [bool(one.get('unused')) for one in amplifiers]
        return cls(amplifiers=tuple(part for part, out in zip(parts, unused, strict=True) if not out),
                   left_out=tuple(part for part, out in zip(parts, unused, strict=True) if out))

    @property
    def parts(self) -> 'tuple[Regions, ...]':
        """The parts that one amplifier each read: the amplifiers or, where there is only one, the geometry itself."""
        return self.amplifiers or (self,)

    @property
    def shape(self) -> tuple[int, int]:
        """The shape of the exposed part, assembled: (rows, columns)."""
        if not self.amplifiers:
            return self.trim.shape
        places = [one.place for one in (*self.amplifiers, *self.left_out)]
        return max(place.y1 for place in places), max(place.x1 for place in places)

    @property
    def unused(self) -> tuple[str, ...]:
        """The names of the amplifiers that are left out."""
        return tuple(one.name for one in self.left_out)

    @property
    def mean_gain(self) -> float | None:
        """The mean gain of all amplifiers, those left out included [e-/ADU]; None where the gain of one in use is not known."""
        gains = [one.gain for one in (*self.amplifiers, *self.left_out) if one.gain is not None]
        known = bool(gains) and all(one.gain is not None for one in self.amplifiers)
        return sum(gains) / len(gains) if known else None


def _sections(texts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: Section.from_fits(text) for name in REGIONS if (text := texts.get(name))}


def _amplifier(values: Mapping[str, Any], place: Section, flips: tuple[bool, bool]) -> Amplifier:
    _, reversed_x, reversed_y = Section.from_directed(values.get('readout') or '[1:1,1:1]')
    return Amplifier(**_sections(values), name=values['name'], place=place, flips=flips,
                     reversed=(reversed_y, reversed_x), gain=values.get('gain'))


def _numbers(text: object) -> list[int]:
    """Return the four numbers of a FITS section; none where the text is no section."""
    match = _FITS_SECTION.fullmatch(text) if isinstance(text, str) else None
    return [int(number) for number in match.groups()] if match else []


def require_same_shape(**images: Frame | None) -> None:
    """Refuse images that do not lie pixel upon pixel. An image that is None does not count.

    Raises
    ------
    ValueError
        When two shapes differ, or the first image is not 2-D.
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

"""Grids: the pixels onto which frames are resampled, about a place that a person names, or a tile of a fixed tiling of the sky.

A grid counts its pixels from the point of contact of its tangential projection, so that a pixel of a grid is the same piece of
sky whatever frames lie on it. An image on a grid is a `Box` of whole pixels.
"""

import dataclasses
import functools
import math
from typing import NamedTuple, Self

import numpy as np

from awlike.errors import ParameterError
from awlike.sky.plate import Plate
from awlike.sky.sphere import Doubles

MARGIN = 60.0
"""How far the image of a tile reaches beyond the tile, arcsec, so that a source on the border lies whole in one image."""

_BANDS, _SIDE = 720, 0.25  # of the tiling: bands of declination, each as high as a tile [deg]
_ALONG = 33  # points along an edge that tell where the edge lies
_FORMS = 'RA,DEC or RA,DEC,SCALE or RA,DEC,SCALE,COLUMNSxROWS, or a tile T<band>-<number>,SCALE; degrees and arcsec'


class Box(NamedTuple):
    """Whole pixels of a grid: columns from x0 up to, not including, x1, and rows from y0 up to y1."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return max(self.y1 - self.y0, 0), max(self.x1 - self.x0, 0)

    @property
    def is_empty(self) -> bool:
        """Whether there is no pixel in it."""
        return not all(self.shape)

    def common(self, other: 'Box') -> 'Box':
        """Return the pixels that lie in both."""
        return Box(max(self.x0, other.x0), max(self.y0, other.y0), min(self.x1, other.x1), min(self.y1, other.y1))

    def joined(self, other: 'Box') -> 'Box':
        """Return the smallest box in which both lie."""
        return Box(min(self.x0, other.x0), min(self.y0, other.y0), max(self.x1, other.x1), max(self.y1, other.y1))


@dataclasses.dataclass(frozen=True)
class Grid:
    """A grid about a place: a tangential projection, north up and east to the left.

    Parameters
    ----------
    ra, dec : float
        The point of contact [deg], the centre of pixel (0, 0).
    scale : float
        Side of a pixel [arcsec].
    size : pair of int, optional
        Columns and rows of the images, about the point of contact. Default: as much as the frames cover.
    """

    ra: float
    dec: float
    scale: float
    size: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.ra) and abs(self.dec) <= 90):
            raise ParameterError(f'grid about ({self.ra}, {self.dec}): give right ascension and declination in degrees')
        if not 0 < self.scale <= 3600:
            raise ParameterError(f'a grid of {self.scale} arcsec a pixel: give a scale above 0, at most 3600')
        if self.size is not None and not (len(self.size) == 2 and all(length >= 1 for length in self.size)):
            raise ParameterError(f'a grid of {self.size} pixels: give columns and rows, at least 1 each')
        vars(self).update(ra=float(self.ra) % 360 + 0.0, dec=float(self.dec) + 0.0, scale=float(self.scale),
                          size=self.size and tuple(self.size))

    @property
    def limits(self) -> Box | None:
        """The pixels that images on the grid have at most; None where the frames alone say."""
        if self.size is None:
            return None
        columns, rows = self.size
        return Box(-(columns // 2), -(rows // 2), columns - columns // 2, rows - rows // 2)

    @functools.cached_property
    def plate(self) -> Plate:
        """How the pixels of the grid lie on the sky."""
        step = self.scale / 3600
        return Plate((self.ra, self.dec), (1.0, 1.0), np.array([[-step, 0], [0, step]]))

    def plate_of(self, box: Box) -> Plate:
        """Return how the pixels of an image lie on the sky, which has the pixels of `box`."""
        return self.plate.trimmed(box.x0, box.y0)

    def box_of(self, plate: Plate, shape: tuple[int, int]) -> Box | None:
        """Return the pixels of the grid whose centres a frame may cover; None where it covers none.

        Parameters
        ----------
        plate : Plate
            How the pixels of the frame lie on the sky.
        shape : (rows, columns)
            Of the frame.
        """
        x, y = self.plate.sky_to_pixel(*plate.pixel_to_sky(*outline(-0.5, -0.5, shape[1] - 0.5, shape[0] - 0.5)))
        if not (np.isfinite(x).all() and np.isfinite(y).all()):
            return None  # it lies 90 degrees or more away
        box = Box(math.ceil(x.min()), math.ceil(y.min()), math.floor(x.max()) + 1, math.floor(y.max()) + 1)
        box = box if self.limits is None else box.common(self.limits)
        return None if box.is_empty else box

    def __str__(self) -> str:
        text = f'{self.ra!r},{self.dec!r},{self.scale!r}'
        return text if self.size is None else f'{text},{self.size[0]}x{self.size[1]}'


@dataclasses.dataclass(frozen=True)
class Tile:
    """A tile of the tiling of the sky, with a projection of its own that touches the sky in its middle.

    The tiling has 720 bands of declination, a quarter of a degree each, from the south pole. A band is parted evenly, from
    right ascension 0, into the fewest tiles that are at most a quarter of a degree wide.

    Parameters
    ----------
    band, number : int
        Which tile, from 0.
    scale : float
        Side of a pixel [arcsec].
    """

    band: int
    number: int
    scale: float

    def __post_init__(self) -> None:
        if not 0 <= self.band < _BANDS or not 0 <= self.number < _tiles_in(self.band):
            raise ParameterError(f'there is no tile {self.number} in band {self.band}: bands are 0 to {_BANDS - 1}'
                                 + (f', and this one has {_tiles_in(self.band)} tiles' if 0 <= self.band < _BANDS else ''))

    @classmethod
    def at(cls, ra: float, dec: float, scale: float) -> Self:
        """Return the tile in which a place lies [deg]; of a place on a border, the northern or the eastern one."""
        band = min(int((dec + 90) / _SIDE), _BANDS - 1)
        tiles = _tiles_in(band)
        return cls(band, int(ra % 360 / 360 * tiles) % tiles, float(scale))

    @property
    def edges(self) -> tuple[float, float, float, float]:
        """Least right ascension and declination, and largest right ascension and declination, deg."""
        width, south = 360 / _tiles_in(self.band), self.band * _SIDE - 90
        return self.number * width, south, (self.number + 1) * width, south + _SIDE

    @functools.cached_property
    def grid(self) -> Grid:
        """The grid of its pixels, without limits."""
        west, south, east, north = self.edges
        return Grid((west + east) / 2, (south + north) / 2, self.scale)

    @property
    def plate(self) -> Plate:
        """How the pixels of the grid lie on the sky."""
        return self.grid.plate

    @functools.cached_property
    def limits(self) -> Box:
        """The pixels that images on the tile have at most: the tile and a margin of 60 arcsec."""
        x, y = self.plate.sky_to_pixel(*outline(*self.edges))
        margin = MARGIN / self.scale
        return Box(math.floor(x.min() - margin), math.floor(y.min() - margin), math.ceil(x.max() + margin) + 1,
                   math.ceil(y.max() + margin) + 1)

    def plate_of(self, box: Box) -> Plate:
        """Return how the pixels of an image lie on the sky, which has the pixels of `box`."""
        return self.grid.plate_of(box)

    def box_of(self, plate: Plate, shape: tuple[int, int]) -> Box | None:
        """Return the pixels of the tile whose centres a frame may cover, as `Grid.box_of` does."""
        box = self.grid.box_of(plate, shape)
        box = None if box is None else box.common(self.limits)
        return None if box is None or box.is_empty else box

    def __str__(self) -> str:
        return f'T{self.band:03d}-{self.number:04d},{self.scale!r}'


AnyGrid = Grid | Tile


def parse_grid(text: str, scale: float | None = None) -> AnyGrid:
    """Return the grid of a text, as ``str(grid)`` writes it.

    Parameters
    ----------
    text : str
        ``'315.0,-31.0'``, ``'315.0,-31.0,0.21'``, ``'315.0,-31.0,0.21,4000x3000'`` or ``'T236-0815,0.21'``.
    scale : float, optional
        Side of a pixel [arcsec] where the text has none.

    Raises
    ------
    ParameterError
        When the text is none of these, or nobody says how large a pixel is.
    """
    place, *rest = [part.strip() for part in text.split(',')]
    try:
        if place.startswith('T'):
            band, number = place[1:].split('-')
            (size,) = rest or [scale]
            return Tile(int(band), int(number), _scale(text, size))
        dec, *rest = rest
        shape = rest[1:]
        if len(shape) > 1:
            raise ValueError
        columns_rows = None
        if shape:
            columns, rows = shape[0].split('x')
            columns_rows = int(columns), int(rows)
        return Grid(float(place), float(dec), _scale(text, rest[0] if rest else scale), columns_rows)
    except ParameterError:
        raise
    except ValueError:
        raise ParameterError(f'{text!r} is no grid: write {_FORMS}') from None


def _scale(text: str, scale: str | float | None) -> float:
    if scale is None:
        raise ParameterError(f'the grid {text} does not say how large a pixel is: add the scale, in arcsec')
    return float(scale)


def tiles_touched(plate: Plate, shape: tuple[int, int], scale: float) -> list[Tile]:
    """Return the tiles in which a frame has pixels, margins left out, by band and number.

    Tiles are found at points of the frame. One of which the frame has but a sliver, less than a hundredth of its pixels, can
    be missed; the margins of its neighbours have these pixels.

    Parameters
    ----------
    plate : Plate
        How the pixels of the frame lie on the sky.
    shape : (rows, columns)
        Of the frame.
    scale : float
        Side of a pixel of the tiles [arcsec].
    """
    ends = -0.5, -0.5, shape[1] - 0.5, shape[0] - 0.5
    step = _SIDE * 3600 / 8 / plate.pixel_scale(shape[1] / 2, shape[0] / 2)  # pixels: an eighth of a tile
    inner = [np.linspace(low, high, 2 + int((high - low) / step)) for low, high in ((ends[0], ends[2]), (ends[1], ends[3]))]
    within = [place.ravel() for place in np.meshgrid(*inner)]
    x, y = (np.concatenate(parts) for parts in zip(within, outline(*ends), strict=True))
    ra, dec = plate.pixel_to_sky(x, y)
    return sorted({Tile.at(*place, scale) for place in zip(ra.tolist(), dec.tolist(), strict=True)},
                  key=lambda tile: (tile.band, tile.number))


def usual_scale(plate: Plate, shape: tuple[int, int]) -> float:
    """Return the scale of a grid for a frame [arcsec]: its own in the middle, rounded to two digits.

    Frames of one camera so come to lie on the same grids, though their scales differ a little.
    """
    return float(f'{plate.pixel_scale(shape[1] / 2, shape[0] / 2):.2g}')


def outline(x0: float, y0: float, x1: float, y1: float) -> tuple[Doubles, Doubles]:
    """Return points along the edges of a rectangle, around it."""
    x, y, one = np.linspace(x0, x1, _ALONG), np.linspace(y0, y1, _ALONG), np.ones(_ALONG)
    return np.concatenate([x, x, x0 * one, x1 * one]), np.concatenate([y0 * one, y1 * one, y, y])


@functools.cache
def _tiles_in(band: int) -> int:
    """Return how many tiles a band has."""
    widest = min(abs(band * _SIDE - 90), abs((band + 1) * _SIDE - 90))  # the declination nearest to the equator
    return max(1, math.ceil(360 / _SIDE * math.cos(math.radians(widest)) - 1e-9))

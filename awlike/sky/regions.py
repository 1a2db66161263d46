"""Regions of the sky: cones and polygons. What contains a position is said once, for arrays and for SQL."""

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from awlike.errors import ParameterError
from awlike.sky.healpix import cone_ranges, polygon_ranges

_TINY = 1e-12  # of the square of the size of a polygon: an area that is none
_NOTHING = 1e-60  # deg: moves no position, and keeps products from underflowing, which PostgreSQL takes for an error
_HEMISPHERE = 85.0  # deg: how far corners of a polygon may be from its centre


def degrees(value: Any, what: str) -> float:
    """Return an angle as degrees: a number is degrees, a Quantity is converted.

    Raises
    ------
    ParameterError
        When it is no angle, or not finite.
    """
    try:
        number = float(value.to_value('deg') if hasattr(value, 'to_value') else value)
    except Exception:  # astropy has several
        raise ParameterError(f'{what} {value!r} is no angle: give degrees, or a Quantity as 3 * u.arcsec') from None
    if not math.isfinite(number):
        raise ParameterError(f'{what} {value!r} is not finite: give degrees')
    return number


def direction(ra: Any, dec: Any) -> tuple[float, float]:
    """Return a direction in degrees, the right ascension within 0 and 360.

    Raises
    ------
    ParameterError
        When it is none.
    """
    ra, dec = degrees(ra, 'the right ascension'), degrees(dec, 'the declination')
    if abs(dec) > 90:
        raise ParameterError(f'the declination {dec:g} is beyond a pole: it is between -90 and 90 degrees')
    return ra % 360, dec


class Cone:
    """All positions within a distance of a centre.

    Parameters
    ----------
    ra, dec, radius : float or Quantity
        Degrees unless a Quantity is given.

    Raises
    ------
    ParameterError
        When they are no angles, or the radius is below 0 or above 180 degrees.
    """

    def __init__(self, ra: Any, dec: Any, radius: Any) -> None:
        self.ra, self.dec = direction(ra, dec)
        self.radius = degrees(radius, 'the radius')
        if not 0 <= self.radius <= 180:
            raise ParameterError(f'the radius {self.radius:g} deg is no radius of a cone: it is between 0 and 180 degrees')

    @functools.cached_property
    def ranges(self) -> np.ndarray:
        """Ranges of HEALPix cells that contain the cone, see `awlike.sky.healpix`."""
        return cone_ranges(self.ra, self.dec, self.radius)

    def holds(self, ra: Any, dec: Any, f: Any) -> Any:
        """Return whether positions lie in the cone, by the functions `f`: `numpy`, or SQLAlchemy's `func` for columns."""
        ra, dec = ra + _NOTHING, dec + _NOTHING
        up, along = f.sin(f.radians(dec - self.dec) * 0.5), f.sin(f.radians(ra - self.ra) * 0.5)
        return up * up + math.cos(math.radians(self.dec)) * f.cos(f.radians(dec)) * along * along \
            <= math.sin(math.radians(self.radius) / 2) ** 2

    def __str__(self) -> str:
        return f'{self.ra:.10g}, {self.dec:.10g}, {self.radius:.10g}'

    def written(self) -> str:
        """Return centre and radius with all digits."""
        return f'{self.ra!r}, {self.dec!r}, {self.radius!r}'


class Polygon:
    """All positions within a polygon whose sides are great circles.

    Parameters
    ----------
    corners : sequence of (ra, dec), or SkyCoord
        At least three, in one sense or the other, degrees unless Quantities are given. The polygon need not be convex; its
        sides do not cross, and it is smaller than a hemisphere.

    Raises
    ------
    ParameterError
        When they are no corners of such a polygon.
    """

    def __init__(self, corners: Any) -> None:
        if hasattr(corners, 'icrs'):
            corners = list(zip(corners.icrs.ra.deg, corners.icrs.dec.deg, strict=True))
        try:
            self.corners = np.array([direction(ra, dec) for ra, dec in corners])
        except (TypeError, ValueError) as error:
            raise error if isinstance(error, ParameterError) else ParameterError(
                'a polygon is a list of corners, each (ra, dec) in degrees, or a SkyCoord of corners') from None
        if len(self.corners) < 3:
            raise ParameterError(f'a polygon has at least 3 corners, not {len(self.corners)}')
        vectors = unit_vectors(*self.corners.T)
        centre = vectors.sum(0)
        norm = np.linalg.norm(centre)
        apart = np.degrees(np.arccos(np.clip(vectors @ centre / max(norm, 1e-300), -1, 1)))
        if norm < 1e-3 or apart.max() > _HEMISPHERE:
            raise ParameterError(f'the corners of the polygon lie up to {apart.max():.3g} degrees from its middle: a polygon '
                                 f'is smaller than a hemisphere, up to {_HEMISPHERE:g} degrees; divide it into several')
        self._size, self._vectors = float(apart.max()), vectors
        self._pieces = _convex_pieces(_projected(vectors, centre / norm))

    @functools.cached_property
    def _sides(self) -> list[np.ndarray]:
        """The unit normals of the sides of each convex piece; inside, all products with a position are positive."""
        found = []
        for piece in self._pieces:
            corners = self._vectors[piece]
            normals = np.cross(corners, np.roll(corners, -1, 0))
            normals /= np.linalg.norm(normals, axis=1)[:, None]
            found.append(np.where(np.abs(normals) < _NOTHING, 0, normals))
        return found

    @functools.cached_property
    def ranges(self) -> np.ndarray:
        """Ranges of HEALPix cells that contain the polygon, see `awlike.sky.healpix`."""
        return polygon_ranges([self.corners[piece] for piece in self._pieces], self._size)

    def holds(self, ra: Any, dec: Any, f: Any) -> Any:
        """Return whether positions lie in the polygon, as `Cone.holds`."""
        ra, dec = f.radians(ra + _NOTHING), f.radians(dec + _NOTHING)
        x, y, z = f.cos(dec) * f.cos(ra), f.cos(dec) * f.sin(ra), f.sin(dec)
        pieces = [functools.reduce(lambda a, b: a & b, [
            float(side[0]) * x + float(side[1]) * y + float(side[2]) * z >= -1e-15 for side in sides]) for sides in self._sides]
        return functools.reduce(lambda a, b: a | b, pieces)

    def __str__(self) -> str:
        shown = [f'({ra:.10g}, {dec:.10g})' for ra, dec in self.corners[:4]]
        return f'[{", ".join(shown + ["..."] * (len(self.corners) > 4))}]'

    def written(self) -> str:
        """Return all corners with all digits."""
        return repr([tuple(corner) for corner in self.corners.tolist()])


def unit_vectors(ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
    """Return unit vectors, [position, (x, y, z)], of positions in degrees."""
    ra, dec = np.radians(ra), np.radians(dec)
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], -1)


def _projected(vectors: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """Return vectors in the plane that touches the sky at `centre`, in which great circles are straight lines."""
    first = np.cross(centre, np.eye(3)[np.argmin(np.abs(centre))])
    first /= np.linalg.norm(first)
    plane = np.stack([first, np.cross(centre, first)])
    return (vectors @ plane.T) / (vectors @ centre)[:, None]


def _convex_pieces(corners: np.ndarray) -> list[list[int]]:
    """Return the corners, by number and counted counterclockwise, of convex pieces that together are a plane polygon."""
    order = list(range(len(corners)))
    area = sum(_turn(corners[0], corners[i], corners[i + 1]) for i in range(1, len(corners) - 1))
    if area < 0:
        order.reverse()
    if abs(area) < _TINY * np.ptp(corners, axis=0).max() ** 2:
        raise ParameterError('the corners of the polygon lie on one line, or its sides cross: give its corners in order')
    _refuse_crossings(corners[order])
    if all(_turn(*corners[[order[i - 2], order[i - 1], order[i]]]) > 0 for i in range(len(order))):
        return [order]
    pieces = []
    while len(order) > 3:
        ear = next((i for i in range(len(order)) if _is_ear(corners, order, i)), None)
        if ear is None:
            raise ParameterError('the sides of the polygon cross or touch each other: give its corners in order, each once')
        pieces.append([order[ear - 1], order[ear], order[(ear + 1) % len(order)]])
        del order[ear]
    return [*pieces, order]


def _is_ear(corners: np.ndarray, order: Sequence[int], i: int) -> bool:
    """Return whether corner `i` sticks out, so that the triangle with its neighbours has no other corner inside."""
    a, b, c = (corners[order[k % len(order)]] for k in (i - 1, i, i + 1))
    if _turn(a, b, c) <= 0:
        return False
    others = (corners[k] for k in order if k not in (order[i - 1], order[i], order[(i + 1) % len(order)]))
    return not any(min(_turn(a, b, p), _turn(b, c, p), _turn(c, a, p)) >= 0 for p in others)


def _refuse_crossings(corners: np.ndarray) -> None:
    number, tiny = len(corners), _TINY * np.ptp(corners, axis=0).max() ** 2
    sides = [(corners[i], corners[(i + 1) % number]) for i in range(number)]
    for i, (a, b) in enumerate(sides):
        if not np.any(a != b):
            raise ParameterError('a corner of the polygon is there twice in a row: give each corner once')
        for c, d in (sides[k] for k in range(i + 2, number) if (k + 1) % number != i):
            turns = np.array([[_turn(a, b, c), _turn(a, b, d)], [_turn(c, d, a), _turn(c, d, b)]])
            if (turns.min(1) < -tiny).all() and (turns.max(1) > tiny).all():
                raise ParameterError('the sides of the polygon cross or touch each other: give its corners in order, each once')


def _turn(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> float:
    """Return twice the area of a triangle, positive when its corners run counterclockwise."""
    return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))

"""How the zero point of an exposure changes over the focal plane: with the distance from the axis, or as a surface."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from awlike.pixels.surface import basis, clipped_fit, normal_equations, terms
from awlike.sky.headers import read_plate
from awlike.sky.projection import to_plane

_SIGMA, _ROWS = 3.0, 256  # of the clipping; rows of an image at once
_STARS_A_TERM = 4  # each term of a polynomial needs so many stars
Cards = Mapping[str, Mapping[str, Any]]


class Standards(NamedTuple):
    """Standard stars of an exposure; arrays [star]."""

    east: np.ndarray  # from the point where the telescope pointed, in the tangential plane, deg
    north: np.ndarray
    offset: np.ndarray  # magnitude of the catalogue less instrumental magnitude at 1 s: the zero point that each tells

    def of_known_place(self) -> 'Standards':
        """Return the stars whose place and zero point are known."""
        known = np.isfinite(self.east) & np.isfinite(self.offset)
        return Standards(self.east[known], self.north[known], self.offset[known])


class RadialZeroPoint(NamedTuple):
    """The zero point as p0 + p1 r."""

    p0: float  # mag, on the axis
    p1: float  # mag/deg
    e0: float  # their errors
    e1: float
    number: int  # of stars

    @property
    def cards(self) -> dict[str, float | int | bool]:
        """The cards of the primary header."""
        return {'RADZPFIT': True, 'RADZP_P0': self.p0, 'RADZP_P1': self.p1, 'RADZP_E0': self.e0, 'RADZP_E1': self.e1,
                'RADZP_N': self.number}


class Response(NamedTuple):
    """The response to stars over the focal plane: a polynomial of the zero point, in magnitudes about its median."""

    degree: int
    reach: float  # deg: the farthest star along an axis; places are divided by it
    coefficients: np.ndarray  # mag, in the order of `awlike.pixels.surface.terms`
    middle: float  # median of the polynomial at the stars, mag
    number: int  # of stars

    def magnitudes(self, east: np.ndarray, north: np.ndarray) -> np.ndarray:
        """Return by how much the zero point is above its median at places of the plane [deg]."""
        columns = basis(east / self.reach, north / self.reach, self.degree)
        return np.einsum('i,i...->...', self.coefficients, columns) - self.middle


def pointing_of(cards: Cards) -> tuple[float, float] | None:
    """Return right ascension and declination of the point of contact of the first detector of known place, deg."""
    plates = (read_plate(dict(one)) for one in cards.values())
    return next((plate.CRVAL for plate in plates if plate is not None), None)


def standards_of(table: Mapping[str, Any], centre: tuple[float, float] | None) -> Standards:
    """Return the standard stars that tell the zero point.

    Parameters
    ----------
    table : dict
        The columns of the table of standard stars of a `MosaicFrame`.
    centre : (float, float), optional
        Where the plane touches the sky, deg; without, places are unknown (NaN).
    """
    used = np.asarray(table['USED']).astype(bool)
    ra, dec, known, own = (np.asarray(table[name], float)[used] for name in ('RA', 'DEC', 'MAG', 'MAG_INSTRUMENTAL'))
    east, north = np.full((2, len(ra)), np.nan) if centre is None else to_plane(ra, dec, centre)
    return Standards(east, north, known - own)


def radial_zero_point(stars: Standards) -> RadialZeroPoint | None:
    """Return how the zero point changes with the distance from the axis, by least squares without stars beyond 3 sigma.

    None for fewer than 8 stars, or stars at one radius.
    """
    stars = stars.of_known_place()
    radius = np.hypot(stars.east, stars.north)
    if len(radius) < 2 * _STARS_A_TERM or np.ptp(radius) <= 0:
        return None
    columns = np.array([np.ones(len(radius)), radius])
    found, kept = clipped_fit(columns, stars.offset, _SIGMA)
    rest = stars.offset[kept] - found[0] - found[1] * radius[kept]
    variance = float(np.sum(rest ** 2)) / max(kept.sum() - 2, 1)
    errors = np.sqrt(np.diag(np.linalg.inv(normal_equations(columns[:, kept], rest)[0])) * variance)
    return RadialZeroPoint(float(found[0]), float(found[1]), float(errors[0]), float(errors[1]), int(kept.sum()))


def response_of(stars: Standards, degree: int) -> Response | None:
    """Return the response over the focal plane; None where there are fewer than 4 stars for each term of the polynomial."""
    stars = stars.of_known_place()
    reach = float(np.max(np.abs([stars.east, stars.north]), initial=0.0))
    if len(stars.offset) < _STARS_A_TERM * len(terms(degree)) or not reach > 0:
        return None
    found, kept = clipped_fit(basis(stars.east / reach, stars.north / reach, degree), stars.offset, _SIGMA)
    response = Response(degree, reach, found, 0.0, int(kept.sum()))
    return response._replace(middle=float(np.median(response.magnitudes(stars.east[kept], stars.north[kept]))))


def without_response(image: Callable[[], np.ndarray], response: Response, cards: Mapping[str, Any],
                     centre: tuple[float, float]) -> np.ndarray:
    """Return an image over the response to stars, float32.

    Parameters
    ----------
    image : callable
        Returns the image of a detector.
    response : Response
        Over the focal plane.
    cards : dict
        The cards of the detector.
    centre : (float, float)
        Where the plane touches the sky, deg.
    """
    pixels = image()
    made, origin, matrix = np.empty(pixels.shape, np.float32), *_affine(cards, pixels.shape, centre)
    x = np.arange(pixels.shape[1])
    for start in range(0, pixels.shape[0], _ROWS):
        y = np.arange(start, min(start + _ROWS, pixels.shape[0]))[:, None]
        east, north = (origin[axis] + matrix[axis, 0] * x + matrix[axis, 1] * y for axis in (0, 1))
        made[start:start + _ROWS] = pixels[start:start + _ROWS] * 10 ** (-0.4 * response.magnitudes(east, north))
    return made


def _affine(cards: Mapping[str, Any], shape: tuple[int, ...], centre: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Return the place in the plane [deg] of the first pixel of a detector, and how it changes with column and row."""
    plate = read_plate(dict(cards))
    assert plate is not None, 'only detectors of known place have a response'
    last = np.array(shape[::-1], float) - 1
    corners = to_plane(*plate.pixel_to_sky(np.array([0, last[0], 0]), np.array([0, 0, last[1]])), centre)
    place = np.stack(corners)
    return place[:, 0], (place[:, 1:] - place[:, :1]) / np.maximum(last, 1)

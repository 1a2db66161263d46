"""A plate: how the pixels of a frame lie on the sky, by a tangential projection after a polynomial."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from awlike.sky.pixel_origin import from_fits, to_fits
from awlike.sky.polynomials import evaluate, gradient, substituted
from awlike.sky.projection import to_plane, to_sky
from awlike.sky.sphere import Doubles

RADIAL = (1, 3, 5, 7)  # the powers of the radius that TPV knows
_ROUNDS, _PRECISION = 30, 1e-10  # of Newton's method, pixels


def _no_distortion() -> Doubles:
    """Return the polynomials that change nothing."""
    return np.array([[[0.0, 0], [1, 0]], [[0, 1], [0, 0]]])


@dataclass(frozen=True)
class Plate:
    """How the pixels of a frame lie on the sky. Methods count pixels from 0; the attributes are those of a FITS header.

    A pixel lies at (u, v) = CD (pixel - CRPIX), degrees; the polynomials of u and v, and of their radius, give its place
    in the plane that touches the sky at CRVAL.
    """

    CRVAL: tuple[float, float]  # right ascension and declination of the point of contact, deg
    CRPIX: tuple[float, float]  # pixels from 1
    CD: Doubles  # [2, 2], deg/pixel
    polynomials: Doubles = field(default_factory=_no_distortion)  # [east or north, power of u, power of v]
    radial: Doubles = field(default_factory=lambda: np.zeros((2, len(RADIAL))))  # [east or north, power of the radius]

    def pixel_to_plane(self, x: ArrayLike, y: ArrayLike) -> tuple[Doubles, Doubles]:
        """Return the places of pixels in the plane, to the east and to the north, degrees."""
        u, v = self._intermediate(x, y)
        east, north = (evaluate(coefficients, u, v) for coefficients in self.polynomials)
        if self.radial.any():
            powers = np.hypot(u, v)[..., None] ** np.array(RADIAL)
            east, north = east + powers @ self.radial[0], north + powers @ self.radial[1]
        return east, north

    def pixel_to_sky(self, x: ArrayLike, y: ArrayLike) -> tuple[Doubles, Doubles]:
        """Return right ascension (0 to 360) and declination of pixels, degrees."""
        return to_sky(*self.pixel_to_plane(x, y), self.CRVAL)

    def sky_to_pixel(self, ra: ArrayLike, dec: ArrayLike) -> tuple[Doubles, Doubles]:
        """Return the pixels of places on the sky (degrees), by Newton's method; NaN for places that no pixel has."""
        return self.plane_to_pixel(*to_plane(ra, dec, self.CRVAL))

    def plane_to_pixel(self, xi: ArrayLike, eta: ArrayLike) -> tuple[Doubles, Doubles]:
        """Return the pixels of places in the plane (degrees), by Newton's method; NaN for places that no pixel has."""
        xi, eta = np.broadcast_arrays(np.asarray(xi, float), np.asarray(eta, float))
        inverse = np.linalg.inv(self.jacobian(*from_fits(np.array(self.CRPIX))))
        at_contact = self.pixel_to_plane(*from_fits(np.array(self.CRPIX)))
        step = np.einsum('ij,j...->i...', inverse, np.array([xi - at_contact[0], eta - at_contact[1]]))
        x, y = (from_fits(start) + moved for start, moved in zip(np.array(self.CRPIX), step, strict=True))
        with np.errstate(invalid='ignore', over='ignore'):
            for _ in range(_ROUNDS):
                east, north = self.pixel_to_plane(x, y)
                step = _solved(self.jacobian(x, y), xi - east, eta - north)
                x, y = x + step[0], y + step[1]
                if not np.any(np.abs(step) > _PRECISION):
                    break
            lost = ~(np.hypot(*step) < 1e-6)
        return np.where(lost, np.nan, x), np.where(lost, np.nan, y)

    def jacobian(self, x: ArrayLike, y: ArrayLike) -> Doubles:
        """Return the derivatives of the place in the plane at pixels, [..., east or north, x or y], degrees a pixel."""
        u, v = self._intermediate(x, y)
        along = np.array([gradient(coefficients, u, v) for coefficients in self.polynomials])
        if self.radial.any():
            radius = np.hypot(u, v)
            slopes = np.tensordot(self.radial, [power * radius ** (power - 1.0) for power in RADIAL], 1)
            along += slopes[:, None] * np.array([u, v]) / np.where(radius > 0, radius, 1)
        return np.einsum('ij...,jk->...ik', along, self.CD)

    def pixel_scale(self, x: float, y: float) -> float:
        """Return the side of a square as large as the pixel at (x, y), arcsec."""
        return 3600 * float(np.sqrt(np.abs(np.linalg.det(self.jacobian(x, y)))))

    def reframed(self, CRPIX: tuple[float, float], CD: Doubles) -> 'Plate':
        """Return the same plate, written with another reference pixel and another matrix; it has no radial terms."""
        if self.radial.any():
            raise ValueError('a plate with radial terms depends on its reference pixel; fit it again without them')
        shift = self.CD @ (np.array(CRPIX) - np.array(self.CRPIX))
        polynomials = [substituted(one, self.CD @ np.linalg.inv(CD), tuple(shift)) for one in self.polynomials]
        return Plate(self.CRVAL, CRPIX, np.asarray(CD, float), np.array(polynomials))

    def trimmed(self, x0: float, y0: float) -> 'Plate':
        """Return the plate of the part of the frame that begins at pixel (x0, y0), from 0."""
        return Plate(self.CRVAL, (self.CRPIX[0] - x0, self.CRPIX[1] - y0), self.CD, self.polynomials, self.radial)

    def _intermediate(self, x: ArrayLike, y: ArrayLike) -> tuple[Doubles, Doubles]:
        """Return (u, v) of pixels, degrees."""
        x, y = np.broadcast_arrays(np.asarray(x, float), np.asarray(y, float))
        dx, dy = to_fits(x) - self.CRPIX[0], to_fits(y) - self.CRPIX[1]
        return self.CD[0, 0] * dx + self.CD[0, 1] * dy, self.CD[1, 0] * dx + self.CD[1, 1] * dy


def _solved(matrices: Doubles, first: Doubles, second: Doubles) -> Doubles:
    """Return the solutions [2, ...] of 2 x 2 equations [..., 2, 2]; not finite where a matrix is singular."""
    (a, b), (c, d) = np.moveaxis(matrices, (-2, -1), (0, 1))
    with np.errstate(divide='ignore'):
        return np.array([d * first - b * second, a * second - c * first]) / (a * d - b * c)

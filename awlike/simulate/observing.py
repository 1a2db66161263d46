"""One exposure of the simulated sky: where the telescope points, what atmosphere and optics do, where stars fall."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from awlike.simulate.omegacam_headers import SCALE
from awlike.simulate.profiles import Values, core_radius, moments
from awlike.sky.plate import Plate
from awlike.sky.polynomials import design, from_terms
from awlike.sky.projection import to_plane
from awlike.sky.sip import without_offset
from awlike.sky.sphere import Doubles, axes, places, unit_vectors

DISTORTION = 20 / 12010.0**3  # pixels**-2: 20 pixels in the corner of the camera, growing with the cube of the radius
REFRACTION = np.radians(42.6 / 3600)  # at 45 degrees above Paranal
ZENITH = 60.0  # deg from north to east: the direction to the zenith
WAVES, WAVELENGTHS = 60, (3 / 60, 15 / 60)  # deg, of the turbulence
PLATE_DEGREE, _GRID = 5, 15

Place = tuple[float, float]


@dataclass(frozen=True)
class Optics:
    """What the camera does: the same in all exposures. Places are in pixels of the mosaic, from the middle of the chips."""

    centre: Place  # right ascension and declination that the observer wants in the middle of the chips, deg
    axis: Place  # of the telescope
    half_sides: Place  # of the chips together, pixels
    scale: float = SCALE  # deg/pixel
    distortion: float = DISTORTION  # pixels**-2

    @cached_property
    def camera(self) -> Doubles:
        """The directions east, north and to the sky of the camera when it points at the centre, as rows."""
        return axes(*self.centre)


@dataclass(frozen=True)
class Observation:
    """A science exposure of the simulated sky, with all that differs from the next. Offsets are to the east and north."""

    optics: Optics
    dither: Place  # of the telescope, deg: known to the header
    error: Place  # of the pointing, deg: unknown to the header
    rotation: float  # deg, unknown to the header
    airmass: float
    transparency: float  # of clouds; 1: none
    fwhm: float  # pixels, in the middle
    slopes: Place  # change of the FWHM from the middle to the sides, of the FWHM
    ellipticity: Doubles  # [2, 3]: e1 and e2 in the middle, and their change to the sides along x and y
    turbulence: Doubles  # [waves, 5]: wave vector (rad/deg), phase, amplitudes to the east and north (deg)

    @cached_property
    def camera(self) -> Doubles:
        """The directions of the camera as they are."""
        return _turned(_pointed(self.optics.camera, np.add(self.dither, self.error)), np.radians(self.rotation))

    @property
    def told(self) -> Place:
        """Right ascension and declination of the middle of the chips, as the header tells, degrees."""
        ra, dec = places(_pointed(self.optics.camera, self.dither)[2])
        return float(ra), float(dec)

    @property
    def told_angle(self) -> float:
        """The angle from north, where the header points, to the camera's north, degrees, through east."""
        east, north, _ = axes(*self.told)
        upwards = _pointed(self.optics.camera, self.dither)[1]
        return float(np.degrees(np.arctan2(upwards @ east, upwards @ north)))

    def focus(self, ra: Doubles, dec: Doubles) -> tuple[Doubles, Doubles]:
        """Return where places on the sky fall, pixels of the mosaic from the middle; without turbulence."""
        xi, eta = self._plane(unit_vectors(ra, dec))
        scale, distortion, axis = self.optics.scale, self.optics.distortion, self.optics.axis
        x, y = -xi / scale - axis[0], eta / scale - axis[1]
        radius = np.hypot(x, y)
        real = radius
        for _ in range(6):  # Newton: the radius on the detector r has r - distortion r**3 on the sky
            real = real - (real - distortion * real**3 - radius) / (1 - 3 * distortion * real**2)
        stretch = real / np.where(radius > 0, radius, 1)
        return x * stretch + axis[0], y * stretch + axis[1]

    def seen(self, ra: Doubles, dec: Doubles) -> tuple[Doubles, Doubles]:
        """Return where stars fall, pixels of the mosaic from the middle, with turbulence."""
        x, y = self.focus(ra, dec)
        if not self.turbulence[:, 3:].any():
            return x, y
        scale = self.optics.scale
        waves = np.sin(np.outer(-x * scale, self.turbulence[:, 0]) + np.outer(y * scale, self.turbulence[:, 1])
                       + self.turbulence[:, 2])
        return x - waves @ self.turbulence[:, 3] / scale, y + waves @ self.turbulence[:, 4] / scale

    def plate(self, corner: Place, shape: tuple[int, int]) -> Plate:
        """Return the true astrometry of a chip, to less than 0.01 mas, whose first pixel lies at `corner` of the mosaic."""
        (height, width), scale = shape, self.optics.scale
        v, u = (axis.ravel() for axis in np.meshgrid(np.linspace(0, height - 1, _GRID), np.linspace(0, width - 1, _GRID),
                                                     indexing='ij'))
        x, y = u + corner[0], v + corner[1]
        xi, eta = -x * scale, y * scale
        for _ in range(12):  # the linear camera is a good inverse of the real one
            found = self.focus(*places(np.stack([np.radians(xi), np.radians(eta), np.ones_like(xi)], -1) @ self.camera))
            xi, eta = xi - (x - found[0]) * scale, eta + (y - found[1]) * scale
        ra, dec = places(np.stack([np.radians(xi), np.radians(eta), np.ones_like(xi)], -1) @ self.camera)
        middle = len(ra) // 2
        contact = float(ra[middle]), float(dec[middle])
        east, north = to_plane(ra, dec, contact)
        half = max(shape) / 2
        matrix = design(u / half - width / (2 * half), v / half - height / (2 * half), PLATE_DEGREE)
        found = np.linalg.lstsq(matrix, np.array([east, north]).T, rcond=None)[0].T
        polynomials = np.array([from_terms(one, PLATE_DEGREE) for one in found])
        return without_offset(Plate(contact, (width / 2 + 1, height / 2 + 1), np.eye(2) / half, polynomials))

    def psf(self, x: Doubles, y: Doubles) -> Doubles:
        """Return the square of the core radius of the Moffat profile as moments [n, 3], at pixels of the mosaic."""
        u, v = x / self.optics.half_sides[0], y / self.optics.half_sides[1]
        e1, e2 = self.ellipticity @ np.array([np.ones_like(u), u, v])
        return moments(core_radius(self.fwhm_at(x, y)), e1, e2)

    def fwhm_at(self, x: Values, y: Values) -> Values:
        """Return the FWHM at pixels of the mosaic, pixels, before the detector's pixels widen it."""
        u, v = x / self.optics.half_sides[0], y / self.optics.half_sides[1]
        return self.fwhm * (1 + self.slopes[0] * u + self.slopes[1] * v + 0.02 * (u**2 + v**2))

    def _plane(self, stars: Doubles) -> tuple[Doubles, Doubles]:
        """Return stars in the plane of the camera, degrees, as refraction lifts them more or less than the guide star."""
        zenith = self._zenith
        towards = _lifted(stars, zenith)
        east, north, axis = _lifted_camera(self.camera, zenith)
        depth = towards @ axis
        depth = np.where(depth > 0.5, depth, np.nan)
        return np.degrees(towards @ east / depth), np.degrees(towards @ north / depth)

    @cached_property
    def _zenith(self) -> Doubles:
        """The direction to the zenith."""
        distance, angle = np.arccos(1 / self.airmass), np.radians(ZENITH)
        along = np.array([np.sin(distance) * np.sin(angle), np.sin(distance) * np.cos(angle), np.cos(distance)])
        return along @ self.optics.camera


def _lifted(stars: Doubles, zenith: Doubles) -> Doubles:
    """Return directions as refraction lifts them towards the zenith."""
    height = stars @ zenith
    return stars + REFRACTION * (zenith - height[..., None] * stars) / height[..., None]


def _lifted_camera(camera: Doubles, zenith: Doubles) -> Doubles:
    """Return the directions of a camera that follows a guide star in its middle, which refraction lifts."""
    lift = _lifted(camera[2], zenith) - camera[2]
    return _pointed(camera, np.degrees([lift @ camera[0], lift @ camera[1]]))


def _pointed(camera: Doubles, offset: Doubles | Place) -> Doubles:
    """Return the directions of a camera that points elsewhere, by an offset to its east and north, without a turn; degrees."""
    east, north, towards = camera
    towards = towards + np.radians(offset[0]) * east + np.radians(offset[1]) * north
    towards /= np.linalg.norm(towards)
    east = east - (east @ towards) * towards
    east /= np.linalg.norm(east)
    return np.array([east, np.cross(towards, east), towards])


def _turned(camera: Doubles, angle: float) -> Doubles:
    """Return the directions of a camera that is turned by that angle (radians) from north to east."""
    east, north, towards = camera
    return np.array([np.cos(angle) * east - np.sin(angle) * north, np.sin(angle) * east + np.cos(angle) * north, towards])


def draw_waves(rng: np.random.Generator, rms: float) -> Doubles:
    """Return the waves of turbulence that moves stars by that rms (mas) along each axis, alike over some arcminutes."""
    length = np.exp(rng.uniform(np.log(WAVELENGTHS[0]), np.log(WAVELENGTHS[1]), WAVES))
    angle, phase = rng.uniform(0, 2 * np.pi, (2, WAVES))
    amplitudes = rng.normal(0, rms / 3.6e6 * np.sqrt(2 / WAVES), (WAVES, 2))
    vectors = 2 * np.pi / length * np.array([np.cos(angle), np.sin(angle)])
    return np.column_stack([*vectors, phase, amplitudes])



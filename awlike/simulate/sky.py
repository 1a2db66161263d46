"""A simulated night with a sky: the exposures of it, its chips, and what is known about them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from awlike.errors import ConfigError
from awlike.simulate.chip import FWHM, SimulatedChip
from awlike.simulate.field import Columns, draw_reference, draw_sky, write_columns
from awlike.simulate.observing import Observation, Optics, draw_waves
from awlike.simulate.omegacam_headers import SCALE, Exposure, axis_of
from awlike.simulate.profiles import draw_galaxies, draw_stars, moments
from awlike.simulate.schedule import N_SCIENCE, SATELLITE_EXPOSURE
from awlike.sky.tpv import tpv_cards

CENTRE = (315.0, -31.0)
ZERO_POINT = 25.5  # magnitude of 1 electron/s above the atmosphere
EXTINCTION = 0.1  # mag an airmass
CLOUDS_IN, TRANSPARENCY = 3, 0.75  # the science exposure, from 0, that clouds dim
POINTING_ERROR = 50 / 3600  # deg, at most
ROTATION_ERROR = 0.1  # deg
MARGIN = 2 / 60  # deg of sky around the chips
BEYOND = 60.0  # pixels around a chip where stars still send light into it
_DITHERS = np.array([(0, 0), (1, 0.6), (-0.7, 1), (-1, -0.8), (0.6, -1)])  # of the largest
_LARGEST_DITHER = (0.06, 120.0)  # of the side of a chip, at most these pixels
_STREAM = 1000  # of the seed: chips have the lower ones


@dataclass(frozen=True)
class SimulatedSky:
    """The sky of a night, and its exposures; `seed`, `chips` (names), `shape` and the rest decide all."""

    chips: Sequence[str]
    shape: tuple[int, int]
    seed: int
    centre: tuple[float, float] = CENTRE
    turbulence: float = 0.0  # mas, the rms along each axis

    def __post_init__(self) -> None:
        """Refuse what cannot be observed."""
        ra, dec = self.centre
        if not (np.isfinite(ra) and -90 <= dec <= 90):
            raise ConfigError(f'centre = {self.centre}: give right ascension and declination in degrees, as 315 -31')
        if not 0 <= self.turbulence <= 1000:
            raise ConfigError(f'turbulence = {self.turbulence}: give an rms from 0 to 1000 mas')

    def corner(self, chip: str) -> tuple[float, float]:
        """Return the place of the first pixel of a chip, pixels of the mosaic from the middle of the chips."""
        axis = axis_of(chip)
        return 1 - axis[0] - self._middle[0], 1 - axis[1] - self._middle[1]

    @cached_property
    def _middle(self) -> np.ndarray:
        """The middle of the chips together, pixels from the axis of the telescope."""
        first = 1 - np.array([axis_of(chip) for chip in self.chips])
        return (first.min(axis=0) + first.max(axis=0) + self.shape[::-1] - 1) / 2

    @cached_property
    def _half_sides(self) -> np.ndarray:
        """Half of the sides of the chips together, pixels."""
        first = np.array([self.corner(chip) for chip in self.chips])
        return (first.max(axis=0) - first.min(axis=0) + self.shape[::-1]) / 2

    def _rng(self, stream: int) -> np.random.Generator:
        """Return a random generator: 0 for the sky, 1 for the reference catalogue, 2 + i for science exposure i."""
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(_STREAM, stream)))

    @cached_property
    def _sides_on_sky(self) -> tuple[float, float]:
        """Half of the sides of the rectangle of sky, degrees."""
        x, y = self._half_sides * SCALE + MARGIN + _LARGEST_DITHER[1] * SCALE
        return float(x), float(y)

    @cached_property
    def objects(self) -> Columns:
        """The stars and galaxies, as `field.draw_sky` returns them."""
        return draw_sky(self._rng(0), self.centre, self._sides_on_sky)

    @cached_property
    def reference(self) -> Columns:
        """The reference catalogue, as `field.draw_reference` returns it."""
        return draw_reference(self._rng(1), self.objects, self.centre, self._sides_on_sky)

    @cached_property
    def observations(self) -> list[Observation]:
        """The science exposures, drawn once."""
        half = self._half_sides
        optics = Optics(self.centre, (float(-self._middle[0]), float(-self._middle[1])), (float(half[0]), float(half[1])))
        return [self._observation(optics, i) for i in range(N_SCIENCE)]

    def _observation(self, optics: Optics, i: int) -> Observation:
        """Return science exposure i, from 0."""
        rng = self._rng(2 + i)
        largest = min(_LARGEST_DITHER[0] * min(self.shape), _LARGEST_DITHER[1]) * SCALE
        distance, direction = POINTING_ERROR * np.sqrt(rng.uniform()), rng.uniform(0, 2 * np.pi)
        centre_e = rng.normal(0, 0.02, 2)
        return Observation(
            optics=optics, dither=tuple(_DITHERS[i] * largest),
            error=(distance * np.cos(direction), distance * np.sin(direction)),
            rotation=rng.uniform(-ROTATION_ERROR, ROTATION_ERROR), airmass=1.02 + 0.004 * i,
            transparency=TRANSPARENCY if i == CLOUDS_IN else 1.0, fwhm=FWHM * rng.uniform(0.9, 1.2),
            slopes=tuple(rng.uniform(-0.04, 0.04, 2)),
            ellipticity=np.column_stack([centre_e, rng.normal(0, 0.015, (2, 2))]), turbulence=draw_waves(rng, self.turbulence))

    def pointed(self, exposure: Exposure) -> Exposure:
        """Return a science exposure with the pointing that its header tells, and the airmass; others as they are."""
        if exposure.kind != 'science':
            return replace(exposure, pointing=self.centre)
        observation = self.observations[exposure.number - 1]
        return replace(exposure, pointing=observation.told, angle=observation.told_angle,
                       middle=(float(self._middle[0]), float(self._middle[1])))

    def electrons(self, i: int, mag: np.ndarray, seconds: float) -> np.ndarray:
        """Return the electrons of objects in science exposure i, where the response is 1."""
        observation = self.observations[i]
        dimmed = mag + EXTINCTION * observation.airmass - ZERO_POINT
        return seconds * observation.transparency * 10 ** (-0.4 * dimmed)

    def write(self, folder: Path) -> None:
        """Write sky.fits and reference.fits."""
        write_columns(folder / 'sky.fits', self.objects, 'SKY')
        write_columns(folder / 'reference.fits', self.reference, 'REFERENCE')

    def summary(self, chips: Sequence[SimulatedChip], exposures: Sequence[Exposure]) -> dict[str, Any]:
        """Return what truth.json tells of the sky and of each frame of it."""
        return {'sky': {'centre': list(self.centre), 'zero_point_electrons': ZERO_POINT, 'extinction': EXTINCTION,
                        'turbulence': self.turbulence, 'stars': int(self.objects['star'].sum()),
                        'galaxies': int((~self.objects['star']).sum())},
                'frames': [self._told_of(chip, exposure) for exposure in exposures if exposure.kind == 'science'
                           for chip in chips]}

    def _told_of(self, chip: SimulatedChip, exposure: Exposure) -> dict[str, Any]:
        """Return what truth.json tells of a frame: its trimmed astrometry, PSF and zero point (mag of 1 ADU/s)."""
        observation, corner = self.observations[exposure.number - 1], self.corner(chip.name)
        x, y = corner[0] + (self.shape[1] - 1) / 2, corner[1] + (self.shape[0] - 1) / 2
        e1, e2 = observation.ellipticity @ (1, x / observation.optics.half_sides[0], y / observation.optics.half_sides[1])
        return {'filename': exposure.filename, 'chip': chip.name, 'wcs': tpv_cards(observation.plate(corner, self.shape)),
                'fwhm': float(observation.fwhm_at(x, y)), 'ellipticity': [float(e1), float(e2)],
                'airmass': observation.airmass, 'transparency': observation.transparency,
                'zero_point': ZERO_POINT - 2.5 * float(np.log10(chip.truth.gain)) - EXTINCTION * observation.airmass
                + 2.5 * float(np.log10(observation.transparency))}


class SkyChip(SimulatedChip):
    """A chip that sees a `SimulatedSky`."""

    def __init__(self, name: str, shape: tuple[int, int], seed: int, sky: SimulatedSky) -> None:
        super().__init__(name, shape, seed)
        self.sky = sky

    def _seen(self, i: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the pixels where the objects fall in science exposure i."""
        x, y = self.sky.observations[i].seen(self.sky.objects['ra'], self.sky.objects['dec'])
        left, below = self.sky.corner(self.name)
        return x - left, y - below

    def _inside(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return whether objects send light into the chip."""
        return (x > -BEYOND) & (x < self.shape[1] + BEYOND) & (y > -BEYOND) & (y < self.shape[0] + BEYOND)

    def _stars(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Return the stars that any science exposure sees."""
        science = [exposure for exposure in self.exposures if exposure.kind == 'science']
        places = np.array([self._seen(i) for i in range(N_SCIENCE)])
        here = self.sky.objects['star'] & np.any([self._inside(*place) for place in places], axis=0)
        electrons = np.column_stack([self.sky.electrons(i, self.sky.objects['mag'][here], science[i].seconds)
                                     for i in range(N_SCIENCE)])
        return {'star_x': places[:, 0, here], 'star_y': places[:, 1, here], 'star_electrons': electrons}

    def _sky_and_stars(self, i: int, rng: np.random.Generator) -> np.ndarray:
        """Return the light on science exposure i, in electrons where the response is 1."""
        light = np.full(self.shape, self.truth.sky[i], np.float32)
        sky, observation, objects = self.sky, self.sky.observations[i], self.sky.objects
        seconds = next(one.seconds for one in self.exposures if one.kind == 'science')
        x, y = self._seen(i)
        electrons = sky.electrons(i, objects['mag'], seconds)
        psf = observation.psf(x + sky.corner(self.name)[0], y + sky.corner(self.name)[1])
        here = self._inside(x, y)
        star, galaxy = here & objects['star'], here & ~objects['star']
        draw_stars(light, x[star], y[star], electrons[star], psf[star])
        ratio, angle = objects['axis_ratio'][galaxy], np.radians(2 * (90 + objects['position_angle'][galaxy]))
        strength = (1 - ratio) / (1 + ratio)  # position angles run from y to -x, as east is to the left
        size = objects['half_light_radius'][galaxy] / SCALE / 3600
        shapes = moments(size, strength * np.cos(angle), strength * np.sin(angle))
        draw_galaxies(light, x[galaxy], y[galaxy], electrons[galaxy], psf[galaxy], shapes, objects['sersic'][galaxy])
        if i == SATELLITE_EXPOSURE:
            light += self.satellite_light
        return light

"""The sky over a simulated ODI, as its science exposures see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from awlike.simulate.field import Columns, draw_reference, draw_sky
from awlike.simulate.observing import Observation, Optics, draw_waves
from awlike.simulate.odi.focal_plane import SCALE, Layout
from awlike.simulate.odi.schedule import EPOCH
from awlike.simulate.profiles import draw_galaxies, draw_stars, moments

CENTRE = (150.1, 2.2)  # deg
SKY = 3000.0  # e-/pixel in the first exposure
ZERO_POINT, EXTINCTION = 26.0, 0.08  # magnitude of 1 e-/s above the atmosphere; mag an airmass
FWHM = 0.75 / 0.11  # pixels
BRIGHT = (12.5, 13.5)  # magnitudes of a star in each OTA, which saturates
POINTING_ERROR, ROTATION_ERROR = 3 / 3600, 0.05  # deg, at most
MARGIN, BEYOND = 1.5 / 60, 60.0  # deg of sky around the OTAs; pixels around an OTA where stars still send light into it
_DITHERS = np.array([(0, 0), (0.7, 0.4), (-0.5, 0.8)])  # of a cell
_STREAM = 3000  # of the seed


@dataclass(frozen=True)
class OdiSky:
    """The sky over `otas` (names)."""

    otas: Sequence[str]
    layout: Layout
    seed: int
    centre: tuple[float, float] = CENTRE

    def _rng(self, stream: int) -> np.random.Generator:
        """Return a random generator: 0 for the sky, 1 for the reference catalogue, 2 + i for science exposure i."""
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(_STREAM, stream)))

    @cached_property
    def _corners(self) -> np.ndarray:
        """The first and the last pixel of the OTAs together, (x, y), from the axis of the telescope."""
        first = np.array([self.layout.place(ota) for ota in self.otas])
        return np.array([first.min(axis=0), first.max(axis=0) + self.layout.ota[::-1]])

    @property
    def half_sides(self) -> tuple[float, float]:
        """The distance of the furthest pixels from the axis of the telescope, along x and y."""
        x, y = np.abs(self._corners).max(axis=0)
        return float(x), float(y)

    @cached_property
    def optics(self) -> Optics:
        """What the telescope does in all exposures: the distortion is 10 pixels 4 OTAs from the axis."""
        reach = 4 * max(self.layout.ota)
        return Optics(self.centre, (0.0, 0.0), self.half_sides, SCALE, 10 / reach**3)

    @cached_property
    def objects(self) -> Columns:
        """The stars and galaxies, as `field.draw_sky` returns them, with a bright star in the middle part of each OTA."""
        rng = self._rng(0)
        x, y = (side * SCALE + MARGIN for side in self.half_sides)
        sky = draw_sky(rng, self.centre, (x, y), EPOCH)
        (rows, columns), first = self.layout.ota, self.observations[0]
        for number, ota in enumerate(self.otas):  # the first objects are stars
            left, below = self.layout.place(ota)
            plate = first.plate((left, below), self.layout.ota)
            ra, dec = plate.pixel_to_sky(rng.uniform(0.3, 0.7) * columns, rng.uniform(0.3, 0.7) * rows)
            values = {'ra': ra, 'dec': dec, 'mag': rng.uniform(*BRIGHT), 'pmra': 0.0, 'pmdec': 0.0}
            for name, value in values.items():
                sky[name][number] = value
        return sky

    @cached_property
    def reference(self) -> Columns:
        """The reference catalogue, as `field.draw_reference` returns it."""
        x, y = (side * SCALE + MARGIN for side in self.half_sides)
        return draw_reference(self._rng(1), self.objects, self.centre, (x, y))

    @cached_property
    def observations(self) -> list[Observation]:
        """The science exposures, drawn once."""
        return [self._observation(number) for number in range(len(_DITHERS))]

    def _observation(self, i: int) -> Observation:
        rng = self._rng(2 + i)
        dither = _DITHERS[i] * np.array(self.layout.cell[::-1]) * SCALE
        distance, direction = POINTING_ERROR * np.sqrt(rng.uniform()), rng.uniform(0, 2 * np.pi)
        ellipticity = np.column_stack([rng.normal(0, 0.02, 2), rng.normal(0, 0.01, (2, 2))])
        return Observation(
            optics=self.optics, dither=(float(dither[0]), float(dither[1])),
            error=(distance * np.cos(direction), distance * np.sin(direction)),
            rotation=rng.uniform(-ROTATION_ERROR, ROTATION_ERROR), airmass=1.1 + 0.01 * i, transparency=1.0,
            fwhm=FWHM * rng.uniform(0.95, 1.1), slopes=(rng.uniform(-0.03, 0.03), rng.uniform(-0.03, 0.03)),
            ellipticity=ellipticity, turbulence=draw_waves(rng, 0.0))

    def level(self, i: int) -> float:
        """Return the level of the sky in science exposure i, electrons where the response is 1."""
        return SKY * (1 + 0.05 * i)

    def light(self, i: int, ota: str, seconds: float) -> np.ndarray:
        """Return the light of the sky, its stars and galaxies on an OTA in science exposure i, electrons at a response of 1."""
        image = np.full(self.layout.ota, self.level(i), np.float32)
        observation, objects = self.observations[i], self.objects
        left, below = self.layout.place(ota)
        x, y = observation.seen(objects['ra'], objects['dec'])
        here = ((x > left - BEYOND) & (x < left + self.layout.ota[1] + BEYOND)
                & (y > below - BEYOND) & (y < below + self.layout.ota[0] + BEYOND))
        psf = observation.psf(x[here], y[here])
        seen = {name: values[here] for name, values in objects.items()}
        x, y, star = x[here] - left, y[here] - below, seen['star']
        electrons = seconds * 10 ** (0.4 * (self.zero_point(i) - seen['mag']))
        draw_stars(image, x[star], y[star], electrons[star], psf[star])
        galaxy = ~star
        ratio, angle = seen['axis_ratio'][galaxy], np.radians(2 * (90 + seen['position_angle'][galaxy]))
        strength = (1 - ratio) / (1 + ratio)  # position angles run from y to -x, as east is to the left
        shapes = moments(seen['half_light_radius'][galaxy] / SCALE / 3600, strength * np.cos(angle), strength * np.sin(angle))
        draw_galaxies(image, x[galaxy], y[galaxy], electrons[galaxy], psf[galaxy], shapes, seen['sersic'][galaxy])
        return image

    def zero_point(self, i: int) -> float:
        """Return the magnitude of 1 e-/s through the air of science exposure i."""
        return ZERO_POINT - EXTINCTION * self.observations[i].airmass

"""A simulated chip: the light on it, and the frames that it delivers."""

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from awlike.instruments.omegacam import CHIPS, OVERSCAN_BELOW
from awlike.simulate.omegacam_headers import Exposure, wcs_cards
from awlike.simulate.schedule import (
    FLAT_LEVELS,
    N_SCIENCE,
    SATELLITE_EXPOSURE,
    schedule,
)
from awlike.simulate.truth import ChipTruth

if TYPE_CHECKING:
    from astropy.wcs import WCS

READ_NOISE = 2.0  # ADU
PEDESTAL = 150.0  # ADU, from one read-out mode to the next
SLOPE = 4.0  # ADU from the first to the last row
SKY = 1200.0  # e-/pixel in a science exposure
FWHM, BETA = 0.8 / 0.214, 3.0  # pixels, and the exponent of the Moffat profile


class SimulatedChip:
    """A chip: its geometry, its truth and the frames that it delivers."""

    def __init__(self, name: str, shape: tuple[int, int], seed: int) -> None:
        ny, nx = shape
        self.name, self.shape, self.seed = name, shape, seed
        scan = 48 if nx >= 96 else max(nx // 4, 2)
        below_or_above = min(100, max(ny // 8, 2))
        self.sizes = {'PRSCX': scan, 'NX': nx, 'OVSCX': scan, 'PRSCY': 0, 'NY': ny, 'OVSCY': below_or_above}
        self.corner = (scan, below_or_above if name in OVERSCAN_BELOW else 0)
        self.exposures = schedule(shape)

    def rng(self, stream: int) -> np.random.Generator:
        """Return the random generator of this chip and `stream`: 0 for the chip, 1 + index for an exposure."""
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(CHIPS.index(self.name), stream)))

    @cached_property
    def truth(self) -> ChipTruth:
        """The `ChipTruth`, drawn once."""
        rng, (ny, nx) = self.rng(0), self.shape
        y, x = np.ogrid[-1:1:ny * 1j, -1:1:nx * 1j]
        x, y = x.astype(np.float32), y.astype(np.float32)
        cx, cy = rng.uniform(-0.5, 0.5, 2)
        glow = np.exp(-(1 - x) * 8) * (1 + y) + 0.5 * np.cos(3 * y + cx)
        columns = rng.normal(0, 0.3, nx)
        vignetting = 1 - 0.05 * ((x - cx) ** 2 + (y - cy) ** 2)
        response = vignetting * (1 + 0.01 * rng.standard_normal(self.shape, np.float32))
        responses = {'g_SDSS': response * (1 + 0.01 * x), 'r_SDSS': response}
        cold, cold_response = self._cold(rng)
        for filter, image in responses.items():
            responses[filter] = np.where(cold, cold_response, image / np.median(image)).astype(np.float32)
        return ChipTruth(
            gain=rng.uniform(2.4, 2.6), read_noise=READ_NOISE, bias_level=rng.uniform(200, 260),
            bias_structure=(glow + columns - np.median(glow)).astype(np.float32), hot_level=self._hot(rng, cold),
            response_g_SDSS=responses['g_SDSS'], response_r_SDSS=responses['r_SDSS'], cold=cold,
            dome_ratio=(1 + 0.012 * x + 0.008 * (y * y - 1 / 3)).astype(np.float32),
            sky=SKY * (1 + 0.04 * np.arange(N_SCIENCE)), **self._stars(rng), **self._cosmics(rng),
            satellite=self._track_distance < 2.1 * 1.7)

    def _some(self, rng: np.random.Generator, fraction: float, least: int) -> np.ndarray:
        """Return a mask of random pixels: that `fraction` of all, and at least the number `least`."""
        mask = np.zeros(self.shape, bool)
        mask.flat[rng.choice(mask.size, max(int(fraction * mask.size), least), replace=False)] = True
        return mask

    def _cold(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return the mask of the cold pixels, one whole column among them, and their response."""
        cold = self._some(rng, 3e-4, 8)
        response = np.where(cold, rng.uniform(0, 0.3, self.shape), 1)
        dead = int(rng.uniform(0.2, 0.8) * self.shape[1])
        cold[:, dead], response[:, dead] = True, 0.05
        return cold, response

    def _hot(self, rng: np.random.Generator, cold: np.ndarray) -> np.ndarray:
        """Return the excess of the hot pixels [ADU]; no pixel is hot and cold."""
        levels = np.exp(rng.uniform(np.log(60), np.log(400), self.shape))
        return np.where(self._some(rng, 2e-4, 8) & ~cold, levels, 0).astype(np.float32)

    def _wcs(self, exposure: Exposure) -> 'WCS':
        """Return the astrometry of the trimmed frame."""
        from astropy.io import fits
        from astropy.wcs import WCS  # late: it takes longer to import than the rest of this module
        return WCS(fits.Header(wcs_cards(exposure, self.name, (0, 0))))

    def _stars(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Return the stars in and just around the field, fluxes in a power law; the three brightest saturate."""
        ny, nx = self.shape
        n = max(ny * nx // 6000, 40)
        x, y = rng.uniform(-40, nx + 40, n), rng.uniform(-40, ny + 40, n)
        electrons = np.minimum(500 * rng.uniform(0, 1, n) ** (-1 / 0.7), 1.5e6)
        electrons[:3] = 7e6, 1.2e7, 2e7
        x[:3], y[:3] = rng.uniform(0.2, 0.8, 3) * nx, rng.uniform(0.2, 0.8, 3) * ny
        science = [exposure for exposure in self.exposures if exposure.kind == 'science']
        sky = self._wcs(science[0]).wcs_pix2world(x, y, 0)
        places = np.array([self._wcs(exposure).wcs_world2pix(*sky, 0) for exposure in science])
        extinction = np.array([10 ** (-0.04 * (exposure.airmass - science[0].airmass)) for exposure in science])
        return {'star_x': places[:, 0], 'star_y': places[:, 1], 'star_electrons': extinction[:, None] * electrons}

    def _cosmics(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Return the cosmic rays: half of them single hits, half tracks of a few to some tens of pixels."""
        ny, nx = self.shape
        pixels, electrons = [], []
        for exposure in range(N_SCIENCE):
            for _ in range(max(int(2.5e-4 * ny * nx), 12)):
                length = rng.exponential(12) + 3 if rng.uniform() < 0.5 else 0
                steps, angle = np.arange(0, length + 0.5), rng.uniform(0, np.pi)
                x = np.rint(rng.uniform(0, nx - 1) + steps * np.cos(angle)).astype(int)
                y = np.rint(rng.uniform(0, ny - 1) + steps * np.sin(angle)).astype(int)
                inside = (x >= 0) & (x < nx) & (y >= 0) & (y < ny)
                pixels.append(np.column_stack([np.full(x.size, exposure), y, x])[inside])
                electrons.append(rng.lognormal(np.log(1500), 0.6) * rng.uniform(0.7, 1.3, x.size)[inside])
        return {'cosmic_pixels': np.concatenate(pixels).astype(np.int32),
                'cosmic_electrons': np.concatenate(electrons).astype(np.float32)}

    @cached_property
    def _track_distance(self) -> np.ndarray:
        """The distance [pixels] of each pixel from the satellite's track."""
        rng, (ny, nx) = self.rng(1 + len(self.exposures)), self.shape
        angle, (x0, y0) = rng.uniform(0.2, 1.3), rng.uniform(0.35, 0.65, 2) * (nx, ny)
        y, x = np.ogrid[:ny, :nx]
        return np.abs((x - x0) * np.sin(angle) - (y - y0) * np.cos(angle)).astype(np.float32)

    @property
    def satellite_light(self) -> np.ndarray:
        """The light [electrons] that the satellite leaves on each pixel."""
        return 180 * np.exp(-0.5 * (self._track_distance / 1.7) ** 2)

    def frame(self, exposure: Exposure) -> np.ndarray:
        """Return the raw frame of an exposure, uint16, with pre- and overscan."""
        truth, rng = self.truth, self.rng(1 + exposure.index)
        height = self.sizes['NY'] + self.sizes['OVSCY']
        width = sum(self.sizes[name] for name in ('PRSCX', 'NX', 'OVSCX'))
        raw = READ_NOISE * rng.standard_normal((height, width), np.float32)
        raw += np.float32(truth.bias_level + rng.normal(0, 0.5) + exposure.level * PEDESTAL)
        raw += np.linspace(0, SLOPE, height, dtype=np.float32)[:, None]
        (x0, y0), (ny, nx) = self.corner, self.shape
        light = raw[y0:y0 + ny, x0:x0 + nx]
        light += truth.bias_structure * (1 + exposure.level) + truth.hot_level
        if exposure.kind != 'bias':
            light += self._electrons(exposure, rng) / np.float32(truth.gain)
        return np.clip(np.rint(raw), 0, 65535).astype(np.uint16)

    def _electrons(self, exposure: Exposure, rng: np.random.Generator) -> np.ndarray:
        """Return the charge in the light-sensitive pixels at the end of the exposure."""
        truth, i, filter = self.truth, exposure.number - 1, exposure.filter
        assert filter is not None  # every exposure to light has a filter
        if exposure.kind == 'science':
            light = self._sky_and_stars(i, rng)
        else:
            level = FLAT_LEVELS[exposure.kind, filter][i] * truth.gain * rng.normal(1, 0.01)
            light = np.full(self.shape, level, np.float32)
            if exposure.kind == 'domeflat':
                light *= truth.dome_ratio
        light *= truth.response(filter)
        light += np.sqrt(light) * rng.standard_normal(self.shape, np.float32)
        if exposure.kind == 'science':
            light += truth.cosmics(i)
            bleed(light, 1.02 * 65535 * truth.gain)
        return light

    def _sky_and_stars(self, i: int, rng: np.random.Generator) -> np.ndarray:
        """Return the light on science exposure i, in electrons where the response is 1."""
        truth = self.truth
        light = np.full(self.shape, truth.sky[i], np.float32)
        fwhm = FWHM * rng.uniform(0.96, 1.04)
        for x, y, electrons in zip(truth.star_x[i], truth.star_y[i], truth.star_electrons[i], strict=True):
            add_star(light, x, y, electrons, fwhm)
        if i == SATELLITE_EXPOSURE:
            light += self.satellite_light
        return light


def add_star(image: np.ndarray, x: float, y: float, electrons: float, fwhm: float) -> None:
    """Add a Moffat star (exponent BETA) with that number of electrons, cut off where it becomes invisible."""
    radius = 20 if electrons < 1e4 else 30 if electrons < 1e6 else 90
    x0, x1 = max(int(x) - radius, 0), min(int(x) + radius + 1, image.shape[1])
    y0, y1 = max(int(y) - radius, 0), min(int(y) + radius + 1, image.shape[0])
    if x0 >= x1 or y0 >= y1:
        return
    core = fwhm**2 / (4 * (2 ** (1 / BETA) - 1))
    yy, xx = np.ogrid[y0:y1, x0:x1]
    profile = (1 + ((xx - x) ** 2 + (yy - y) ** 2) / core) ** -BETA
    image[y0:y1, x0:x1] += electrons * (BETA - 1) / (np.pi * core) * profile


def bleed(electrons: np.ndarray, full_well: float) -> None:
    """Let the charge beyond the full well run along its column, half up and half down, in place."""
    for column in np.flatnonzero((electrons > full_well).any(axis=0)):
        charge = electrons[:, column]
        excess = np.clip(charge - full_well, 0, None)
        charge -= excess
        for direction in (1, -1):
            moving = 0.0
            for y in np.arange(len(charge))[::direction]:
                moving += excess[y] / 2
                taken = min(moving, max(full_well - charge[y], 0))
                charge[y] += taken
                moving -= taken

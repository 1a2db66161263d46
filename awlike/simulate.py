"""A night of raw OmegaCAM files with known truth, for demonstrations and tests.

The night of 2012-05-31: 10 bias, in g_SDSS and r_SDSS 5 dome and 5 twilight flats each, and 5 science exposures in
r_SDSS of the template that starts at 2012-06-01T08:51:44. Each is one multi-extension file as the camera writes it;
`truth.npz` (numbers) and `truth.json` (a summary to read) beside them hold what was put in.

A pixel of the light-sensitive part is, in ADU,

    level + row slope + structure + hot + read noise + (light x response + shot noise + cosmic rays) / gain

with charge above the full well bleeding along the column, rounded and clipped to 16 bits. Light is a lamp, the
twilight, or sky with Moffat stars; the response is vignetting x pixel response x defects.
"""

import json
import zipfile
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

import numpy as np
from astropy.io import fits

from awlike.errors import ConfigError
from awlike.instruments.omegacam import CHIPS, OVERSCAN_BELOW
from awlike.instruments.omegacam_headers import Exposure, extension_header, primary_header, wcs_cards

FILTERS = ('g_SDSS', 'r_SDSS')
N_BIAS, N_FLAT, N_SCIENCE = 10, 5, 5
SATELLITE_EXPOSURE = 2  # of the science exposures, from 0
READ_NOISE = 2.0  # ADU
SLOPE = 4.0  # ADU from the first to the last row
SKY = 1200.0  # e-/pixel in a science exposure
FWHM, BETA = 0.8 / 0.214, 3.0  # pixels, and the exponent of the Moffat profile
FLAT_LEVELS = {('domeflat', 'g_SDSS'): (21000.0,) * 5, ('domeflat', 'r_SDSS'): (24000.0,) * 5,
               ('twilightflat', 'g_SDSS'): (29000.0, 26000.0, 23000.0, 20000.0, 17000.0),
               ('twilightflat', 'r_SDSS'): (16000.0, 18000.0, 21000.0, 25000.0, 30000.0)}  # ADU
BLOCKS = (  # kind, filter, start of the template, exposures, exposure time [s]
    ('domeflat', 'g_SDSS', datetime(2012, 5, 31, 19, 30, 5), N_FLAT, 6.0),
    ('domeflat', 'r_SDSS', datetime(2012, 5, 31, 19, 50, 12), N_FLAT, 4.0),
    ('bias', None, datetime(2012, 5, 31, 20, 15, 33), N_BIAS, 0.0),
    ('twilightflat', 'g_SDSS', datetime(2012, 5, 31, 22, 12, 20), N_FLAT, 8.0),
    ('science', 'r_SDSS', datetime(2012, 6, 1, 8, 51, 44), N_SCIENCE, 360.0),
    ('twilightflat', 'r_SDSS', datetime(2012, 6, 1, 10, 41, 7), N_FLAT, 10.0),
)


@dataclass(frozen=True)
class ChipTruth:
    """What was put into the frames of one chip. Images have the trimmed shape (rows, columns), positions count
    from 0 at the centre of its first pixel, and the first axis of stars, sky and cosmics is the science exposure."""

    gain: float  # e-/ADU
    read_noise: float  # ADU
    bias_level: float  # ADU, in the first row
    bias_structure: np.ndarray  # ADU
    hot_level: np.ndarray  # ADU, 0 where the pixel is not hot
    response_g_SDSS: np.ndarray  # sensitivity, median 1: a perfect twilight flat
    response_r_SDSS: np.ndarray
    dome_ratio: np.ndarray  # illumination by the lamp over that by the sky
    cold: np.ndarray  # True for pixels whose response is at most 0.3, with the dead column
    sky: np.ndarray  # [exposure], e-/pixel where the response is 1
    star_x: np.ndarray  # [exposure, star]
    star_y: np.ndarray
    star_electrons: np.ndarray  # total, where the response is 1
    cosmic_pixels: np.ndarray  # [hit]: (exposure, y, x)
    cosmic_electrons: np.ndarray  # [hit]
    satellite: np.ndarray  # True under the track, in science exposure SATELLITE_EXPOSURE only

    @property
    def star_adu(self):
        """Total flux of the stars, ADU where the response is 1."""
        return self.star_electrons / self.gain

    @property
    def hot(self):
        """True for hot pixels."""
        return self.hot_level > 0

    def response(self, filter):
        """Sensitivity in that filter."""
        return getattr(self, f'response_{filter}')

    def cosmics(self, exposure):
        """Electrons that cosmic rays left in a science exposure (from 0), as an image; its mask is where > 0."""
        image = np.zeros(self.cold.shape, np.float32)
        mine = self.cosmic_pixels[:, 0] == exposure
        np.add.at(image, tuple(self.cosmic_pixels[mine, 1:].T), self.cosmic_electrons[mine])
        return image


def schedule(shape):
    """The exposures of the night, in time. Dithers are a few pixels, fewer on a tiny chip of that (trimmed) shape."""
    night, step = [], min(1.0, min(shape) / 256)
    for kind, filter, template_start, count, seconds in BLOCKS:
        for i in range(count):
            start = template_start + timedelta(seconds=19.123 + i * (seconds + 41.37))
            dither = ((i - 2) * 8.3 * step, (i - 2) ** 2 * 6.1 * step) if kind == 'science' else (0.0, 0.0)
            night.append(Exposure(len(night), kind, filter, start, seconds, template_start, i + 1, count, dither))
    return night


class SimulatedChip:
    """One chip: its geometry, its truth and the frames that it delivers."""

    def __init__(self, name, shape, seed):
        ny, nx = shape
        self.name, self.shape, self.seed = name, shape, seed
        scan = 48 if nx >= 96 else max(nx // 4, 2)
        below_or_above = min(100, max(ny // 8, 2))
        self.sizes = {'PRSCX': scan, 'NX': nx, 'OVSCX': scan, 'PRSCY': 0, 'NY': ny, 'OVSCY': below_or_above}
        self.corner = (scan, below_or_above if name in OVERSCAN_BELOW else 0)
        self.exposures = schedule(shape)

    def rng(self, stream):
        """A generator of its own for each chip and stream: 0 for the chip, 1 + index for an exposure."""
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(CHIPS.index(self.name), stream)))

    @cached_property
    def truth(self):
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

    def _some(self, rng, fraction, least):
        """A mask with that fraction of the pixels, drawn at random, and at least so many."""
        mask = np.zeros(self.shape, bool)
        mask.flat[rng.choice(mask.size, max(int(fraction * mask.size), least), replace=False)] = True
        return mask

    def _cold(self, rng):
        """Pixels that see little, one whole column of them, and how little."""
        cold = self._some(rng, 3e-4, 8)
        response = np.where(cold, rng.uniform(0, 0.3, self.shape), 1)
        dead = int(rng.uniform(0.2, 0.8) * self.shape[1])
        cold[:, dead], response[:, dead] = True, 0.05
        return cold, response

    def _hot(self, rng, cold):
        """Excess of the hot pixels [ADU]; no pixel is hot and cold."""
        levels = np.exp(rng.uniform(np.log(60), np.log(400), self.shape))
        return np.where(self._some(rng, 2e-4, 8) & ~cold, levels, 0).astype(np.float32)

    def _wcs(self, exposure):
        """The astrometry of the trimmed frame."""
        from astropy.wcs import WCS  # late: it takes longer to import than the rest
        return WCS(fits.Header(wcs_cards(exposure, self.name, (0, 0))))

    def _stars(self, rng):
        """Stars in and just around the field, fluxes in a power law; the three brightest saturate."""
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

    def _cosmics(self, rng):
        """Cosmic rays: half of them single hits, half tracks of a few to some tens of pixels."""
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
    def _track_distance(self):
        """Distance [pixels] of each pixel from the satellite's track."""
        rng, (ny, nx) = self.rng(1 + len(self.exposures)), self.shape
        angle, (x0, y0) = rng.uniform(0.2, 1.3), rng.uniform(0.35, 0.65, 2) * (nx, ny)
        y, x = np.ogrid[:ny, :nx]
        return np.abs((x - x0) * np.sin(angle) - (y - y0) * np.cos(angle)).astype(np.float32)

    def frame(self, exposure):
        """The raw frame of an exposure, uint16, with pre- and overscan."""
        truth, rng = self.truth, self.rng(1 + exposure.index)
        height = self.sizes['NY'] + self.sizes['OVSCY']
        width = sum(self.sizes[name] for name in ('PRSCX', 'NX', 'OVSCX'))
        raw = READ_NOISE * rng.standard_normal((height, width), np.float32)
        raw += np.float32(truth.bias_level + rng.normal(0, 0.5))
        raw += np.linspace(0, SLOPE, height, dtype=np.float32)[:, None]
        (x0, y0), (ny, nx) = self.corner, self.shape
        light = raw[y0:y0 + ny, x0:x0 + nx]
        light += truth.bias_structure + truth.hot_level
        if exposure.kind != 'bias':
            light += self._electrons(exposure, rng) / np.float32(truth.gain)
        return np.clip(np.rint(raw), 0, 65535).astype(np.uint16)

    def _electrons(self, exposure, rng):
        """Charge in the light-sensitive pixels at the end of the exposure."""
        truth, i = self.truth, exposure.number - 1
        if exposure.kind == 'science':
            light = self._sky_and_stars(i, rng)
        else:
            level = FLAT_LEVELS[exposure.kind, exposure.filter][i] * truth.gain * rng.normal(1, 0.01)
            light = np.full(self.shape, level, np.float32)
            if exposure.kind == 'domeflat':
                light *= truth.dome_ratio
        light *= truth.response(exposure.filter)
        light += np.sqrt(light) * rng.standard_normal(self.shape, np.float32)
        if exposure.kind == 'science':
            light += truth.cosmics(i)
            bleed(light, 1.02 * 65535 * truth.gain)
        return light

    def _sky_and_stars(self, i, rng):
        """Light on science exposure i, electrons where the response is 1."""
        truth = self.truth
        light = np.full(self.shape, truth.sky[i], np.float32)
        fwhm = FWHM * rng.uniform(0.96, 1.04)
        for x, y, electrons in zip(truth.star_x[i], truth.star_y[i], truth.star_electrons[i], strict=True):
            add_star(light, x, y, electrons, fwhm)
        if i == SATELLITE_EXPOSURE:
            light += 180 * np.exp(-0.5 * (self._track_distance / 1.7) ** 2)
        return light


def add_star(image, x, y, electrons, fwhm):
    """Add a Moffat star (exponent BETA) with that many electrons, cut off where it no longer shows."""
    radius = 20 if electrons < 1e4 else 30 if electrons < 1e6 else 90
    x0, x1 = max(int(x) - radius, 0), min(int(x) + radius + 1, image.shape[1])
    y0, y1 = max(int(y) - radius, 0), min(int(y) + radius + 1, image.shape[0])
    if x0 >= x1 or y0 >= y1:
        return
    core = fwhm**2 / (4 * (2 ** (1 / BETA) - 1))
    yy, xx = np.ogrid[y0:y1, x0:x1]
    profile = (1 + ((xx - x) ** 2 + (yy - y) ** 2) / core) ** -BETA
    image[y0:y1, x0:x1] += electrons * (BETA - 1) / (np.pi * core) * profile


def bleed(electrons, full_well):
    """Let what exceeds the full well run along the column, half up and half down, in place."""
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


def simulate(folder, instrument='OMEGACAM', chips=1, shape=(4100, 2048), seed=0):
    """Write the raw files of a night, and the truth beside them, into `folder`; returns the paths of the files.

    `chips` are simulated from ESO_CCD_#65 upwards, each with `shape` (rows, columns) light-sensitive pixels; pre-
    and overscan come on top. The same seed gives the same bytes. A full-size chip needs 250 MB of memory and of
    disk 18 MB an exposure.

    Raises ConfigError for an instrument other than OMEGACAM, numbers out of range, or files that are there already.
    """
    if instrument != 'OMEGACAM':
        raise ConfigError(f'{instrument} cannot be simulated; OMEGACAM can')
    if not 1 <= chips <= len(CHIPS):
        raise ConfigError(f'chips = {chips}: OMEGACAM has 1 to {len(CHIPS)} chips')
    if len(shape) != 2 or min(shape) < 32:
        raise ConfigError(f'shape = {shape}: give rows and columns, each at least 32')
    folder = Path(folder)
    devices = [SimulatedChip(name, tuple(shape), seed) for name in CHIPS[:chips]]
    exposures = schedule(shape)
    paths = [folder / exposure.filename for exposure in exposures]
    for path in (*paths, folder / 'truth.npz', folder / 'truth.json'):
        if path.exists():
            raise ConfigError(f'{path} exists and is not overwritten; choose an empty folder')
    folder.mkdir(parents=True, exist_ok=True)
    for exposure, path in zip(exposures, paths, strict=True):
        _write(path, exposure, devices)
    _write_truth(folder, devices, exposures, seed)
    return paths


def _write(path, exposure, devices):
    """One multi-extension file, every HDU with its checksums."""
    hdus = fits.HDUList([fits.PrimaryHDU(header=primary_header(exposure, len(devices)))])
    for chip in devices:
        header = extension_header(exposure, chip.name, chip.sizes, chip.corner, chip.truth.gain,
                                  READ_NOISE * chip.truth.gain)
        hdus.append(fits.ImageHDU(chip.frame(exposure), header))
    for hdu in hdus:  # a fixed comment instead of the time of day, so that the bytes are the same
        hdu.add_checksum(when='simulated')
    hdus.writeto(path)


def _write_truth(folder, devices, exposures, seed):
    """truth.npz, chip by chip, and truth.json."""
    with zipfile.ZipFile(folder / 'truth.npz', 'w') as archive:
        for chip in devices:
            for entry in fields(ChipTruth):
                with archive.open(f'{chip.name}/{entry.name}.npy', 'w', force_zip64=True) as file:
                    np.lib.format.write_array(file, np.asarray(getattr(chip.truth, entry.name)))
    summary = {
        'instrument': 'OMEGACAM', 'seed': seed, 'night': '2012-05-31', 'shape': list(devices[0].shape),
        'fwhm': FWHM, 'satellite_in': [e for e in exposures if e.kind == 'science'][SATELLITE_EXPOSURE].filename,
        'files': [{'filename': e.filename, 'kind': e.kind, 'filter': e.filter, 'DATE_OBS': e.start.isoformat(),
                   'EXPTIME': e.seconds} for e in exposures],
        'chips': {chip.name: {
            'gain': chip.truth.gain, 'read_noise': READ_NOISE, 'bias_level': chip.truth.bias_level,
            'hot_pixels': int(chip.truth.hot.sum()), 'cold_pixels': int(chip.truth.cold.sum()),
            'stars': chip.truth.star_x.shape[1], 'sky': list(chip.truth.sky)} for chip in devices},
    }
    (folder / 'truth.json').write_text(json.dumps(summary, indent=1) + '\n')


def load_truth(folder):
    """What `simulate` put into the frames in `folder`: a dict from chip name to `ChipTruth`."""
    truths = {}
    with np.load(Path(folder) / 'truth.npz') as archive:
        for name in dict.fromkeys(key.split('/')[0] for key in archive.files):
            entries = {entry.name: archive[f'{name}/{entry.name}'] for entry in fields(ChipTruth)}
            truths[name] = ChipTruth(**{key: value if value.ndim else value.item() for key, value in entries.items()})
    return truths

"""A small night in i_SDSS that needs every correction: dark current, counts that fall behind the light, fringes, and flats
that hold scattered light."""

import dataclasses
from datetime import datetime, timedelta

import numpy as np
from astropy.io import fits

from awlike.simulate.chip import add_star
from awlike.simulate.omegacam_headers import (
    Exposure,
    extension_header,
    primary_header,
)

CHIP, SIDE = 'ESO_CCD_#65', 512
SIZES = {'PRSCX': 16, 'NX': SIDE, 'OVSCX': 16, 'PRSCY': 0, 'NY': SIDE, 'OVSCY': 8}
LEVEL, NOISE, GAIN, FWHM = 200.0, 2.0, 2.5, 3.5  # ADU, ADU, electron/ADU, pixels
SHORTFALL = 1e-6  # per ADU: 40,000 ADU of light count 38,400
SKY, FRINGES = 800.0, 0.04  # ADU; the fringes' amplitude, of the sky
START = datetime(2012, 6, 1, 0, 0, 0)
y, x = np.mgrid[-1:1:SIDE * 1j, -1:1:SIDE * 1j]
RESPONSE = 1 - 0.06 * (x**2 + y**2) + 0.01 * np.random.default_rng(1).standard_normal((SIDE, SIDE))
RESPONSE /= np.median(RESPONSE)
SCATTERED = 1 + 0.04 * (x**2 + y**2) + 0.02 * x  # light of flats and sky that reaches a pixel, for that which stars deserve
DARK = 0.02 + 0.05 * np.exp(-8 * (1 - x)) * (1 + y)  # ADU/s: a glow in a corner
PATTERN = np.cos(12 * np.hypot(x - 0.3, y + 0.8) ** 2 * np.pi)
PATTERN -= np.median(PATTERN)
DITHERS = [(0, 0), (140, 20), (-120, 60), (40, -140), (-80, -100), (100, 120), (-140, 10), (20, 140), (140, -120),
           (-40, 70)]  # pixels


@dataclasses.dataclass
class Field:
    """Stars, where they are in an exposure without dither, and their light [ADU]."""

    x: np.ndarray
    y: np.ndarray
    flux: np.ndarray


def stars() -> Field:
    rng = np.random.default_rng(2)
    return Field(rng.uniform(-150, SIDE + 150, 260), rng.uniform(-150, SIDE + 150, 260), 10 ** rng.uniform(4.2, 5.2, 260))


def schedule():
    """The exposures, with the light [ADU] that their lamp gives, or the sky's brightness."""
    blocks = [('bias', None, 0.0, 6, [0] * 6), ('dark', None, 600.0, 5, [0] * 5),
              *[('domeflat', 'i_SDSS', seconds, 2, [2000 * seconds] * 2) for seconds in (1.0, 3.0, 6.0, 10.0, 15.0, 20.0)],
              ('twilightflat', 'i_SDSS', 5.0, 5, [24000, 21000, 19000, 17000, 15000]),
              ('science', 'i_SDSS', 300.0, len(DITHERS), SKY * (1 + 0.1 * np.arange(len(DITHERS))))]
    start = START
    for kind, filter, seconds, count, levels in blocks:
        template = start
        for number, level in enumerate(levels):
            dither = DITHERS[number] if kind == 'science' else (0.0, 0.0)
            yield Exposure(0, kind, filter, start, seconds, template, number + 1, count, dither), level
            start += timedelta(seconds=seconds + 40)


def charge(exposure, level, rng):
    """What the light-sensitive pixels have collected, ADU."""
    light = np.full((SIDE, SIDE), float(level))
    if exposure.kind != 'bias' and exposure.kind != 'dark':
        light *= SCATTERED
    if exposure.kind == 'science':
        light *= 1 + FRINGES * PATTERN
        field = stars()
        dx, dy = exposure.dither
        for a, b, flux in zip(field.x + dx, field.y - dy, field.flux, strict=True):
            add_star(light, a, b, flux, FWHM)
    light = light * RESPONSE + DARK * exposure.seconds
    return light + np.sqrt(light / GAIN) * rng.standard_normal(light.shape)


def write(folder):
    """Write the night's files; gives their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, (exposure, level) in enumerate(schedule()):
        rng = np.random.default_rng([3, number])
        raw = LEVEL + NOISE * rng.standard_normal((SIDE + 8, SIDE + 32))
        true = charge(exposure, level, rng)
        raw[:SIDE, 16:-16] += true * (1 - SHORTFALL * true)
        header = extension_header(exposure, CHIP, SIZES, (16, 0), GAIN, NOISE * GAIN)
        hdus = fits.HDUList([fits.PrimaryHDU(header=primary_header(exposure, 1)),
                             fits.ImageHDU(np.rint(raw).clip(0, 65535).astype(np.uint16), header)])
        paths.append(folder / exposure.filename)
        hdus.writeto(paths[-1])
    return paths

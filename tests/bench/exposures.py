"""Raw frames of one detector of OmegaCAM's size, with known truth: 2144x4200 uint16, stars and cosmic rays in them."""

import numpy as np
from astropy.io import fits

from awlike.pixels.geometry import Geometry, Section

SHAPE = (4200, 2144)
GEOMETRY = Geometry(Section(48, 2096, 0, 4100), Section(0, 48, 0, 4200), Section(2096, 2144, 0, 4200))
LEVEL, NOISE, SKY, GAIN = 1000.0, 5.0, 500.0, 2.0  # ADU, ADU, ADU, electrons per ADU


def bias(seed):
    """A bias, and where cosmic rays hit it (bool)."""
    rng = np.random.default_rng(seed)
    image = rng.normal(LEVEL, NOISE, SHAPE)
    hits = np.zeros(SHAPE, bool)
    _hit(image, hits, rng, 2000)
    return np.round(image).clip(0, 65535).astype(np.uint16), hits


def science(seed):
    """A science frame: sky, 4,000 stars of which some saturate, 4,000 cosmic rays; and the noiseless sky and stars, trimmed."""
    return struck(seed)[:2]


def struck(seed):
    """As `science`; and which pixels cosmic rays hit (bool), trimmed."""
    rng = np.random.default_rng(seed)
    light = np.zeros(SHAPE)
    exposed = light[GEOMETRY.trim.slices]
    exposed += SKY
    y, x = np.mgrid[-12:13, -12:13]
    star = np.exp(-(x**2 + y**2) / (2 * 1.5**2)) / (2 * np.pi * 1.5**2)
    for flux in 1e3 * rng.uniform(1e-4, 1, 4000) ** -0.9:
        row, column = rng.integers(12, exposed.shape[0] - 12), rng.integers(12, exposed.shape[1] - 12)
        exposed[row - 12:row + 13, column - 12:column + 13] += flux * star
    image = LEVEL + rng.normal(0, NOISE, SHAPE) + rng.poisson(light * GAIN) / GAIN
    hits = np.zeros(exposed.shape, bool)
    _hit(image[GEOMETRY.trim.slices], hits, rng, 4000)
    return np.round(image).clip(0, 60000).astype(np.uint16), exposed.copy(), hits


def _hit(image, hits, rng, number):
    for _ in range(number):
        row, column, length = rng.integers(image.shape[0]), rng.integers(image.shape[1]), 1 + rng.geometric(0.3)
        image[row, column:column + length] += rng.uniform(100, 5000)
        hits[row, column:column + length] = True


def write_biases(folder, number=10):
    """Bias frames in FITS files; gives their paths."""
    paths = [folder / f'bias{n}.fits' for n in range(number)]
    for n, path in enumerate(paths):
        fits.PrimaryHDU(bias(n)[0]).writeto(path)
    return paths

"""Fields of stars and galaxies with known truth, for the tests and the benchmark of sources."""

from dataclasses import dataclass

import numpy as np

BETA, FWHM = 3.0, 3.74  # of the Moffat profile of a star; pixels
LEVEL, GAIN, READ_NOISE = 500.0, 2.0, 5.0  # ADU, e-/ADU, e-


@dataclass
class Field:
    """One simulated image, and the truth."""

    image: np.ndarray  # float32 [y, x], ADU, the sky still in it
    noise: float  # sigma of a pixel of the sky, ADU
    x: np.ndarray  # pixels, 0-based
    y: np.ndarray
    flux: np.ndarray  # ADU, total
    galaxy: np.ndarray  # bool
    snr: np.ndarray  # flux over the noise of a matched filter on the sky alone


def moffat(dx, dy, fwhm=FWHM, beta=BETA):
    """Return the profile of a star of unit flux at these distances."""
    alpha2 = (fwhm / 2) ** 2 / (2 ** (1 / beta) - 1)
    return (beta - 1) / (np.pi * alpha2) * (1 + (dx * dx + dy * dy) / alpha2) ** -beta


def stamp(x, y, radius, fwhm=FWHM, sampling=3):
    """Return the star at (x, y) on the pixels about it, integrated over each pixel, and the slices where it lies."""
    x0, y0 = round(x) - radius, round(y) - radius
    steps = (np.arange(sampling) + 0.5) / sampling - 0.5
    columns = (x0 + np.arange(2 * radius + 1))[:, None] + steps - x
    rows = (y0 + np.arange(2 * radius + 1))[:, None] + steps - y
    values = moffat(columns.reshape(1, -1).astype(np.float32), rows.reshape(-1, 1).astype(np.float32), fwhm)
    side = 2 * radius + 1
    return values.reshape(side, sampling, side, sampling).mean(axis=(1, 3)), x0, y0


def add(image, values, x0, y0):
    """Add a stamp whose first pixel is at (x0, y0), as far as it lies inside."""
    height, width = image.shape
    a, b, c, d = max(y0, 0), min(y0 + values.shape[0], height), max(x0, 0), min(x0 + values.shape[1], width)
    if a < b and c < d:
        image[a:b, c:d] += values[a - y0:b - y0, c - x0:d - x0]


def galaxy_stamp(rng, radius=24, sampling=2):
    """Return an exponential disk or a Sersic bulge of random size, axis ratio and angle, seen through the seeing."""
    side = (2 * radius + 1) * sampling
    place = (np.arange(side) + 0.5) / sampling - radius - 0.5
    size, ratio, angle = rng.uniform(1.5, 5), rng.uniform(0.3, 1), rng.uniform(0, np.pi)
    u = place * np.cos(angle) + place[:, None] * np.sin(angle)
    v = (place[:, None] * np.cos(angle) - place * np.sin(angle)) / ratio
    r = np.hypot(u, v) / size
    values = np.exp(-1.678 * r) if rng.random() < 0.6 else np.exp(-7.67 * ((r * r + 0.01) ** 0.125 - 1))
    import scipy.fft
    seeing = np.fft.ifftshift(moffat(place, place[:, None]))
    product = scipy.fft.rfft2(values.astype(np.float32)) * scipy.fft.rfft2(seeing.astype(np.float32))
    values = scipy.fft.irfft2(product, (side, side))
    values = values.reshape(2 * radius + 1, sampling, 2 * radius + 1, sampling).mean(axis=(1, 3))
    return np.maximum(values, 0) / values.sum()


def make_field(seed=1, shape=(512, 512), stars=200, galaxies=0, fwhm=FWHM, faintest=1.5, slope=0.6, level=LEVEL,
               brightest=3000.0):
    """Return a `Field`: fluxes of a power law from the S/N `faintest` to `brightest`, places at random."""
    rng = np.random.default_rng(seed)
    number = stars + galaxies
    x, y = rng.uniform(-0.5, shape[1] - 0.5, number), rng.uniform(-0.5, shape[0] - 0.5, number)
    unit = stamp(0, 0, 20, fwhm)[0]
    noise = np.sqrt(level * GAIN + READ_NOISE**2) / GAIN
    sigma = noise / np.sqrt((unit**2).sum())
    snr = faintest * rng.uniform((faintest / brightest) ** slope, 1, number) ** (-1 / slope)
    galaxy = np.arange(number) >= stars
    light = np.zeros(shape, np.float32)
    for k in range(number):
        if galaxy[k]:
            add(light, snr[k] * sigma * galaxy_stamp(rng).astype(np.float32), round(x[k]) - 24, round(y[k]) - 24)
            x[k], y[k] = round(x[k]), round(y[k])
        else:
            values, x0, y0 = stamp(x[k], y[k], 15 if snr[k] < 20 else 25 if snr[k] < 200 else 60, fwhm)
            add(light, (snr[k] * sigma) * values, x0, y0)
    electrons = rng.poisson((light + level) * GAIN) + rng.normal(0, READ_NOISE, shape)
    return Field((electrons / GAIN).astype(np.float32), float(noise), x, y, snr * sigma, galaxy, snr)

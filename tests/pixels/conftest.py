"""A seeded synthetic sky with known truth, small and quick to make."""

from dataclasses import dataclass

import numpy as np
import pytest


@dataclass
class Sky:
    """One simulated exposure, bias-free and flat: ADU, and the stars and hits planted in it."""

    image: np.ndarray  # float32 [y, x], ADU
    noise: np.ndarray  # expected sigma without hits, ADU
    hits: np.ndarray  # charge of cosmic rays, ADU
    stars: np.ndarray  # (n, 3): x, y, flux in ADU
    saturated: np.ndarray  # bool
    level: float  # ADU
    gain: float  # e-/ADU
    read_noise: float  # e-


def add_star(electrons, x, y, flux, fwhm):
    """Add a Moffat star (beta 3) sampled 3 x 3 times a pixel."""
    radius = 40
    x0, x1 = max(0, int(x) - radius), min(electrons.shape[1], int(x) + radius + 1)
    y0, y1 = max(0, int(y) - radius), min(electrons.shape[0], int(y) + radius + 1)
    alpha = fwhm / 2 / np.sqrt(2 ** (1 / 3) - 1)
    profile = np.zeros((y1 - y0, x1 - x0))
    for dy in (-1 / 3, 0, 1 / 3):
        for dx in (-1 / 3, 0, 1 / 3):
            yy = np.arange(y0, y1)[:, None] + dy - y
            xx = np.arange(x0, x1)[None, :] + dx - x
            profile += (1 + (xx**2 + yy**2) / alpha**2) ** -3 / 9
    electrons[y0:y1, x0:x1] += flux * profile * 2 / (np.pi * alpha**2)


def add_hit(electrons, rng):
    """Add the track of one particle: a straight line in any direction, charge in proportion to path, no blurring."""
    y, x = rng.uniform(0, electrons.shape[0]), rng.uniform(0, electrons.shape[1])
    angle, length = rng.uniform(0, 2 * np.pi), 1 + rng.exponential(4)
    charge = 10 ** rng.uniform(2.3, 3.7)  # e- per pixel of path
    for step in np.arange(0, length, 0.1):
        j, i = int(y + step * np.sin(angle)), int(x + step * np.cos(angle))
        if 0 <= j < electrons.shape[0] and 0 <= i < electrons.shape[1]:
            electrons[j, i] += 0.1 * charge


def make_sky(seed=1, shape=(512, 512), level=500.0, stars=150, hits=60, fwhm=3.5, gain=2.0, read_noise=5.0,
             full_well=60000.0):
    """Return a `Sky`: uniform background, stars of a power law in flux (the brightest saturate), cosmic rays, noise."""
    rng = np.random.default_rng(seed)
    electrons = np.full(shape, level * gain)
    xs, ys = rng.uniform(0, shape[1], stars), rng.uniform(0, shape[0], stars)
    fluxes = 1e3 * rng.uniform(1e-4, 1, stars) ** -0.9 * gain
    fluxes[:2] = 1e7 * gain
    for x, y, flux in zip(xs, ys, fluxes, strict=True):
        add_star(electrons, x, y, flux, fwhm)
    noise = np.sqrt(electrons + read_noise**2) / gain
    charge = np.zeros(shape)
    for _ in range(hits):
        add_hit(charge, rng)
    image = (rng.poisson(electrons + charge) + rng.normal(0, read_noise, shape)) / gain
    saturated = image >= full_well
    image = np.minimum(image, full_well).astype(np.float32)
    return Sky(image, noise, charge / gain, np.array([xs, ys, fluxes / gain]).T, saturated, level, gain, read_noise)


@pytest.fixture(scope='session')
def simulate():
    """The function that makes a `Sky`."""
    return make_sky


@pytest.fixture(scope='session')
def sky():
    """A standard `Sky`."""
    return make_sky()


@pytest.fixture
def rng():
    return np.random.default_rng(42)

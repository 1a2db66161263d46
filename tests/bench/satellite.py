"""Satellite tracks on 2144x4200 frames with stars and cosmic rays: the faintest that is asked for, and none.

The peer's figure was measured elsewhere, on a machine of this size, unless acstools is installed.
"""

import time
from importlib.util import find_spec

import numpy as np

from awlike.pixels.satellites import satellite_tracks
from awlike.simulate.chip import add_star
from tests.bench.timing import median_seconds

SHAPE, SKY, SATURATED = (4200, 2144), 1200.0, 150_000.0  # electrons
BLANK = 100


def rows():
    """The rows of the table, one after the other."""
    image, good = frame(0)
    across = add_track(image, angle=1.0, peak=0.3)
    found = satellite_tracks(image, good, 7)[0] == 0
    covered = found[abs(across) < 3.5].mean()
    seconds = median_seconds(lambda: satellite_tracks(image, good, 7))
    yield (f'satellite track of 0.3 sigma a pixel: {covered:.0%} of its pixels', f'{seconds:.2f} s', _peer(image),
           '<= 2 s', seconds <= 2 and covered >= 0.95)
    crowded = frame(0, area=200)
    seconds = median_seconds(lambda: satellite_tracks(*crowded, 7), runs=3)
    yield 'a crowded frame, 44,000 stars, in which many lines are looked at', f'{seconds:.2f} s', '', '<= 2 s', seconds <= 2
    false = sum(bool(satellite_tracks(*frame(seed), 7)[1]) for seed in range(1, BLANK + 1))
    yield f'{BLANK} frames without a track: tracks in', f'{false}', '', '0', false == 0


def frame(seed, shape=SHAPE, area=6000):
    """A frame of sky, stars (one on so many pixels) and cosmic rays, electrons, and the map of what is not saturated."""
    rng, (ny, nx) = np.random.default_rng(seed), shape
    image = np.full(shape, SKY, np.float32)
    number = image.size // area
    fluxes = np.minimum(500 * rng.uniform(0, 1, number) ** (-1 / 0.7), 2e7)
    for x, y, flux in zip(rng.uniform(0, nx, number), rng.uniform(0, ny, number), fluxes, strict=True):
        add_star(image, x, y, flux, 4.0)
    image += np.sqrt(image + 25) * rng.standard_normal(shape, np.float32)
    for _ in range(image.size // 4000):
        steps, angle = np.arange(rng.exponential(12) + 1), rng.uniform(0, np.pi)
        y, x = rng.uniform(0, ny) + steps * np.sin(angle), rng.uniform(0, nx) + steps * np.cos(angle)
        inside = (y < ny) & (x >= 0) & (x < nx)
        image[y[inside].astype(int), x[inside].astype(int)] += rng.lognormal(np.log(1500), 0.6)
    return np.minimum(image, SATURATED), (image < SATURATED).astype(np.uint8)


def add_track(image, angle, peak, sigma=1.7):
    """Add a track through the middle, its peak in sigma of the sky; gives the distance of each pixel from it."""
    y, x = np.ogrid[:image.shape[0], :image.shape[1]]
    across = (y - image.shape[0] / 2) * np.cos(angle) - (x - image.shape[1] / 2) * np.sin(angle)
    image += (peak * np.sqrt(SKY + 25) * np.exp(-0.5 * (across / sigma) ** 2)).astype(np.float32)
    return across


def _peer(image):
    if find_spec('acstools') is None:
        return 'acstools findsat_mrt 64 s'
    from acstools.findsat_mrt import TrailFinder
    start = time.perf_counter()
    TrailFinder(image - np.median(image), processes=1, plot=False).run_mrt()
    return f'acstools findsat_mrt {time.perf_counter() - start:.0f} s'

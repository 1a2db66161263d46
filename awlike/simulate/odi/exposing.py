"""The charge that a simulated OTA holds at the end of an exposure."""

import numpy as np

from awlike.simulate.odi.detector import READ_NOISE, Ota
from awlike.simulate.odi.schedule import Exposure
from awlike.simulate.odi.sky import OdiSky

LAMP = 4000.0  # e-/s on dome flats
FRINGES, GHOST = 0.012, 0.008  # of the level of the sky: amplitude of fringes, and the brightest of the ghost
_COSMICS = 4e-5  # of the pixels


def charge(ota: Ota, exposure: Exposure, sky: OdiSky, rng: np.random.Generator) -> tuple[np.ndarray, float | None]:
    """Return the charge [e-] of each pixel, and of a science exposure what is left when all else is taken away.

    That is the median [e-] of sky, stars, galaxies and noise in the cells that show them, where the response is 1.
    """
    median = None
    if exposure.kind == 'science':
        light = sky.light(exposure.number, ota.name, exposure.seconds)
        median = _median(ota, exposure, light)
        level = sky.level(exposure.number)
        if 'fringes' in ota.effects:
            light += np.float32(FRINGES * level) * ota.fringes
        if 'ghost' in ota.effects:
            light += np.float32(GHOST * level) * ota.ghost(exposure.rotator)
        light *= ota.response
    elif exposure.kind == 'domeflat':
        light = np.float32(LAMP * exposure.seconds) * ota.response
    else:
        light = np.zeros(ota.layout.ota, np.float32)
    light += np.float32(exposure.seconds) * ota.dark
    light += np.sqrt(light) * rng.standard_normal(light.shape, np.float32)
    if exposure.kind == 'science' and 'cosmics' in ota.effects:
        _hit(light, rng)
    return np.maximum(light, 0, out=light), median


def _median(ota: Ota, exposure: Exposure, light: np.ndarray) -> float:
    """Return the median of light with the noise that it has in any case: noise hides the wings of stars, which raises it."""
    shown = ota.layout.cut(light)[ota.used(science=True)]
    noise = ota.rng(5000 + exposure.index).standard_normal(shown.shape, np.float32)
    return float(np.median(shown + np.sqrt(shown + np.float32(READ_NOISE**2)) * noise))


def _hit(light: np.ndarray, rng: np.random.Generator) -> None:
    """Add cosmic rays: straight tracks of a few pixels."""
    height, width = light.shape
    for _ in range(max(int(_COSMICS * light.size), 3)):
        steps, angle = np.arange(rng.integers(1, 12)), rng.uniform(0, np.pi)
        x = np.rint(rng.uniform(0, width - 1) + steps * np.cos(angle)).astype(int)
        y = np.rint(rng.uniform(0, height - 1) + steps * np.sin(angle)).astype(int)
        inside = (x >= 0) & (x < width) & (y < height)
        light[y[inside], x[inside]] += rng.lognormal(np.log(1500), 0.6)

"""A simulated OTA: what is true of its pixels and of the electronics of its cells."""

from collections.abc import Collection
from functools import cached_property

import numpy as np

from awlike.instruments.odi import BROKEN, CHIPS
from awlike.simulate.odi.effects import EFFECTS
from awlike.simulate.odi.focal_plane import Layout, places

READ_NOISE = 8.0  # e-
GAIN, GAIN_SPREAD = 1.3, 0.08  # e-/ADU
LEVEL, LEVEL_SPREAD = 1000.0, 150.0  # ADU, of the overscan
CROSSTALK = 2e-4  # of the signal of another cell of the row, at most, of either sign
SQUARE, CUBE = 3e-7, 2e-12  # light = counts + SQUARE x counts**2 + CUBE x counts**3, ADU
DARK, HOT = 0.02, 2e-4  # e-/s; share of the pixels
FULL_WELL = 65535  # ADU: where the converter ends
GUIDING = (5, 2)  # the cell that guides, in the last of several OTAs
_FRINGES = 80.0  # pixels from one to the next


class Ota:
    """An OTA and its truth. Arrays of cells are [x, y], images [row, column]; the same seed makes the same truth.

    Parameters
    ----------
    name : str
        As OTA33.
    layout : Layout
        The sizes.
    seed : int
        Of all random numbers.
    effects : collection of str
        The `EFFECTS` that it has. Default: all.
    guides : bool
        Whether one of its cells guides the telescope in science exposures.
    """

    def __init__(self, name: str, layout: Layout, seed: int, effects: Collection[str] = tuple(EFFECTS),
                 guides: bool = False) -> None:
        self.name, self.layout, self.seed, self.effects = name, layout, seed, effects
        self.guides = guides and 'guiding' in effects

    def rng(self, stream: int) -> np.random.Generator:
        """Return a random generator: 0 to 9 for the truth, 10 + index for an exposure, 5000 + index for its median."""
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(2000 + CHIPS.index(self.name), stream)))

    @cached_property
    def gains(self) -> np.ndarray:
        """The gain of each cell [e-/ADU]."""
        spread = self.rng(0).uniform(-GAIN_SPREAD, GAIN_SPREAD, (8, 8))
        return GAIN * (1 + spread * ('gains' in self.effects))

    @cached_property
    def levels(self) -> np.ndarray:
        """The overscan level of each cell [adu]."""
        return LEVEL + self.rng(1).uniform(-LEVEL_SPREAD, LEVEL_SPREAD, (8, 8))

    @cached_property
    def crosstalk(self) -> np.ndarray:
        """For each row y the part of the counts of each cell that appears in each cell, [y, source x, target x]."""
        parts = self.rng(2).uniform(-CROSSTALK / 4, CROSSTALK, (8, 8, 8)) * ('crosstalk' in self.effects)
        return np.where(np.eye(8, dtype=bool), 1.0, parts)

    @cached_property
    def nonlinearity(self) -> np.ndarray:
        """The coefficients of counts**2 [1/adu] and counts**3 [1/adu**2] of each cell, [x, y, 2]."""
        spread = self.rng(3).uniform(0.7, 1.3, (8, 8, 1)) * ('nonlinearity' in self.effects)
        return spread * np.array([SQUARE, CUBE])

    @cached_property
    def bias(self) -> np.ndarray:
        """What remains of a bias without its overscan [adu]: a glow towards the corner where a cell is read, and columns."""
        height, width = self.layout.cell
        cells = np.exp(-4 * np.linspace(0, 1, width)) + 0.5 * np.exp(-6 * np.linspace(0, 1, height))[:, None]
        columns = self.rng(4).normal(0, 0.7, (8, 8, 1, width))
        return self.layout.joined(((4 * cells + columns) * ('bias' in self.effects)).astype(np.float32), 0)

    @cached_property
    def dark(self) -> np.ndarray:
        """The dark current [e-/s]."""
        rng, shape = self.rng(5), self.layout.ota
        hot = rng.uniform(size=shape) < HOT
        return (np.where(hot, rng.uniform(0.5, 8, shape), DARK) * ('dark' in self.effects)).astype(np.float32)

    @cached_property
    def response(self) -> np.ndarray:
        """The response to light; its median over the cells that work is 1."""
        rng, shape = self.rng(6), self.layout.ota
        if 'flat' not in self.effects:
            return np.ones(shape, np.float32)
        x, y = self.layout.grid(self.name)
        cells = self.layout.joined(np.broadcast_to(rng.normal(1, 0.02, (8, 8, 1, 1)), (8, 8, *self.layout.cell)), 1.0)
        image = cells * (1 - 0.004 * (x * x + y * y)) * (1 + 0.01 * rng.standard_normal(shape, np.float32))
        image = np.where(rng.uniform(size=shape) < 2e-4, 0.3 * image, image)
        return (image / np.median(image[self.works])).astype(np.float32)

    @cached_property
    def fringes(self) -> np.ndarray:
        """The pattern of fringes, from -1 to 1."""
        x, y = self.layout.grid(self.name)
        size = self.layout.ota[1] / _FRINGES
        distance = np.hypot(x + 0.4, 1.3 * (y - 0.7)) + 0.05 * np.sin(5 * x + 2 * y)
        return np.sin(2 * np.pi * size * distance).astype(np.float32)

    def ghost(self, rotator: float) -> np.ndarray:
        """Return the reflection of the pupil, from 0 to 1, turned by `rotator` degrees from x to y around the axis.

        It is a ring with a shadow across; its brightness differs around it.
        """
        x, y = self.layout.grid(self.name)
        radius, angle = np.hypot(x, y), np.arctan2(y, x) - np.float32(np.radians(rotator))
        ring = 1 / (1 + np.exp((0.15 - radius) / 0.03)) / (1 + np.exp((radius - 1.1) / 0.08))
        shadow = 1 - 0.6 * np.exp(-(radius * np.sin(angle) / 0.06) ** 2)
        return (ring * shadow * (1 + 0.5 * np.cos(angle)) / 1.5).astype(np.float32)

    @property
    def broken(self) -> list[str]:
        """The names of the cells that do not work."""
        return [*BROKEN.get(self.name, ())] if 'broken' in self.effects else []

    def used(self, science: bool) -> np.ndarray:
        """Return which cells show what falls on them, bool [x, y]: not those that are broken or, in `science`, guide."""
        used = np.array([[f'xy{x}{y}' not in self.broken for y in range(8)] for x in range(8)])
        used[GUIDING] &= not (science and self.guides)
        return used

    @cached_property
    def works(self) -> np.ndarray:
        """Which pixels of an image lie in cells that are not broken."""
        works = np.zeros(self.layout.ota, bool)
        for place in places():
            works[self.layout.part(*place)] = self.used(science=False)[place]
        return works

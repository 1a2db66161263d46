"""The read-out of a simulated OTA: from charge to the images of its cells."""

from dataclasses import dataclass, field

import numpy as np

from awlike.simulate.odi.detector import FULL_WELL, READ_NOISE, Ota
from awlike.simulate.odi.schedule import Exposure

TRAIL = 300.0  # ADU, from a saturated pixel upwards
PERSISTENCY, DECAY, LONGEST = 200.0, 400.0, 1800.0  # e- at once; s in which they fall to 1/e; s for which they last


@dataclass
class Memory:
    """The saturated pixels of the exposures of an OTA so far: what persists, and what the truth tells of it."""

    saturated: list[tuple[Exposure, np.ndarray]] = field(default_factory=list)  # rows below are charged, [x, y, column]

    def persisting(self, exposure: Exposure, height: int) -> np.ndarray | None:
        """Return the charge [e-] that persists in an exposure, [x, y, row, column]; None for none."""
        charge = None
        for earlier, highest in self.saturated:
            since = (exposure.start - earlier.start).total_seconds() - earlier.seconds
            if 0 <= since <= LONGEST and highest.any():
                below = np.arange(height)[:, None] < highest[:, :, None, :]
                more = np.float32(PERSISTENCY * np.exp(-since / DECAY)) * below
                charge = more if charge is None else charge + more
        return charge


def read_out(ota: Ota, electrons: np.ndarray, exposure: Exposure, memory: Memory, rng: np.random.Generator) -> np.ndarray:
    """Return the raw images of the cells of an OTA that holds so much charge.

    Parameters
    ----------
    ota : Ota
        The OTA.
    electrons : 2-D float32 array
        The charge [e-] of each pixel of the OTA, without what persists.
    exposure : Exposure
        The exposure.
    memory : Memory
        The saturated pixels so far; those of this exposure are added.
    rng : numpy.random.Generator
        Of the noise.

    Returns
    -------
    4-D uint16 array
        [x, y, row, column], with overscan.
    """
    layout = ota.layout
    charge = layout.cut(electrons)
    persisting = memory.persisting(exposure, layout.cell[0]) if 'persistency' in ota.effects else None
    if persisting is not None:
        charge += persisting
    used = ota.used(exposure.kind == 'science')
    charge[~used] = 0
    gains = ota.gains[:, :, None, None].astype(np.float32)
    counts = measured(charge / gains, ota.nonlinearity.astype(np.float32)) + layout.cut(ota.bias)
    raw = np.empty((8, 8, *layout.raw), np.float32)
    raw[...] = (ota.levels + rng.normal(0, 2.0, (8, 8)))[:, :, None, None]
    raw[..., :layout.cell[1]] += counts
    _saturate(ota, exposure, raw[..., :layout.cell[1]], memory)
    raw += rng.standard_normal(raw.shape, np.float32) * (np.float32(READ_NOISE) / gains)
    if 'crosstalk' in ota.effects:
        raw = np.einsum('yst,syrc->tyrc', ota.crosstalk.astype(np.float32), raw, optimize=True)
    return np.clip(np.rint(raw), 0, FULL_WELL).astype(np.uint16)


def measured(light: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    """Return the counts I that cells [x, y, ...] measure of `light` = I + c2 I**2 + c3 I**3, ADU; c2 and c3 are [x, y, 2]."""
    square, cube = (coefficients[..., power][:, :, None, None] for power in (0, 1))
    if not coefficients.any():
        return light
    light = np.minimum(light, 2 * FULL_WELL)
    counts = light.copy()
    for _ in range(4):  # Newton
        counts -= (counts * (1 + counts * (square + counts * cube)) - light) / (1 + counts * (2 * square + 3 * counts * cube))
    return counts


def _saturate(ota: Ota, exposure: Exposure, counts: np.ndarray, memory: Memory) -> None:
    """Let the charge of saturated pixels run upwards, in place, and remember where they are."""
    full = counts >= FULL_WELL
    np.minimum(counts, FULL_WELL + 100, out=counts)  # no noise, and no ghost, brings it back
    if not full.any():
        return
    if 'trails' in ota.effects:
        counts += TRAIL * (np.maximum.accumulate(full, axis=2) & ~full)
    height = full.shape[2]
    highest = np.where(full.any(axis=2), height - full[:, :, ::-1].argmax(axis=2), 0)
    memory.saturated.append((exposure, highest))

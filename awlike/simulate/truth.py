"""The truth in simulated frames, as numbers that tests compare with."""

import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class ChipTruth:
    """The truth in the frames of one chip.

    Images have the trimmed shape (rows, columns). Positions count from 0 at the centre of the first pixel. The first axis
    of stars, sky and cosmics is the science exposure.
    """

    gain: float  # e-/ADU
    read_noise: float  # ADU
    bias_level: float  # ADU, in the first row
    bias_structure: np.ndarray  # ADU
    hot_level: np.ndarray  # ADU, 0 where the pixel is not hot
    response_g_SDSS: np.ndarray  # sensitivity, median 1: a perfect twilight flat
    response_r_SDSS: np.ndarray
    dome_ratio: np.ndarray  # illumination by the lamp divided by illumination by the sky
    cold: np.ndarray  # True for pixels whose response is at most 0.3, with the dead column
    sky: np.ndarray  # [exposure], e-/pixel where the response is 1
    star_x: np.ndarray  # [exposure, star]
    star_y: np.ndarray
    star_electrons: np.ndarray  # total, where the response is 1
    cosmic_pixels: np.ndarray  # [hit]: (exposure, y, x)
    cosmic_electrons: np.ndarray  # [hit]
    satellite: np.ndarray  # True under the track, in science exposure SATELLITE_EXPOSURE only

    @property
    def star_adu(self) -> np.ndarray:
        """Total flux of the stars, ADU where the response is 1."""
        return self.star_electrons / self.gain

    @property
    def hot(self) -> np.ndarray:
        """True for hot pixels."""
        return self.hot_level > 0

    def response(self, filter: str) -> np.ndarray:
        """Return the sensitivity in that filter."""
        return getattr(self, f'response_{filter}')

    def cosmics(self, exposure: int) -> np.ndarray:
        """Return the electrons that cosmic rays left in a science exposure (from 0), as an image; its mask is where > 0."""
        image = np.zeros(self.cold.shape, np.float32)
        hits = self.cosmic_pixels[:, 0] == exposure
        np.add.at(image, tuple(self.cosmic_pixels[hits, 1:].T), self.cosmic_electrons[hits])
        return image


def write_truth(path: Path, truths: Mapping[str, ChipTruth]) -> None:
    """Write the `ChipTruth` of each chip, by name, into an npz file."""
    with zipfile.ZipFile(path, 'w') as archive:
        for name, truth in truths.items():
            for entry in fields(ChipTruth):
                with archive.open(f'{name}/{entry.name}.npy', 'w', force_zip64=True) as file:
                    np.lib.format.write_array(file, np.asarray(getattr(truth, entry.name)))


def load_truth(folder: str | os.PathLike[str]) -> dict[str, ChipTruth]:
    """Return the `ChipTruth` of each chip, by name, of the frames that `simulate` wrote into `folder`."""
    truths = {}
    with np.load(Path(folder) / 'truth.npz') as archive:
        for name in dict.fromkeys(key.split('/')[0] for key in archive.files):
            entries = {entry.name: archive[f'{name}/{entry.name}'] for entry in fields(ChipTruth)}
            truths[name] = ChipTruth(**{key: value if value.ndim else value.item() for key, value in entries.items()})
    return truths

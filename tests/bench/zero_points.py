"""Zero points of simulated nights: how far they are from the truth, and magnitudes of the same stars in all exposures."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from awlike.processors.own_home import own_home
from awlike.simulate import simulate
from tests.exposures import exposures_of, exposures_off

SEEDS, SHAPE = (5, 6, 7), (4100, 2048)


def rows():
    """The rows of the table, one after the other."""
    off, errors, frames = (1000 * np.concatenate(values) for values in zip(*map(_night, SEEDS), strict=True))
    rms = float(np.sqrt(np.mean(off**2)))
    yield (f'zero points of {off.size} exposures off by, rms; median; error told',
           f'{rms:.1f} mmag; {np.median(np.abs(off)):.1f}; {np.median(errors):.1f}', '', '<= 2 mmag', rms <= 2)
    repeatability = float(np.std(frames))
    yield 'magnitudes of the same stars in the exposures of a night', f'{repeatability:.1f} mmag', '', '<= 3 mmag', (
        repeatability <= 3)


def _night(seed):
    """Return how far zero points are off, their errors, and how far exposures are off from each other, of a night, mag."""
    with TemporaryDirectory() as folder:
        night = Path(folder) / 'night'
        simulate(night, chips=1, shape=SHAPE, seed=seed, sky=True)
        with own_home(Path(folder) / 'home'):
            exposures = exposures_of(night)
            errors = [one.sources.photom_params.zero_point_error for one in exposures]
            return [one.off for one in exposures], errors, exposures_off(exposures)[0]

"""Cosmic rays on trimmed frames of 2048x4100 beside astroscrappy in the same run: time, and what is found of the truth.

Complete: of the good pixels in which hits left more than 5 sigma of the noise without them, those that are mapped. False:
mapped pixels in which no hit left anything, per million; of these `apart`, those that do not touch a hit either.
"""

import numpy as np
from scipy.ndimage import binary_dilation

from awlike.pixels.cosmics import cosmic_rays
from awlike.simulate.chip import FWHM, READ_NOISE, SimulatedChip, add_star
from tests.bench import exposures
from tests.bench.exposures import GAIN, GEOMETRY, LEVEL, NOISE
from tests.bench.timing import median_seconds
from tests.pixels.conftest import Sky, make_sky

SHAPE = (4100, 2048)


def rows():
    """The rows of the table, one after the other."""
    for name, sky in (('', exposed()), (', simulator', simulated()), (', thin tracks', thin())):
        good = ~sky.saturated

        def ours(sky=sky, good=good):
            return cosmic_rays(sky.image, good, sky.gain, sky.read_noise, 5.0) == 0

        def peer(sky=sky):
            from astroscrappy import detect_cosmics
            return detect_cosmics(sky.image, inmask=sky.saturated, gain=sky.gain, readnoise=sky.read_noise, sigclip=5.0,
                                  satlevel=np.inf, niter=4)[0]

        mine, theirs = median_seconds(ours), median_seconds(peer, runs=1)
        complete, false, apart = judge(ours(), sky)
        yield (f'cosmic rays{name}: complete; false (apart) per million',
               f'{mine:.2f} s, {complete:.3f}; {false:.0f} ({apart:.0f})',
               'astroscrappy {:.1f} s, {:.3f}; {:.0f} ({:.0f})'.format(theirs, *judge(peer(), sky)),
               f'{theirs / mine:.0f}x >= 12x, >= 0.955; <= 25', theirs >= 12 * mine and complete >= 0.955 and false <= 25)


def judge(mapped, sky):
    """Completeness, and false pixels per million, all and apart from hits."""
    planted = (sky.hits > 5 * sky.noise) & ~sky.saturated
    false = mapped & (sky.hits == 0)
    apart = false & ~binary_dilation(sky.hits > 0, np.ones((3, 3)))
    return mapped[planted].mean(), false.mean() * 1e6, apart.mean() * 1e6


def exposed():
    """The science frame of the other rows, its hits known as a map only: each is far above 5 sigma."""
    raw, light, hits = exposures.struck(1)
    noise = np.sqrt(light / GAIN + NOISE**2)
    image = raw[GEOMETRY.trim.slices].astype(np.float32)
    return Sky(image - LEVEL, noise, hits * 100 * noise, np.empty((0, 3)), image >= 60000, exposures.SKY, GAIN, NOISE * GAIN)


def simulated():
    """The first science frame of a simulated chip, reduced with what is known to be in it."""
    chip = SimulatedChip('ESO_CCD_#65', SHAPE, 0)
    truth, (x, y) = chip.truth, chip.corner
    raw = chip.frame(next(each for each in chip.exposures if each.kind == 'science'))
    exposed = np.s_[y:y + SHAPE[0], x:x + SHAPE[1]]
    bad = truth.cold | truth.hot | (raw[exposed] == 65535)
    bias = np.median(raw[:, :x], axis=1, keepdims=True)[exposed[0]] + truth.bias_structure
    image = np.where(bad, 0, (raw[exposed] - bias) / truth.response_r_SDSS).astype(np.float32)
    light = np.full(SHAPE, truth.sky[0], np.float32)
    for star in zip(truth.star_x[0], truth.star_y[0], truth.star_electrons[0], strict=True):
        add_star(light, *star, FWHM)
    read_noise = READ_NOISE * truth.gain
    noise = np.sqrt(light * truth.response_r_SDSS + read_noise**2) / truth.gain / truth.response_r_SDSS
    return Sky(image, noise, truth.cosmics(0) / truth.gain / truth.response_r_SDSS, np.empty((0, 3)), bad,
               truth.sky[0] / truth.gain, truth.gain, read_noise)


def thin():
    """A frame with tracks in any direction, whose charge pixels share, down to a few sigma."""
    return make_sky(2, SHAPE, stars=5000, hits=2000, fwhm=2.5)

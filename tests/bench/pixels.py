"""Pixels: combining, statistics, the chain of a frame and its cosmic rays, beside their peers in the same run."""

import json
import subprocess
import sys
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from awlike.pixels.overscan import overscan_subtracted
from awlike.pixels.reduced import reduce_image
from awlike.pixels.saturated_pixels import saturated_pixels
from awlike.pixels.statistics import clipped_statistics
from awlike.pixels.weight import weight_image
from tests.bench import cosmics, exposures
from tests.bench.exposures import GEOMETRY, NOISE, SKY
from tests.bench.timing import median_seconds, medians_in_turn

TRIM, FRINGES = GEOMETRY.trim.slices, 3.0


def rows():
    """The rows of the table, one after the other."""
    with TemporaryDirectory() as folder:
        paths = exposures.write_biases(Path(folder))
        yield from _combining('clipped', 'robust clip', paths, 40)
        yield from _combining('median', 'median', paths, 50)
    raw, truth = exposures.science(1)
    yield _statistics('a raw frame', raw)
    yield _statistics('the same in float32, not integers', raw + np.random.default_rng(2).random(raw.shape, np.float32))
    yield from _chain(raw, truth)
    yield _saturation(raw)
    yield from cosmics.rows()


def _combining(how, name, paths, goal):
    peer = _apart('ccdproc', how, 1, paths)
    few, many = _apart('ours', how, 7, paths), _apart('ours', how, 1, paths * 10)
    theory = NOISE / np.sqrt(len(paths)) * (np.sqrt(np.pi / 2) if how == 'median' else 1)
    ratio = peer['median'] / few['median']
    noise = [f'noise {one["noise"] / theory:.3f}' for one in (few, peer)]
    yield (f'10 raw biases from files, {name}; noise against theory', f'{few["median"]:.3f} s, {noise[0]}',
           f'ccdproc {peer["median"]:.1f} s, {noise[1]}', f'{ratio:.0f}x >= {goal}x', ratio >= goal)
    yield ('the same: memory for 10; for 100', f'{few["MB"]:.0f} MB; {many["MB"]:.0f} MB in {many["median"]:.2f} s',
           f'ccdproc {peer["MB"]:.0f} MB for 10', '<= 350 MB', max(few['MB'], many['MB']) <= 350)


def _apart(who, how, runs, paths):
    """What a process of its own measures: see `combining`."""
    command = [sys.executable, '-W', 'ignore', '-m', 'tests.bench.combining', who, how, str(runs), *map(str, paths)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])


def _statistics(what, image):
    from astropy.stats import sigma_clipped_stats
    ours, peer = clipped_statistics(image), sigma_clipped_stats(image)
    mine, theirs = median_seconds(lambda: clipped_statistics(image)), median_seconds(lambda: sigma_clipped_stats(image), runs=3)
    return (f'clipped statistics of {what}: mean, stdev', f'{mine * 1e3:.0f} ms: {ours[0]:.3f}, {ours[2]:.3f}',
            f'astropy {theirs * 1e3:.0f} ms: {peer[0]:.3f}, {peer[2]:.3f}', f'{theirs / mine:.0f}x >= 10x', theirs >= 10 * mine)


def _chain(raw, truth):
    rng = np.random.default_rng(3)
    shape = GEOMETRY.trim.shape
    bias, fringe = (rng.normal(0, sigma, shape).astype(np.float32) for sigma in (0.5, 1))
    flat, illumination = (rng.normal(1, 0.01, shape).astype(np.float32) for _ in range(2))
    maps = [(rng.random(shape) > 1e-4).astype(np.uint8) for _ in range(5)]
    calibration = bias, flat, fringe, illumination, maps

    image, weight = _our_chain(raw, *calibration)
    for uncertainty, goal in ((False, 5), (True, 15)):
        mine, theirs = medians_in_turn(lambda: _our_chain(raw, *calibration),
                                       lambda: _ccdproc_chain(raw, *calibration, uncertainty))  # noqa: B023 -- called at once
        peer, peer_weight = _ccdproc_chain(raw, *calibration, uncertainty)
        same = np.median(np.abs(image - peer.data)[weight > 0]) < 1 and np.allclose(weight, peer_weight, rtol=1e-6)
        yield ('overscan, trim, bias, flat, illumination, fringe, weight, mask of one frame; sky',
               f'{mine * 1e3:.0f} ms; {_sky(image, truth):.2f}',
               f'ccdproc with{"" if uncertainty else "out"} uncertainty {theirs * 1e3:.0f} ms; {_sky(peer.data, truth):.2f}',
               f'{theirs / mine:.1f}x >= {goal}x', same and theirs >= goal * mine)


def _our_chain(raw, bias, flat, fringe, illumination, maps):
    """The reduced frame and its weight."""
    weight = weight_image(flat, maps, illumination)
    trimmed = overscan_subtracted(raw, GEOMETRY, 6)
    return reduce_image(trimmed, bias, flat, maps[0], fringe=fringe, fringe_scale=FRINGES, illumination=illumination), weight


def _sky(image, truth):
    return float(np.median(image[truth == SKY]))


def _ccdproc_chain(raw, bias, flat, fringe, illumination, maps, uncertainty):
    """The reduced frame, a CCDData, and its weight."""
    import ccdproc
    from astropy import units as u
    from astropy.nddata import CCDData
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        bias, fringe = (CCDData(image, unit='adu') for image in (bias, fringe))
        ccd = CCDData(raw, unit='adu')
        if uncertainty:
            ccd = ccdproc.create_deviation(ccd, gain=exposures.GAIN * u.electron / u.adu,
                                           readnoise=NOISE * exposures.GAIN * u.electron, disregard_nan=True)
        ccd = ccdproc.subtract_overscan(ccd, overscan=ccd[GEOMETRY.overscan_x.slices], overscan_axis=1, median=True)
        ccd = ccdproc.trim_image(ccd[TRIM])
        ccd = ccdproc.subtract_bias(ccd, bias)
        ccd = ccdproc.flat_correct(ccd, CCDData(flat, unit=''), norm_value=1)
        ccd = ccd.subtract(fringe.multiply(FRINGES))
        ccd = ccd.divide(CCDData(illumination, unit=''))
        ccd.mask = np.any([one == 0 for one in maps], axis=0)
        return ccd, np.where(ccd.mask, 0, flat * illumination)


def _saturation(raw):
    """A frame with 20 saturated stars, from which trails of half their level run."""
    rng = np.random.default_rng(4)
    raw, trails = raw[TRIM].copy(), np.zeros(GEOMETRY.trim.shape, bool)
    y, x = np.mgrid[-30:31, -30:31]
    for row, column in zip(rng.integers(30, raw.shape[0] - 30, 20), rng.integers(30, raw.shape[1] - 30, 20), strict=True):
        trail = np.s_[max(row - rng.integers(20, 800), 0):row + rng.integers(20, 800), column - 1:column + 2]
        trails[trail], raw[trail] = True, np.maximum(raw[trail], 30000)
        star = raw[row - 30:row + 31, column - 30:column + 31]
        star[:] = np.minimum(star + 1e6 / (1 + (x**2 + y**2) / 13) ** 3, 65535)
    bad = saturated_pixels(raw, 60000, 1) == 0
    seconds, found = median_seconds(lambda: saturated_pixels(raw, 60000, 1)), bad[trails].mean()
    false = (bad & ~trails & (raw < 60000)).sum()
    return (f'saturated pixels with trails: {found:.2%} of them, {false} others', f'{seconds * 1e3:.0f} ms', '', '<= 150 ms',
            seconds <= 0.15 and found > 0.99)

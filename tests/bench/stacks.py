"""Stacks of full frames of 2048 x 4100 beside SWarp: processor time, memory, files on the way, and the pixels.

Each program runs in a process of its own, with all that it reads and writes.
"""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from astropy.io import fits

from awlike.pixels.resample import BOX, Resampled
from awlike.pixels.stack import Combination, stack
from awlike.sky.tpv import tpv_cards
from tests.bench import swarp
from tests.bench.processes import measured
from tests.bench.stacking import GRID, NOISE, stacked
from tests.pixels.dithers import FWHM, plate_near, sky_of, star_field

SHAPE, ROOT = (4100, 2048), Path(__file__).parents[2]


def rows():
    """The rows of the table, one after the other."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        _write_frames(folder, 50)
        yield from _beside(folder, 5, 'clipped', 'CLIPPED')
        yield from _beside(folder, 50, 'weighted', 'WEIGHTED')
        yield from _beside(folder, 50, 'clipped', 'WEIGHTED')
    yield from _quality()


def _write_frames(folder, number):
    """Write dithered, rotated frames, of which the first tenth have stars, the others noise alone, and the weight of all."""
    rng = np.random.default_rng(4)
    weight = (rng.random(SHAPE) > 1e-3).astype(np.float32)
    fits.writeto(folder / 'weight.fits', weight)
    for index in range(number):
        plate = plate_near(GRID, rng, SHAPE)
        image = rng.normal(0, NOISE, SHAPE).astype(np.float32)
        image += star_field(plate, SHAPE, GRID, 300) if index < number // 10 else 0
        image[weight == 0] = 5e4
        fits.writeto(folder / f'frame{index:02d}.fits', image, fits.Header(tpv_cards(plate)))


def _beside(folder, number, kind, theirs):
    command = [sys.executable, '-m', 'tests.bench.stacking', str(folder), str(number), kind]
    environment = os.environ.get('PYTHONPATH')
    os.environ['PYTHONPATH'] = str(ROOT)
    try:
        measured(command, folder) if number == 5 else None  # kernels are compiled now
        ours = measured(command, folder)
    finally:
        os.environ.pop('PYTHONPATH') if environment is None else os.environ.update(PYTHONPATH=environment)
    what = f'{number} frames, {kind}'
    if not swarp.is_here():
        yield what, f'{ours.seconds:.1f} s, {ours.megabytes:.0f} MB', '', '', True
        return
    _, box = stacked(folder, 1, 'weighted')
    paths = sorted(folder.glob('frame*.fits'))[:number]
    shape = box.shape[0] + 400, box.shape[1] + 400
    peer = swarp.stacked(folder, paths, [folder / 'weight.fits'] * number, GRID, shape, theirs)
    yield (f'{what}: processor time', f'{ours.seconds:.1f} s', f'SWarp {theirs} {peer.seconds:.1f} s',
           f'{ours.seconds / peer.seconds:.2f} <= 0.2', ours.seconds <= 0.2 * peer.seconds)
    yield (f'{what}: memory', f'{ours.megabytes:.0f} MB', f'SWarp {peer.megabytes:.0f} MB',
           f'{ours.megabytes / peer.megabytes:.2f}' + (' <= 0.2' if number == 50 else ''),
           number < 50 or ours.megabytes <= 0.2 * peer.megabytes)
    final = sum(path.stat().st_size for path in folder.glob('stack.fits')) / 1e6
    yield (f'{what}: files on the way', f'{max(0, ours.disk - final):.0f} MB', f'SWarp {peer.disk:.0f} MB in all', '0',
           ours.disk <= 1.05 * final)


def _quality():
    """Light, width of stars and noise of a stack of five small frames, relative to the frames themselves."""
    rng, shape = np.random.default_rng(6), (1024, 1024)
    plates = [plate_near(GRID, rng, shape, distortion=0) for _ in range(5)]
    stars = [star_field(plate, shape, GRID, 60, faintest=1e5) for plate in plates]
    light = [Resampled.of(image, plate, GRID) for image, plate in zip(stars, plates, strict=True)]
    empty = [Resampled.of(rng.normal(0, NOISE, shape).astype(np.float32), plate, GRID, variance=NOISE ** 2) for plate in plates]
    box = light[0].box
    for one in light[1:]:
        box = box.joined(one.box)
    made, noise = (stack(members, box, Combination('weighted')) for members in (light, empty))
    places = sky_of(GRID, shape, 60, faintest=1e5)[:2]
    own = GRID.plate_of(box).sky_to_pixel(*places)
    fluxes = np.array([_aperture(image, *plate.sky_to_pixel(*places)) for image, plate in zip(stars, plates, strict=True)])
    ratio = _aperture(made.data, *own)[0] / fluxes[:, 0].mean(axis=0)
    width = _aperture(made.data, *own)[1] / fluxes[:, 1].mean(axis=0)
    good = np.isfinite(ratio) & (fluxes[:, 0].min(axis=0) > 0)
    bias, wider = 1e3 * abs(np.median(ratio[good]) - 1), 100 * (np.median(width[good]) - 1)
    yield 'stack of 5: bias of the light, per mille', f'{bias:.3f}', '', '<= 0.2', bias <= 0.2
    yield f'stack of 5: width of stars of {FWHM} pixels', f'{wider:+.2f} %', '', '<= 0.3 %', wider <= 0.3
    part = (noise.data * np.sqrt(noise.weight))[100:900, 100:900]
    told = part.reshape(100, BOX, 100, BOX).sum(axis=(1, 3)).std() / BOX
    yield 'noise of boxes of 8 x 8 by what the weights say', f'{told:.3f}', '', '0.98 to 1.02', abs(told - 1) <= 0.02


def _aperture(image, x, y, radius=16):
    """The light in circles, and the rms width; NaN where a circle does not lie inside."""
    found = np.full((2, len(x)), np.nan)
    for number, (column, row) in enumerate(zip(x, y, strict=True)):
        left, low = round(column) - radius, round(row) - radius
        part = image[max(low, 0):low + 2 * radius + 1, max(left, 0):left + 2 * radius + 1]
        if part.shape == (2 * radius + 1,) * 2 and np.isfinite(part).all() and part.any():
            dy, dx = np.ogrid[low - row:low - row + 2 * radius + 0.5, left - column:left - column + 2 * radius + 0.5]
            inside = np.hypot(dx, dy) < radius
            found[:, number] = part[inside].sum(), np.sqrt((part * (dx ** 2 + dy ** 2))[inside].sum() / part[inside].sum())
    return found

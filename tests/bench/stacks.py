"""Stacks of full frames of 2048 x 4100 beside SWarp: processor time, memory, files on the way, and the pixels.

Each program runs in a process of its own, with all that it reads and writes.
"""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from astropy.io import fits

from tests.bench import swarp
from tests.bench.processes import measured
from tests.bench.stacking import GRID, NOISE, stacked
from tests.pixels.dithers import plate_near, star_field

SHAPE, ROOT = (4100, 2048), Path(__file__).parents[2]


def rows():
    """The rows of the table, one after the other."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        _write_frames(folder, 50)
        yield from _beside(folder, 5, 'clipped', 'CLIPPED')
        yield from _beside(folder, 50, 'weighted', 'WEIGHTED')
        yield from _beside(folder, 50, 'clipped', 'WEIGHTED')


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
        from awlike.sky.tpv import tpv_cards
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

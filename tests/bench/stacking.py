"""``python -m tests.bench.stacking FOLDER NUMBER KIND``: the frames of a folder as one stack, in a process of its own."""

import sys
from pathlib import Path

from astropy.io import fits

from awlike.fits.images import pixel_rows
from awlike.pixels.resample import Resampled
from awlike.pixels.stack import Combination, stack
from awlike.sky.grid import Grid
from awlike.sky.headers import read_plate

GRID = Grid(30.0, -20.0, 0.2134)
NOISE = 30.0  # of a pixel of the frames


def frames(folder, number):
    """The first frames on the grid, with the weights that all share; their rows are read when they are needed."""
    weight = pixel_rows(Path(folder) / 'weight.fits', 0)
    for path in sorted(Path(folder).glob('frame*.fits'))[:number]:
        yield Resampled.of(pixel_rows(path, 0), read_plate(fits.getheader(path)), GRID, variance=NOISE ** 2, good=weight)


def stacked(folder, number, kind):
    """The stack of the first frames, and its box."""
    members = list(frames(folder, number))
    box = members[0].box
    for one in members[1:]:
        box = box.joined(one.box)
    return stack(members, box, Combination(kind), masks=False), box


def main(folder, number, kind):
    made, _ = stacked(folder, int(number), kind)
    fits.HDUList([fits.PrimaryHDU(made.data), fits.ImageHDU(made.weight, name='WEIGHT')]).writeto(
        Path(folder) / 'stack.fits', overwrite=True)


if __name__ == '__main__':
    main(*sys.argv[1:])

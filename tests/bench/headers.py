"""Headers of many large files, changed: beside other ways to do so, and beside a plain copy, which is what the disk can do.

By default 40 files; ``AWLIKE_BENCH_HEADERS=2000`` changes as many as an archive of plates has, and needs 34 GB of disk.
"""

import os
import shutil
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from astropy.io import fits

NUMBER, SHAPE = int(os.environ.get('AWLIKE_BENCH_HEADERS', '40')), (2896, 2896)
CARDS = {f'CARD{number}': number for number in range(60)}  # more than the free room of the block


def rows():
    """The rows of the table, one after the other."""
    with TemporaryDirectory() as folder:
        paths = [Path(folder) / f'{number}.fits' for number in range(NUMBER)]
        pixels = np.random.default_rng(1).integers(0, 65535, SHAPE, np.uint16)
        for path in paths:
            fits.PrimaryHDU(pixels).writeto(path)
        ways = {'awlike: whole or not at all, with undo': _awlike, 'a copy, on the disk': _copy, 'a new file, as DaCHS': _dachs,
                "astropy, mode='update'": _astropy, 'fitsio': _fitsio}
        seconds = _in_turn(paths, {name: way for name, way in ways.items() if way is not _fitsio or _has_fitsio()})
        (ours, wall), = [seconds.pop(name) for name in ways if ways[name] is _awlike]
        for name, (cpu, other) in seconds.items():
            goal = 2 if ways[name] is _copy else None
            yield (f'{NUMBER} headers changed', f'{wall:.1f} s, {ours:.1f} s CPU', f'{name} {other:.1f} s, {cpu:.1f} s CPU',
                   f'<= {goal} x the time' if goal else '', goal is None or wall <= goal * other)


def _in_turn(paths, ways):
    """CPU and wall seconds of each way, one file after the other, so that all meet the same disk."""
    seconds = {name: np.zeros(2) for name in ways}
    for path in paths:
        for name, way in ways.items():
            file = path.with_name('one.fits')
            shutil.copyfile(path, file)
            os.sync()
            start = time.process_time(), time.perf_counter()
            way(file)
            seconds[name] += time.process_time() - start[0], time.perf_counter() - start[1]
            file.unlink()
            (path.parent / '.headers/one.fits.log').unlink(missing_ok=True)
    return seconds


def _awlike(file):
    from awlike.processors.headers.writing import change_header

    def update(header):
        header.update(CARDS)
        return header
    change_header(file, update)


def _copy(file):
    new = file.with_name('new.fits')
    shutil.copyfile(file, new)
    with open(new, 'rb+') as written:
        os.fsync(written.fileno())
    os.replace(new, file)
    folder = os.open(file.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def _dachs(file):
    """Write header and data into a new file, which then takes the name; nothing waits for the disk."""
    new = file.with_name('new.fits')
    header = fits.getheader(file)
    header.update(CARDS)
    with open(file, 'rb') as old, open(new, 'wb') as written:
        fits.Header.fromfile(old)
        written.write(header.tostring().encode())
        shutil.copyfileobj(old, written, 1 << 16)
    os.replace(new, file)


def _astropy(file):
    with fits.open(file, mode='update', memmap=False) as hdus:
        hdus[0].header.update(CARDS)


def _fitsio(file):
    import fitsio
    with fitsio.FITS(str(file), 'rw') as hdus:
        for keyword, value in CARDS.items():
            hdus[0].write_key(keyword, value)


def _has_fitsio():
    try:
        import fitsio  # noqa: F401
    except ImportError:
        return False
    return True

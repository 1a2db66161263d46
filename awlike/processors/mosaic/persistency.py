"""The folder of saturated pixels: what earlier exposures left is read from it, and those of this exposure are written into it.

``NAME.saturated.fits`` has for each detector the extension ``OTA33.SATPIX`` with the columns CELL_X, CELL_Y, X, Y (from 0) of
each saturated raw pixel; ``index.cat`` has a line ``NAME.saturated.fits --> MJD EXPTIME`` for each file. So pODI's QuickReduce
wrote them, and such folders can be read.
"""

import logging
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from awlike.fits.opening import quiet
from awlike.placing import place
from awlike.processors.mosaic.exposure import Exposure

if TYPE_CHECKING:
    from astropy.io.fits import HDUList

log = logging.getLogger('awlike')

INDEX = 'index.cat'
SUFFIX = '.saturated.fits'
_LINE = re.compile(r'\s*(?P<file>.+?)\s*-->\s*(?P<mjd>\S+)\s+(?P<exptime>\S+)\s*')
_CELL = re.compile(r'xy(\d)(\d)', re.IGNORECASE)
_COLUMNS = 'CELL_X', 'CELL_Y', 'X', 'Y'
_DAY = 86400.0
_LEVEL, _NOISE, _FULL = 1000, 5, 65535  # of a stand-in: counts of most pixels, their scatter, and of a saturated one


class Saturated(NamedTuple):
    """An exposure of the folder: its file, the MJD of its start, its exposure time [s]."""

    file: str
    mjd: float
    exptime: float


def read_index(folder: Path) -> list[Saturated]:
    """Return the exposures of the folder, in order of time; none where there is no index. A line without meaning is told."""
    path, found = folder / INDEX, []
    for line in path.read_text('utf-8', errors='replace').splitlines() if path.is_file() else ():
        read = _LINE.fullmatch(line)
        try:
            if line.strip() and not line.lstrip().startswith('#'):
                found.append(Saturated(read['file'], float(read['mjd']), float(read['exptime'])))  # pyrefly: ignore[unsupported-operation]
        except (TypeError, ValueError):
            log.warning('%s: %r is no line FILE --> MJD EXPTIME, and is left out', path, line)
    return sorted(found, key=lambda one: one.mjd)


def before(folder: Path, of: Exposure, seconds: float) -> list[Saturated]:
    """Return the exposures whose charge may still be there: begun a second or more before `of`, ended within `seconds`."""
    return [one for one in read_index(folder) if 1.0 <= (since := (of.facts.MJD_OBS - one.mjd) * _DAY)
            and since - one.exptime <= seconds]


def write_saturated(of: Exposure, threshold: float, earlier: Iterable[Saturated], folder: Path) -> None:
    """Write the saturated pixels of an exposure into `folder`, and the index of it and of the exposures `earlier`.

    Parameters
    ----------
    threshold : float
        From here on a raw pixel is saturated, ADU.
    """
    from astropy.io import fits
    hdus: list[Any] = [fits.PrimaryHDU()]
    for chip, path in _files(of):
        with fits.open(path) as raw:
            hdus.append(fits.BinTableHDU(_pixels(raw, threshold), name=f'{chip}.SATPIX'))
    folder.mkdir(parents=True, exist_ok=True)
    file = f'{of.name}{SUFFIX}'
    place(folder / file, lambda temporary: fits.HDUList(hdus).writeto(temporary, checksum=True))
    every = [*(one for one in earlier if one.file != file), Saturated(file, of.facts.MJD_OBS, of.facts.EXPTIME)]
    text = ''.join(f'{one.file} --> {one.mjd!r} {one.exptime!r}\n' for one in sorted(every, key=lambda one: one.mjd))
    place(folder / INDEX, lambda temporary: temporary.write_text(text))


def _files(of: Exposure) -> list[tuple[str, Path]]:
    """Return (detector, raw file); none where a file has several detectors, as those that are not made of cells."""
    return list(zip(of.chips, of.files, strict=True)) if len(of.chips) == len(of.files) else []


def _pixels(raw: 'HDUList', threshold: float) -> np.ndarray:
    """Return cell and place of each saturated pixel of the raw file of a detector."""
    found = [np.empty((0, 4), np.int16)]
    for hdu in raw:
        cell = _CELL.fullmatch(hdu.name)
        if cell is not None and hdu.data is not None:
            y, x = np.nonzero(hdu.data >= threshold)
            place = [np.full(len(x), int(number)) for number in cell.groups()]
            found.append(np.stack([*place, x, y], axis=1).astype(np.int16))
    columns = np.concatenate(found).T
    rows = np.zeros(columns.shape[1], [(name, np.int16) for name in _COLUMNS])
    for name, values in zip(_COLUMNS, columns, strict=True):
        rows[name] = values
    return rows


def stand_ins(earlier: Sequence[Saturated], catalogues: Path, of: Exposure, folder: Path) -> list[Path]:
    """Write raw files that have the saturated pixels of exposures `earlier`, and nothing else, into `folder`; return them.

    The headers are those of the exposure `of`, with the dates of the earlier ones. A catalogue that cannot be read is told.
    """
    written = []
    for one in earlier:
        path = catalogues / Path(one.file).name
        try:
            written += _stand_ins(one, path, of, folder)
        except (OSError, KeyError, IndexError, ValueError) as error:
            log.warning('%s: the saturated pixels of an earlier exposure cannot be read (%s): they do not count', path, error)
    return written


def _stand_ins(one: Saturated, path: Path, of: Exposure, folder: Path) -> list[Path]:
    from astropy.io import fits
    written = []
    with fits.open(path) as catalogue, quiet():
        for chip, file in _files(of):
            if f'{chip}.SATPIX' not in catalogue:
                continue
            with fits.open(file) as raw:
                _become(raw, one, fits.getdata(path, f'{chip}.SATPIX'), path)
                target = folder / f'{path.name.removesuffix(SUFFIX)}.{chip.removeprefix("OTA")}{SUFFIX}'
                raw.writeto(target, checksum=True)
            written.append(target)
    return written


def _become(raw: Any, one: Saturated, pixels: Any, path: Path) -> None:
    """Let the raw file of a detector be that of an earlier exposure."""
    from astropy.time import Time
    date = Time(one.mjd, format='mjd').isot
    values = {'DATE-OBS': date, 'MJD-OBS': one.mjd, 'EXPTIME': one.exptime, 'EXPMEAS': one.exptime,
              'OBSID': path.name.removesuffix(SUFFIX).removeprefix('o')}
    noise = np.random.default_rng(0)
    for hdu in raw:
        hdu.header.update({key: value for key, value in values.items() if key in hdu.header})
        cell = _CELL.fullmatch(hdu.name)
        if cell is None or hdu.data is None:
            continue
        data = np.rint(noise.normal(_LEVEL, _NOISE, hdu.data.shape)).astype(hdu.data.dtype)
        mine = pixels[(pixels['CELL_X'] == int(cell[1])) & (pixels['CELL_Y'] == int(cell[2]))]
        data[mine['Y'], mine['X']] = _FULL
        hdu.data = data
    raw[0].header.add_history(f'stands for an earlier exposure: its saturated pixels alone, by {path.name}')

"""A file of masters: an image for each detector, with the header by which its camera knows it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from awlike.cameras.camera import Camera
from awlike.cameras.known import camera
from awlike.fits.headers import frame_header
from awlike.fits.opening import quiet
from awlike.frames.bias import BiasFrame
from awlike.frames.dark import DarkFrame
from awlike.persist.links import listed
from awlike.pixels.amplifiers import unread_pixels
from awlike.placing import place
from awlike.store import server

if TYPE_CHECKING:
    from astropy.io.fits import Header

_UNITS: Mapping[type[Any], str] = {BiasFrame: 'adu', DarkFrame: 'adu/s'}
# Cards of a raw image that do not hold for a master.
_LEFT = ('EXTNAME', 'EXTVER', 'BUNIT', 'BZERO', 'BSCALE', 'BLANK', 'DATASEC', 'BIASSEC', 'TRIMSEC', 'DETSEC', 'CCDSEC',
         'AMPSEC', 'NCOMBINE', 'COMMENT', 'HISTORY', '', 'CHECKSUM', 'DATASUM')
_WCS = ('CTYPE?', 'CRVAL?', 'CRPIX?', 'CD?_?', 'CDELT?', 'CUNIT?', 'PV?_*', 'WAT?_*', 'LTV?', 'LTM?_?')


def raws_of(master: Any) -> list[Any]:
    """Return the raw frames of which a master was made."""
    raw_kind = type(master).raw_kind()
    role = next(name for name, link in type(master).inputs().items() if link.many and link.target is raw_kind)
    return listed(getattr(master, role))


def write_calibration(masters: Mapping[str, Any], path: Path, edge: int = 0) -> Path:
    """Write masters of one kind, by the names of their detectors, into the file `path`, whole or not at all.

    So many pixels at each `edge` of a cell have no value.
    """
    return place(path, lambda temporary: _write(masters, temporary, edge))


def _write(masters: Mapping[str, Any], path: Path, edge: int) -> None:
    from astropy.io import fits
    first = next(iter(masters.values()))
    primary = fits.PrimaryHDU()
    primary.header.add_history(f'{type(first).__name__}: the master of each detector, by awlike')
    with quiet():
        primary.writeto(path, checksum=True)
        for hdu in _hdus(masters, edge):
            fits.append(path, hdu.data, hdu.header, checksum=True, verify=False)


def _hdus(masters: Mapping[str, Any], edge: int) -> Iterator[Any]:
    """Yield the HDU of each detector, one at a time."""
    from astropy.io import fits
    for name in sorted(masters):
        master = masters[name]
        raws = raws_of(master)
        header = _header(raws[0], camera(master.instrument.name))
        header['BUNIT'] = _UNITS.get(type(master), '')
        header['NCOMBINE'] = len(raws), 'number of raw frames'
        for raw in raws:
            header.add_history(f'made of {raw.raw_fits.original_name}')
        image, trimmed = np.array(master.data, np.float32), unread_pixels(raws[0].geometry, edge) if edge else None
        if trimmed is not None:
            image[trimmed] = np.nan
        yield fits.ImageHDU(image, header)


def _header(raw: Any, of: Camera) -> 'Header':
    """Return the cards of a raw frame that hold for its master, too, with an EXTNAME that the camera accepts."""
    tiles = [extension for extension, _ in raw.tiles]
    header = frame_header(server().open_path(raw.raw_fits.filename), *tiles)
    extname = header.get('EXTNAME') or frame_header(server().open_path(raw.raw_fits.filename), tiles[0]).get('EXTNAME')
    for keyword in (*_LEFT, *_WCS):
        for card in header[keyword].cards if '?' in keyword or '*' in keyword else ():
            header.remove(card.keyword, remove_all=True)
        if '?' not in keyword:
            header.remove(keyword, ignore_missing=True, remove_all=True)
    for keyword in ('SIMPLE', 'BITPIX', 'NAXIS', 'NAXIS1', 'NAXIS2'):
        header.remove(keyword, ignore_missing=True)
    header['EXTNAME'] = raw.chip.name
    if extname and not of.accepts(header):
        header['EXTNAME'] = extname
    return header

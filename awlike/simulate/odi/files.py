"""The raw files of a simulated ODI: a folder an exposure, a file an OTA, an HDU a cell."""

import gzip
import io
import math
from pathlib import Path
from typing import Any

import numpy as np

from awlike.cameras.header_values import modified_julian_date
from awlike.fits.structure import BLOCK
from awlike.fits.writing import header_bytes
from awlike.simulate.odi.detector import GUIDING, READ_NOISE, Ota
from awlike.simulate.odi.focal_plane import SCALE, Layout, places
from awlike.simulate.odi.schedule import OBSTYPES, Exposure
from awlike.simulate.odi.sky import OdiSky

COMPRESSIONS = ('', 'gz', 'fz')


def path_of(folder: Path, exposure: Exposure, ota: str, compression: str = '') -> Path:
    """Return where the file of an OTA lies."""
    name = f'o{exposure.obsid}'
    return folder / exposure.folder / name / f'{name}.{ota[3:]}.fits{f".{compression}" if compression else ""}'


def write(path: Path, exposure: Exposure, ota: Ota, cells: np.ndarray, sky: OdiSky) -> None:
    """Write the raw images of the cells of an OTA, [x, y, row, column], compressed as the name of the file says."""
    parts = [header_bytes(_primary(exposure, ota, sky).items())]
    for place in places():
        pixels = (cells[place] ^ np.uint16(1 << 15)).astype('>u2').tobytes()  # as FITS has unsigned integers: less 32768
        parts += [header_bytes(_cell(exposure, ota, *place, sky).items()), pixels, bytes(-len(pixels) % BLOCK)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_compressed(b''.join(parts), path.suffix))


def _compressed(content: bytes, suffix: str) -> bytes:
    """Return FITS bytes, compressed as a suffix says."""
    if suffix == '.gz':
        return gzip.compress(content, 1, mtime=0)
    if suffix != '.fz':
        return content
    from astropy.io import fits
    packed = io.BytesIO()
    with fits.open(io.BytesIO(content)) as plain:
        hdus = fits.HDUList([plain[0].copy()])
        for hdu in plain[1:]:
            hdus.append(fits.CompImageHDU(hdu.data, hdu.header))
        hdus.writeto(packed)
    return packed.getvalue()


def _primary(exposure: Exposure, ota: Ota, sky: OdiSky) -> dict[str, Any]:
    """Return the cards that an OTA has of the exposure."""
    science = exposure.kind == 'science'
    cards: dict[str, Any] = {
        'SIMPLE': True, 'BITPIX': 8, 'NAXIS': 0, 'EXTEND': True,
        'INSTRUME': 'podi', 'TELESCOP': 'WIYN 3.5m', 'OBSERVER': 'SIMULATED',
        'FILENAME': f'o{exposure.obsid}.{ota.name[3:]}.fits',
        'OBSID': exposure.obsid, 'FPPOS': f'xy{ota.name[3:]}', 'OBSTYPE': OBSTYPES[exposure.kind],
        'OBJECT': 'awlike simulated field' if science else exposure.folder, 'EXPTIME': exposure.seconds,
        'EXPMEAS': exposure.seconds, 'DATE-OBS': exposure.start.isoformat(timespec='milliseconds'),
        'MJD-OBS': modified_julian_date(exposure.start), 'CCDBIN1': 1, 'CCDBIN2': 1, 'ROTSTART': exposure.rotator,
        'CELLMODE': _modes(ota, science)}
    if exposure.filter:
        cards['FILTER'] = exposure.filter
    if science:
        observation = sky.observations[exposure.number]
        cards |= {'RA': observation.told[0], 'DEC': observation.told[1], 'AIRMASS': observation.airmass}
    return cards


def _modes(ota: Ota, science: bool) -> str:
    """Return a letter a cell, x first: S science, V video, with which the telescope is guided."""
    modes = ['S'] * 64
    if science and ota.guides:
        modes[GUIDING[0] + 8 * GUIDING[1]] = 'V'
    return ''.join(modes)


def _cell(exposure: Exposure, ota: Ota, x: int, y: int, sky: OdiSky) -> dict[str, Any]:
    """Return the cards of a cell."""
    rows, columns = ota.layout.raw
    cards: dict[str, Any] = {'XTENSION': 'IMAGE', 'BITPIX': 16, 'NAXIS': 2, 'NAXIS1': columns, 'NAXIS2': rows, 'PCOUNT': 0,
                             'GCOUNT': 1, 'BSCALE': 1, 'BZERO': 1 << 15, 'EXTNAME': f'xy{x}{y}', 'WN_CELLX': x,
                             'WN_CELLY': y, 'GAIN': float(ota.gains[x, y]), 'RDNOISE': READ_NOISE, 'BUNIT': 'adu'}
    if exposure.kind == 'science':
        cards |= wcs_cards(sky, exposure.number, ota.layout, ota.name, (x, y))
    return cards


def wcs_cards(sky: OdiSky, i: int, layout: Layout, ota: str, cell: tuple[int, int]) -> dict[str, Any]:
    """Return the linear astrometry that the telescope believes a cell to have in science exposure i."""
    observation, (left, below) = sky.observations[i], layout.place(ota)
    rows, columns = layout.part(*cell)
    angle = math.radians(observation.told_angle)
    cos, sin = SCALE * math.cos(angle), SCALE * math.sin(angle)
    return {'CTYPE1': 'RA---TAN', 'CTYPE2': 'DEC--TAN', 'CRVAL1': observation.told[0], 'CRVAL2': observation.told[1],
            'CRPIX1': 1 - left - columns.start, 'CRPIX2': 1 - below - rows.start, 'CUNIT1': 'deg', 'CUNIT2': 'deg',
            'CD1_1': -cos, 'CD1_2': sin, 'CD2_1': sin, 'CD2_2': cos}

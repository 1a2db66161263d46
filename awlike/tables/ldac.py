"""FITS LDAC: a catalogue and the header of its image in one file, as SExtractor writes and SCAMP and PSFEx read it."""

import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from awlike.fits.opening import quiet

if TYPE_CHECKING:
    from astropy.io.fits import BinTableHDU, Header
    from astropy.table import Table

_CARD = 80


def write_ldac(path: Path, table: 'Table', header: 'Header') -> None:
    """Write `table` as LDAC_OBJECTS, behind `header` as LDAC_IMHEAD.

    Parameters
    ----------
    table : Table
        Columns under SExtractor's names. X and Y count from 1.
    header : Header
        The header of the image, with its world coordinates.
    """
    from astropy.io import fits
    with quiet():
        objects = fits.table_to_hdu(table)
        objects.name = 'LDAC_OBJECTS'
        for number, name in enumerate(table.colnames, 1):
            if text := table[name].description:
                objects.header[f'TTYPE{number}'] = (name, text)
        hdus = fits.HDUList([fits.PrimaryHDU(), _image_header(header), objects])
        written = io.BytesIO()
        hdus.writeto(written)
    path.write_bytes(_as_text(written.getvalue(), _length(header)))


def _text(header: 'Header') -> bytes:
    """Return the cards of `header` and END, each of 80 characters; first what makes them the header of an image."""
    from astropy.io import fits
    first = {'SIMPLE': True, 'BITPIX': -32, 'NAXIS': 2}
    whole = fits.Header([(keyword, header.get(keyword, value)) for keyword, value in first.items()])
    whole.extend([card for card in header.cards if card.keyword not in first])
    return whole.tostring(endcard=True, padding=False).encode('ascii', 'replace')


def _length(header: 'Header') -> int:
    return len(_text(header))


def _image_header(header: 'Header') -> 'BinTableHDU':
    """Return the table of one cell that holds the text of `header`, as numbers of one byte."""
    from astropy.io import fits
    cell = np.frombuffer(_text(header), np.uint8)
    hdu = fits.BinTableHDU.from_columns(
        [fits.Column('Field Header Card', f'{len(cell)}B', dim=f'({_CARD}, {len(cell) // _CARD})',
                     array=cell.reshape(1, -1, _CARD))])
    hdu.name = 'LDAC_IMHEAD'
    return hdu


def _as_text(content: bytes, length: int) -> bytes:
    """Return a file in which the cell of the header is a text, ``nA``.

    astropy fills texts with NUL, and SCAMP dies of those; so the cell is written as bytes, and only called a text.
    """
    number = f"TFORM1  = '{length}B"
    start = content.index(number.encode())
    return content[:start] + f"TFORM1  = '{length}A".encode() + content[start + len(number):]

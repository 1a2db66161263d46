"""FITS binary tables: written from structured arrays, read by memory map, column by column."""

import os
import re
from typing import TYPE_CHECKING, Any

import numpy as np
from typing_extensions import override

from awlike.errors import HeaderError
from awlike.fits.content import Content
from awlike.fits.headers import comment_lines
from awlike.fits.opening import load, named, opened
from awlike.tables.columns import Column, Columns, Table, native

if TYPE_CHECKING:
    from astropy.io.fits import BinTableHDU, Header

_FORMATS = {'u1': 'B', 'i2': 'I', 'i4': 'J', 'i8': 'K', 'f4': 'E', 'f8': 'D', 'bool': 'L'}
_KINDS = {letter: kind for kind, letter in _FORMATS.items()}
_FORM = re.compile(r'(\d*)([BIJKEDLA])')


def table_hdu(name: str, text: str, columns: Columns, rows: np.ndarray) -> 'BinTableHDU':
    """Return `rows`, a structured array of `columns`, as a binary table extension that explains its columns.

    Units stand in TUNITn, texts in TCOMMn, UCDs in TUCDn.
    """
    from astropy.io import fits
    stored = np.empty(len(rows), row_type(columns))
    for one in columns.values():
        stored[one.name] = np.where(rows[one.name], b'T', b'F') if one.kind == 'bool' else rows[one.name]
    header = fits.Header([('XTENSION', 'BINTABLE', 'binary table'), ('BITPIX', 8), ('NAXIS', 2),
                          ('NAXIS1', stored.dtype.itemsize, 'bytes in a row'), ('NAXIS2', len(rows), 'rows'), ('PCOUNT', 0),
                          ('GCOUNT', 1), ('TFIELDS', len(columns), 'columns'), ('EXTNAME', name)])
    for number, one in enumerate(columns.values(), 1):
        length = np.dtype(one.kind).itemsize if one.kind.startswith('S') else one.size
        header[f'TTYPE{number}'] = one.name
        header[f'TFORM{number}'] = f'{length if length > 1 else ""}{_FORMATS.get(one.kind, "A")}'
        for keyword, value in (('TUNIT', one.unit), ('TUCD', one.ucd), ('TCOMM', one.text)):
            if value:
                header[f'{keyword}{number}'] = value
    for said in (text, *(f'{one.name} {bit}: {meaning}' for one in columns.values() for bit, meaning in one.bits)):
        for words in comment_lines(said):
            header['COMMENT'] = words
    return fits.BinTableHDU.fromstring(header.tostring().encode('ascii') + _padded(stored.tobytes()))


def _stored(kind: str) -> str:
    """Return the type in which FITS keeps a value of type `kind`."""
    return 'S1' if kind == 'bool' else kind if kind == 'u1' or kind.startswith('S') else f'>{kind}'


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 2880)


class TableFile(Table):
    """A table in a FITS file that does not change, mapped to memory: a column is read when somebody asks for it.

    The columns are those of the file, which may have been made before a class declared some of its columns.

    Parameters
    ----------
    path : path
        The file; it is referred to as long as the table is.
    name : str
        The EXTNAME.

    Raises
    ------
    HeaderError
        When the file has no such table, ends within it, or has columns that awlike does not write.
    """

    def __init__(self, path: str | os.PathLike[str], name: str) -> None:
        self._path = path
        with named(path), opened(load(path), whole=False) as hdus:
            if name not in hdus:
                raise HeaderError(f'it has no table {name}: the file is of another kind, or damaged')
            hdu: Any = hdus[name]
            start, header = hdu.fileinfo()['datLoc'], hdu.header
            columns = columns_of(header)
            dtype, number = row_type(columns), header['NAXIS2']
            if start + dtype.itemsize * number > os.path.getsize(path):
                raise HeaderError(f'the file ends within the table {name}; take it from its source again')
        super().__init__(columns, np.memmap(path, dtype, 'r', start, (number,)) if number else np.empty(0, dtype))

    @override
    def __getitem__(self, name: str) -> np.ndarray:
        return as_declared(self.columns[name], super().__getitem__(name)) if name in self.columns else super().__getitem__(name)

    @override
    def whole(self) -> np.ndarray:
        return self.columns.rows(self, 'the table in the file')


def stored_table(content: Content, hdu: Any) -> Table:
    """Return the table of an open HDU of `content`, in memory."""
    columns, number = columns_of(hdu.header), hdu.header['NAXIS2']
    dtype, start = row_type(columns), hdu.fileinfo()['datLoc']
    rows = np.frombuffer(content[start:start + dtype.itemsize * number], dtype)
    if len(rows) != number:
        raise HeaderError(f'the file ends within the table {hdu.name}; take it from its source again')
    return Table(columns, columns.rows({one.name: as_declared(one, rows[one.name]) for one in columns.values()}, hdu.name))


def columns_of(header: 'Header') -> Columns:
    """Return the columns that the header of a binary table describes.

    Raises
    ------
    HeaderError
        For columns that awlike does not write: of variable length, scaled, or not filling their row.
    """
    found = []
    for number in range(1, header['TFIELDS'] + 1):
        stored = str(header[f'TFORM{number}']).strip()
        form = _FORM.fullmatch(stored)
        if form is None or f'TSCAL{number}' in header or f'TZERO{number}' in header:
            raise HeaderError(f'column {number} is of the type {stored}, scaled or not, which awlike does not write')
        count, letter = int(form[1] or 1), form[2]
        texts = {keyword: str(header.get(f'{keyword}{number}', '')) for keyword in ('TTYPE', 'TCOMM', 'TUNIT', 'TUCD')}
        found.append(Column(texts['TTYPE'], f'S{count}' if letter == 'A' else _KINDS[letter], texts['TCOMM'], texts['TUNIT'],
                            texts['TUCD'], 1 if letter == 'A' else count))
    columns = Columns(found)
    if row_type(columns).itemsize != header['NAXIS1']:
        raise HeaderError(f'its columns do not fill a row of {header["NAXIS1"]} bytes; the file was changed')
    return columns


def row_type(columns: Columns) -> np.dtype[Any]:
    """Return the type of a row of `columns` in a FITS file."""
    return np.dtype([(one.name, _stored(one.kind), (one.size,)) if one.size > 1 else (one.name, _stored(one.kind))
                     for one in columns.values()])


def as_declared(one: Column, stored: np.ndarray) -> np.ndarray:
    """Return stored values of a column in this machine's byte order and in the type that is declared."""
    return stored == b'T' if one.kind == 'bool' else native(stored)

"""The columns of a table: name, type, unit, UCD and text of each, declared once."""

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from awlike.errors import DefinitionError, ProcessingError
from awlike.spelling import unknown

if TYPE_CHECKING:
    from astropy.table import Table as AstropyTable

KINDS = ('u1', 'i2', 'i4', 'i8', 'f4', 'f8', 'bool')
_NAME = re.compile(r'[A-Za-z][A-Za-z0-9_]*')
# Units that astropy knows for sure: columns that need no other units are declared without loading it, at each start.
PLAIN_UNITS = frozenset({'adu', 'arcsec', 'd', 'deg', 'electron', 'mag', 'mas', 'mas/yr', 'nm', 'pix', 'pix2', 's', 'yr'})


@dataclasses.dataclass(frozen=True)
class Column:
    """One column, see `column`."""

    name: str
    kind: str
    text: str
    unit: str
    ucd: str
    size: int
    bits: tuple[tuple[int, str], ...] = ()

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of one cell, in the byte order of this machine."""
        return np.dtype((self.kind, (self.size,)) if self.size > 1 else self.kind)

    @property
    def names_of_parts(self) -> list[str]:
        """The names of the values of a cell, each for itself: ``FLUX_APER``, ``FLUX_APER_1`` ... as SExtractor counts."""
        return [self.name, *(f'{self.name}_{part}' for part in range(1, self.size))]


def column(name: str, kind: str, text: str, *, unit: str = '', ucd: str = '', size: int = 1,
           bits: Mapping[int, str] | None = None) -> Column:
    """Declare a column of a table.

    Parameters
    ----------
    name : str
        Letters, digits and ``_``, as ``'MAG_AUTO'``.
    kind : str
        ``'f4'``, ``'f8'`` (a missing value is NaN), ``'u1'``, ``'i2'``, ``'i4'``, ``'i8'``, ``'bool'``, or ``'S12'`` for texts
        of up to 12 ASCII characters.
    text : str
        The meaning of the column, in a phrase.
    unit : str
        The unit as FITS and astropy spell it. Default: none.
    ucd : str
        The meaning in the words of the Virtual Observatory, as ``'phot.mag'``. Default: none.
    size : int
        The number of values in a cell. Default: 1.
    bits : mapping of int to str, optional
        What each bit of an integer says: the header of the table explains them. Default: the value has no bits.

    Raises
    ------
    DefinitionError
        When the name, the type, the unit or the number cannot be.
    """
    if not _NAME.fullmatch(name):
        raise DefinitionError(f'a column cannot be called {name!r}: a name has letters, digits and _, a letter first')
    if kind not in KINDS and not re.fullmatch(r'S[1-9]\d*', kind):
        raise DefinitionError(f'the column {name} has no type {kind!r}: it is one of {", ".join(KINDS)}, or S and a number of '
                              'characters')
    if size < 1 or (size > 1 and kind.startswith('S')):
        raise DefinitionError(f'the column {name} has {size} values in a cell: give 1 or more, and 1 for texts')
    if unit and unit not in PLAIN_UNITS:
        from astropy.units import Unit
        try:
            Unit(unit)
        except ValueError as error:
            raise DefinitionError(f'the column {name} has the unit {unit!r}, which astropy does not know: {error}') from None
    return Column(name, kind, text, unit, ucd, size, tuple((bits or {}).items()))


class Columns(Mapping[str, Column]):
    """The columns of a table by name, in order.

    Parameters
    ----------
    columns : sequence of Column
        As `column` returns them.

    Raises
    ------
    DefinitionError
        When two columns have one name; upper and lower case count as equal, because FITS and SQL may not tell them apart.
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        parts = [part.lower() for one in columns for part in one.names_of_parts]
        twice = sorted({part for part in parts if parts.count(part) > 1})
        if twice:
            raise DefinitionError(f'two columns are called {twice[0]}: call one otherwise; case makes no difference')
        self._columns = {one.name: one for one in columns}

    def __getitem__(self, name: str) -> Column:
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of a row."""
        return np.dtype([(one.name, one.kind, (one.size,)) if one.size > 1 else (one.name, one.kind)
                         for one in self.values()])

    def rows(self, values: Any, what: str) -> np.ndarray:
        """Return `values` as rows of these columns, a structured array.

        Parameters
        ----------
        values : mapping of arrays, structured array, or astropy Table
            An array for each column. Numbers are converted where nothing but precision of a float is lost.
        what : str
            The name of the table, for errors.

        Raises
        ------
        ProcessingError
            When a column is missing, unknown, of another length, or holds what its type cannot.
        """
        names = _names_of(values)
        lacking, unknown = [name for name in self if name not in names], [name for name in names if name not in self]
        if lacking or unknown:
            raise ProcessingError(f'{what} lacks the columns {", ".join(lacking) or "(none)"}, and the columns '
                                  f'{", ".join(unknown) or "(none)"} are not declared: return {", ".join(self)}')
        arrays = {name: _array(values[name]) for name in self}
        lengths = {name: array.shape[0] if array.ndim else -1 for name, array in arrays.items()}
        if len(set(lengths.values())) > 1 or -1 in lengths.values():
            raise ProcessingError(f'the columns of {what} have the lengths {lengths}: return arrays of one length')
        rows = np.zeros(next(iter(lengths.values()), 0), self.dtype)
        for name, array in arrays.items():
            rows[name] = _converted(self[name], array, what)
        return rows

    def described(self) -> list[list[Any]]:
        """Return name, type, unit and size of each column as JSON values, the part of the columns that digests cover."""
        return [[one.name, one.kind, one.unit, one.size] for one in self.values()]


class Table:
    """Rows and their columns. ``table['RA']`` is a column, an array; `len` is the number of rows.

    Parameters
    ----------
    columns : Columns
        The columns.
    rows : structured array
        The rows, in memory or mapped from a file.
    """

    def __init__(self, columns: Columns, rows: np.ndarray) -> None:
        self.columns, self.rows = columns, rows

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self.columns:
            raise unknown('the table', name, self.columns)
        return self.rows[name]

    def keys(self) -> list[str]:
        """Return the names of the columns."""
        return list(self.columns)

    def whole(self) -> np.ndarray:
        """Return all rows as a structured array in memory, of the declared types."""
        return self.rows

    def parts(self, name: str) -> dict[str, np.ndarray]:
        """Return the values of a column, one array for each value of a cell, by name: ``FLUX_APER``, ``FLUX_APER_1`` ..."""
        values, one = self[name], self.columns[name]
        cells = values.T if one.size > 1 else [values]
        return dict(zip(one.names_of_parts, cells, strict=True))

    def to_table(self) -> 'AstropyTable':
        """Return an astropy `Table` with units and texts; the UCD of a column is ``table[name].meta['ucd']``."""
        from astropy.table import Column as TableColumn
        from astropy.table import Table as AstropyTable
        return AstropyTable([
            TableColumn(_shown(self[one.name]), name=one.name, unit=one.unit or None, description=one.text,
                        meta={'ucd': one.ucd} if one.ucd else {}) for one in self.columns.values()])


def native(array: np.ndarray) -> np.ndarray:
    """Return a copy of `array` in the byte order of this machine, one value after the other in memory."""
    return np.array(array, dtype=array.dtype.newbyteorder('='), order='C')


def _shown(values: np.ndarray) -> np.ndarray:
    """Return a copy of the values of a column as people read them: texts as text."""
    return np.char.decode(values, 'ascii') if values.dtype.kind == 'S' else native(values)


def _names_of(values: Any) -> list[str]:
    names = getattr(values, 'colnames', None) or getattr(getattr(values, 'dtype', None), 'names', None)
    return list(values.keys() if names is None else names)


def _array(values: Any) -> np.ndarray:
    """Return the values of a column as an array; masked floats as NaN."""
    if np.ma.isMaskedArray(values):
        values = values.filled(np.nan) if values.dtype.kind == 'f' else values.data
    return np.asarray(values)


def _converted(one: Column, array: np.ndarray, what: str) -> np.ndarray:
    wanted = np.dtype(one.kind)
    if array.shape[1:] != ((one.size,) if one.size > 1 else ()):
        raise ProcessingError(f'{what}: a cell of {one.name} has the shape {array.shape[1:]} and is declared with {one.size} '
                              'values')
    if not array.size:
        return np.empty(array.shape, wanted)
    if wanted.kind == 'S':
        return _texts(one, array, what)
    if array.dtype.kind not in 'fiub' or (wanted.kind in 'iub' and array.dtype.kind == 'f'):
        raise ProcessingError(f'{what}: {one.name} is declared as {one.kind} and comes as {array.dtype}: convert it in make()')
    if wanted.kind in 'iu':
        limits = np.iinfo(wanted)
        if array.min() < limits.min or array.max() > limits.max:
            raise ProcessingError(f'{what}: {one.name} is declared as {one.kind}, which does not hold {array.min()} to '
                                  f'{array.max()}')
    if wanted.kind == 'b' and array.dtype.kind != 'b':
        raise ProcessingError(f'{what}: {one.name} is declared as bool and comes as {array.dtype}: convert it in make()')
    with np.errstate(over='ignore'):
        return array.astype(wanted)


def _texts(one: Column, array: np.ndarray, what: str) -> np.ndarray:
    """Return texts as bytes without blanks at their end, which FITS does not keep."""
    if array.dtype.kind not in 'US':
        raise ProcessingError(f'{what}: {one.name} is declared as {one.kind} and comes as {array.dtype}: return texts')
    try:
        texts = np.char.rstrip(np.char.encode(array, 'ascii'), b' ') if array.dtype.kind == 'U' else np.char.rstrip(array, b' ')
    except UnicodeEncodeError as error:
        raise ProcessingError(f'{what}: {one.name} has a text that is not ASCII ({error}): FITS tables hold ASCII') from None
    if texts.dtype.itemsize > np.dtype(one.kind).itemsize:
        raise ProcessingError(f'{what}: {one.name} is declared as {one.kind} and has a text of {texts.dtype.itemsize} '
                              'characters')
    if any(not text.isascii() or any(byte < 32 for byte in text) for text in set(texts.tolist())):
        raise ProcessingError(f'{what}: {one.name} has a text with characters that FITS does not hold')
    return texts

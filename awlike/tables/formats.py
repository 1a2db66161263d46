"""Tables for other programs, by the suffix of their file: VOTable, Parquet, ECSV, LDAC."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from awlike.errors import MissingExtra, ParameterError
from awlike.fits.opening import quiet
from awlike.tables.ldac import write_ldac

if TYPE_CHECKING:
    from astropy.io.fits import Header
    from astropy.table import Table

Write = Callable[[Path, 'Table', 'Header'], None]


def writer(path: Path, more: tuple[str, ...] = ()) -> Write:
    """Return the function that writes a table, with the header of its product, in the format that `path` is named after.

    Parameters
    ----------
    more : tuple of str
        Further suffixes that the caller knows, for the error.

    Raises
    ------
    ParameterError
        When the suffix names no format.
    """
    try:
        return _WRITERS[path.suffix.lower()]
    except KeyError:
        known = ', '.join([*_WRITERS, *more])
        raise ParameterError(f'{path.name} has the suffix {path.suffix or "(none)"}, which names no format of tables: end the '
                             f'name in one of {known}') from None


def _votable(path: Path, table: 'Table', header: 'Header') -> None:
    """Write a VOTable in binary, which keeps every bit of a number."""
    from astropy.io.votable import from_table
    with quiet():
        document = from_table(table)
        found = document.get_first_table()
        for field, name in zip(found.fields, table.colnames, strict=True):
            field.ucd = table[name].meta.get('ucd')
        document.to_xml(str(path), tabledata_format='binary2')


def _parquet(path: Path, table: 'Table', header: 'Header') -> None:
    """Write Parquet; unit, text and UCD of a column stand in the metadata of its field."""
    arrow, parquet = arrow_and_parquet()
    fields, arrays = [], []
    for name in table.colnames:
        array = _arrow_array(arrow, np.asarray(table[name]))
        about = {'unit': str(table[name].unit or ''), 'description': table[name].description or '',
                 'ucd': table[name].meta.get('ucd', '')}
        fields.append(arrow.field(name, array.type, metadata={key: value for key, value in about.items() if value}))
        arrays.append(array)
    parquet.write_table(arrow.table(arrays, schema=arrow.schema(fields)), path)


def _arrow_array(arrow: Any, values: np.ndarray) -> Any:
    if values.dtype.kind == 'U':
        return arrow.array(values.tolist(), arrow.string())
    flat = arrow.array(values.reshape(-1))
    return flat if values.ndim == 1 else arrow.FixedSizeListArray.from_arrays(flat, values.shape[1])


def arrow_and_parquet() -> tuple[Any, Any]:
    """Return the modules `pyarrow` and `pyarrow.parquet`.

    Raises
    ------
    MissingExtra
        When they are not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise MissingExtra("Parquet needs the package pyarrow, which is not installed: pip install 'awlike[tables]'") from None
    return pyarrow, pyarrow.parquet


def _ecsv(path: Path, table: 'Table', header: 'Header') -> None:
    table.write(path, format='ascii.ecsv', overwrite=True)


def _ldac(path: Path, table: 'Table', header: 'Header') -> None:
    write_ldac(path, table, header)


_WRITERS: dict[str, Write] = {'.vot': _votable, '.xml': _votable, '.parquet': _parquet, '.ecsv': _ecsv, '.ldac': _ldac}

"""Tables of other programs as arrays: FITS, LDAC, Parquet, VOTable, ECSV and CSV, some columns of them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from awlike.errors import HeaderError, ParameterError
from awlike.fits.finding import FITS_NAME
from awlike.fits.opening import FOREIGN, check_regular, named, quiet
from awlike.spelling import near
from awlike.tables.formats import arrow_and_parquet

if TYPE_CHECKING:
    from astropy.table import Table

Read = Callable[[Path], 'Table']


def read_columns(path: Path, names: Sequence[str]) -> dict[str, tuple[np.ndarray, str]]:
    """Return columns of the table in a file, each with its unit (empty where the file says none); NaN for what is not finite.

    Parameters
    ----------
    names : list of str
        The columns, as the file calls them.

    Raises
    ------
    ParameterError
        When the suffix names no format, or the table has no such column.
    HeaderError
        When the file cannot be read as such a table.
    """
    with named(path), quiet():
        try:
            read = _reader(path)
            check_regular(path)
            table = read(path)
        except (ParameterError, HeaderError, ImportError):
            raise
        except PermissionError:
            raise HeaderError('you may not read it; check its permissions') from None
        except Exception as error:  # each library raises its own
            raise HeaderError(f'cannot be read as a table ({type(error).__name__}: {" ".join(str(error).split())[:200]}); '
                              'check the file, or convert it by topcat') from error
    for name in names:
        if name not in table.colnames:
            raise ParameterError(f'{path} has no column {name!r}{near(name, table.colnames)}: it has '
                                 f'{", ".join(table.colnames[:40])}')
    return {name: (_numbers(path, name, table[name]), str(table[name].unit or '')) for name in names}


def is_table(path: Path) -> bool:
    """Return whether the name of a file is that of a table."""
    return path.suffix.lower() in _READERS or bool(FITS_NAME.fullmatch(path.name))


def _reader(path: Path) -> Read:
    read = _fits if FITS_NAME.fullmatch(path.name) else _READERS.get(path.suffix.lower())
    if read is None:
        raise ParameterError(f'{path.name} has no suffix of a table: awlike reads .fits, {", ".join(_READERS)}')
    return read


def _fits(path: Path) -> 'Table':
    """Read the first table with rows, or of an LDAC file that of the objects."""
    from astropy.io import fits
    from astropy.table import Table
    with open(path, 'rb') as file:
        begin = file.read(8)
    if kind := next((kind for magic, kind in FOREIGN.items() if begin.startswith(magic)), ''):
        raise HeaderError(f'this is {kind}; unpack it first')
    with fits.open(path) as hdus:
        tables = [hdu for hdu in hdus if isinstance(hdu, fits.BinTableHDU | fits.TableHDU) and hdu.name != 'LDAC_IMHEAD']
        if not tables:
            raise HeaderError('it has no table')
        return Table.read(next((hdu for hdu in tables if hdu.name == 'LDAC_OBJECTS'), tables[0]))


def _parquet(path: Path) -> 'Table':
    from astropy.table import Table
    _, parquet = arrow_and_parquet()
    found = parquet.read_table(path)
    table = Table({name: found[name].to_numpy() for name in found.column_names})
    for field in found.schema:
        if unit := (field.metadata or {}).get(b'unit'):
            table[field.name].unit = unit.decode()
    return table


def _votable(path: Path) -> 'Table':
    from astropy.io.votable.tree import VOTableFile
    from astropy.utils.xml.iterparser import get_xml_iterator
    with get_xml_iterator(str(path)) as events:  # as astropy.io.votable.parse, which would fetch whatever a file names
        found = VOTableFile(config={}, pos=(1, 1)).parse(_local(events), {'filename': str(path)})
    return found.get_first_table().to_table(use_names_over_ids=True)


def _local(events: Iterable[Any]) -> Iterator[Any]:
    """Yield the events of a VOTable; refuse one whose rows lie elsewhere, on the network or in another file."""
    for event in events:
        is_start, tag, attributes, _ = event
        if is_start and tag == 'STREAM' and 'href' in attributes:
            raise HeaderError(f'its rows lie at {attributes["href"]!r}, and awlike fetches nothing that a file names: write '
                              'them into the file, by topcat')
        yield event


def _ascii(format: str) -> Read:
    def read(path: Path) -> 'Table':
        from astropy.table import Table
        return Table.read(path, format=format)
    return read


_READERS: dict[str, Read] = {'.parquet': _parquet, '.vot': _votable, '.xml': _votable, '.ecsv': _ascii('ascii.ecsv'),
                             '.csv': _ascii('ascii.csv'), '.ldac': _fits, '.cat': _fits}


def _numbers(path: Path, name: str, values: Any) -> np.ndarray:
    """Return the values of a column as float64."""
    if values.dtype.kind not in 'fiub' or values.ndim != 1:
        raise ParameterError(f'{path}: the column {name} has {values.ndim}-D {values.dtype}, and numbers are needed')
    found = np.ma.filled(np.ma.asarray(values).astype(float), np.nan)
    return np.where(np.isfinite(found), found, np.nan)

"""Query results as an astropy Table."""

import datetime
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from awlike.characters import readable

if TYPE_CHECKING:
    from astropy.table import MaskedColumn, Table

    from awlike.query.path import Path


def make_table(names: Sequence[str], paths: 'Sequence[Path]', rows: Sequence[Sequence[Any]]) -> 'Table':
    """Return a Table with a column for each of `paths`; missing values are masked, units are the declared units.

    A question mark stands for each character that acts on a terminal.
    """
    from astropy.table import Table
    columns = list(zip(*rows, strict=True)) if rows else [() for _ in names]
    return Table([_column(name, path, values) for name, path, values in zip(names, paths, columns, strict=True)])


def _column(name: str, path: 'Path', values: Sequence[Any]) -> 'MaskedColumn':
    from astropy.table import MaskedColumn
    type_: Any = uuid.UUID if path._leaf is None else path._leaf.type
    if type_ is object and all(value is None or isinstance(value, int | float) for value in values):
        type_ = float
    dtype = {float: 'f8', int: 'i8', bool: '?', datetime.datetime: 'M8[us]'}.get(type_)
    mask = [value is None for value in values]
    if dtype is None:
        filled = [readable(str(value)) if value is not None else '' for value in values]
        dtype = f'U{max(map(len, filled), default=1) or 1}'
    else:
        blank = '1970-01-01' if dtype == 'M8[us]' else 0
        filled = [blank if value is None else value for value in values]
    unit = getattr(path._leaf, 'unit', '') or None
    return MaskedColumn(filled, name=name, dtype=dtype, mask=mask, unit=unit,
                        description=path._leaf.text if path._leaf is not None else None)

"""Rows of catalogues compared with the tables in their files."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from sqlalchemy import exists, select

from awlike.database.bulk import insert_arrays
from awlike.database.rows import delete_rows
from awlike.database.sessions import database
from awlike.persist.dataobject import DataObject
from awlike.persist.sky_rows import SkyRow, all_row_classes, row_classes, row_table


def rows_differ(obj: Any) -> str:
    """Return how the rows of a catalogue in the database differ from those in its file; empty where they do not."""
    for row in row_classes(type(obj)):
        wanted = row.values_of(obj.object_id, getattr(obj, row.TABLE))
        table, catalogue = row_table(row)
        names = [name for name, value in wanted.items() if isinstance(value, np.ndarray)]
        statement = select(*(table.c[name] for name in names)).where(catalogue == obj.object_id).order_by(table.c.object_id)
        found = database().session.execute(statement).all()
        if len(found) != len(wanted['hpx']):
            return f'the database has {len(found)} rows of its {len(wanted["hpx"])}'
        columns = zip(names, zip(*found, strict=True), strict=True) if found else ()
        wrong = [name for name, values in columns if not _same(wanted[name], values)]
        if wrong:
            return f'the database has other values of {", ".join(wrong[:5])}'
    return ''


def refill(obj: Any) -> None:
    """Put the rows of a catalogue into the database anew, from its file."""
    with database().transaction() as connection:
        delete_rows(connection, obj)
        for row in row_classes(type(obj)):
            insert_arrays(connection, row.__table__, row.values_of(obj.object_id, getattr(obj, row.TABLE)))


def rows_of_nothing() -> Iterator[tuple[type[SkyRow], int]]:
    """Yield classes of rows, and the number of their rows whose catalogue is not in the database."""
    known = DataObject.__table__.c.object_id
    for row in all_row_classes():
        table, catalogue = row_table(row)
        loose = database().session.execute(select(table.c.object_id).where(~exists().where(known == catalogue))).all()
        if loose:
            yield row, len(loose)


def _same(wanted: np.ndarray, found: tuple[Any, ...]) -> bool:
    """Return whether values of the file and of the database are the same; a missing value is NaN there and None here."""
    if wanted.dtype.kind == 'f':
        values = np.array([np.nan if value is None else value for value in found], float)
        return np.array_equal(wanted.astype(float), values, equal_nan=True)
    if wanted.dtype.kind == 'S':
        return [text.decode('ascii') for text in wanted.tolist()] == list(found)
    return wanted.tolist() == [-1 if value is None else value for value in found]

"""Many rows at once, from arrays: hundreds of thousands a second, as the rows of catalogues need."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import Connection, Table

from awlike.persist.types import Id

_CHUNK = 50_000  # rows that are converted at a time
_OF_POSTGRESQL = {'i2': (21, 'int2'), 'i4': (23, 'int4'), 'i8': (20, 'int8'), 'f4': (700, 'float4'), 'f8': (701, 'float8'),
                  'b1': (16, 'bool')}


def insert_arrays(connection: Connection, table: Table, values: Mapping[str, Any]) -> None:
    """Insert rows into `table`.

    Parameters
    ----------
    values : dict
        By name of column, a 1-D array, or one id for all rows. NaN, and -1 in `hpx`, become NULL.
    """
    number = len(next(value for value in values.values() if isinstance(value, np.ndarray)))
    names = [name for name in table.c.keys() if name in values]  # noqa: SIM118 -- columns, by which a row is written
    insert = _by_driver if connection.dialect.name == 'sqlite' else _by_binary_arrays
    for start in range(0, number, _CHUNK):
        part = slice(start, start + _CHUNK)
        insert(connection, table, {name: value[part] if isinstance(value := values[name], np.ndarray) else value
                                   for name in names})


def _by_driver(connection: Connection, table: Table, values: Mapping[str, Any]) -> None:
    quote = connection.dialect.identifier_preparer.quote
    statement = f'INSERT INTO {quote(table.name)} ({", ".join(map(quote, values))}) VALUES ({", ".join("?" * len(values))})'
    columns = [_cells(name, value) for name, value in values.items()]
    connection.exec_driver_sql(statement, list(zip(*columns, strict=False)))


def _cells(name: str, value: Any) -> Iterator[Any]:
    """Yield the values of a column as the driver of SQLite takes them; it keeps NaN as NULL by itself."""
    if isinstance(value, UUID):
        return itertools.repeat(value.bytes)
    if name == 'hpx':
        return (None if cell < 0 else cell for cell in value.tolist())
    return iter(_texts(value) if value.dtype.kind == 'S' else value.tolist())


def _texts(value: np.ndarray) -> list[str]:
    return [text.decode('ascii') for text in value.tolist()]


def _by_binary_arrays(connection: Connection, table: Table, values: Mapping[str, Any]) -> None:
    """Insert by one statement, whose arrays go to the server in binary. COPY is refused where policies hold."""
    quote = connection.dialect.identifier_preparer.quote
    selected, arrays, parameters = [], [], []
    _know_binary(connection)
    for name, value in values.items():
        if not isinstance(value, np.ndarray):
            assert isinstance(table.c[name].type, Id)
            selected.append(f"'{value}'::uuid")
            continue
        place = f'c{len(arrays)}'
        if value.dtype.kind == 'S':
            arrays.append('%s::text[]')
            parameters.append(_texts(value))
        else:
            kind = 'i2' if value.dtype.kind == 'u' else value.dtype.str[1:]
            arrays.append(f'%b::{_OF_POSTGRESQL[kind][1]}[]')
            parameters.append(_array(kind, value))
        nothing = "'NaN'" if value.dtype.kind == 'f' else '-1' if name == 'hpx' else ''
        selected.append(f'nullif({place}, {nothing})' if nothing else place)
    names = ', '.join(f'c{number}' for number in range(len(arrays)))
    connection.exec_driver_sql(
        f'INSERT INTO {quote(table.name)} ({", ".join(map(quote, values))}) SELECT {", ".join(selected)} '
        f'FROM unnest({", ".join(arrays)}) AS given ({names})', tuple(parameters))


def _array(kind: str, value: np.ndarray) -> Any:
    """Return a parameter for the driver of PostgreSQL that sends `value` as an array in binary (protocol 3.0)."""
    element = np.dtype('u1' if kind == 'b1' else f'>{kind}')
    cells = np.empty(len(value), [('length', '>i4'), ('value', element)])
    cells['length'], cells['value'] = element.itemsize, value
    oid = _OF_POSTGRESQL[kind][0]
    head = np.array([1, 0, oid, len(value), 1], '>i4')
    return _Binary(head.tobytes() + cells.tobytes())


class _Binary(bytes):
    """A value in the binary format of PostgreSQL."""


def _know_binary(connection: Connection) -> None:
    """Tell the driver of `connection` to send the bytes of a `_Binary` unchanged, without a type."""
    from psycopg.adapt import Dumper
    from psycopg.pq import Format

    class AsItIs(Dumper):
        format = Format.BINARY

        def dump(self, obj: bytes) -> bytes:
            return obj

    driver: Any = connection.connection.driver_connection
    driver.adapters.register_dumper(_Binary, AsItIs)

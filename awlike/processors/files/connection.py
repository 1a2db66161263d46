"""Tables of awlike's database, read by scripts."""

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

_READS = {'sqlite': 'PRAGMA query_only = ON', 'postgresql': 'SET default_transaction_read_only = on'}
_READS_AND_WRITES = {'sqlite': 'PRAGMA query_only = OFF', 'postgresql': 'RESET default_transaction_read_only'}


class TableConnection:
    """A connection that reads tables: ``for row in connection.queryToDicts('select accref from plates.data'): ...``."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def query(self, query: str, args: Mapping[str, Any] | None = None) -> Iterator[tuple[Any, ...]]:
        """Yield the rows that a statement of SQL finds; `args` are the values of ``:name`` and ``%(name)s`` in it."""
        yield from (tuple(row) for row in self._execute(query, args))

    def queryToDicts(self, query: str, args: Mapping[str, Any] | None = None) -> Iterator[dict[str, Any]]:
        """Yield the rows as dicts of column to value."""
        yield from (dict(row) for row in self._execute(query, args).mappings())

    def close(self) -> None:
        """Give the connection back."""
        self._connection.exec_driver_sql(_READS_AND_WRITES[self._connection.dialect.name])  # others use it next
        self._connection.close()

    def _execute(self, query: str, args: Mapping[str, Any] | None) -> Any:
        from sqlalchemy import text
        names = {name: f':{name}' for name in args or ()}
        return self._connection.execute(text(query % names if names and '%(' in query else query), dict(args or {}))


def getDBConnection(profile: str = 'trustedquery') -> TableConnection:
    """Return a connection that reads awlike's database, as the user who asks.

    On PostgreSQL, rows that the user may not see are not there. `profile` is what scripts of DaCHS name; all only read.
    A processor keeps it as `conn`, made in `_createAuxiliaries`; each process then has its own.
    """
    import awlike.assembly  # noqa: F401 -- without it nobody asks
    from awlike.database.sessions import database
    connection = database().engine.connect()
    if connection.dialect.name != 'sqlite':  # what a transaction is told of reading does not hold outside of one
        connection = connection.execution_options(isolation_level='AUTOCOMMIT')
    connection.exec_driver_sql(_READS[connection.dialect.name])
    return TableConnection(connection)


@contextmanager
def getTableConn() -> Generator[TableConnection]:
    """Return a context with a connection to awlike's database; see `getDBConnection`."""
    connection = getDBConnection()
    try:
        yield connection
    finally:
        connection.close()

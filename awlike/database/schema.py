"""The schema: the version of a database, what it lacks of the declarations, and how first use adds that.

A table for a new class and a nullable column for a new attribute follow from the declarations; first use adds them. All
else is a revision in `migrations/versions`, which `awe db upgrade` applies (`awlike.database.upgrade`).
"""

import dataclasses
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from sqlalchemy import URL, Column, Connection, ForeignKey, MetaData, String, Table, event, insert, inspect, select
from sqlalchemy.engine import Inspector

from awlike.database import owner, user_tables
from awlike.database.engine import as_it_stands
from awlike.database.row_security import secure
from awlike.database.user_tables import class_of, is_own
from awlike.errors import ConfigError
from awlike.masking import masked
from awlike.persist.tables import metadata

if TYPE_CHECKING:
    from sqlalchemy import ExceptionContext

    from awlike.database.sessions import Database

HEAD = '0002'
"""The latest revision, named here so that no start has to look into the folder of revisions; they are numbered in order."""

FIRST = '0001'  # the version of a database that was made before versions were kept

version_table = Table('alembic_version', MetaData(), Column('version_num', String(32), primary_key=True))
_ROOT = 'dbobject'
_VERSION_RULES = f"""
SELECT awlike.guard('{version_table.name}');
GRANT SELECT ON {version_table.name} TO PUBLIC;
CREATE POLICY seen ON {version_table.name} FOR SELECT USING (true);
"""
_UNDEFINED = {'42P01', '42703'}  # PostgreSQL: no such table, no such column


@dataclasses.dataclass(frozen=True)
class State:
    """The state of a database: its version (None when it has no tables of awlike), and the tables and columns it lacks."""

    version: str | None
    is_stamped: bool
    tables: list[Table]
    columns: list[tuple[Table, Column]]

    @property
    def is_complete(self) -> bool:
        """True when the database has all that is declared."""
        return self.version is not None and not self.tables and not self.columns

    @property
    def names(self) -> list[str]:
        """The tables and columns that it lacks, in words: ``'table job'``, ``'column dbobject.recipe'``."""
        of = {table.name: f' of {cls.__name__}' for table in self.tables if (cls := class_of(table))}
        return [f'table {table.name}{of.get(table.name, "")}' for table in self.tables] + [
            f'column {table.name}.{column.name}' for table, column in self.columns]


def state(connection: Connection) -> State:
    """Return the state of the database of `connection`."""
    inspector = inspect(connection)
    there = set(inspector.get_table_names())
    stamp = None
    if version_table.name in there:
        stamp = connection.scalar(select(version_table.c.version_num))
        if _ROOT not in there:
            raise ConfigError(f'the database {masked(connection.engine.url)} is that of another program: it keeps versions '
                              'and none of what awlike keeps. Say by AWLIKE_DATABASE where awlike may make its own')
    return State(None if _ROOT not in there else stamp or FIRST, stamp is not None, *_lacking(inspector, there))


def _lacking(inspector: Inspector, there: set[str]) -> tuple[list[Table], list[tuple[Table, Column]]]:
    """Return the declared tables that a database lacks, and the (table, column) that its other tables lack."""
    tables = [table for table in metadata.sorted_tables if table.name not in there]
    found = inspector.get_multi_columns(filter_names=sorted(there & set(metadata.tables)))  # on PostgreSQL, one statement
    known = {name: {column['name'] for column in columns} for (_, name), columns in found.items()}
    columns = [(table, column) for table in metadata.sorted_tables if table.name in there
               for column in table.columns if column.name not in known[table.name]]
    return tables, columns


def check_version(version: str | None, url: URL) -> None:
    """Refuse a database of another version; None, a database without tables, is accepted.

    Raises
    ------
    ConfigError
        With the next step.
    """
    if version is None or version == HEAD:
        return
    which = f'the database {masked(url)} is of version {version}'
    if version < HEAD:
        raise ConfigError(f'{which}, and this awlike needs {HEAD}: back it up, then bring it there by awe db upgrade')
    raise ConfigError(f'{which}, of which this awlike knows nothing; it goes up to {HEAD}: install a newer awlike, as by '
                      'pip install --upgrade awlike')


def prepare(database: 'Database') -> State:
    """Make `database` ready for the declared classes: called at first use, and after new declarations.

    Return its state: what it still lacks, where the account may not add it. An error says so when that is used.

    Raises
    ------
    ConfigError
        When it is of another version; when it is empty and the account may not make tables in it.
    """
    with database.engine.connect() as connection:
        found = state(connection)
    check_version(found.version, database.engine.url)
    if found.is_complete:
        return found
    with database.whole() as connection:
        if owner.become(connection):
            if complete(database, connection):
                finish(connection)
            return dataclasses.replace(found, tables=[], columns=[])
    if found.version is None:
        raise ConfigError(f'the database {masked(database.engine.url)} is empty, and you may not make tables in it: ask its '
                          'owner to run awe db init')
    return found


def complete(database: 'Database', connection: Connection) -> list[str]:
    """Add the lacking tables and columns; return them in words. The connection acts as the owner.

    Raises
    ------
    ConfigError
        When a column cannot be added; then nothing is added.
    """
    database.alone_with_tables(connection)
    found = state(connection)  # another process may have been quicker
    check_version(found.version, database.engine.url)
    if found.is_complete and found.is_stamped:
        return []
    if not database.is_sqlite:
        user_tables.refuse_taken_names(connection)
    refuse_needed_columns(found)
    metadata.create_all(connection, tables=found.tables, checkfirst=False)
    if found.columns:
        _add_columns(connection, found.columns)
    if not found.is_stamped:
        version_table.create(connection, checkfirst=True)
        connection.execute(insert(version_table).values(version_num=found.version or HEAD))
    return found.names


def finish(connection: Connection) -> None:
    """On PostgreSQL, put on all functions and rules that go with the tables anew."""
    if connection.dialect.name == 'postgresql':
        secure(connection)
        as_it_stands(connection, _VERSION_RULES)
        user_tables.install(connection)
        user_tables.secure_others(connection)


def refuse_needed_columns(found: State) -> None:
    """Refuse a state that lacks a column that cannot be empty: existing rows have no value for it."""
    for table, column in found.columns:
        if not column.nullable:
            raise ConfigError(f'the table {table.name} lacks the column {column.name}, which cannot be empty and so cannot '
                              'be added to what exists. Use a new database, or the awlike that made this one')


def _add_columns(connection: Connection, columns: Iterable[tuple[Table, Column]]) -> None:
    """Add columns, given as (table, column); in existing rows they are empty."""
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext
    operations = Operations(MigrationContext.configure(connection))
    for table, column in columns:
        keys = [ForeignKey(key.target_fullname) for key in column.foreign_keys]
        operations.add_column(table.name, Column(column.name, column.type, *keys), inline_references=True)
    for table, column in columns:
        for index in table.indexes:
            if column.name in index.columns:
                index.create(connection, checkfirst=True)
        if column.unique and not column.index:  # an index, for SQLite gives a table that exists no constraint
            operations.create_index(f'uq_{table.name}_{column.name}', table.name, [column.name], unique=True)


def tell_what_is_absent(database: 'Database') -> None:
    """Let `database` name the class that has no table yet, from now on, where PostgreSQL names only a missing table."""
    @event.listens_for(database.engine, 'handle_error')
    def explain(failure: 'ExceptionContext') -> None:
        if getattr(failure.original_exception, 'sqlstate', None) not in _UNDEFINED or not failure.statement:
            return
        named = set(re.findall(r'\w+', failure.statement))
        absent = database.lacks
        if absent is None:
            return
        for table in [*absent.tables, *(table for table, _ in absent.columns)]:
            if table.name in named:
                raise ConfigError(_advice(table, table in absent.tables)) from failure.original_exception


def _advice(table: Table, is_absent: bool) -> str:
    cls = class_of(table)
    what = f'the class {cls.__name__}' if cls else f'{table.name}'
    lacks = 'has no table yet' if is_absent else 'has attributes that its table has not yet'
    if is_own(table):
        return f'{what} {lacks}: awe db upgrade makes it; of a class in a module of yours, awe db upgrade --module MODULE'
    return f'{what} {lacks}: ask the owner of the database to run awe db upgrade'

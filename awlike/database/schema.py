"""The schema: of which version a database is, what it lacks of what is declared, and how that is added at first use.

A table for a new class and a nullable column for a new attribute follow from the declarations and are added as they are
needed. All else is a revision in `migrations/versions`, which `awe db upgrade` applies (`awlike.database.upgrade`).
"""

import dataclasses
import re

from sqlalchemy import Column, ForeignKey, MetaData, String, Table, event, insert, inspect, select

from awlike.config import masked
from awlike.database import owner, user_tables
from awlike.database.engine import as_it_stands
from awlike.database.row_security import secure
from awlike.database.user_tables import class_of, is_own
from awlike.errors import ConfigError
from awlike.persist.tables import metadata

HEAD = '0002'
"""The latest revision, kept here so that no start has to look into the folder of revisions; they are numbered in order."""

FIRST = '0001'  # of which a database is that was made before versions were kept

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
    """What a database is: its version (None when it has no tables of awlike), and which tables and columns it lacks."""

    version: str | None
    is_stamped: bool
    tables: list
    columns: list

    @property
    def is_complete(self) -> bool:
        """Whether it has all that is declared."""
        return self.version is not None and not self.tables and not self.columns

    @property
    def names(self) -> list[str]:
        """What it lacks, in words: ``'table job'``, ``'column dbobject.recipe'``."""
        of = {table.name: f' of {cls.__name__}' for table in self.tables if (cls := class_of(table))}
        return [f'table {table.name}{of.get(table.name, "")}' for table in self.tables] + [
            f'column {table.name}.{column.name}' for table, column in self.columns]


def state(connection) -> State:
    """What the database of `connection` is just now."""
    inspector = inspect(connection)
    there = set(inspector.get_table_names())
    stamp = None
    if version_table.name in there:
        stamp = connection.scalar(select(version_table.c.version_num))
        if _ROOT not in there:
            raise ConfigError(f'the database {masked(connection.engine.url)} is that of another program: it keeps versions '
                              'and none of what awlike keeps. Say by AWLIKE_DATABASE where awlike may make its own')
    return State(None if _ROOT not in there else stamp or FIRST, stamp is not None, *_lacking(inspector, there))


def _lacking(inspector, there) -> tuple[list, list]:
    """The tables, and the (table, column) of other tables, that are declared and that a database has not."""
    tables = [table for table in metadata.sorted_tables if table.name not in there]
    found = inspector.get_multi_columns(filter_names=sorted(there & set(metadata.tables)))  # on PostgreSQL, one statement
    known = {name: {column['name'] for column in columns} for (_, name), columns in found.items()}
    columns = [(table, column) for table in metadata.sorted_tables if table.name in there
               for column in table.columns if column.name not in known[table.name]]
    return tables, columns


def check_version(version: str | None, url) -> None:
    """Refuse a database of another version; None, one without tables, is none.

    Raises
    ------
    ConfigError
        With what to do about it.
    """
    if version is None or version == HEAD:
        return
    which = f'the database {masked(url)} is of version {version}'
    if version < HEAD:
        raise ConfigError(f'{which}, and this awlike needs {HEAD}: back it up, then bring it there by awe db upgrade')
    raise ConfigError(f'{which}, of which this awlike knows nothing; it goes up to {HEAD}: install a newer awlike, as by '
                      'pip install --upgrade awlike')


def prepare(database) -> State:
    """Make `database` ready for the classes that are declared: called at first use, and after new declarations.

    Gives what it lacks still, which only an account that may not add it leaves; whoever uses that is told then.

    Raises
    ------
    ConfigError
        When it is of another version; when it is empty and not ours to fill.
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


def complete(database, connection) -> list[str]:
    """Add what is lacking, or all to an empty database; gives what was added. The connection acts as the owner.

    Raises
    ------
    ConfigError
        When a column cannot be added, before anything is.
    """
    database.one_by_one(connection, 'tables')
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


def finish(connection) -> None:
    """On PostgreSQL: the functions and the rules that go with the tables, all of them anew."""
    if connection.dialect.name == 'postgresql':
        secure(connection)
        as_it_stands(connection, _VERSION_RULES)
        user_tables.install(connection)
        user_tables.secure_others(connection)


def refuse_needed_columns(found: State) -> None:
    """Refuse when a column is lacking that cannot be empty: what exists has no value for it."""
    for table, column in found.columns:
        if not column.nullable:
            raise ConfigError(f'the table {table.name} lacks the column {column.name}, which cannot be empty and so cannot '
                              'be added to what exists. Use a new database, or the awlike that made this one')


def _add_columns(connection, columns) -> None:
    """Add (table, column) that are declared by now; what exists lacks a value for them."""
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


def tell_what_is_absent(database) -> None:
    """From now on let `database` say which class has no table yet, where PostgreSQL says that one does not exist."""
    @event.listens_for(database.engine, 'handle_error')
    def explain(failure):
        if getattr(failure.original_exception, 'sqlstate', None) not in _UNDEFINED or not failure.statement:
            return
        named = set(re.findall(r'\w+', failure.statement))
        absent = database.lacks
        for table in [*absent.tables, *(table for table, _ in absent.columns)] if absent else ():
            if table.name in named:
                raise ConfigError(_advice(table, table in absent.tables)) from failure.original_exception


def _advice(table, is_absent) -> str:
    cls = class_of(table)
    what = f'the class {cls.__name__}' if cls else f'{table.name}'
    lacks = 'has no table yet' if is_absent else 'has attributes that its table has not yet'
    if is_own(table):
        return f'{what} {lacks}: awe db upgrade makes it; of a class in a module of yours, awe db upgrade --module MODULE'
    return f'{what} {lacks}: ask the owner of the database to run awe db upgrade'

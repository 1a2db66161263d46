"""Upgrade a database to the version of this awlike: revisions, then what follows from the declarations, all or nothing."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Connection, Index, text
from sqlalchemy.exc import DBAPIError

from awlike.database import owner, schema, user_tables
from awlike.errors import ConfigError, NotAllowed, StoreError
from awlike.masking import masked
from awlike.persist.tables import metadata

if TYPE_CHECKING:
    from alembic.script import Script, ScriptDirectory

    from awlike.database.sessions import Database

FOLDER = Path(__file__).parent / 'migrations'


def upgrade(database: 'Database', tell: Callable[[str], object] = print, dry_run: bool = False) -> bool:
    """Bring `database` to the version of this awlike, with all declared tables and columns.

    One transaction does all: a failure, or the end of the process, leaves the database as it was.

    Parameters
    ----------
    database : Database
        The database to upgrade.
    tell : callable
        Called with each step as it is done, in words.
    dry_run : bool
        Whether to take everything back at the end.

    Returns
    -------
    changed : bool
        Whether there was anything to do.

    Raises
    ------
    ConfigError
        When the database is of a newer version, or has a column that cannot be changed to agree with its declaration.
    NotAllowed
        When only the owner of the database may do what is to do.
    StoreError
        When the database refuses, also because others are at work in it for more than a minute.
    """
    steps = []

    def done(step: str) -> None:
        steps.append(step)
        tell(step)

    try:
        with contextlib.suppress(_TakenBack), database.whole(rebuilding=True) as connection:
            (_as_owner if owner.become(connection) else _as_another)(database, connection, done)
            if dry_run:
                raise _TakenBack
    except DBAPIError as error:
        reason = str(error.orig).partition('\n')[0]
        raise StoreError(f'the upgrade of {masked(database.engine.url)} failed, and nothing is changed: {reason}. '
                         'If others are at work in it, ask them to stop, and try again') from error
    return bool(steps)


class _TakenBack(Exception):
    """Ends a transaction whose changes are not wanted."""


def _as_owner(database: 'Database', connection: Connection, done: Callable[[str], None]) -> None:
    if not database.is_sqlite:
        connection.exec_driver_sql("SET LOCAL lock_timeout = '60s'")  # whoever comes later waits behind this
    database.alone_with_tables(connection)
    found = schema.state(connection)
    revisions = pending(found, database.engine.url)
    if revisions:
        _take_off_policies(connection)
        _apply(connection, done)
    added = schema.complete(database, connection)
    refuse_differences(connection)
    for step in added:
        done(step)
    for index in lacking_indexes(connection):
        index.create(connection)
        done(f'index {index.name}')
    schema.finish(connection)
    if revisions:
        _check_keys(connection)


def _as_another(database: 'Database', connection: Connection, done: Callable[[str], None]) -> None:
    """Add tables for own classes: all that an account that does not own the database may do."""
    found, name = schema.state(connection), owner.of(connection)
    theirs = [table for table in [*found.tables, *(table for table, _ in found.columns)] if not user_tables.is_own(table)]
    if pending(found, database.engine.url) or theirs:
        what = f'lacks {theirs[0].name}' if found.version == schema.HEAD else f'is of version {found.version or "none"}'
        raise NotAllowed(f'the database {masked(database.engine.url)} {what}, and only its owner can bring it to version '
                         f'{schema.HEAD}: ask {name} to run awe db upgrade')
    schema.refuse_needed_columns(found)
    refuse_differences(connection)
    for step in user_tables.add(connection, found):
        done(step)


def pending(found: schema.State, url: URL) -> 'list[Script]':
    """Return the revisions that a database of this state lacks, in their order, as Alembic's scripts.

    Raises
    ------
    ConfigError
        When the database is of a version that is not known here.
    """
    if found.version is None or found.version == schema.HEAD:
        return []
    if found.version > schema.HEAD:
        schema.check_version(found.version, url)
    since = found.version if found.is_stamped else 'base'
    return list(reversed([script for script in _scripts().iterate_revisions('head', since)]))


def _take_off_policies(connection: Connection) -> None:
    """On PostgreSQL, drop all policies: no column that a policy names can change. The upgrade ends by putting them on again."""
    if connection.dialect.name == 'postgresql':
        policies = text("SELECT format('DROP POLICY %I ON %s', polname, polrelid::regclass) FROM pg_policy")
        for statement in connection.execute(policies).scalars().all():
            connection.exec_driver_sql(statement, execution_options={'no_parameters': True})


def in_words(script: Any) -> str:
    """Return what a revision does: ``'revision 0002: split the names of filters'``."""
    what = script.doc.partition('\n')[0].rstrip('.')
    return f'revision {script.revision}: {what[0].lower()}{what[1:]}'


def _scripts() -> 'ScriptDirectory':
    from alembic.script import ScriptDirectory
    return ScriptDirectory(FOLDER, version_locations=[FOLDER / 'versions'])


def _apply(connection: Connection, done: Callable[[str], None]) -> None:
    """Apply all lacking revisions, within the transaction of `connection`."""
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    scripts = _scripts()

    def applied(*, step: Any, **_: Any) -> None:
        done(in_words(step.up_revision))

    with EnvironmentContext(Config(), scripts, fn=lambda version, _: scripts._upgrade_revs('head', version)) as environment:
        environment.configure(connection=connection, target_metadata=metadata,
                              on_version_apply=applied)  # pyrefly: ignore[bad-argument-type] -- Alembic calls it by keywords
        environment.run_migrations()


def _check_keys(connection: Connection) -> None:
    """On SQLite, refuse an upgrade after which a row refers to a row that a revision lost."""
    if connection.dialect.name == 'sqlite':
        lost = connection.exec_driver_sql('PRAGMA foreign_key_check').first()
        if lost is not None:
            raise StoreError(f'after the upgrade {lost[0]} would refer to rows of {lost[2]} that are not there; nothing is '
                             'changed: tell the makers of awlike, and go on with the version that you have')


def _differences(connection: Connection) -> Iterator[tuple]:
    """Return the differences between the tables of the database and the declarations, as Alembic's operations."""
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext
    for found in compare_metadata(MigrationContext.configure(connection, opts={
            'include_name': lambda name, kind, _: kind != 'table' or name in metadata.tables}), metadata):
        yield from found if isinstance(found, list) else [found]


def refuse_differences(connection: Connection) -> None:
    """Refuse a declaration that contradicts an existing column: in its type, or in whether it may be empty."""
    for kind, *what in _differences(connection):
        if kind in ('modify_type', 'modify_nullable'):
            _, table, column, _, there, declared = what
            if kind == 'modify_nullable':
                there, declared = ('may be empty' if nullable else 'cannot be empty' for nullable in (there, declared))
            raise ConfigError(f'the column {table}.{column} is {there} in the database and {declared} as declared; what is '
                              'there is not changed: call the attribute otherwise, or declare it as it was')


def lacking_indexes(connection: Connection) -> list[Index]:
    """Return the declared indexes that the database lacks; without them all works, but some queries are slow.

    On PostgreSQL, the rules replace indexes on single texts of objects, because these would tell of hidden texts.
    """
    lacking = [what[0] for kind, *what in _differences(connection) if kind == 'add_index']
    return lacking if connection.dialect.name == 'sqlite' else [
        index for index in lacking if not user_tables.is_sealed(index)]


def make_ready(database: 'Database') -> int:
    """Make an empty database ready; return the number of its tables, 0 when it was ready before.

    Raises
    ------
    ConfigError
        When the database is of another version.
    NotAllowed
        When the account may make no tables in it.
    """
    with database.whole() as connection:
        found = schema.state(connection)
        schema.check_version(found.version, database.engine.url)
        if found.version is not None:
            return 0
        if not owner.become(connection):
            raise NotAllowed(f'the database {masked(database.engine.url)} is empty, and you may make no tables in it: ask '
                             f'{owner.of(connection)} to run awe db init')
        made = schema.complete(database, connection)
        schema.finish(connection)
    return len(made)

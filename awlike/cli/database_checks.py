"""The checks of `awe doctor` in the database. They make and change nothing: an SQLite file is opened read-only."""

import contextlib
import datetime
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from awlike.cli.checks import OK, PROBLEM, WARNING, CheckResult, can_be_written_to
from awlike.spelling import counted

if TYPE_CHECKING:
    from sqlalchemy import Connection

_AHEAD = datetime.timedelta(minutes=5)  # the largest difference between clocks


def database() -> Iterator[CheckResult]:
    """Check that the database is there, complete, of this version, and can be written to."""
    from awlike.config import settings
    from awlike.masking import masked
    url, path = settings().database_url, settings().database_file
    if path is not None and not os.path.exists(path):
        folder = path.resolve().parent
        if can_be_written_to(folder) and (folder == settings().home or folder.is_dir()):
            yield CheckResult('database', OK, f'{path} is not there yet: it is made at first use')
        else:
            yield CheckResult('database', PROBLEM, f'{path} is not there and cannot be made',
                              'its folder must exist, and you must be allowed to write there: see AWLIKE_DATABASE, AWLIKE_HOME')
        return
    try:
        with looking() as connection:
            found = [*_damage(connection, path), *_lock(connection, path), *_tables(connection), *_time(connection),
                     *_project(connection)]
            yield from found
            if all(result.state != PROBLEM for result in found):
                yield CheckResult('database', OK, f'{masked(url)}, {_contents(connection)}')
    except Exception as error:  # a driver or a damaged file may raise anything
        reason = str(getattr(error, 'orig', None) or error).splitlines()[0]
        yield CheckResult('database', PROBLEM, f'{masked(url)} cannot be used: {reason}',
                          'restore it from a backup, or set AWLIKE_DATABASE to another database' if path else
                          'check that the server runs, the URL in AWLIKE_DATABASE and your password')


@contextlib.contextmanager
def looking() -> 'Generator[Connection, None, None]':
    """Connect to the database of the settings, as their user; open an SQLite file read-only."""
    from sqlalchemy import create_engine

    from awlike.config import settings
    path = settings().database_file
    if path is None:
        from awlike.database.sessions import Database
        engine = Database(settings().database_url, settings().user).engine
    else:
        engine = create_engine(f'sqlite:///file:{path}?mode=ro&uri=true')
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _damage(connection: 'Connection', path: Path | None) -> Iterator[CheckResult]:
    if path is not None:
        answer = connection.exec_driver_sql('PRAGMA quick_check(3)').scalars().all()
        if answer != ['ok']:
            yield CheckResult('database', PROBLEM, f'{path} is damaged: {answer[0]}',
                              'restore it from a backup, or save what can be read by sqlite3 FILE .recover')


def _lock(connection: 'Connection', path: Path | None) -> Iterator[CheckResult]:
    """Check that the file can be written to: begin a transaction, and undo it."""
    import sqlite3
    if path is None:
        return
    try:
        with contextlib.closing(sqlite3.connect(f'{path.resolve().as_uri()}?mode=rw', uri=True, timeout=5)) as writer:
            writer.isolation_level = None
            writer.execute('BEGIN IMMEDIATE')
            writer.execute('ROLLBACK')
    except sqlite3.Error as error:
        locked = 'locked' in str(error)
        yield CheckResult('database', WARNING if locked else PROBLEM, f'{path} cannot be written to: {error}',
                          'another process has been writing for long: fuser FILE shows which' if locked else
                          'ask its owner, or set AWLIKE_HOME to work with a database of your own')


def _tables(connection: 'Connection') -> Iterator[CheckResult]:
    """Check that the database has this version and its tables."""
    from sqlalchemy import inspect

    import awlike.names  # noqa: F401 -- declares the classes
    from awlike.database.status import status
    found = status(connection)
    if found.version is None:
        others = inspect(connection).get_table_names()
        yield CheckResult('database', PROBLEM if others else OK,
                          "it has none of awlike's tables" if others else 'it is empty',
                          "set AWLIKE_DATABASE to awlike's database" if others else '')
    elif not found.is_well:
        yield CheckResult('database', WARNING if found.is_usable else PROBLEM, found.told, found.todo)


def _time(connection: 'Connection') -> Iterator[CheckResult]:
    """Check that no object has a date in the future."""
    from sqlalchemy import select

    from awlike.nights import utcnow
    from awlike.persist.dataobject import DataObject
    table = DataObject.__table__
    with contextlib.suppress(Exception):  # `_tables` reports the tables of another version
        last = connection.scalar(select(table.c.creation_date).order_by(table.c.object_id.desc()).limit(1))
        if last is not None and last > utcnow() + _AHEAD:
            yield CheckResult('clock', PROBLEM, f'the last object was made at {last:%Y-%m-%d %H:%M:%S} (UTC), in the future',
                              'set the clock of this machine, or of the one that made it: the calibration made last is used')


def _project(connection: 'Connection') -> Iterator[CheckResult]:
    """Check that the user is a member of the project of the settings."""
    from sqlalchemy import select

    from awlike.config import settings
    from awlike.persist.references import Project, User
    from awlike.persist.tables import member
    name, user = settings().project, settings().user
    if not name:
        return
    with contextlib.suppress(Exception):
        project, users = Project.__table__, User.__table__
        found = connection.scalar(select(project.c.object_id).where(project.c.name == name))
        mine = connection.scalar(select(member.c.user_id).join(users, users.c.object_id == member.c.user_id)
                                 .where(member.c.project_id == found, users.c.name == user))
        if found is None:
            yield CheckResult('project', WARNING, f'there is no project {name}, which the settings name',
                              f'awe project create {name}')
        elif mine is None:
            yield CheckResult('project', WARNING, f'{user} is not a member of {name}, which the settings name',
                              f'ask its owner: awe project add-member {name} {user}')


def _contents(connection: 'Connection') -> str:
    from sqlalchemy import func, select

    from awlike.persist.dataobject import DataObject
    try:
        return counted(connection.scalar(select(func.count()).select_from(DataObject.__table__)) or 0, 'object')
    except Exception:
        return 'no objects'

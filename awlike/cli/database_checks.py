"""What `awe doctor` looks at in the database. Nothing is made or changed: an SQLite file is opened read-only."""

import contextlib
import datetime
import os

from awlike.cli.checks import OK, PROBLEM, WARNING, CheckResult, can_be_written_to

_AHEAD = datetime.timedelta(minutes=5)


def database():
    """Whether the database is there, whole, of this version, and can be written to."""
    from awlike.config import masked, settings
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
            if all(one.state != PROBLEM for one in found):
                yield CheckResult('database', OK, f'{masked(url)}, {_contents(connection)}')
    except Exception as error:  # whatever a driver or a damaged file brings about
        reason = str(getattr(error, 'orig', None) or error).splitlines()[0]
        yield CheckResult('database', PROBLEM, f'{masked(url)} cannot be used: {reason}',
                    'put it back from a backup, or say where another is by AWLIKE_DATABASE' if path else
                    'check that the server runs, the URL in AWLIKE_DATABASE and your password')


@contextlib.contextmanager
def looking():
    """A connection to the database of the settings, as their user; an SQLite file is opened read-only."""
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


def _damage(connection, path):
    if path is not None:
        answer = connection.exec_driver_sql('PRAGMA quick_check(3)').scalars().all()
        if answer != ['ok']:
            yield CheckResult('database', PROBLEM, f'{path} is damaged: {answer[0]}',
                        'put it back from a backup, or save what can be read by sqlite3 FILE .recover')


def _lock(connection, path):
    """Whether one can write: a transaction is begun, and given up."""
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
                    'somebody is writing for long: look which processes run, by fuser FILE' if locked else
                    'ask its owner, or work with one of your own by AWLIKE_HOME')


def _tables(connection):
    """Whether it is of this version, and has what this version of awlike keeps in it."""
    from sqlalchemy import inspect

    import awlike.names  # noqa: F401 -- declares the classes
    from awlike.database.status import status
    found = status(connection)
    if found.version is None:
        others = inspect(connection).get_table_names()
        yield CheckResult('database', PROBLEM if others else OK, "it has none of awlike's tables" if others else 'it is empty yet',
                    "say where awlike's is by AWLIKE_DATABASE" if others else '')
    elif not found.is_well:
        yield CheckResult('database', WARNING if found.is_usable else PROBLEM, found.told, found.todo)


def _time(connection):
    """Nothing in it was made in the future."""
    from sqlalchemy import select

    from awlike.nights import utcnow
    from awlike.persist.dataobject import DataObject
    table = DataObject.__table__
    with contextlib.suppress(Exception):  # another version's tables are told of elsewhere
        last = connection.scalar(select(table.c.creation_date).order_by(table.c.object_id.desc()).limit(1))
        if last is not None and last > utcnow() + _AHEAD:
            yield CheckResult('clock', PROBLEM, f'the last object was made at {last:%Y-%m-%d %H:%M:%S} (UTC), which is to come',
                        'set the clock of this machine, or of that which made it: of two calibrations the later made serves')


def _project(connection):
    """The project of the settings is one that the user is a member of."""
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


def _contents(connection):
    from sqlalchemy import func, select

    from awlike.persist.dataobject import DataObject
    try:
        return f'{connection.scalar(select(func.count()).select_from(DataObject.__table__)):,} objects'
    except Exception:
        return 'no objects'

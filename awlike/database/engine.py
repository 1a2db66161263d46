"""Engines: open a database, and say what to do when it cannot be used."""

import json
import logging
import sqlite3
from typing import Any

from sqlalchemy import URL, Connection, Engine, ExceptionContext, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from awlike.errors import ConfigError, NotAllowed, StoreError, Unreachable
from awlike.masking import masked

log = logging.getLogger('awlike')

_PRAGMAS = (
    'busy_timeout=60000',      # wait for another writer
    'journal_mode=WAL',        # readers and one writer at a time
    'synchronous=FULL',        # what is committed survives a power cut
    'foreign_keys=ON',
    'case_sensitive_like=ON',  # as everywhere else
    'cache_size=-65536',
    'mmap_size=1073741824',
)
_UNUSABLE = {
    sqlite3.SQLITE_NOTADB: 'is no SQLite database: give another file by AWLIKE_DATABASE or AWLIKE_HOME, or move it away',
    sqlite3.SQLITE_CORRUPT: 'is damaged: put it back from a backup, or save what can be read by `sqlite3 FILE .recover`',
    sqlite3.SQLITE_CANTOPEN: 'cannot be opened: its folder must exist and you must be allowed to write there; '
                             'AWLIKE_DATABASE and AWLIKE_HOME say where it is',
    sqlite3.SQLITE_READONLY: 'cannot be written to: ask its owner, or work with one of your own by AWLIKE_HOME',
}

_DENIED = '42501'  # PostgreSQL: somebody lacks the right
_FULL = '53100'    # PostgreSQL: the disk is full
_REFUSED = {
    sqlite3.SQLITE_FULL: 'cannot grow, its disk is full; nothing of this change is kept: make space, and ask again',
    sqlite3.SQLITE_IOERR: 'cannot be read or written, its disk refuses: look at that by df and dmesg, and ask again',
    sqlite3.SQLITE_BUSY: 'is written to by another process for more than a minute: see which, by fuser FILE, and ask again',
}


def open_engine(url: str | URL, user: str | None = None) -> Engine:
    """Return an engine for the SQLAlchemy URL `url`; it connects when a connection is needed.

    Parameters
    ----------
    user : str, optional
        The account that connects, where the URL names none.

    Raises
    ------
    ConfigError
        When the URL has no meaning, or the driver of the database is not installed. Later, when an SQLite file
        cannot be used, or a server refuses a connection.
    """
    try:
        url = make_url(url)
        if has_roles(url) and (named := account(url, user)):
            url = url.set(username=named)
        # Each thread that reads keeps a connection, so that the pool has no limit; a server has its own.
        engine = create_engine(url, poolclass=QueuePool, pool_size=20, max_overflow=-1, pool_pre_ping=has_roles(url),
                               json_deserializer=_loaded)
    except (ArgumentError, ValueError) as error:
        reason = error if isinstance(error, ArgumentError) else 'a part of it, such as the port, is wrong'  # without the parts
        raise ConfigError(f'AWLIKE_DATABASE has no meaning ({reason}): write an SQLAlchemy URL, '
                          'as sqlite:////path/to/awlike.db, or leave it away for the default') from None
    except ImportError as error:
        raise ConfigError(f'AWLIKE_DATABASE {masked(make_url(url))} needs a driver that is not here ({error}): install it '
                          'by pip, or name another one in the URL') from None
    if engine.dialect.name == 'sqlite':
        event.listen(engine, 'connect', _set_up)
        event.listen(engine, 'handle_error', _explain)
    else:
        event.listen(engine, 'connect', _without_compilation)
        event.listen(engine, 'handle_error', _unreached)
    return engine


def _loaded(text: str | bytes) -> Any:
    """Return a JSON value of the database; None for a value that Python does not read: a row written by hand stops nobody."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, lists in lists in lists
        log.warning('a JSON value of %d characters in the database cannot be read (%s) and counts as absent', len(text), error)
        return None


def has_roles(url: str | URL) -> bool:
    """Return whether the accounts of the database at `url` are roles, which the database itself holds to the rules."""
    return make_url(url).get_backend_name() == 'postgresql'


def account(url: str | URL, user: str | None) -> str | None:
    """Return the account that connects to the database at `url`: the account in the URL, or `user`."""
    return make_url(url).username or user


def quoted(name: str) -> str:
    """Return `name` as an identifier in the SQL of PostgreSQL."""
    return '"{}"'.format(name.replace('"', '""'))


def as_it_stands(connection: Connection, sql: str) -> None:
    """Execute SQL without parameters: one statement, or several."""
    connection.exec_driver_sql(sql, execution_options={'no_parameters': True})


def act_as(connection: Any, user: str | None) -> None:
    """Let `connection`, of the driver, act as `user` from now on; None: as the account that connected.

    Raises
    ------
    ConfigError
        When the database does not allow that.
    """
    role = None if user is None else quoted(user)
    connection.autocommit = True
    try:
        if user == 'none':  # in SQL, NONE is a word, not a name
            raise ConfigError('no account has that name')
        connection.cursor().execute('RESET ROLE' if role is None else f'SET ROLE {role}')
    except Exception as error:  # each driver has its own exceptions
        todo = f'an administrator opens the account by awe user add {user}; or say by AWLIKE_USER which other account is yours'
        if getattr(error, 'sqlstate', None) == _DENIED:
            todo = f'log in as {user}, whom AWLIKE_DATABASE names then; a service needs GRANT {role} TO its role'
        raise ConfigError(f'the database does not let you act as {user!r} ({str(error).strip()}): {todo}') from error
    connection.autocommit = False


def _url(failure: ExceptionContext) -> URL:
    assert failure.engine is not None
    return failure.engine.url


def _without_password(reason: str, url: URL) -> str:
    """Return what a driver says without the password of `url`, of which it may quote parts."""
    for secret in filter(None, (url.password, *(value for name, value in url.query.items() if 'password' in name))):
        reason = reason.replace(str(secret), '***')
    return reason


def _set_up(connection: Any, record: ConnectionPoolEntry) -> None:
    """Set up a new connection to an SQLite file."""
    connection.isolation_level = None  # the driver begins no transactions of its own
    for pragma in _PRAGMAS:
        connection.execute(f'PRAGMA {pragma}')


def _without_compilation(connection: Any, record: ConnectionPoolEntry) -> None:
    """Switch off just-in-time compilation on a PostgreSQL server: to compile a short statement takes longer than to run it."""
    connection.cursor().execute('SET jit = off')
    connection.commit()


def _explain(failure: ExceptionContext) -> None:
    """Say what to do when the file cannot be used as a database at all."""
    code = getattr(failure.original_exception, 'sqlite_errorcode', 0) & 0xff  # without its extension
    if code in _UNUSABLE:
        raise ConfigError(f'the database {_url(failure).database} {_UNUSABLE[code]}') from failure.original_exception
    if code in _REFUSED:
        raise StoreError(f'the database {_url(failure).database} {_REFUSED[code]}') from failure.original_exception


def _unreached(failure: ExceptionContext) -> None:
    """Say what to do when a server refuses a connection or ends one, and which rule a change breaks."""
    if getattr(failure.original_exception, 'sqlstate', None) == _FULL:
        raise StoreError(f'the database {masked(_url(failure))} cannot grow, the disk of its server is full; nothing of this '
                         'change is kept: ask its administrator to make space, and ask again') from failure.original_exception
    if getattr(failure.original_exception, 'sqlstate', None) == _DENIED and failure.connection is not None:
        reason = str(failure.original_exception).partition('\n')[0]
        raise NotAllowed(f'the database refuses: {reason}') from failure.original_exception
    if not failure.is_pre_ping and (failure.connection is None or failure.is_disconnect):
        reason = _without_password(str(failure.original_exception).partition('\n')[0], _url(failure))
        raise Unreachable(f'the database {masked(_url(failure))} cannot be reached: {reason}. See that its server runs, '
                          'and check AWLIKE_DATABASE and your password (PGPASSWORD, ~/.pgpass)') from failure.original_exception

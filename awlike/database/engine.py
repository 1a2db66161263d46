"""Engines: how a database is opened, and what to say when it cannot be used."""

import sqlite3

from sqlalchemy import create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from awlike.config import masked
from awlike.errors import ConfigError, NotAllowed, StoreError, Unreachable

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
_REFUSED = {
    sqlite3.SQLITE_FULL: 'cannot grow, its disk is full; nothing of this change is kept: make space, and ask again',
    sqlite3.SQLITE_IOERR: 'cannot be read or written, its disk refuses: look at that by df and dmesg, and ask again',
    sqlite3.SQLITE_BUSY: 'is written to by another process for more than a minute: see which, by fuser FILE, and ask again',
}


def open_engine(url: str, user: str | None = None):
    """An engine for the SQLAlchemy URL `url`; connections are made when they are needed.

    Parameters
    ----------
    user : str, optional
        The account that connects, where the URL names none.

    Raises
    ------
    ConfigError
        When the URL has no meaning, or what serves such databases is not installed. Later, when an SQLite file
        cannot be used, or a server gives no connection.
    """
    try:
        url = make_url(url)
        if has_roles(url) and (named := account(url, user)):
            url = url.set(username=named)
        # Each thread that reads keeps a connection; how many there may be is said by the server.
        engine = create_engine(url, pool_size=20, max_overflow=-1, pool_pre_ping=has_roles(url))
    except (ArgumentError, ValueError) as error:
        raise ConfigError(f'AWLIKE_DATABASE has no meaning ({error}): write an SQLAlchemy URL, '
                          'as sqlite:////path/to/awlike.db, or leave it away for the default') from None
    except ImportError as error:
        raise ConfigError(f'AWLIKE_DATABASE {masked(make_url(url))} needs a driver that is not here ({error}): install it '
                          'by pip, or name another one in the URL') from None
    if engine.dialect.name == 'sqlite':
        event.listen(engine, 'connect', _set_up)
        event.listen(engine, 'handle_error', _explain)
    else:
        event.listen(engine, 'handle_error', _unreached)
    return engine


def has_roles(url) -> bool:
    """Whether the accounts of the database at `url` are roles, which it holds to the rules itself."""
    return make_url(url).get_backend_name() == 'postgresql'


def account(url, user: str | None) -> str | None:
    """The account that connects to the database at `url`: the one that it names, or `user`."""
    return make_url(url).username or user


def quoted(name: str) -> str:
    """`name` as an identifier in the SQL of PostgreSQL."""
    return '"{}"'.format(name.replace('"', '""'))


def as_it_stands(connection, sql: str) -> None:
    """Execute SQL without parameters, which may be several statements."""
    connection.exec_driver_sql(sql, execution_options={'no_parameters': True})


def act_as(connection, user: str | None) -> None:
    """Act as `user` from now on, if the database allows it; None: as who connected."""
    connection.autocommit = True
    try:
        if user == 'none':  # by which SQL means to act as nobody else
            raise ConfigError('no account has that name')
        connection.cursor().execute('RESET ROLE' if user is None else f'SET ROLE {quoted(user)}')
    except Exception as error:  # each driver has its own
        todo = f'an administrator opens the account by awe user add {user}; or say by AWLIKE_USER which other account is yours'
        if getattr(error, 'sqlstate', None) == _DENIED:
            todo = f'log in as {user}, whom AWLIKE_DATABASE names then; a service needs GRANT {quoted(user)} TO its role'
        raise ConfigError(f'the database does not let you act as {user!r} ({str(error).strip()}): {todo}') from error
    connection.autocommit = False


def _set_up(connection, record):
    connection.isolation_level = None  # the driver begins no transactions of its own
    for pragma in _PRAGMAS:
        connection.execute(f'PRAGMA {pragma}')


def _explain(failure):
    """Say what is to be done when the file cannot be used as a database at all."""
    code = getattr(failure.original_exception, 'sqlite_errorcode', 0) & 0xff  # without its extension
    if code in _UNUSABLE:
        raise ConfigError(f'the database {failure.engine.url.database} {_UNUSABLE[code]}') from failure.original_exception
    if code in _REFUSED:
        raise StoreError(f'the database {failure.engine.url.database} {_REFUSED[code]}') from failure.original_exception


def _unreached(failure):
    """Say what is to be done when a server gives no connection or took it away, and what rule it was that a change breaks."""
    if getattr(failure.original_exception, 'sqlstate', None) == _DENIED and failure.connection is not None:
        reason = str(failure.original_exception).partition('\n')[0]
        raise NotAllowed(f'the database refuses: {reason}') from failure.original_exception
    if not failure.is_pre_ping and (failure.connection is None or failure.is_disconnect):
        reason = str(failure.original_exception).partition('\n')[0]
        raise Unreachable(f'the database {masked(failure.engine.url)} cannot be reached: {reason}. See that its server runs, '
                          'and check AWLIKE_DATABASE and your password (PGPASSWORD, ~/.pgpass)') from failure.original_exception

"""Accounts of people in a database. On PostgreSQL an account is a role, and an administrator opens it."""

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from awlike.arguments import check_shown
from awlike.database.engine import as_it_stands, quoted
from awlike.database.row_security import know_user
from awlike.database.sessions import Database
from awlike.errors import NotAllowed, ParameterError

ANONYMOUS = 'anonymous'
_RESERVED = 'public', 'none'
_MOST_CONNECTIONS = 20  # of anonymous
_TIMES = {'statement_timeout': '60s', 'lock_timeout': '10s', 'idle_in_transaction_session_timeout': '60s'}
_LONGEST = 63  # bytes; PostgreSQL cuts off what is longer


def check_name(name: str) -> None:
    """Refuse a text that cannot be the name of an account.

    Raises
    ------
    ParameterError
        When the name is empty, too long, or a reserved word of the database.
    """
    check_shown('the name of an account', name)
    if not name.strip() or '\0' in name or len(name.encode()) > _LONGEST or name in _RESERVED or name.startswith('pg_'):
        raise ParameterError(f'{name!r} cannot be the name of an account: it has 1 to {_LONGEST} bytes, does not begin with '
                             f'pg_ and is not {" or ".join(_RESERVED)}')


def add_user(db: Database, name: str, password: str | None = None) -> bool:
    """Open the account `name` in the database `db`; return whether the account is new there.

    On PostgreSQL this makes the role, unless the role exists, and lets the role connect. The role `anonymous` gets no row
    in the table of users: it sees the objects that everybody sees.

    Parameters
    ----------
    db : Database
        The database, opened by an administrator.
    password : str, optional
        The password of the role. By default the password stays as it is; a new role has none.

    Raises
    ------
    NotAllowed
        When you are no administrator.
    """
    check_name(name)
    with db.transaction() as connection:
        if not db.is_sqlite:
            try:
                _open(connection, name, password)
            except (DBAPIError, NotAllowed) as error:
                reason = str(getattr(error, 'orig', error.__cause__)).partition('\n')[0]
                raise NotAllowed(f'the account {name!r} cannot be opened ({reason}): the role that AWLIKE_DATABASE names '
                                 'must own the database and may make roles (CREATEROLE)') from error
        return name != ANONYMOUS and know_user(connection, name)


def _bound(connection: Connection, role: str) -> None:
    """Bound what `role` can take of the server: its connections, and, unless a session says otherwise, its time."""
    as_it_stands(connection, f'ALTER ROLE {role} CONNECTION LIMIT {_MOST_CONNECTIONS}')
    for setting, value in _TIMES.items():
        as_it_stands(connection, f"ALTER ROLE {role} SET {setting} = '{value}'")


def _open(connection: Connection, name: str, password: str | None) -> None:
    """Make the role, unless it exists, and let it connect."""
    role = quoted(name)
    if not connection.scalar(text('SELECT count(*) FROM pg_roles WHERE rolname = :name'), {'name': name}):
        as_it_stands(connection, f'CREATE ROLE {role} LOGIN')
        if name == ANONYMOUS:
            _bound(connection, role)
    if password is not None:
        driver = connection.connection.driver_connection  # the driver hashes the password, so that no log shows it
        assert driver is not None
        hashed = driver.pgconn.encrypt_password(password.encode(), name.encode(), b'scram-sha-256').decode()
        as_it_stands(connection, f"ALTER ROLE {role} PASSWORD '{hashed}'")
    connection.execute(text('SELECT awlike.admit(:name)'), {'name': name})

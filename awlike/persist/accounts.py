"""Accounts: who may use a database. On PostgreSQL an account is a role, and an administrator opens it."""

from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError

from awlike.errors import NotAllowed, ParameterError
from awlike.persist.database import Database
from awlike.persist.engine import as_it_stands, quoted
from awlike.persist.references import User

ANONYMOUS = 'anonymous'
_RESERVED = 'public', 'none'
_LONGEST = 63  # bytes; PostgreSQL cuts off what is longer


def check_name(name: str) -> None:
    """Refuse what cannot be the name of an account.

    Raises
    ------
    ParameterError
        When it is empty, too long, or has a meaning of its own in a database.
    """
    if not name.strip() or '\0' in name or len(name.encode()) > _LONGEST or name in _RESERVED or name.startswith('pg_'):
        raise ParameterError(f'{name!r} cannot be the name of an account: it has 1 to {_LONGEST} bytes, does not begin with '
                             f'pg_ and is not {" or ".join(_RESERVED)}')


def add_user(db: Database, name: str, password: str | None = None) -> bool:
    """Open the account `name` in the database `db`; gives whether it is new there.

    On PostgreSQL this makes the role, unless it is there, and lets it connect. The role `anonymous` gets no row among the
    users: it sees what everybody sees.

    Parameters
    ----------
    db : Database
        Opened by an administrator, as whom it connects.
    password : str, optional
        With which the role logs in; by default it stays as it is, for a new role without any.

    Raises
    ------
    NotAllowed
        When one is no administrator.
    """
    check_name(name)
    with db.transaction() as connection:
        if not db.is_sqlite:
            try:
                _open(connection, name, password)
            except DBAPIError as error:
                reason = str(error.orig).partition('\n')[0]
                raise NotAllowed(f'the account {name!r} cannot be opened ({reason}): the role that AWLIKE_DATABASE names must '
                                 'own the database and may make roles (CREATEROLE)') from error
        if name == ANONYMOUS:
            return False
        table, user = User.__table__, User(name=name)
        new = connection.scalar(select(table.c.object_id).where(table.c.name == name)) is None
        if new:
            connection.execute(insert(table), {column.name: getattr(user, column.key) for column in table.columns})
        return new


def _open(connection, name, password) -> None:
    """Make the role, unless it is there, and let it connect."""
    role = quoted(name)
    if not connection.scalar(text('SELECT count(*) FROM pg_roles WHERE rolname = :name'), {'name': name}):
        as_it_stands(connection, f'CREATE ROLE {role} LOGIN')
    if password is not None:
        driver = connection.connection.driver_connection  # which hashes it, so that no log has it
        hashed = driver.pgconn.encrypt_password(password.encode(), name.encode(), b'scram-sha-256').decode()
        as_it_stands(connection, f"ALTER ROLE {role} PASSWORD '{hashed}'")
    database = connection.scalar(text('SELECT current_database()'))
    as_it_stands(connection, f'GRANT CONNECT ON DATABASE {quoted(database)} TO {role}')

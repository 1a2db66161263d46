"""The owner of the database. On SQLite, whoever can write the file; on PostgreSQL the role that owns the tables."""

from sqlalchemy import Connection, text

_OWNER = text('''
    SELECT coalesce((SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = to_regclass('public.dbobject')),
                    (SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()))''')
_MAY = text("SELECT pg_has_role(session_user, CAST(:owner AS name), 'MEMBER')")
_MAY_MAKE = text("SELECT to_regclass('public.dbobject') IS NULL AND has_schema_privilege(session_user, 'public', 'CREATE') "
                 "AND has_database_privilege(session_user, current_database(), 'CREATE')")


def of(connection: Connection) -> str | None:
    """Return the role that owns the tables of awlike, or the database where there are no tables yet; None on SQLite."""
    return None if connection.dialect.name == 'sqlite' else connection.scalar(_OWNER)


def may(connection: Connection) -> bool:
    """Return whether the account that connected may act as the owner, or may make the tables where there are none yet."""
    return connection.dialect.name == 'sqlite' or bool(
        connection.scalar(_MAY, {'owner': of(connection)}) or connection.scalar(_MAY_MAKE))


def become(connection: Connection) -> bool:
    """Act as the owner until the end of this transaction; return whether the account that connected may do so.

    Until then the connection leaves the role in which it acts. Where there are no tables yet, an account that may make
    them, though it does not own the database, becomes their owner.
    """
    if not may(connection):
        return False
    if connection.dialect.name != 'sqlite':
        connection.exec_driver_sql('SET LOCAL ROLE NONE')
        name = of(connection)
        if name is not None and connection.scalar(_MAY, {'owner': name}):
            role = connection.dialect.identifier_preparer.quote_identifier(name)
            connection.exec_driver_sql(f'SET LOCAL ROLE {role}')
    return True

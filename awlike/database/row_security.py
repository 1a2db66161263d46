"""Row-level security: PostgreSQL itself holds every connection, of awlike or not, to the rules of `awlike.context.privileges`.

The rules are SQL, in the folder `policies`. Everybody who may connect has rights on the tables, and policies narrow these
rights. The rules do not bind the owner of the database and superusers.
"""

import logging
from collections.abc import Iterable
from importlib import resources

from sqlalchemy import Connection, insert, select, text

from awlike.database.engine import as_it_stands, quoted
from awlike.persist.dbobject import DBObject
from awlike.persist.links import Reference
from awlike.persist.references import Project, Readout, ReferenceObject, User
from awlike.persist.sky_rows import SkyRow
from awlike.query.properties import classes

log = logging.getLogger('awlike')


def secure(connection: Connection) -> None:
    """Put the rules of who sees and changes what into a PostgreSQL database that has all tables; may be repeated."""
    files = resources.files('awlike.database').joinpath('policies').iterdir()
    for file in sorted(files, key=lambda file: file.name):
        as_it_stands(connection, file.read_text('utf-8'))
    secure_classes(connection, classes.values())
    if 'ReferenceCatalogue' in classes:
        connection.execute(text('SELECT awlike.secure_reference_catalogues()'))
    if 'HeaderCorrection' in classes:
        connection.execute(text('SELECT awlike.secure_header_corrections()'))
    database = connection.scalar(text('SELECT current_database()'))
    as_it_stands(connection, f'REVOKE ALL ON DATABASE {quoted(database)} FROM PUBLIC')
    know_user(connection, connection.scalar(text('SELECT awlike.account_name()')))
    for object_id, shape in connection.execute(text('SELECT object, shape FROM awlike.misshapen()')):
        log.warning('the object %s was there before the rule %s, and does not meet it: correct it in SQL, then awe db upgrade',
                    object_id, shape)


def know_user(connection: Connection, name: str) -> bool:
    """Insert the user `name`, unless the database has it; return whether it is new. An administrator may do so."""
    user, table = User(name=name), User.__table__
    new = connection.scalar(select(table.c.object_id).where(table.c.name == name)) is None
    if new:
        connection.execute(insert(table), {column.name: getattr(user, column.key) for column in table.columns})
    return new


def secure_classes(connection: Connection, chosen: Iterable[type[DBObject]]) -> None:
    """Put the rules on the own tables of the persistent classes `chosen`."""
    for cls in chosen:
        table = cls.tables()[-1].name
        if issubclass(cls, SkyRow):
            connection.execute(text('SELECT awlike.secure_rows(:name, :link)'), {'name': table, 'link': f'{cls.LINK}_id'})
        elif not issubclass(cls, ReferenceObject):
            if table != 'dbobject':
                connection.execute(text('SELECT awlike.secure_class(:name)'), {'name': table})
        elif cls is not User:
            connection.execute(text('SELECT awlike.secure_reference(:name, :class, :identity, :more)'), {
                'name': table, 'class': cls.__name__, 'identity': [_column(cls, name) for name in cls.identity],
                'more': _MORE.get(cls, 'true')})


_MORE: dict[type[DBObject], str] = {
    Project: 'project.owner_id = (SELECT awlike.user_id()) AND project.maximum_privileges BETWEEN 1 AND 5',
    Readout: '(awlike.readout_name(readout.amplifiers) = readout.name) IS TRUE'}  # older readouts have names of another digest


def _column(cls: type[DBObject], name: str) -> str:
    declared = cls.__properties__[name]
    return declared.column if isinstance(declared, Reference) else name

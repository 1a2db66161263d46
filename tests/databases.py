"""The databases that tests run on: SQLite in the folder of each test, or with ``--database postgresql`` a server's."""

import contextlib
import functools
import itertools
import os
import shutil

from sqlalchemy import NullPool, create_engine, make_url, text

from awlike.config import settings
from awlike.database.accounts import add_user
from awlike.database.engine import has_roles
from awlike.database.sessions import Database, database
from tests.server import server

PEOPLE = 'ada', 'bob', 'carl', 'dan', 'eve', 'anonymous'  # who has an account in every database of a server
PASSWORD = 'awlike'
SERVER = 'AWLIKE_TEST_POSTGRESQL'  # the URL of a server on which tests may create databases; without it, one is started


class SQLite:
    """A file in the folder itself, as by default."""

    def new(self, folder) -> str:
        """Prepare a database for the awlike in `folder`; gives its URL, empty for the default."""
        return ''

    def copy(self, folder, into) -> None:
        """Copy the awlike in `folder`, database and files, to that in `into`, which nobody has used."""
        shutil.copytree(folder, into, symlinks=True, dirs_exist_ok=True)

    def drop(self, folder) -> None:
        """Drop the database for the awlike in `folder`, which goes with the folder where it lies there."""


class PostgreSQL(SQLite):
    """A database for each folder, on one server, made ready by its administrator; tests act as ordinary accounts."""

    def __init__(self, url):
        self._url, self._names, self._numbers = make_url(url), {}, itertools.count()
        self._engine = create_engine(self._url, isolation_level='AUTOCOMMIT')
        self._prefix = f'awlike_test_{os.getpid()}'

    @functools.cached_property
    def _ready(self):
        """The name of a database that is ready and empty, of which those of tests are copies."""
        name = f'{self._prefix}_ready'
        self._names[None] = name
        self._do(f'CREATE DATABASE {name}')
        db = Database(self._url_of(name))
        db.session  # noqa: B018 -- makes it ready
        for person in PEOPLE:
            add_user(db, person, PASSWORD)
        db.close()
        return name

    def _url_of(self, name):
        return self._url.set(database=name).render_as_string(hide_password=False)

    def new(self, folder):
        template, name = self._ready, f'{self._prefix}_{next(self._numbers)}'
        self._names[folder] = name
        self._do(f'CREATE DATABASE {name} TEMPLATE {template}')  # open to all roles, as new ones are
        return self._url_of(name)

    def copy(self, folder, into):
        super().copy(folder, into)
        self._do(f'DROP DATABASE {self._names[into]} WITH (FORCE)')
        self._do(f'CREATE DATABASE {self._names[into]} TEMPLATE {self._names[folder]}')

    def drop(self, folder):
        self._do(f'DROP DATABASE {self._names.pop(folder)} WITH (FORCE)')

    def close(self):
        """Drop what was made."""
        for folder in list(self._names):
            self.drop(folder)
        self._engine.dispose()

    def _do(self, statement):
        with self._engine.connect() as connection:
            connection.exec_driver_sql(statement)


def as_role(name):
    """A connection for plain SQL to the database in use, logged in as the account `name`; for SQL as its superuser, None.

    ``with as_role('eve') as eve: eve.execute(text('SELECT ...'))``; what is not committed is rolled back.
    """
    url = make_url(settings().database_url)
    return create_engine(url if name is None else url.set(username=name, password=PASSWORD), poolclass=NullPool).connect()


@contextlib.contextmanager
def by_hand():
    """A transaction on the database in use, of somebody who may do anything to it."""
    if database().is_sqlite:
        with database().transaction() as connection:
            yield connection
        return
    with as_role(None) as connection:
        yield connection
        connection.commit()


def open_account(name) -> None:
    """Open the account `name` in the database in use, where it needs to be opened."""
    if has_roles(settings().database_url) and name not in PEOPLE:
        _open_account(settings().database_url, name)


@functools.cache
def _open_account(url, name):
    db = Database(url)
    add_user(db, name, PASSWORD)
    db.close()


def set_clock(instant) -> None:
    """Let the database in use, if it has a clock of its own, think that it is now `instant`, once and for all."""
    if has_roles(settings().database_url):
        with as_role(None) as admin:
            admin.execute(text(f"CREATE OR REPLACE FUNCTION awlike.utcnow() RETURNS timestamp LANGUAGE sql VOLATILE "
                               f"AS $$ SELECT '{instant}'::timestamp $$"))
            admin.commit()


@contextlib.contextmanager
def databases():
    """The databases of a PostgreSQL server: of the one that is named, or of one of our own."""
    url = os.environ.get(SERVER)
    with contextlib.nullcontext(url) if url else server() as url:
        found = PostgreSQL(url)
        yield found
        found.close()

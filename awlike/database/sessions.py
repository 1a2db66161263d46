"""The database in use: its engine, a session for each asker and thread, transactions."""

import atexit
import contextlib
import logging
import threading
import time
import weakref
from collections.abc import Callable, Generator
from typing import Any

from sqlalchemy import Connection, event, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

from awlike.current import Current, current
from awlike.database.engine import act_as, has_roles, open_engine
from awlike.database.rows import Rows
from awlike.database.schema import State, prepare, tell_what_is_absent
from awlike.errors import ConfigError, StoreError, Unreachable
from awlike.query.properties import classes

log = logging.getLogger('awlike')
_IDLE = 10.0  # seconds after which a connection may be lost without notice


class _Sessions:
    """The sessions of one asker, one in each thread that asks."""

    def __init__(self) -> None:
        self._here = threading.local()
        self._all: weakref.WeakSet[Session] = weakref.WeakSet()

    def of_thread(self, new: Callable[[], Session]) -> Session:
        """Return the session of this thread; `new` makes one for a thread that asks first."""
        if not hasattr(self._here, 'session'):
            self._here.session = new()
            self._all.add(self._here.session)
        return self._here.session

    def close(self) -> None:
        """Close the sessions of all threads."""
        for session in list(self._all):
            session.close()


class Database(Rows):
    """One database. `session` reads, `transaction` writes.

    Parameters
    ----------
    user : str, optional
        The account that connects, where accounts are roles of the database and the URL names none.
    role : callable, optional
        Returns the account as which a connection acts, from the moment when somebody takes the connection until they give
        the connection back. By default `user`, always.

    Reading never holds a transaction open, so that a prompt left alone for hours sees what others committed.
    """

    def __init__(self, url: str, user: str | None = None, role: Callable[[], str | None] | None = None) -> None:
        self.url, self.user, self._role = url, user, role or (lambda: user)
        self.engine = open_engine(url, user)
        if has_roles(url):
            event.listen(self.engine, 'checkout', self._act)
            event.listen(self.engine, 'checkin', _act_no_more)
        self.is_sqlite = self.engine.dialect.name == 'sqlite'
        reader = self.engine if self.is_sqlite else self.engine.execution_options(isolation_level='AUTOCOMMIT')
        self._new_session = sessionmaker(reader, autoflush=False, expire_on_commit=False)
        self._sessions: weakref.WeakKeyDictionary[Current, _Sessions] = weakref.WeakKeyDictionary()
        self._lock = threading.RLock()
        self._known_classes, self._is_preparing = 0, False
        self.lacks: State | None = None
        tell_what_is_absent(self)
        self._inserted, self._analyse_at = 0, 1000
        self._losses = 0
        event.listen(self.engine, 'invalidate', self._note_loss)

    def _act(self, connection: Any, record: ConnectionPoolEntry, proxy: Any) -> None:
        """Set the role of a connection that somebody takes: the account that asks."""
        role = self._role()
        if role not in (None, self.engine.url.username):
            act_as(connection, role)
            record.info['role'] = role

    @property
    def session(self) -> Session:
        """The session by which whoever asks reads in this thread.

        Raises
        ------
        NotAllowed
            When nobody asks.
        """
        self._know_classes()
        session, now = self._own_session(), time.monotonic()
        if not self.is_sqlite and now - session.info.get('used', now) > _IDLE:
            with contextlib.suppress(Unreachable):  # `_note_loss` notes the loss
                session.execute(text('SELECT 1'))
        session.info['used'] = now
        if session.info.get('losses', 0) != self._losses:  # the session may hold the rest of a lost connection
            session.info['losses'] = self._losses
            session.rollback()
        return session

    def _own_session(self) -> Session:
        """Return the session of who asks in this thread."""
        asker = current()
        sessions = self._sessions.get(asker)
        if sessions is None:
            with self._lock:
                sessions = self._sessions.get(asker)
                if sessions is None:
                    sessions = self._sessions[asker] = _Sessions()
                    weakref.finalize(asker, sessions.close).atexit = False
        return sessions.of_thread(self._new_session)

    def end_sessions(self, asker: Current) -> None:
        """End the sessions of `asker`, who asks no more: their connections serve others."""
        with self._lock:
            sessions = self._sessions.pop(asker, None)
        if sessions is not None:
            sessions.close()

    def _note_loss(self, connection: Any, record: ConnectionPoolEntry, error: BaseException | None) -> None:
        """Count a lost connection: each session drops its own before its next use."""
        self._losses += 1

    def ready(self) -> None:
        """Make the missing tables and columns, as reading by `session` and writing by `transaction` do by themselves."""
        self._know_classes()

    def _know_classes(self) -> None:
        """Make the missing tables and columns, also of a class that was declared just now."""
        if self._known_classes == len(classes):
            return
        with self._lock:  # other threads wait here until all tables exist
            number = len(classes)
            if self._known_classes != number and not self._is_preparing:
                self._is_preparing = True
                try:
                    self.lacks = prepare(self)
                    self._known_classes = number
                finally:
                    self._is_preparing = False

    @contextlib.contextmanager
    def transaction(self) -> Generator[Connection, None, None]:
        """Return a context: a connection whose changes are committed together at the end, or not at all."""
        self._know_classes()
        with self.whole() as connection:
            yield connection
        if self.is_sqlite and self._inserted >= self._analyse_at:
            self.analyse()

    @contextlib.contextmanager
    def whole(self, rebuilding: bool = False) -> Generator[Connection, None, None]:
        """Return a context: a `transaction` in a database that need not be ready, in which the tables are made.

        Parameters
        ----------
        rebuilding : bool
            Whether the transaction copies tables and drops the originals. SQLite then ignores foreign keys, because it
            takes a dropped table for deleted rows. Default: no.
        """
        with self.engine.connect() as connection, contextlib.ExitStack() as after:
            if self.is_sqlite:
                if rebuilding:
                    connection.exec_driver_sql('PRAGMA foreign_keys=OFF')  # without effect once a transaction has begun
                    after.callback(connection.invalidate)
                connection.exec_driver_sql('BEGIN IMMEDIATE')  # wait here for other writers, not in the middle
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    def one_by_one(self, connection: Connection, what: str) -> None:
        """Wait until no other transaction has passed this line for the same `what`; hold others back until this one ends."""
        if not self.is_sqlite:  # SQLite has one writer at a time
            connection.execute(select(func.awlike.take_turn(what)))

    def alone_with_tables(self, connection: Connection) -> None:
        """Wait until no other transaction makes tables; hold others back until this one ends. The owner may do so."""
        if self.is_sqlite:
            return
        if connection.scalar(text("SELECT to_regclass('awlike.class_table')")) is not None:
            connection.execute(text('LOCK TABLE awlike.class_table IN SHARE ROW EXCLUSIVE MODE'))
        else:  # nobody else is at work in what has no tables yet
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('tables', 0))"))

    def sees_all(self) -> bool:
        """Return whether whoever asks sees everything: in an SQLite file, and as an administrator."""
        return self.is_sqlite or not self.session.scalar(text("SELECT row_security_active('dbobject')"))

    def analyse(self) -> None:
        """Let SQLite examine its tables, some milliseconds, so that it chooses the right index; done as the tables grow.

        A failure is logged and nothing more, because the work before is committed.
        """
        self._analyse_at = 2 * self._inserted
        try:
            with self.engine.connect() as connection:
                connection.exec_driver_sql('PRAGMA analysis_limit=400')
                connection.exec_driver_sql('ANALYZE')
                connection.commit()
        except (ConfigError, StoreError, DBAPIError):
            log.debug('the tables were not analysed', exc_info=True)

    def close(self) -> None:
        """Close all sessions and connections."""
        if self.is_sqlite and self._inserted:
            self.analyse()
        for sessions in list(self._sessions.values()):
            sessions.close()
        self.engine.dispose()


def _act_no_more(connection: Any, record: ConnectionPoolEntry) -> None:
    """Reset the role of a connection that somebody gives back; drop a connection that refuses."""
    if record.info.pop('role', None) is not None and connection is not None:
        try:
            act_as(connection, None)
        except ConfigError as error:
            record.invalidate(error)


_current: Database | None = None
_opening = threading.Lock()
atexit.register(lambda: use(None))


def database() -> Database:
    """Return the database in use, opened on first need as the settings say."""
    global _current
    with _opening:
        if _current is None:
            from awlike.config import make_home, settings
            if not settings().database:
                make_home()
            _current = Database(settings().database_url, settings().user, lambda: current().user_name)
        return _current


def use(new: Database | None) -> None:
    """Use the database `new` from now on, None for the one that the settings name; close the one before."""
    global _current
    if _current is not None:
        _current.close()
    _current = new


"""The database: engine, sessions and tables."""

import atexit
import contextlib
import logging
import threading
import time
import weakref
from collections.abc import Callable

from sqlalchemy import event, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from awlike.current import Current, current
from awlike.database.engine import act_as, has_roles, open_engine
from awlike.database.rows import Rows
from awlike.database.schema import State, prepare, tell_what_is_absent
from awlike.errors import ConfigError, StoreError, Unreachable
from awlike.query.properties import classes

log = logging.getLogger('awlike')
_IDLE = 10.0  # seconds after which a connection may be lost without anybody having noticed


class _Sessions:
    """The sessions of one asker, one in each thread that asks."""

    def __init__(self):
        self._here, self._all = threading.local(), weakref.WeakSet()

    def of_thread(self, new) -> Session:
        """Return the session of this thread; `new` makes it."""
        if not hasattr(self._here, 'session'):
            self._here.session = new()
            self._all.add(self._here.session)
        return self._here.session

    def close(self) -> None:
        for session in list(self._all):
            session.close()


class Database(Rows):
    """One database. `session` reads, `transaction` writes.

    Parameters
    ----------
    user : str, optional
        The account that connects, where accounts are roles of the database and the URL names none.
    role : callable, optional
        Returns the account to act as; it is asked each time a connection is taken, and ends when the connection is given
        back. By default `user`, always.

    Reading never holds a transaction open, so that a prompt left alone for hours sees what others committed.
    """

    def __init__(self, url: str, user: str | None = None, role: Callable[[], str | None] | None = None):
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

    def _act(self, connection, record, proxy):
        """Let a connection that is taken act as whoever asks."""
        role = self._role()
        if role not in (None, self.engine.url.username):
            act_as(connection, role)
            record.info['role'] = role

    @property
    def session(self) -> Session:
        self._know_classes()
        session, now = self._own_session(), time.monotonic()
        if not self.is_sqlite and now - session.info.get('used', now) > _IDLE:
            with contextlib.suppress(Unreachable):  # then it is noted as lost
                session.execute(text('SELECT 1'))
        session.info['used'] = now
        if session.info.get('losses', 0) != self._losses:  # it may hold what is left of a connection that was lost
            session.info['losses'] = self._losses
            session.rollback()
        return session

    def _own_session(self) -> Session:
        """Return the session of who asks in this thread."""
        asker = current()
        sessions = self._sessions.get(asker)
        if sessions is None:
            with self._lock:
                sessions = self._sessions.setdefault(asker, _Sessions())
        return sessions.of_thread(self._new_session)

    def end_sessions(self, asker: Current) -> None:
        """End the sessions of `asker`, who asks no more: their connections serve others."""
        with self._lock:
            sessions = self._sessions.pop(asker, None)
        if sessions is not None:
            sessions.close()

    def _note_loss(self, connection, record, error):
        self._losses += 1

    def ready(self) -> None:
        """Make what is missing of tables; reading through `session` and writing by `transaction` do so by themselves."""
        self._know_classes()

    def _know_classes(self) -> None:
        """Make the tables and columns that are missing; a class that was declared just now gets its own."""
        if self._known_classes == len(classes):
            return
        with self._lock:  # who comes meanwhile waits until all is there
            number = len(classes)
            if self._known_classes != number and not self._is_preparing:
                self._is_preparing = True
                try:
                    self.lacks = prepare(self)
                    self._known_classes = number
                finally:
                    self._is_preparing = False

    @contextlib.contextmanager
    def transaction(self):
        """A connection whose changes are committed together at the end, or not at all."""
        self._know_classes()
        with self.whole() as connection:
            yield connection
        if self.is_sqlite and self._inserted >= self._analyse_at:
            self.analyse()

    @contextlib.contextmanager
    def whole(self, rebuilding=False):
        """A `transaction` in a database that need not be ready: in it, it is made so.

        `rebuilding` is for one in which tables are made anew. SQLite does not look at foreign keys meanwhile: it would take
        a table that is copied and dropped for rows that are deleted.
        """
        with self.engine.connect() as connection, contextlib.ExitStack() as after:
            if self.is_sqlite:
                if rebuilding:
                    connection.exec_driver_sql('PRAGMA foreign_keys=OFF')  # which has no effect once a transaction has begun
                    after.callback(connection.invalidate)
                connection.exec_driver_sql('BEGIN IMMEDIATE')  # wait here for other writers, not in the middle
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    def one_by_one(self, connection, what: str) -> None:
        """From here to the end of the transaction of `connection`, nobody else is past this line for the same `what`."""
        if not self.is_sqlite:  # which has one writer at a time anyway
            connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(what, 0))))

    def sees_all(self) -> bool:
        """Whether no rule keeps anything from whoever asks, as of one's own SQLite, and for administrators."""
        return self.is_sqlite or not self.session.scalar(text("SELECT row_security_active('dbobject')"))

    def analyse(self) -> None:
        """Let SQLite look at its tables, a few milliseconds, so that it chooses the right index; done as they grow.

        It follows work that is committed, so when it fails, that is noted and nothing more.
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
        if self.is_sqlite and self._inserted:
            self.analyse()
        for sessions in list(self._sessions.values()):
            sessions.close()
        self.engine.dispose()


def _act_no_more(connection, record):
    """Let a connection that is given back act as nobody else: who takes it next says as whom."""
    if record.info.pop('role', None) is not None and connection is not None:
        act_as(connection, None)


_current: Database | None = None
atexit.register(lambda: use(None))


def database() -> Database:
    """The database in use; opened on first need as the settings say."""
    global _current
    if _current is None:
        from awlike.config import make_home, settings
        if not settings().database:
            make_home()
        use(Database(settings().database_url, settings().user, lambda: current().user_name))
    return _current


def use(new: Database | None) -> None:
    """Use the database `new` from now on."""
    global _current
    if _current is not None:
        _current.close()
    _current = new


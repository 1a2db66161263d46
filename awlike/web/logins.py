"""Logging in with the password of a role of the database; the people who are logged in; a bound on trials."""

import collections
import hashlib
import secrets
import threading
import time
from collections.abc import Callable

from sqlalchemy import NullPool, create_engine, make_url
from sqlalchemy.exc import DBAPIError

from awlike.config import settings
from awlike.errors import NotAllowed
from awlike.web.throttle import Throttle

LONGEST = 12 * 3600.0  # seconds without a request after which somebody must log in again
_PATIENCE = 10         # seconds until the database must answer
_MOST = 10_000         # people who are logged in at a time


class Logins:
    """The people who are logged in, by the digest of the key in their cookie; nothing of it outlives the process.

    Parameters
    ----------
    opens : callable, optional
        Returns whether a name and a password open the database; by default the database is asked.
    """

    def __init__(self, opens: Callable[[str, str], bool] | None = None) -> None:
        self._opens = opens or opens_database
        self._people: collections.OrderedDict[str, tuple[str, float]] = collections.OrderedDict()
        self._lock = threading.Lock()
        self._throttle = Throttle()

    def log_in(self, name: str, password: str, address: str) -> str:
        """Return the key for the cookie of `name`.

        Raises
        ------
        NotAllowed
            When the password is wrong, or there were too many trials from `address` or for `name`.
        """
        wait = self._throttle.wait(address, name)
        if wait:
            raise NotAllowed(f'too many trials: wait {wait:.0f} s, and try again')
        self._throttle.note(address, name)
        if not self._opens(name, password):
            raise NotAllowed('name or password is wrong, or the database does not ask this account for a password')
        self._throttle.forget(address, name)
        key = secrets.token_urlsafe(32)
        with self._lock:
            self._people[_digest(key)] = name, time.monotonic()
            while len(self._people) > _MOST:
                self._people.popitem(last=False)
        return key

    def user(self, key: str) -> str | None:
        """Return who has the key, None for nobody, or after a long time without a request."""
        with self._lock:
            name, used = self._people.get(_digest(key), ('', 0.0))
            if not name:
                return None
            if time.monotonic() - used > LONGEST:
                del self._people[_digest(key)]
                return None
            self._people[_digest(key)] = name, time.monotonic()
            self._people.move_to_end(_digest(key))
            return name

    def log_out(self, key: str) -> None:
        """Forget who has the key."""
        with self._lock:
            self._people.pop(_digest(key), None)


def opens_database(name: str, password: str) -> bool:
    """Return whether the database asks the role `name` for a password and takes this one.

    A database that lets the role in without a password, as by trust, proves nothing about who types.
    """
    if not name or not password or '\0' in name + password:
        return False
    url = make_url(settings().database_url).set(username=name, password=password)
    engine = create_engine(url, poolclass=NullPool, connect_args={'connect_timeout': _PATIENCE})
    try:
        with engine.connect() as connection:
            driver = connection.connection.driver_connection
            return bool(driver is not None and driver.pgconn.used_password)
    except (DBAPIError, UnicodeError):
        return False
    finally:
        engine.dispose()


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()

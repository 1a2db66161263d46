"""Retries, when the database cannot be reached for a moment."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Executable, Row

from awlike.database.sessions import Database, database
from awlike.errors import Unreachable
from awlike.persist.dbobject import DBObject

T = TypeVar('T')

log = logging.getLogger('awlike')

PATIENCE = 60.0       # seconds until a database that cannot be reached counts as gone
_FIRST, _LONGEST = 0.1, 5.0  # seconds between attempts: they grow


def patiently(action: Callable[[], T]) -> T:
    """Return the result of `action`; call it again, for up to a minute, while the database cannot be reached."""
    pause, until = _FIRST, time.monotonic() + PATIENCE
    while True:
        try:
            return action()
        except Unreachable as error:
            if time.monotonic() + pause > until:
                raise
            log.debug('%s', error)
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST)


def is_there_after(error: BaseException, obj: DBObject) -> bool:
    """Return whether the transaction that inserted `obj` was committed, although it ended with `error`.

    Whoever loses the connection, or is interrupted, during the commit cannot know; then this function asks the database.
    """
    if isinstance(error, Exception) and not isinstance(error, Unreachable):
        return False
    return patiently(lambda: database().holds(obj))


def rows(statement: Executable, db: Database | None = None) -> list[Row]:
    """Return the rows that `statement` selects from `db`, by default the database in use.

    They are read apart from any session, so that nobody is kept from writing and a lost connection leaves nothing behind.
    """
    def read() -> list[Row]:
        asked = db or database()
        asked.ready()
        with asked.engine.connect() as connection:
            return list(connection.execute(statement).all())
    return patiently(read)


def first(statement: Executable) -> Row | None:
    """Return the first row that `statement` selects, or None."""
    return next(iter(rows(statement)), None)

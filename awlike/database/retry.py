"""Patience with a database that is away for a moment."""

import logging
import time

from awlike.database.sessions import database
from awlike.errors import Unreachable

log = logging.getLogger('awlike')

PATIENCE = 60.0       # seconds after which what cannot be reached counts as gone
_FIRST, _LONGEST = 0.1, 5.0  # seconds between attempts: they grow


def patiently(action):
    """What `action` gives, which can be done again from the start: for up to a minute while the database cannot be reached."""
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


def is_there_after(error: BaseException, obj) -> bool:
    """Whether the transaction that put `obj` into the database was committed, although it ended with `error`.

    Who loses the connection, or is interrupted, while it commits cannot know; then the database is asked.
    """
    if isinstance(error, Exception) and not isinstance(error, Unreachable):
        return False
    return patiently(lambda: database().holds(obj))


def rows(statement, db=None) -> list:
    """What a statement gives, of `db` or of the database in use; read apart from any session, so that nobody is kept from
    writing, and a connection that was lost leaves nothing behind.
    """
    def read():
        asked = db or database()
        asked.ready()
        with asked.engine.connect() as connection:
            return connection.execute(statement).all()
    return patiently(read)


def first(statement):
    """The first row that a statement gives, or None."""
    return next(iter(rows(statement)), None)

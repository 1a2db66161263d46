"""Claims: of many workers that want the same product, exactly one makes it.

A claim is a row with a heartbeat. The transaction that commits the product deletes the claim, so that each product is made
once; another worker takes over the claim of a maker that died.
"""

import datetime
import functools
import logging
import os
import socket
import threading
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from sqlalchemy import ColumnElement, Connection, CursorResult, Row, and_, delete, select, update

from awlike.current import in_this_context
from awlike.database.retry import patiently
from awlike.database.sessions import Database
from awlike.errors import ProcessingError
from awlike.nights import utcnow
from awlike.persist.tables import claim

log = logging.getLogger('awlike')

BEAT = 5.0         # seconds between heartbeats
CLAIM_DEAD_AFTER = 30.0  # seconds without a heartbeat
_HELD_UP = 'another worker took over: this process was held up for so long that it seemed dead'


class TakenOver(ProcessingError):
    """Another worker took over a claim, because its owner seemed dead."""


class Claims:
    """The claims of this process on one database; the end of its ``with`` block ends the claims and the heartbeat.

    Parameters
    ----------
    database : Database
        The database that keeps the claims.
    user_id : UUID
        The user who claims.
    scope : tuple, optional
        The people who share the claims, as `awlike.context.privileges.scope` returns them: they see the claims, and nobody
        else meets them. By default the user alone.
    """

    def __init__(self, database: Database, user_id: uuid.UUID, scope: tuple | None = None) -> None:
        self._database, self._user_id, self.scope = database, user_id, scope or (1, user_id)
        self._owner, self._stop = uuid.uuid4().hex, threading.Event()
        self._keys: set[str] = set()

    def __enter__(self) -> Self:
        threading.Thread(target=in_this_context(self._beat), name='awlike claims', daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for key in list(self._keys):
            self.give_up(key)

    def acquire(self, key: str, is_done: Callable[[], bool] = lambda: False) -> tuple[bool, str | None]:
        """Try to claim `key`.

        Parameters
        ----------
        is_done : callable
            Returns whether the product exists already; then nothing is claimed. It is called when nobody else can commit
            the product, so that no claim on a product that exists is ever left, whoever is killed when.

        Returns
        -------
        won : bool
            Whether this process has the claim now; if not, the product exists, or a process that is alive has the claim.
        left_behind : str or None
            The name of a file that a dead maker may have left on the data server. The claim keeps the name until another
            file is noted or the claim ends, so that the file stays known until it is removed, whoever dies.
        """
        own = {'owner': self._owner, 'place': place_of_process(), 'pid': os.getpid(), 'user_id': self._user_id,
                'heartbeat': utcnow()}
        level, project_id = self.scope[0], self.scope[1] if self.scope[0] == 2 else None
        row = own | {'key': self._whole(key), 'project_id': project_id, 'privileges': level}
        wanted = select(claim).where(claim.c.key == self._whole(key))
        seen = self._database.session.execute(wanted).first()
        if seen is not None and not is_dead(seen):  # reading alone keeps nobody from writing
            return False, None
        with self._database.transaction() as connection:
            found = connection.execute(wanted.with_for_update()).first()
            taken = None
            if found is None:
                won = self._database.insert_row_absent(connection, claim, row)
            else:
                # PostgreSQL lets nobody have the claim of another before its own clock says that the other is silent.
                taken = _take(connection, found, own) if is_dead(found) else None
                won = taken is not None
            # Asked after the claim: whoever had the claim before ended it in the transaction that committed the product.
            if not won or is_done():
                connection.rollback()
                return False, None
        self._keys.add(key)
        return True, taken.filename if taken else None

    def will_store(self, key: str, filename: str) -> None:
        """Note in the claim the file that is about to be stored.

        Raises
        ------
        TakenOver
            When another worker took over the claim.
        """
        with self._database.transaction() as connection:
            self._insist(connection.execute(update(claim).where(self._own(key)).values(filename=filename)))

    def insist(self, key: str) -> None:
        """Refuse to go on where another worker took over the claim.

        Raises
        ------
        TakenOver
            When it did.
        """
        if self._database.session.scalar(select(claim.c.owner).where(self._own(key))) is None:
            raise TakenOver(_HELD_UP)

    def release(self, connection: Connection, key: str) -> None:
        """End the claim in the transaction that commits the product.

        Raises
        ------
        TakenOver
            When another worker took over meanwhile, because no heartbeat came through; the product must not be committed.
        """
        self._insist(connection.execute(delete(claim).where(self._own(key))))
        self._keys.discard(key)

    def give_up(self, key: str) -> None:
        """End the claim without a product."""
        def delete_it() -> None:
            with self._database.transaction() as connection:
                connection.execute(delete(claim).where(self._own(key)))

        patiently(delete_it)
        self._keys.discard(key)

    @staticmethod
    def _insist(result: CursorResult) -> None:
        if result.rowcount != 1:
            raise TakenOver(_HELD_UP)

    def _own(self, key: str) -> ColumnElement[bool]:
        return and_(claim.c.key == self._whole(key), claim.c.owner == self._owner)

    def _whole(self, key: str) -> str:
        """Return `key` behind its scope, so that nobody outside the scope can be in the way; PostgreSQL insists on that."""
        return ':'.join(map(str, (*self.scope, key)))

    def _beat(self) -> None:
        while not self._stop.wait(BEAT):
            if self._keys:
                try:
                    with self._database.transaction() as connection:
                        connection.execute(update(claim).where(claim.c.owner == self._owner).values(heartbeat=utcnow()))
                except Exception:  # the next heartbeat may come through
                    log.debug('no heartbeat', exc_info=True)


def _take(connection: Connection, found: Row, values: Mapping[str, Any]) -> Row | None:
    """Give the claim `found` new values; return its row, which names no file of an object, or None where that is refused."""
    return connection.execute(update(claim).where(claim.c.key == found.key, claim.c.owner == found.owner)
                              .values(values).returning(claim)).first()


def end(connection: Connection, found: Row, user_id: uuid.UUID) -> str | None:
    """End the claim of a dead maker, unless another worker took over; return the name of the file to remove then."""
    taken = _take(connection, found, {'user_id': user_id})
    if taken is None:
        return None
    connection.execute(delete(claim).where(claim.c.key == found.key, claim.c.owner == found.owner))
    return taken.filename


def is_dead(found: Row) -> bool:
    """Return whether the maker of the claim `found` is dead: no heartbeat for long, or its process has ended."""
    if found.heartbeat < utcnow() - datetime.timedelta(seconds=CLAIM_DEAD_AFTER):
        return True
    return is_gone(found.place, found.pid)


def is_gone(place: str, pid: int) -> bool:
    """Return whether process `pid` of `place` has certainly ended; of processes elsewhere nothing is certain."""
    return place == place_of_process() and not _is_running(pid)


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def place_of_process() -> str:
    """Return the name of the place where process numbers mean the same: this machine since its start, and this container."""
    return _place(os.getpid())


@functools.lru_cache(1)  # each claim tells it; a child may be in another container
def _place(pid: int) -> str:
    try:
        return f'{Path("/proc/sys/kernel/random/boot_id").read_text().strip()} {os.readlink("/proc/self/ns/pid")}'
    except OSError:
        return f'{socket.gethostname()} {uuid.getnode()}'

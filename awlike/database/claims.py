"""Claims: of many workers that want the same thing, one makes it.

A claim is a row with a heartbeat. It goes away in the very transaction that commits the product, so that what is
claimed is made exactly once; the claim of a maker that died is taken over.
"""

import datetime
import logging
import os
import socket
import threading
import uuid
from pathlib import Path

from sqlalchemy import and_, delete, select, update

from awlike.current import in_this_context
from awlike.database.retry import patiently
from awlike.errors import ProcessingError
from awlike.nights import utcnow
from awlike.persist.tables import claim

log = logging.getLogger('awlike')

BEAT = 5.0         # seconds between heartbeats
CLAIM_DEAD_AFTER = 30.0  # seconds without one


class TakenOver(ProcessingError):
    """A claim was lost, because its owner seemed dead."""


class Claims:
    """The claims of this process on one database; use it as a context, which ends the heartbeat.

    Parameters
    ----------
    database : Database
        Where claims are kept.
    user_id : UUID
        For whom.
    scope : tuple, optional
        Among whom, as `awlike.context.privileges.scope` gives it: they see the claims, and no others meet them. By default
        oneself alone.
    """

    def __init__(self, database, user_id, scope=None):
        self._database, self._user_id, self.scope = database, user_id, scope or (1, user_id)
        self._owner, self._stop = uuid.uuid4().hex, threading.Event()
        self._held = set()

    def __enter__(self):
        threading.Thread(target=in_this_context(self._beat), name='awlike claims', daemon=True).start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for key in list(self._held):
            self.give_up(key)

    def acquire(self, key: str, is_done=lambda: False) -> tuple[bool, str | None]:
        """Try to claim `key`.

        Parameters
        ----------
        is_done : callable
            Says whether what is wanted is there already, and then nothing is claimed. It is asked when nobody else can
            commit it, so that no claim is ever left, by whoever is killed when, on something that is there.

        Returns
        -------
        won : bool
            Whether it is ours now; if not, it is done, or somebody who is alive has it.
        left_behind : str or None
            The name of a file that a maker which died may have left on the data server. The claim keeps it until
            another file is noted or the claim ends, so that it is known until it is removed, whoever dies.
        """
        mine = {'owner': self._owner, 'place': place_of_process(), 'pid': os.getpid(), 'user_id': self._user_id,
                'heartbeat': utcnow()}
        level, project_id = self.scope[0], self.scope[1] if self.scope[0] == 2 else None
        row = mine | {'key': self._whole(key), 'project_id': project_id, 'privileges': level}
        wanted = select(claim).where(claim.c.key == self._whole(key))
        seen = self._database.session.execute(wanted).first()
        if seen is not None and not is_dead(seen):  # found by reading alone, which keeps nobody from writing
            return False, None
        with self._database.transaction() as connection:
            held = connection.execute(wanted.with_for_update()).first()
            if held is None:
                won = self._database.insert_row_absent(connection, claim, row)
            else:
                # PostgreSQL lets nobody have the claim of another before its own clock says that the other is silent.
                held = is_dead(held) and _take(connection, held, mine)
                won = bool(held)
            # Asked after the claim: whoever had it before ended it in the transaction that committed what was wanted.
            if not won or is_done():
                connection.rollback()
                return False, None
        self._held.add(key)
        return True, held.filename if held else None

    def will_store(self, key: str, filename: str) -> None:
        """Note the file that is about to be stored.

        Raises
        ------
        TakenOver
            When the claim was taken over.
        """
        with self._database.transaction() as connection:
            self._insist(connection.execute(update(claim).where(self._mine(key)).values(filename=filename)))

    def release(self, connection, key: str) -> None:
        """End the claim in the transaction that commits what was claimed.

        Raises
        ------
        TakenOver
            When it was taken over meanwhile, because no heartbeat came through; what was made must not be committed.
        """
        self._insist(connection.execute(delete(claim).where(self._mine(key))))
        self._held.discard(key)

    def give_up(self, key: str) -> None:
        """End the claim without a product."""
        def delete_it():
            with self._database.transaction() as connection:
                connection.execute(delete(claim).where(self._mine(key)))

        patiently(delete_it)
        self._held.discard(key)

    @staticmethod
    def _insist(result):
        if result.rowcount != 1:
            raise TakenOver('another worker took over: this process was held up for so long that it seemed dead')

    def _mine(self, key):
        return and_(claim.c.key == self._whole(key), claim.c.owner == self._owner)

    def _whole(self, key):
        """With the scope before it, so that nobody outside of it can be in the way; PostgreSQL insists on that."""
        return ':'.join(map(str, (*self.scope, key)))

    def _beat(self):
        while not self._stop.wait(BEAT):
            if self._held:
                try:
                    with self._database.transaction() as connection:
                        connection.execute(update(claim).where(claim.c.owner == self._owner).values(heartbeat=utcnow()))
                except Exception:  # the next one may come through
                    log.debug('no heartbeat', exc_info=True)


def _take(connection, held, values):
    """Give the claim `held` new values; its row then, which names no file that an object has, or None when one may not."""
    return connection.execute(update(claim).where(claim.c.key == held.key, claim.c.owner == held.owner)
                              .values(values).returning(claim)).first()


def end(connection, held, user_id) -> str | None:
    """End the claim of a maker that died, unless another has taken it over; gives the file that is to be removed then."""
    taken = _take(connection, held, {'user_id': user_id})
    if taken is not None:
        connection.execute(delete(claim).where(claim.c.key == held.key, claim.c.owner == held.owner))
    return taken and taken.filename


def is_dead(held) -> bool:
    """Whether the maker of a claim is gone: no heartbeat for long, or no such process where it ran."""
    if held.heartbeat < utcnow() - datetime.timedelta(seconds=CLAIM_DEAD_AFTER):
        return True
    return is_gone(held.place, held.pid)


def is_gone(place: str, pid: int) -> bool:
    """Whether process `pid` of `place` has certainly ended; of what runs elsewhere nothing is certain."""
    return place == place_of_process() and not _is_running(pid)


def _is_running(pid) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def place_of_process() -> str:
    """Where process numbers mean the same: this machine since it started, and this container."""
    try:
        return f'{Path("/proc/sys/kernel/random/boot_id").read_text().strip()} {os.readlink("/proc/self/ns/pid")}'
    except OSError:
        return f'{socket.gethostname()} {uuid.getnode()}'

"""The heartbeat of a job: it shows that the job is alive, and learns whether the user called the job off."""

import logging
import threading
from typing import Self

from awlike.current import in_this_context
from awlike.dpu.ledger import Ledger
from awlike.errors import AwlikeError, Cancelled

log = logging.getLogger('awlike')
_BEAT = 1.0  # seconds between heartbeats


class Heartbeat:
    """A context in which the ledger gets a heartbeat each second. The answer says whether the job is called off."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger, self._ended, self._cancelled = ledger, threading.Event(), threading.Event()
        self._thread = threading.Thread(target=in_this_context(self._beat), name='awlike job', daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(5 * _BEAT)

    def pause(self, seconds: float) -> None:
        """Wait for `seconds`.

        Raises
        ------
        Cancelled
            As soon as the job is called off.
        """
        if self._cancelled.wait(seconds):
            raise Cancelled('the job was cancelled')

    def _beat(self) -> None:
        while not self._ended.wait(_BEAT):
            try:
                if self._ledger.beat():
                    self._cancelled.set()
            except AwlikeError:  # the next heartbeat may come through
                log.debug('no heartbeat', exc_info=True)

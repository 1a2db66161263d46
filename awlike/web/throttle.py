"""A bound on trials to log in: some for each account, more for each address, in a time."""

import collections
import threading
import time

FOR_NAME, FOR_ADDRESS = 5, 20
"""Trials within `WITHIN` seconds, successful ones not counted."""

WITHIN = 60.0
_MOST = 10_000  # accounts and addresses that are kept in mind


class Throttle:
    """The trials of the last minute."""

    def __init__(self) -> None:
        self._trials: collections.OrderedDict[tuple[str, str], list[float]] = collections.OrderedDict()
        self._lock = threading.Lock()

    def wait(self, address: str, name: str) -> float:
        """Return how long `address`, or whoever logs in as `name`, must wait [s]; 0 for not at all."""
        now, longest = time.monotonic(), 0.0
        with self._lock:
            for key, most in self._keys(address, name):
                recent = [when for when in self._trials.get(key, ()) if now - when < WITHIN]
                if len(recent) >= most:
                    longest = max(longest, WITHIN - (now - recent[-most]))
        return longest

    def note(self, address: str, name: str) -> None:
        """Count a trial."""
        now = time.monotonic()
        with self._lock:
            for key, most in self._keys(address, name):
                self._trials[key] = [*self._trials.get(key, ()), now][-most:]
                self._trials.move_to_end(key)
            while len(self._trials) > _MOST:
                self._trials.popitem(last=False)

    def forget(self, address: str, name: str) -> None:
        """Forget the trials of somebody who is in, and the last of the address."""
        with self._lock:
            self._trials.pop(('name', name), None)
            trials = self._trials.get(('address', address))
            if trials:
                trials.pop()

    @staticmethod
    def _keys(address: str, name: str) -> tuple[tuple[tuple[str, str], int], ...]:
        return (('name', name), FOR_NAME), (('address', address), FOR_ADDRESS)

"""Products that are being stored while the next ones are made: a thread writes their files, one after the other."""

import collections
import contextlib
import logging
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import NamedTuple, Self

from awlike.planning.outcome import Outcome
from awlike.planning.step import Step
from awlike.products.product import ProcessTarget
from awlike.tasks.commit import NoClaim, Storing

log = logging.getLogger('awlike')

_AHEAD = 2  # products that are made and not committed: their images are in memory


class _UnderWay(NamedTuple):
    """A step whose product is being stored, and its outcome before."""

    step: Step
    before: Outcome | None
    storing: Storing


class Stores:
    """The products that are being stored; they are committed in the order in which they were made, by the thread that makes.

    At the end of the ``with`` block all are committed. An interruption commits what is made. After any other error, what is
    not committed is not kept, and its claim is left to `awlike.database.claims.Claims`.

    Parameters
    ----------
    done : callable
        Is called with each step once its product is committed, and None; or with the error for which it is not committed.
        Then the outcome of the step is again what it was before.
    """

    def __init__(self, done: Callable[[Step, Exception | None], None]) -> None:
        self._done, self._under_way = done, collections.deque[_UnderWay]()
        self._writer: ThreadPoolExecutor | None = None

    def __contains__(self, step: Step) -> bool:
        return any(one.step is step for one in self._under_way)

    def add(self, step: Step, product: ProcessTarget, claim: NoClaim) -> None:
        """Begin to store the `product` of `step`, whose inputs are committed; wait where too many are under way."""
        while len(self._under_way) >= _AHEAD:
            self._finish_first()
        self._writer = self._writer or ThreadPoolExecutor(1, 'awlike store')
        self._under_way.append(_UnderWay(step, step.outcome, Storing(product, claim, self._writer)))

    def finish(self, steps: Iterable[Step] | None = None) -> None:
        """Commit the products of `steps`, by default of all, and those that were made before them."""
        wanted = None if steps is None else list(steps)
        while self._under_way if wanted is None else any(step in self for step in wanted):
            self._finish_first()

    def finish_written(self) -> None:
        """Commit the products whose files are whole."""
        while self._under_way and self._under_way[0].storing.is_written:
            self._finish_first()

    def _finish_first(self) -> None:
        """Commit the product that was made first."""
        step, before, storing = self._under_way.popleft()
        failure = None
        try:
            try:
                storing.finish()
            finally:
                storing.claim.give_up()
        except Exception as error:
            step.outcome, failure = before, error
        except BaseException:
            step.outcome = before
            raise
        self._done(step, failure)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        try:
            if kind is None:
                self.finish()
            elif issubclass(kind, KeyboardInterrupt):
                with contextlib.suppress(Exception):  # the interruption is what is told
                    self.finish()
        finally:
            while self._under_way:
                self._abandon(self._under_way.popleft())
            if self._writer is not None:
                self._writer.shutdown()

    def _abandon(self, one: _UnderWay) -> None:
        one.step.outcome = one.before
        try:
            one.storing.abandon()
        except Exception:  # `fsck` finds the file
            log.debug('the file of %s is left', one.step, exc_info=True)

"""The seam: what lower rooms need to know of who asks, and who that is just now.

Each question is asked by somebody: a user in a project, at a date. `current` returns whoever that is in this thread or task.
`awlike.assembly` says what a question needs, and sets the default asker of the process.
"""

import contextlib
import datetime
from collections.abc import Callable, Generator, Hashable
from contextvars import ContextVar, copy_context
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar

from awlike.errors import NotAllowed

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

P = ParamSpec('P')
T = TypeVar('T')


class Current(Protocol):
    """The person who asks, as lower rooms see this person; their world is the world at `moment`."""

    moment: datetime.datetime | None
    """The date as of which the world is seen (UTC); None for now."""

    tasks: dict | None
    """The tasks that came with a job, by their identifiers, in place of the user's own; None without a job."""

    @property
    def user_name(self) -> str:
        """The name of the account, ``'anonymous'`` without one."""

    def session(self) -> 'Session':
        """Return the database session by which this asker reads in this thread."""

    @property
    def sight(self) -> Hashable | None:
        """The key of all that `visible` and `value` put into statements. None: no statement is reused."""

    def visible(self, builder: Any) -> 'ColumnElement[bool] | None':
        """Return the SQL condition under which the object at the root of a statement is seen, None where all are."""

    def value(self, node: Any, key: str, column: Any) -> Any:
        """Return the SQL expression for attribute `key` of `node`, kept in `column`, at `moment`."""

    def loaded(self, objects: list) -> None:
        """Set objects that were just read back to `moment`."""

    def scope(self, cls: type, kind: str, value: int | None = None) -> Any:
        """Return the criterion that narrows queries of `cls` to the current project, user or a privileges level."""

    def why(self, product: Any, pars: dict | None) -> Any:
        """Return whether `product` still holds, and if not, what happened."""

    def chosen_because(self, product: Any, role: str) -> Any:
        """Return why `product` was made from this calibration and no other."""

    def predecessor(self, product: Any) -> Any:
        """Return what `product` is compared with today when nothing else is said, or None."""

    def impact(self, obj: Any) -> Any:
        """Return the products that would have to be made again because of `obj`."""

    def correct_header(self, frames: Any, cards: Any, reason: str = '', commit: bool = True) -> Any:
        """Correct cards of raw frames, and return the corrections."""

    def undo_correction(self, frames: Any, reason: str = '', commit: bool = True) -> Any:
        """Take the corrections of raw frames back, and return the new corrections that do so."""

    def suspects(self, date: Any, instrument: str | None = None) -> Any:
        """Return the raw frames of a night that differ from the others of their kind."""

    def night(self, date: Any, instrument: str | None = None, quantity: str = 'imstat.median') -> Any:
        """Return what came in during a night, what was refused, and what was made."""

    def trends(self, instrument: str, quantities: Any = None, dates: Any = None, chip: str | None = None,
               limits: Any = None) -> Any:
        """Return how an instrument changes with time."""


_acting: ContextVar[Current | None] = ContextVar('acting', default=None)
_kind: Callable[..., Current] | None = None
_default: Current | None = None


def assemble(kind: Callable[..., Current]) -> None:
    """Set the class `kind` of all who ask, and make the default asker of this process."""
    global _kind, _default
    _kind, _default = kind, kind()


def new_asker(**known: Any) -> Current:
    """Return somebody who can ask; `known` are the parameters of `awlike.context.asker.Asker`."""
    return _whole_house()(**known)


def _whole_house() -> Callable[..., Current]:
    if _kind is None:
        raise RuntimeError('the house is not assembled: import awlike.assembly, or awlike.frames, before anybody asks')
    return _kind


def current() -> Current:
    """Return whoever asks: the innermost that acts in this thread or task, else the default of the process.

    Raises
    ------
    NotAllowed
        When nobody acts and the process has no default, as in a server of many people.
    """
    found = current_or_none()
    if found is None:
        raise NotAllowed('nobody asks: act as somebody, by with context.acting(user=...)')
    return found


def current_or_none() -> Current | None:
    """Return whoever asks, None where nobody does."""
    _whole_house()
    return _acting.get() or _default


def set_default(asker: Current | None) -> None:
    """Set the asker of all threads and tasks in which nobody acts; with None, a query there is refused."""
    global _default
    _default = asker


@contextlib.contextmanager
def acting(asker: Current) -> Generator[Current, None, None]:
    """Return a context in which `asker` asks, in this thread or task only."""
    token = _acting.set(asker)
    try:
        yield asker
    finally:
        _acting.reset(token)


def in_this_context(function: Callable[P, T]) -> Callable[P, T]:
    """Return `function` for another thread: whoever asks here asks there, too. A new thread by itself knows nobody.

    Each call has a copy of the context of its own, so that several may run at once.
    """
    context = copy_context()

    def call(*arguments: P.args, **named: P.kwargs) -> T:
        return context.copy().run(function, *arguments, **named)
    return call

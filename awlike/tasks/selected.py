"""Selected: the frames that a saved selection gives to a task."""

import uuid
from collections.abc import Iterable
from typing import Any

from awlike.context import context
from awlike.context.saved_selections import SavedSelection
from awlike.errors import NotFound, ParameterError
from awlike.query.criteria import Among
from awlike.query.path import Link
from awlike.query.query import Query


class Selected:
    """The frames that a selection gives to a task: its members, or the science frames of its members.

    Parameters
    ----------
    selection : str or SavedSelection
        The selection, or its name in the current project.
    """

    def __init__(self, selection: Any) -> None:
        if not isinstance(selection, str | SavedSelection):
            raise ParameterError(f'selection {str(selection)[:200]!r}: give the name of a saved selection; a query goes to '
                                 'frames=')
        self._saved = context.selection(selection) if isinstance(selection, str) else selection
        self._query = self._saved.query
        self._ids: dict[uuid.UUID, None] = {}

    @property
    def name(self) -> str:
        """The name of the selection."""
        return self._saved.name

    def __str__(self) -> str:
        """Return the selection in words, as products and plans name it."""
        return f'{self.name}, saved {self._saved.date:%Y-%m-%d %H:%M:%S} by {self._saved.user}'

    def instruments(self) -> list[str]:
        """Return the names of the cameras of the members.

        Raises
        ------
        NotFound
            When the selection has no members.
        """
        from awlike.persist.references import Instrument
        if 'instrument' not in self._query.cls.__properties__:
            raise ParameterError(f'selection {self.name} selects {self._query.cls.__name__}, of which no product is made')
        found = Query(self._query.cls, self._query._settled()).numbers_by('instrument_id')
        if not found:
            raise NotFound(f'selection {self.name} has no members: {self._saved.rule}\n{self._query.explain()}')
        return sorted(one.name for one in Instrument.object_id.in_([one for one in found if one is not None]))

    def kinds(self, kinds: Iterable[type[Any]]) -> tuple[type[Any], ...]:
        """Return which of the classes `kinds`, on which a task works, the selection may select.

        Raises
        ------
        ParameterError
            When it selects none of them.
        """
        kinds = tuple(kinds)
        found = tuple(kind for kind in kinds if self._is_kin(kind))
        if not found:
            raise ParameterError(f'selection {self.name} selects {self._query.cls.__name__}, and the task works on '
                                 f'{" or ".join(kind.__name__ for kind in kinds)}: select those')
        return found

    def narrow(self, query: Query) -> Query:
        """Return `query`, for frames of one of `kinds`, narrowed to the selection."""
        link = self._to_frame(query.cls)
        if link is None:
            return query & self._query
        chosen = Query(self._query.cls, self._query._settled())
        return query & Query(link.target, Among(
            lambda within: chosen._statement(lambda builder: [builder.value((link,), None)], ordered=False, within=within),
            f'of selection {self.name}'))

    def chose(self, frames: Iterable[Any]) -> None:
        """Note the frames that a task works on."""
        self._ids |= {frame.object_id: None for frame in frames}

    def note_use(self, task: str) -> None:
        """Note in the database that `task` uses the selection, with the frames that it works on."""
        context.note_use(self._saved, task, list(self._ids))

    def _is_kin(self, kind: type[Any]) -> bool:
        if _are_kin(self._query.cls, kind):
            return True
        link = self._to_frame(kind)
        return link is not None and _are_kin(link.target, kind)

    def _to_frame(self, kind: type[Any]) -> Link[Any] | None:
        """Return the link from a member to the frame that it is of, where the members are not of class `kind` themselves."""
        link = self._query.cls.__properties__.get('frame')
        return link if not _are_kin(self._query.cls, kind) and isinstance(link, Link) and not link.many else None


def _are_kin(one: type[Any], other: type[Any]) -> bool:
    return issubclass(one, other) or issubclass(other, one)

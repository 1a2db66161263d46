"""Saved selections: named rules of a project, the objects that they select, and what was selected when they were used."""

import csv
import dataclasses
import datetime
import io
import json
import uuid
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from typing_extensions import override

from awlike.errors import AwlikeError, ParameterError
from awlike.persist.links import fetch
from awlike.placing import place
from awlike.query.criteria import Named
from awlike.query.query import Query
from awlike.spelling import counted
from awlike.terminal import Readable, Safe
from awlike.views.html import preview_view
from awlike.views.preview import Preview, as_cell

if TYPE_CHECKING:
    from awlike.context.selections import Selections

FORMATS = ('text', 'csv', 'json')
_OF_SUFFIX = {'.csv': 'csv', '.json': 'json'}
_IN_CSV = ('filename', 'object_id', 'class', 'DATE_OBS', 'instrument', 'chip', 'filter', 'digest')


@dataclasses.dataclass(frozen=True)
class SelectionUse(Safe):
    """One use of a selection.

    Attributes
    ----------
    task, user, date
        The task, who asked, and when (UTC).
    rule : str
        The rule that was in force.
    ids : tuple of uuid.UUID
        The members at that time, in their order.
    """

    task: str
    user: str
    date: datetime.datetime
    rule: str
    ids: tuple[uuid.UUID, ...]
    _context: Any = dataclasses.field(repr=False, compare=False)

    def members(self) -> list[Any]:
        """Return the members of that time that you see, in their order."""
        return self._context._objects(self.ids)

    def __str__(self) -> str:
        return f'{self.task} by {self.user}, {self.date:%Y-%m-%d %H:%M}: {counted(len(self.ids), "member")}'


class SavedSelection(Readable):
    """A named rule of a project, as it was saved at one time. Print it.

    ``&``, ``|`` and ``~`` combine it with queries and other selections; a rule made so follows this selection when it changes.

    Attributes
    ----------
    name, rule : str
        Its name; the rule, spelt as the query.
    class_name : str
        The class of its members.
    user, date
        Who saved the rule, and when (UTC).
    ended_by, ended
        Who changed or removed it, and when (UTC); None as long as it is in force.
    """

    def __init__(self, row: Any, context: 'Selections') -> None:
        self.id, self.name, self.rule, self.class_name = row.id, row.name, row.rule, row.class_name
        self.user, self.date, self.ended_by, self.ended = row.user, row.date, row.ended_by, row.ended
        self._context = context

    @property
    def query(self) -> Query:
        """The query that the rule describes."""
        return self._context._query_of(self.rule, self.class_name)

    @property
    def cls(self) -> type[Any]:
        """The class of the members."""
        return self.query.cls

    def as_query(self) -> Query:
        """Return the query for the members; the rules of its combinations refer to this selection by name."""
        return self.named(self.query)

    def named(self, query: Query) -> Query:
        """Return `query`, which this selection saves, as a query whose rule is the name of the selection."""
        return Query(query.cls, Named(self.name, query._settled()), query._order)

    def __and__(self, other: Any) -> Query:
        return self.as_query() & other

    def __or__(self, other: Any) -> Query:
        return self.as_query() | other

    def __invert__(self) -> Query:
        return ~self.as_query()

    __rand__, __ror__ = __and__, __or__

    # --- members ---

    def members(self) -> list[Any]:
        """Return the members of today (of the date that you see), in the order of date, chip and id, or as the rule says."""
        return list(in_fixed_order(self.query))

    def members_at(self, date: datetime.datetime | str) -> list[Any]:
        """Return the members as of `date`: by the rule that was in force then, of the objects of that date.

        Before the selection was saved, its first rule counts.

        Parameters
        ----------
        date : datetime.datetime or str
            An instant (UTC), as ``'2012-06-01T08:51:44'``.
        """
        return self._context._members_at(self.name, date)

    def __len__(self) -> int:
        return len(self.query)

    def history(self) -> list['SavedSelection']:
        """Return the rules that the selection had, the first one first."""
        return self._context._history(self.name)

    def uses(self) -> list[SelectionUse]:
        """Return the uses of the selection by tasks that committed something, the first one first, as far as you see them."""
        return self._context._uses(self.name)

    # --- out ---

    def export(self, path: str | Path | None = None, format: str | None = None) -> str | Path:
        """Write the members: their names as text, a line each; or a table as CSV; or JSON with the rule.

        Parameters
        ----------
        path : str or pathlib.Path, optional
            The file; an existing file is replaced. Default: the text is returned.
        format : {'text', 'csv', 'json'}, optional
            Default: by the suffix of the file, .csv or .json, else text.

        Returns
        -------
        pathlib.Path or str
            The file, or without `path` the text.
        """
        suffix = '' if path is None else Path(path).suffix.lower()
        chosen = format or _OF_SUFFIX.get(suffix, 'text')
        if chosen not in FORMATS:
            raise ParameterError(f'format {chosen!r}: it is one of {", ".join(FORMATS)}')
        rows = [_row(member) for member in self.members()]
        text = {'text': _as_text, 'csv': _as_csv, 'json': self._as_json}[chosen](rows)
        if path is None:
            return text
        return place(Path(path), lambda temporary: temporary.write_text(text, 'utf-8'))

    def _as_json(self, rows: list[dict[str, Any]]) -> str:
        return json.dumps(self.to_dict() | {'members': rows}, indent=1, default=_plain) + '\n'

    def to_dict(self) -> dict[str, Any]:
        """Return what is known of the selection, but for its members, as JSON values."""
        return {name: getattr(self, name) for name in ('name', 'class_name', 'rule', 'user', 'date')}

    @override
    def __str__(self) -> str:
        uses, number = self.uses(), len(self.history())
        lines = [f'selection {self.name} of {self.class_name}, saved by {self.user}, {self.date:%Y-%m-%d %H:%M}'
                 + (f', rule {number} of its history' if number > 1 else ''), f'  {self.rule}', f'  {_number(self)}']
        if uses:
            lines.append(f'  used {counted(len(uses), "time")}, last by {uses[-1]}')
        return '\n'.join(lines)


class SelectionList(Readable, Sequence[SavedSelection]):
    """The selections of a project by name; print them, or take one as ``[0]``."""

    def __init__(self, members: Iterable[SavedSelection], project: str) -> None:
        self._members, self._project = list(members), project

    def __len__(self) -> int:
        return len(self._members)

    @overload
    def __getitem__(self, position: int) -> SavedSelection: ...

    @overload
    def __getitem__(self, position: slice) -> list[SavedSelection]: ...

    def __getitem__(self, position: int | slice) -> SavedSelection | list[SavedSelection]:
        return self._members[position]

    def _preview(self) -> Preview:
        head = ['name', 'class', 'members', 'who', 'when', 'rule']
        rows = [tuple(map(as_cell, (one.name, one.class_name, _number(one).split(' ')[0], one.user, one.date, one.rule)))
                for one in self]
        title = f'{counted(len(rows), "selection")} in {self._project}'
        return Preview(title, len(rows), head, [''] * len(head), rows).filled()

    @override
    def __str__(self) -> str:
        if not self:
            return f'no selections in {self._project}'
        lines = [f'{counted(len(self), "selection")} in {self._project}']
        for one in self:
            lines += [f'  {one.name}: {_number(one)} ({one.class_name}), saved by {one.user}, {one.date:%Y-%m-%d %H:%M}',
                      f'    {one.rule}']
        return '\n'.join(lines)

    def _repr_html_(self) -> str:
        return preview_view(self._preview())

    def to_dict(self) -> list[dict[str, Any]]:
        """Return the selections as JSON values, for machines."""
        return [one.to_dict() for one in self]


def in_fixed_order(query: Query) -> Query:
    """Return `query` in the order of date, chip and id, unless it has an order of its own."""
    if query._order:
        return query
    names = [name for name, of in (('DATE_OBS', 'DATE_OBS'), ('chip.name', 'chip')) if of in query.cls.__properties__]
    return query.order_by(*names) if names else query


def objects_of(load: Callable[[], Any], cls: type[Any], ids: Sequence[uuid.UUID]) -> list[Any]:
    """Return the visible objects of class `cls` among `ids`, in the order of `ids`; `load` returns the session."""
    seen = {one.object_id for one in cls.object_id.in_(ids)} if ids else set()
    found = fetch(load(), cls, list(seen))
    return [found[one] for one in ids if one in seen]


def _number(selection: SavedSelection) -> str:
    """Return how many members a selection has, in words; where its rule cannot be read here, why."""
    try:
        return counted(len(selection), 'member')
    except AwlikeError as error:
        return f'- members: {error}'


def _row(member: Any) -> dict[str, Any]:
    """Return what a table of members says of one."""
    links = {name: getattr(found, 'name', None) for name in ('instrument', 'chip', 'filter')
             if (found := getattr(member, name, None) if name in type(member).__properties__ else None) is not None}
    values = {name: getattr(member, name) for name in ('filename', 'object_id', 'DATE_OBS', 'digest')
              if name in type(member).__properties__}
    return {name: (values | links | {'class': type(member).__name__}).get(name) for name in _IN_CSV}


def _as_text(rows: list[dict[str, Any]]) -> str:
    return ''.join(f'{row["filename"] or row["object_id"]}\n' for row in rows)


def _as_csv(rows: list[dict[str, Any]]) -> str:
    written = io.StringIO()
    table = csv.DictWriter(written, _IN_CSV, lineterminator='\n')
    table.writeheader()
    table.writerows({name: _plain(value) for name, value in row.items()} for row in rows)
    return written.getvalue()


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str):
        return value
    return value.isoformat() if hasattr(value, 'isoformat') else str(value)

"""Counting: does an object count for a plan, and if not, why not."""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, not_, select

from awlike.context import context
from awlike.context.privileges import level_name, may_use
from awlike.current import current
from awlike.errors import NoCalibration
from awlike.nights import utcnow
from awlike.persist.dataobject import DataObject
from awlike.persist.references import User
from awlike.persist.tables import history
from awlike.planning.beforehand import Beforehand
from awlike.planning.invalid import InvalidAncestry
from awlike.planning.left_out import LeftOut
from awlike.planning.reasons import INVALID, MISSING, Reason
from awlike.query.criteria import Rule
from awlike.query.query import Query
from awlike.query.statement import Node, among

T = TypeVar('T', bound=Any)

_CHUNK = 10_000
_FIRST_YEAR, _LAST_YEAR = 1800, 2200  # of observations; calendars end where time zones are applied to the last dates


class Counting:
    """The rules by which objects count for one plan, and the reasons for which others do not.

    Parameters
    ----------
    commit : bool
        Whether the product will be committed, so that all who will see it must see what it is made from.

    Attributes
    ----------
    known : Beforehand
        What was read before the plan.
    lost : set of uuid.UUID
        The objects whose files are known to be lost.
    trusted : frozenset of uuid.UUID or None
        The projects whose objects serve unasked; None for all.
    left_out : LeftOut
        What could serve but for its project or its level.
    """

    def __init__(self, commit: bool) -> None:
        self.known = known = Beforehand()
        self._audience = context.audience(known.projects) if commit else None
        self.trusted, self.left_out = context.trusted(known.projects, known.sources), LeftOut()
        self._ancestry = InvalidAncestry()
        self._judgements: dict[uuid.UUID, str] = {}
        self.lost = known.lost

    @property
    def knows_all_invalid(self) -> bool:
        """True once it is known of every object whether it is invalid or descends from something invalid."""
        return self._ancestry.complete

    def note(self, origins: Mapping[uuid.UUID, uuid.UUID | None]) -> None:
        """Note for each of some objects the invalid object that it is or descends from, or None, as a statement said it."""
        self._ancestry.note(origins)

    def look_at(self, ids: Iterable[uuid.UUID]) -> None:
        """Find out together which of the objects `ids` are invalid or descend from something invalid."""
        self._ancestry.look_at(ids)

    def of_sources(self, query: Query, told: bool = True) -> Query:
        """Return `query` narrowed to the projects whose objects serve unasked.

        With `told`, `left_out` tells of the objects of other projects.
        """
        trusted = self.trusted
        if trusted is None:
            return query

        if told:
            others = Rule(lambda root: not_(_of_projects(root, trusted)), 'of no source')
            self.left_out.outside(query & Query(query.cls, others))
        return query & Query(query.cls, Rule(_of_projects, 'of sources', {'projects': trusted}))

    def among(self, query: Query) -> list[Any]:
        """Return the objects of `query` that count."""
        found = list(query)
        self.look_at(obj.object_id for obj in found)
        return [obj for obj in found if self.unusable(obj) is None]

    def rows_that_count(self, rows: Iterable[T]) -> list[T]:
        """Return which of `rows` count; they are of raw frames, which descend from nothing."""
        audience = self._audience
        return [row for row in rows if row.is_valid != 0 and (audience is None or may_use(row, *audience))]

    def of_use(self, cls: type, objects: Iterable[T]) -> list[T]:
        """Return which of `objects` of class `cls` are whole and are seen by all who will see the product.

        `left_out` tells of the others, but for those that are invalid.
        """
        audience, objects = self._audience, list(objects)
        found = [one for one in objects if is_whole(one) and (audience is None or may_use(one, *audience))]
        if len(found) < len(objects):
            others = [one for one in objects if one.is_valid != 0]
            self.left_out.broken(cls, (one for one in others if not is_whole(one)))
            self.left_out.hidden(cls, (one for one in others if audience is not None and not may_use(one, *audience)))
        return found

    def unusable(self, obj: Any) -> Reason | None:
        """Return why `obj`, a `Found` or a frame, does not count, or None when it does."""
        if obj.is_valid == 0 or self._ancestry.origin(obj.object_id) is not None:
            return Reason(INVALID, self._judgement(self._ancestry.origin(obj.object_id) or obj.object_id))
        if self._audience is not None and not may_use(obj, *self._audience):
            level = level_name(obj.privileges)
            return Reason(MISSING, f'{obj.filename} is at {level}, hidden from some who would see the product')
        return None

    def invalid_because(self, object_id: uuid.UUID) -> str:
        """Return by whose judgement an object, or what it descends from, is invalid; empty where it is not."""
        origin = self._ancestry.origin(object_id)
        return '' if origin is None else self._judgement(origin)

    def checked(self, values: list[Any]) -> list[Any]:
        """Return `values` with an error in place of each frame that does not count: its text says why."""
        self.look_at(one.object_id for one in values if isinstance(one, DataObject))
        reasons = [self.unusable(one) if isinstance(one, DataObject) else None for one in values]
        return [one if reason is None else NoCalibration(f'{one} cannot be used: {reason.detail}')
                for one, reason in zip(values, reasons, strict=True)]

    def limit_in_words(self) -> str:
        """Return what is asked of raw frames besides validity, in words; nothing where all that is seen may be used."""
        return f' that may go into what is committed at {level_name(context.privileges)}' if self._audience else ''

    def _judgement(self, object_id: uuid.UUID) -> str:
        """Return which object is invalid, since when and by whose judgement."""
        if object_id not in self._judgements:  # the judgements of all that is invalid are read together
            self._judgements |= _judgements(list({object_id, *self._ancestry.origins()}))
        return self._judgements[object_id]


def _of_projects(root: Node, projects: Any) -> ColumnElement[bool]:
    """Return the SQL condition for objects of one of `projects`."""
    return among(root.table.c.project_id, projects)


def is_whole(obj: Any) -> bool:
    """Return whether the frame `obj` has what planning compares; by plain SQL, anybody can write one that has not."""
    date = obj.DATE_OBS
    return date is not None and _FIRST_YEAR <= date.year < _LAST_YEAR and obj.digest is not None and \
        getattr(obj, 'EXPTIME', 0.0) is not None


def in_chunks(values: list[T]) -> Iterator[list[T]]:
    """Yield `values` in lists short enough for one statement."""
    for start in range(0, len(values), _CHUNK):
        yield values[start:start + _CHUNK]


def _judgements(ids: list[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Return what is known of who set the objects `ids` invalid, by id."""
    table, users, texts = DataObject.__table__, User.__table__, {}
    then = history.c.date <= (current().moment or utcnow())
    for some in in_chunks(ids):
        for object_id, filename, class_name in current().session().execute(
                select(table.c.object_id, table.c.filename, table.c.class_name).where(table.c.object_id.in_(some))):
            texts[object_id] = f'{filename or f"{class_name} {object_id}"} is invalid'
        rows = {row.object_id: row for row in current().session().execute(
            select(history.c.object_id, users.c.name, history.c.date).join(users, users.c.object_id == history.c.user_id)
            .where(history.c.object_id.in_(some), history.c.attribute == 'is_valid', history.c.new == '0', then)
            .order_by(history.c.number))}
        texts |= {i: f'{texts[i]}, set by {row.name} on {row.date:%Y-%m-%d %H:%M:%S}' for i, row in rows.items()}
    return texts

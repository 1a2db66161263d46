"""Counting: does an object count for a plan, and if not, why not."""

import uuid
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from sqlalchemy import select

from awlike.context import context
from awlike.context.privileges import level_name, may_use
from awlike.current import current
from awlike.nights import utcnow
from awlike.persist.dataobject import DataObject
from awlike.persist.references import User
from awlike.persist.tables import dropped_file, history
from awlike.planning.invalid import InvalidAncestry
from awlike.planning.reasons import INVALID, MISSING, Reason
from awlike.query.query import Query

T = TypeVar('T', bound=Any)

_CHUNK = 10_000
_LOST = select(dropped_file.c.object_id).where(dropped_file.c.reason == 'lost')


class Counting:
    """The rules by which objects count for one plan, and the reasons for which others do not.

    Parameters
    ----------
    commit : bool
        Whether the product will be committed, so that all who will see it must see what it is made from.

    Attributes
    ----------
    lost : set of uuid.UUID
        The objects whose files are known to be lost.
    """

    def __init__(self, commit: bool) -> None:
        self._audience = context.audience() if commit else None
        self._ancestry = InvalidAncestry()
        self._judgements: dict[uuid.UUID, str] = {}
        self.lost: set[uuid.UUID] = set(current().session().scalars(_LOST))

    def look_at(self, ids: Iterable[uuid.UUID]) -> None:
        """Find out together which of the objects `ids` are invalid or descend from something invalid."""
        self._ancestry.look_at(ids)

    def among(self, query: Query) -> list[Any]:
        """Return the objects of `query` that count."""
        found = list(query)
        self.look_at(obj.object_id for obj in found)
        return [obj for obj in found if self.unusable(obj) is None]

    def rows_that_count(self, rows: Iterable[T]) -> list[T]:
        """Return those of `rows` of raw frames, which descend from nothing, that count."""
        audience = self._audience
        return [row for row in rows if row.is_valid != 0 and (audience is None or may_use(row, *audience))]

    def unusable(self, obj: Any) -> Reason | None:
        """Return why `obj`, a `Found` or a frame, does not count, or None when it does."""
        if obj.is_valid == 0 or self._ancestry.origin(obj.object_id) is not None:
            return Reason(INVALID, self._judgement(self._ancestry.origin(obj.object_id) or obj.object_id))
        if self._audience is not None and not may_use(obj, *self._audience):
            level = level_name(obj.privileges)
            return Reason(MISSING, f'{obj.filename} is at {level}, hidden from some who would see the product')
        return None

    def limit_in_words(self) -> str:
        """Return what is asked of raw frames besides validity, in words; nothing where all that is seen may be used."""
        return f' that may go into what is committed at {level_name(context.privileges)}' if self._audience else ''

    def _judgement(self, object_id: uuid.UUID) -> str:
        """Return which object is invalid, since when and by whose judgement."""
        if object_id not in self._judgements:  # those of all that is invalid are read together
            self._judgements |= _judgements(list({object_id, *self._ancestry.origins()}))
        return self._judgements[object_id]


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

"""Lineage in SQL: one table for all classes, any depth up or down in one recursive statement."""

import datetime
import functools
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Table, bindparam, select

from awlike.current import current
from awlike.errors import QueryError
from awlike.persist.as_of import invalid_ids
from awlike.persist.tables import lineage as edges
from awlike.query.criteria import Among, Outside, literal
from awlike.query.properties import classes
from awlike.query.query import Query

if TYPE_CHECKING:
    from sqlalchemy import BindParameter

    from awlike.persist.dbobject import DBObject

# --- ids of relatives ---

def ancestors_of(*object_ids: 'UUID | BindParameter[Any]') -> Select:
    """Select the ids of all ancestors of `object_ids`."""
    return _closure(edges.c.product, edges.c.input, object_ids)


def descendants_of(object_id: UUID) -> Select:
    """Select the ids of all descendants of `object_id`."""
    return _closure(edges.c.input, edges.c.product, [object_id])


def products_of(object_id: UUID) -> Select:
    """Select the ids of the products that have `object_id` as a direct input."""
    return select(edges.c.product).where(edges.c.input == object_id)


def direct_inputs_of(object_id: UUID) -> Select:
    """Select the ids of the direct inputs of `object_id`."""
    return select(edges.c.input).where(edges.c.product == object_id)


def with_descendants(start: Select, name: str = 'reached') -> Select:
    """Select the ids that `start` selects as ``id``, and the ids of all their descendants; other columns go along."""
    reached = start.cte(name, recursive=True)
    others = [column for column in reached.c if column.name != 'id']
    return select(reached.union(select(edges.c.product, *others).join(reached, edges.c.input == reached.c.id)))


def _closure(start: ColumnElement, end: ColumnElement, object_ids: 'Iterable[UUID | BindParameter[Any]]') -> Select:
    # UNION, not UNION ALL: an object that is reached on several ways is followed once. Without a name of its own, so that a
    # statement may have several.
    reached = select(end.label('id')).where(start.in_(object_ids)).cte(recursive=True)
    onward = edges.alias()
    reached = reached.union(select(onward.c[end.name]).join(reached, onward.c[start.name] == reached.c.id))
    return select(reached.c.id)


# --- ids of what is invalid, today or at the date of who asks ---

def invalid_with_descendants(with_origin: bool = False) -> Select:
    """Select the ids of all invalid objects and of all their descendants.

    `with_origin` adds the column ``origin``: the id of an invalid object from which they descend, a row for each.
    """
    return _invalid_with_descendants(with_origin, current().moment)


@functools.lru_cache(16)  # every plan asks for it
def _invalid_with_descendants(with_origin: bool, moment: datetime.datetime | None) -> Select:
    invalid = invalid_ids(_objects(), moment).subquery()
    origin = [invalid.c.id.label('origin')] if with_origin else []
    return with_descendants(select(invalid.c.id.label('id'), *origin), 'invalid')


def invalid_among_ancestors() -> Select:
    """Select pairs of ids: each object given as ``ids``, and an invalid object that it is or descends from."""
    return _invalid_among_ancestors(current().moment)


@functools.lru_cache(16)
def _invalid_among_ancestors(moment: datetime.datetime | None) -> Select:
    table = _objects()
    reached = select(table.c.object_id.label('id'), table.c.object_id.label('start')).where(
        table.c.object_id.in_(bindparam('ids', expanding=True))).cte('above', recursive=True)
    reached = reached.union(select(edges.c.input, reached.c.start).join(reached, edges.c.product == reached.c.id))
    return select(reached.c.start, reached.c.id).where(reached.c.id.in_(invalid_ids(table, moment)))


def with_invalid_origin(found: Select) -> Select:
    """Return a statement for the rows of `found`, in no order, with one more column; one column of `found` is ``object_id``.

    The new column has the id of an invalid object that the object is or descends from; NULL where there is none.
    """
    rows = found.order_by(None).cte('found')
    above = select(rows.c.object_id.label('id'), rows.c.object_id.label('start')).cte('above', recursive=True)
    above = above.union(select(edges.c.input, above.c.start).join(above, edges.c.product == above.c.id))
    origin = select(above.c.id).where(above.c.start == rows.c.object_id,
                                      above.c.id.in_(invalid_ids(_objects(), current().moment))).limit(1)
    return select(*rows.c, origin.scalar_subquery().label('origin'))


def _objects() -> Table:
    """Return the table of `DataObject`, a class that this module cannot import."""
    return classes['DataObject'].__dict__['__table__']


# --- queries ---

def related(cls: 'type[DBObject]', selection: Callable[[UUID], Select], obj: Any, words: str) -> Query:
    """Return the query for the objects of `cls` that `selection` relates to `obj`, in these `words`."""
    if not hasattr(obj, 'lineage'):
        raise QueryError(f'{cls.__name__} {words} {obj!r}: give a frame or another object that has lineage')
    return Query(cls, Among(lambda _: selection(obj.object_id), f'{words} {obj}',
                            lambda: f'{cls.__name__}.{words.replace(" ", "_")}({literal(obj.object_id)})'))


def valid_with_ancestors(cls: 'type[DBObject]') -> Query:
    """Return the query for the objects of `cls` that are not invalid and have no invalid ancestor."""
    return Query(cls, Outside(invalid_with_descendants, 'neither invalid nor with an invalid ancestor',
                              lambda: f'{cls.__name__}.select_valid()'))

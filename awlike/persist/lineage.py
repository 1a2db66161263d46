"""Lineage: one table for all classes, any depth up or down in one recursive statement."""

import functools

from sqlalchemy import bindparam, select

from awlike.current import current
from awlike.errors import QueryError
from awlike.persist.as_of import invalid_ids
from awlike.persist.tables import lineage as edges
from awlike.query.criteria import Among, Outside
from awlike.query.properties import classes
from awlike.query.query import Query


def ancestors_of(*object_ids):
    """Select the ids of all ancestors of `object_ids`."""
    return _closure(edges.c.product, edges.c.input, object_ids)


def descendants_of(object_id):
    """Select the ids of all descendants of `object_id`."""
    return _closure(edges.c.input, edges.c.product, [object_id])


def products_of(object_id):
    """Select the ids of what was made from `object_id` directly."""
    return select(edges.c.product).where(edges.c.input == object_id)


def tainted(with_origin=False):
    """Select the ids of all invalid objects and of all that descends from them; with the id of one that is to blame."""
    return _tainted(with_origin, current().moment)


@functools.lru_cache(16)
def _tainted(with_origin, moment):
    """Kept, because every plan asks for it; `moment` is what else it depends on."""
    invalid = invalid_ids(classes['DataObject'].__table__, moment).subquery()
    origin = [invalid.c.id.label('origin')] if with_origin else []
    reached = select(invalid.c.id.label('id'), *origin).cte('tainted', recursive=True)
    reached = reached.union(select(edges.c.product, *(reached.c[c.name] for c in origin)).join(
        reached, edges.c.input == reached.c.id))
    return select(reached)


def tainted_among():
    """Select, of the objects given as ``ids``, those that are tainted, each with the id of all that are to blame."""
    return _tainted_among(current().moment)


@functools.lru_cache(16)
def _tainted_among(moment):
    table = classes['DataObject'].__table__
    reached = select(table.c.object_id.label('id'), table.c.object_id.label('start')).where(
        table.c.object_id.in_(bindparam('ids', expanding=True))).cte('above', recursive=True)
    reached = reached.union(select(edges.c.input, reached.c.start).join(reached, edges.c.product == reached.c.id))
    return select(reached.c.start, reached.c.id).where(reached.c.id.in_(invalid_ids(table, moment)))


def _closure(start, end, object_ids):
    # UNION, not UNION ALL: what is reached on several ways is followed once.
    reached = select(end.label('id')).where(start.in_(object_ids)).cte('reached', recursive=True)
    onward = edges.alias()
    reached = reached.union(select(onward.c[end.name]).join(reached, onward.c[start.name] == reached.c.id))
    return select(reached.c.id)


def query(cls, selection, obj, words) -> Query:
    """The query for objects of `cls` that are related to `obj`."""
    if not hasattr(obj, 'lineage'):
        raise QueryError(f'{cls.__name__} {words} {obj!r}: give a frame or another object that has lineage')
    return Query(cls, Among(lambda _: selection(obj.object_id), f'{words} {obj}'))


def untainted(cls) -> Query:
    """The query for objects of `cls` that are not invalid, nor have an invalid ancestor."""
    return Query(cls, Outside(tainted, 'neither invalid nor with an invalid ancestor'))

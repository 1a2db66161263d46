"""Lineage: one table for all classes, any depth up or down in one recursive statement."""

import collections
import functools

from sqlalchemy import select

from awlike.errors import NotFound, QueryError
from awlike.persist.links import fetch, inputs_of, listed
from awlike.persist.past import invalid_ids
from awlike.persist.tables import lineage as edges
from awlike.query.criteria import Among
from awlike.query.properties import classes
from awlike.query.query import Query
from awlike.query.runtime import Runtime
from awlike.query.statement import Builder
from awlike.text import drawn


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
    return _tainted(with_origin, Runtime.moment)


@functools.lru_cache(16)
def _tainted(with_origin, moment):
    """Kept, because every plan asks for it; `moment` is what else it depends on."""
    invalid = invalid_ids(classes['DataObject'].__table__).subquery()
    origin = [invalid.c.id.label('origin')] if with_origin else []
    reached = select(invalid.c.id.label('id'), *origin).cte('tainted', recursive=True)
    reached = reached.union(select(edges.c.product, *(reached.c[c.name] for c in origin)).join(
        reached, edges.c.input == reached.c.id))
    return select(reached)


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


class Relatives:
    """A set of objects known by id and class; the objects themselves are read when they are asked for."""

    def __init__(self, rows, at_hand=()):
        self._classes = {object_id: classes.get(name) for object_id, name in rows}
        self._classes |= {obj.object_id: type(obj) for obj in at_hand}
        self._at_hand = {obj.object_id: obj for obj in at_hand}
        self._objects = None

    @property
    def ids(self):
        """Their ids, in the order of making."""
        return sorted(self._classes)

    def of_class(self, cls):
        """Those of class `cls`."""
        chosen = [(i, c.__name__) for i, c in self._classes.items() if c is not None and issubclass(c, cls)]
        return Relatives(chosen, [obj for obj in self._at_hand.values() if isinstance(obj, cls)])

    def count(self, cls) -> int:
        """How many are of class `cls`."""
        return len(self.of_class(cls))

    def __contains__(self, obj):
        return getattr(obj, 'object_id', None) in self._classes

    def __len__(self):
        return len(self._classes)

    def __bool__(self):
        return bool(self._classes)

    def __iter__(self):
        if self._objects is None:
            if None in self._classes.values():
                raise NotFound('the lineage has objects of a class that is not defined here: import its module')
            found = dict(self._at_hand)
            for cls in set(self._classes.values()):
                ids = [i for i, its_class in self._classes.items() if its_class is cls and i not in self._at_hand]
                found |= fetch(Runtime.session(), cls, ids) if ids else {}
            self._objects = [found[object_id] for object_id in self.ids]
        return iter(self._objects)

    def __getitem__(self, index):
        return list(self)[index]

    def __repr__(self):
        counts = collections.Counter(cls.__name__ if cls else 'unknown class' for cls in self._classes.values())
        return f'{len(self)} objects: ' + ', '.join(f'{n} {name}' for name, n in sorted(counts.items()))


def ancestors(obj) -> Relatives:
    """All that `obj` was made from. No question of visibility: who sees an object sees its ancestors."""
    if obj.is_committed:
        return Relatives(_rows(ancestors_of(obj.object_id), see_all=True))
    found, waiting = {}, [obj]
    while waiting:  # up to what is committed
        new = [i for i in direct_inputs(waiting.pop()) if i.object_id not in found]
        found |= {i.object_id: i for i in new}
        waiting += [i for i in new if not i.is_committed]
    committed = [i.object_id for i in found.values() if i.is_committed]
    above = _rows(ancestors_of(*committed), see_all=True) if committed else []  # so that no database is needed
    return Relatives(above, found.values())


def descendants(obj) -> Relatives:
    """All that was made from `obj` and is visible."""
    return Relatives(_rows(descendants_of(obj.object_id), see_all=False))


def products(obj) -> Relatives:
    """What was made from `obj` directly and is visible."""
    return Relatives(_rows(products_of(obj.object_id), see_all=False))


def _rows(ids, see_all) -> list:
    """Id and class of the objects that the selection `ids` gives."""
    builder = Builder(classes['DataObject'])
    # IN, not a join: for a join SQLite makes a Bloom filter of the whole table.
    statement = select(builder.root.id, builder.root.table.c.class_name).where(builder.root.id.in_(ids))
    seen = None if see_all else Runtime.visible(builder)
    if seen is not None:
        statement = statement.where(seen)
    return Runtime.session().execute(statement).all()


def direct_inputs(obj) -> list:
    """What `obj` was made from directly."""
    return [one for _, _, one in inputs_of(obj)]


class Tree:
    """What an object was made from, as a tree to read; what was shown once is not unfolded again.

    Of a list of raw frames the first and the last are shown, and those that are not valid.
    """

    def __init__(self, obj):
        self.obj = obj

    def lines(self):
        """The lines of the tree."""
        self._read()
        return self._lines(self.obj, '', set())

    def to_prov(self):
        """The whole lineage in the terms of the W3C: a `prov.model.ProvDocument`, of the package `prov`.

        ``.serialize(format='json')`` gives PROV-JSON, ``.get_provn()`` PROV-N; `awlike.persist.prov` tells what is in it.

        Raises
        ------
        MissingExtra
            When the package `prov` is not installed.
        """
        from awlike.persist.provenance import provenance_of
        return provenance_of(self.obj).to_prov()

    def _read(self):
        self._together = list(self.obj.ancestors())  # read, and kept, together rather than one by one

    def _inputs(self, obj):
        """What `obj` was made from directly, a list for each role."""
        return {role: listed(getattr(obj, role)) for role in type(obj).inputs()}

    def _kind(self, obj):
        return type(obj).__name__

    def _lines(self, obj, role, shown):
        known, inputs = obj.object_id in shown, self._inputs(obj)
        shown.add(obj.object_id)
        yield f'{f"{role}: " if role else ""}{self._label(obj)}{" (above)" if known and inputs else ""}'
        branches = [] if known else [branch for name, members in inputs.items()
                                     for branch in self._branches(name, members, shown)]
        yield from drawn(branches)

    def _branches(self, role, members, shown):
        told = [m for n, m in enumerate(members) if n in (0, len(members) - 1) or self._inputs(m) or m.is_valid == 0]
        for number, member in enumerate(told):
            yield self._lines(member, role, shown)
            if number == 0 and len(told) < len(members):
                yield iter([f'{role}: ... {len(members) - len(told)} more ...'])

    def _label(self, obj):
        name, kind = str(obj), self._kind(obj)
        state = '' if obj.is_valid in (None, 1) else f'  [is_valid {obj.is_valid}]'
        return (name if name.startswith(kind) else f'{kind} {name}') + state

    def to_dict(self) -> dict:
        """The same as JSON values, for machines; of what was told before, `inputs` is None."""
        self._read()
        return self._told(self.obj, set())

    def _told(self, obj, told):
        known = obj.object_id in told
        told.add(obj.object_id)
        inputs = None if known else [{'role': role} | self._told(one, told) for role, members in self._inputs(obj).items()
                                     for one in members]
        return {'class': self._kind(obj), 'object_id': str(obj.object_id), 'filename': obj.filename,
                'is_valid': obj.is_valid, 'inputs': inputs}

    def __str__(self):
        return '\n'.join(self.lines())

    __repr__ = __str__


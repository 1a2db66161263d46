"""Lineage: one table for all classes, any depth up or down in one recursive statement."""

import collections
import functools

from sqlalchemy import bindparam, select

from awlike.errors import NotFound, QueryError
from awlike.persist.links import fetch, inputs_of
from awlike.persist.as_of import invalid_ids
from awlike.persist.tables import lineage as edges
from awlike.query.criteria import Among, Outside
from awlike.query.properties import classes
from awlike.query.query import Query
from awlike.current import Runtime
from awlike.query.statement import Builder
from awlike.terminal import Told, coloured


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


def tainted_among():
    """Select, of the objects given as ``ids``, those that are tainted, each with the id of all that are to blame."""
    return _tainted_among(Runtime.moment)


@functools.lru_cache(16)
def _tainted_among(moment):
    table = classes['DataObject'].__table__
    reached = select(table.c.object_id.label('id'), table.c.object_id.label('start')).where(
        table.c.object_id.in_(bindparam('ids', expanding=True))).cte('above', recursive=True)
    reached = reached.union(select(edges.c.input, reached.c.start).join(reached, edges.c.product == reached.c.id))
    return select(reached.c.start, reached.c.id).where(reached.c.id.in_(invalid_ids(table)))


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

    def _counts(self):
        """How many there are of each class, by its name."""
        return sorted(collections.Counter(cls.__name__ if cls else 'unknown class' for cls in self._classes.values()).items())

    def __repr__(self):
        each = ', '.join(f'{number} {name}' for name, number in self._counts())
        return f'{len(self)} objects: {each}' if each else 'no objects'

    def _repr_pretty_(self, printer, cycle):
        printer.text(coloured(repr(self)))

    def _repr_html_(self):
        from awlike.views.html import preview_view
        from awlike.views.preview import Preview
        return preview_view(Preview(f'{len(self)} objects', 0, ['class', 'number'], ['', ''], self._counts()))


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


class Tree(Told):
    """What an object was made from, as a tree to read; what was shown once is not unfolded again.

    Of a list of raw frames the first and the last are shown, and those that are not valid.
    """

    def __init__(self, obj):
        self.obj = obj

    def root(self):
        """The tree, as a `Node`."""
        from awlike.persist.trees import tree
        return tree(self.obj)

    def lines(self):
        """The lines of the tree."""
        return self.root().lines()

    def graph(self):
        """The same as a graph: each object once, and all members of a list in one box. It shows itself in a notebook.

        Returns
        -------
        awlike.views.graph.Graph
            Its `svg` is the drawing, ``save(path)`` writes it.
        """
        from awlike.persist.trees import folded
        from awlike.views.graph import Graph
        return Graph(folded(self.obj), f'lineage of {self.obj}')

    def to_dict(self) -> dict:
        """All of it as JSON values: class, role, object_id, filename, is_valid, and the inputs, each with the same.

        What stands in the tree already has ``'above': True`` instead of its inputs.
        """
        from awlike.persist.trees import plain
        return plain(self.obj)

    def to_prov(self):
        """The whole lineage in the terms of the W3C: a `prov.model.ProvDocument`, of the package `prov`.

        ``.serialize(format='json')`` gives PROV-JSON, ``.get_provn()`` PROV-N; `awlike.persist.w3c_prov` tells what is in it.

        Raises
        ------
        MissingExtra
            When the package `prov` is not installed.
        """
        from awlike.persist.provenance import provenance_of
        return provenance_of(self.obj).to_prov()

    def __str__(self):
        return '\n'.join(self.lines())

    def _repr_html_(self):
        from awlike.views.html import tree_view
        return tree_view(self.root(), self.graph())

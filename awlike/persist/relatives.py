"""Relatives of an object: its ancestors, its descendants and its direct inputs."""

import collections

from sqlalchemy import select

from awlike.current import current
from awlike.errors import NotFound
from awlike.persist.lineage import ancestors_of, descendants_of, products_of
from awlike.persist.links import fetch, inputs_of
from awlike.query.properties import classes
from awlike.query.statement import Builder
from awlike.terminal import coloured


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
                found |= fetch(current().session(), cls, ids) if ids else {}
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
    seen = None if see_all else current().visible(builder)
    if seen is not None:
        statement = statement.where(seen)
    return current().session().execute(statement).all()


def direct_inputs(obj) -> list:
    """What `obj` was made from directly."""
    return [one for _, _, one in inputs_of(obj)]

"""Relatives of an object: its ancestors, its descendants, its direct inputs and products."""

import collections
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Select, bindparam, select

from awlike.current import current
from awlike.errors import NotFound
from awlike.persist.lineage import ancestors_of, descendants_of, direct_inputs_of, products_of
from awlike.persist.links import fetch, inputs_of
from awlike.persist.types import Id
from awlike.query.prepared import prepared
from awlike.query.properties import classes
from awlike.query.statement import Builder
from awlike.spelling import counted
from awlike.terminal import coloured

if TYPE_CHECKING:
    from IPython.lib.pretty import RepresentationPrinter

    from awlike.persist.dataobject import DataObject

_FEW = 100  # objects: there is a statement for each smaller number


class Relatives:
    """A set of objects known by id and class; the objects themselves are read when they are first needed."""

    def __init__(self, rows: Iterable[tuple[UUID, str]], in_memory: 'Collection[DataObject]' = ()) -> None:
        self._classes: dict[UUID, Any] = {object_id: classes.get(name) for object_id, name in rows}
        self._classes |= {obj.object_id: type(obj) for obj in in_memory}
        self._in_memory = {obj.object_id: obj for obj in in_memory}
        self._objects: list[DataObject] | None = None

    @property
    def ids(self) -> list[UUID]:
        """The ids of the objects, in the order in which they were made."""
        return sorted(self._classes)

    def of_class(self, cls: type) -> 'Relatives':
        """Return the objects of class `cls`."""
        chosen = [(i, c.__name__) for i, c in self._classes.items() if c is not None and issubclass(c, cls)]
        return Relatives(chosen, [obj for obj in self._in_memory.values() if isinstance(obj, cls)])

    def count(self, cls: type) -> int:
        """Return the number of objects of class `cls`."""
        return len(self.of_class(cls))

    def __contains__(self, obj: object) -> bool:
        return getattr(obj, 'object_id', None) in self._classes

    def __len__(self) -> int:
        return len(self._classes)

    def __bool__(self) -> bool:
        return bool(self._classes)

    def __iter__(self) -> 'Iterator[DataObject]':
        if self._objects is None:
            if None in self._classes.values():
                raise NotFound('the lineage has objects of a class that is not defined here: import its module')
            found = dict(self._in_memory)
            for cls in set(self._classes.values()):
                ids = [i for i, its_class in self._classes.items() if its_class is cls and i not in self._in_memory]
                found |= fetch(current().session(), cls, ids) if ids else {}
            self._objects = [found[object_id] for object_id in self.ids]
        return iter(self._objects)

    def __getitem__(self, index: Any) -> Any:
        return list(self)[index]

    def _counts(self) -> list[tuple[str, int]]:
        """Return the number of objects of each class, by the name of the class."""
        return sorted(collections.Counter(cls.__name__ if cls else 'unknown class' for cls in self._classes.values()).items())

    def __repr__(self) -> str:
        each = ', '.join(f'{number} {name}' for name, number in self._counts())
        return f'{counted(len(self), "object")}: {each}' if each else 'no objects'

    def _repr_pretty_(self, printer: 'RepresentationPrinter', cycle: bool) -> None:
        printer.text(coloured(repr(self)))

    def _repr_html_(self) -> str:
        from awlike.views.html import preview_view
        from awlike.views.preview import Preview
        return preview_view(Preview(counted(len(self), 'object'), 0, ['class', 'number'], ['', ''], self._counts()))


def direct_inputs(obj: 'DataObject') -> 'list[DataObject]':
    """Return the objects from which `obj` was made directly."""
    return [member for _, _, member in inputs_of(obj)]


def ancestors(obj: 'DataObject') -> Relatives:
    """Return all objects that `obj` descends from; whoever sees an object sees its ancestors."""
    if obj.is_committed:
        return Relatives(_ancestor_rows([obj.object_id]))
    found, waiting = {}, [obj]
    while waiting:  # up to committed objects
        new = [i for i in direct_inputs(waiting.pop()) if i.object_id not in found]
        found |= {i.object_id: i for i in new}
        waiting += [i for i in new if not i.is_committed]
    committed = [i.object_id for i in found.values() if i.is_committed]
    above = _ancestor_rows(committed) if committed else []  # so that no database is needed
    return Relatives(above, found.values())


def descendants(obj: 'DataObject') -> Relatives:
    """Return all visible descendants of `obj`."""
    return Relatives(_rows(descendants_of(obj.object_id), see_all=False))


def inputs(obj: 'DataObject') -> Relatives:
    """Return the objects from which `obj` was made directly, as the database has them."""
    return Relatives(_rows(direct_inputs_of(obj.object_id), see_all=True))


def products(obj: 'DataObject') -> Relatives:
    """Return the visible products that were made from `obj` directly."""
    return Relatives(_rows(products_of(obj.object_id), see_all=False))


def _ancestor_rows(ids: list[UUID]) -> list[Any]:
    """Return id and class name of all ancestors of the objects `ids`: each product that is stored asks for them."""
    if len(ids) > _FEW:
        return _rows(ancestors_of(*ids), see_all=True)
    connection = current().session().connection()
    values = {f'id_{number}': object_id for number, object_id in enumerate(ids)}
    statement = prepared(('ancestors', len(ids)), connection.dialect, lambda: _statement(
        ancestors_of(*[bindparam(name, type_=Id) for name in values]))[0])
    return statement.rows(connection, values)


def _rows(ids: Select, see_all: bool) -> list[Any]:
    """Return id and class name of the objects that the statement `ids` selects."""
    statement, builder = _statement(ids)
    seen = None if see_all else current().visible(builder)
    if seen is not None:
        statement = statement.where(seen)
    return list(current().session().execute(statement).all())


def _statement(ids: Select) -> tuple[Select, Builder]:
    builder = Builder(classes['DataObject'])
    # IN, not a join: for a join SQLite makes a Bloom filter of the whole table.
    return select(builder.root.id, builder.root.table.c.class_name).where(builder.root.id.in_(ids)), builder

"""Links between persistent objects: references by a column, inputs by the lineage table.

A link is read at once for the whole batch that a query returned: touching ``frame.filter`` in a loop over 5,000 frames
costs one statement, not 5,000.
"""

import collections
import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, overload
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, and_, select
from sqlalchemy.orm import Session

from awlike.current import current
from awlike.errors import DefinitionError, Immutable, NotFound
from awlike.persist.tables import lineage
from awlike.query.batch import batch_up, siblings
from awlike.query.path import Link, Path

if TYPE_CHECKING:
    from awlike.persist.dataobject import DataObject
    from awlike.persist.dbobject import DBObject
    from awlike.query.statement import Builder, Node

T = TypeVar('T')
V = TypeVar('V')
D = TypeVar('D', bound='DBObject')

_CHUNK = 10_000  # ids in one statement; SQLite allows 32,766 variables


class _StoredLink(Link, Generic[V]):
    """A link that an instance keeps once it is read or set; a committed object's links do not change.

    On the class it is a `Path`, on an instance a value of type `V`: an object, a list of objects, or None where it may be
    empty.
    """

    if TYPE_CHECKING:
        @overload
        def __get__(self, instance: None, owner: type) -> Path: ...
        @overload
        def __get__(self, instance: object, owner: type | None = None) -> V: ...
        def __get__(self, instance: object, owner: type | None = None) -> Any: ...

    def __set__(self, instance: Any, value: Any) -> None:
        if instance.is_committed:
            raise Immutable(f'{instance} is committed, its {self.name} cannot be changed: make a new object')
        self._check(value if self.many else [value])
        instance.__dict__[self._slot] = list(value) if self.many else value

    def _check(self, values: Iterable[Any]) -> None:
        for value in values:
            if not (isinstance(value, self.target) or (value is None and self.may_be_empty)):
                raise DefinitionError(f'{self.name} links to {self.target.__name__}, not to {value!r}')

    @functools.cached_property
    def _slot(self) -> str:
        return f'_link_{self.name}'

    def load(self, instance: Any) -> Any:
        if self._slot not in instance.__dict__:
            if not instance.is_committed:
                return [] if self.many else None
            batch = [obj for obj in siblings(instance) if self._slot not in obj.__dict__]
            for obj, value in self._read(type(instance).session(), batch):
                obj.__dict__[self._slot] = value
        value = instance.__dict__[self._slot]
        return list(value) if self.many else value

    def _read(self, session: Session, batch: 'Sequence[DBObject]') -> 'Iterable[tuple[DBObject, Any]]':
        """Read the link of each object of `batch`; return each object with the value of its link."""
        raise NotImplementedError


class Reference(_StoredLink[V]):
    """A link that is not lineage, kept in the column ``<name>_id`` of its class.

    Parameters
    ----------
    target : type or str
        The class of the object that it leads to.
    text : str
        The meaning of the link.
    optional : bool
        Whether it may be empty; default no.
    index : bool
        Whether queries by it are quick; default no.
    """

    kind = 'reference'

    if TYPE_CHECKING:
        @overload
        def __init__(self: 'Reference[T]', target: type[T] | str, text: str, *, optional: Literal[False] = False,
                     index: bool = False) -> None: ...
        @overload
        def __init__(self: 'Reference[T | None]', target: type[T] | str, text: str, *, optional: Literal[True],
                     index: bool = False) -> None: ...

    def __init__(self, target: type | str, text: str, *, optional: bool = False, index: bool = False) -> None:
        super().__init__(target, text, optional=optional)
        self.index = index

    @property
    def column(self) -> str:
        """The name of the column."""
        return f'{self.name}_id'

    def identify(self, builder: 'Builder', node: 'Node', outer: bool) -> ColumnElement:
        return node.column(self.column)

    def __set__(self, instance: Any, value: Any) -> None:
        super().__set__(instance, value)
        setattr(instance, self.column, None if value is None else value.object_id)

    def _read(self, session: Session, batch: 'Sequence[DBObject]') -> 'Iterable[tuple[DBObject, Any]]':
        ids = {getattr(obj, self.column) for obj in batch}
        found = fetch(session, self.target, ids - {None})
        return [(obj, found.get(getattr(obj, self.column))) for obj in batch]


class Input(_StoredLink[V]):
    """An object, or a list of objects, from which a product is made: lineage.

    Parameters
    ----------
    target : type or str
        The class of the input.
    text : str
        The purpose of the input.
    many : bool
        Whether it is a list; default no.
    optional : bool
        Whether the product can be made without it; default no.
    existing : bool
        Whether only an input that exists is used: none is made on the way, and where none exists, the product is made
        without it; default no.
    of_chips : str, optional
        For raw frames of other chips of the same exposure: the process parameter that names these chips, a table by name
        of chip. Where the table is empty, the product is made without them.
    switch : str or tuple of str, optional
        The process parameters, yes or no, that switch the input off: where one of them is no, the product is made without
        it. Where all are yes, an input that is not `optional` must be there.
    asked_by : dict, optional
        Process parameters that ask for the input, {name: values}: the product has it only where one of them has one of the
        values, or, where there are no values, is not empty, 0 or no. An input that is asked for must be there, unless it is
        `optional` or one of `many`. Nothing is said of an input for which nobody asked.
    earlier : str, optional
        For products of raw frames, many: the input has products of earlier exposures of the chip. The process parameter of
        this name says how many seconds after its end an exposure counts.
    beside : str, optional
        The role of another input: the product has this input only where it has that one, which needs it.
    named_by : str, optional
        The process parameter that has the name of the file of the input, a frame that exists; where it is empty, there is none.
    of : str, optional
        The role of another input, a frame: the input is a product of that frame. Default: of the frame that is asked for.
    in_band : bool
        For a reference catalogue: whether it serves only if it has magnitudes in the band of the filter; default no.
    of_ensemble : bool
        Whether the input is the one product of the whole ensemble that a request names, as a solution for many frames. A
        product that is wanted without an ensemble has no such input; default no.
    """

    kind = 'input'

    if TYPE_CHECKING:
        @overload
        def __init__(self: 'Input[T]', target: type[T] | str, text: str, *, many: Literal[False] = False,
                     optional: Literal[False] = False, existing: Literal[False] = False, of_chips: None = None,
                     switch: tuple[()] = ()) -> None: ...
        @overload
        def __init__(self: 'Input[list[T]]', target: type[T] | str, text: str, *, many: Literal[True],
                     optional: bool = False, existing: bool = False, of_chips: None = None,
                     switch: str | tuple[str, ...] = ()) -> None: ...
        @overload
        def __init__(self: 'Input[list[T]]', target: type[T] | str, text: str, *, many: bool = False,
                     optional: bool = False, existing: bool = False, of_chips: str) -> None: ...
        @overload
        def __init__(self: 'Input[T | None]', target: type[T] | str, text: str, *, many: Literal[False] = False,
                     optional: bool = False, existing: bool = False, of_chips: None = None,
                     switch: str | tuple[str, ...] = (), beside: str | None = None, in_band: bool = False,
                     named_by: str | None = None, of: str | None = None, of_ensemble: bool = False,
                     asked_by: Mapping[str, tuple] | None = None) -> None: ...
        @overload
        def __init__(self: 'Input[list[T]]', target: type[T] | str, text: str, *, earlier: str,
                     asked_by: Mapping[str, tuple] | None = None) -> None: ...

    def __init__(self, target: type | str, text: str, *, many: bool = False, optional: bool = False, existing: bool = False,
                 of_chips: str | None = None, switch: str | tuple[str, ...] = (), beside: str | None = None,
                 in_band: bool = False, named_by: str | None = None, of: str | None = None, of_ensemble: bool = False,
                 asked_by: Mapping[str, tuple] | None = None, earlier: str | None = None) -> None:
        super().__init__(target, text, many=many or of_chips is not None or earlier is not None,
                         optional=optional or (existing and not asked_by) or of_ensemble or any(
                             one is not None for one in (of_chips, beside, named_by, of, earlier)))
        self.of_ensemble, self.asked_by, self.earlier = of_ensemble, dict(asked_by or {}), earlier
        self.existing, self.of_chips, self.beside, self.in_band = existing, of_chips, beside, in_band
        self.named_by, self.of = named_by, of
        self.switches = (switch,) if isinstance(switch, str) else switch

    @property
    def may_be_empty(self) -> bool:
        return self.optional or bool(self.switches) or bool(self.asked_by)

    def switched_off(self, params: Any) -> str:
        """Return the first of the process parameters `params` that switches the input off; empty where none does."""
        return next((name for name in self.switches if not getattr(params, name)), '')

    def is_asked_for(self, params: Any) -> bool:
        """Return whether the process parameters `params` ask for the input, or nobody needs to."""
        return not self.asked_by or any(getattr(params, name) in values if values else bool(getattr(params, name))
                                        for name, values in self.asked_by.items())

    def identify(self, builder: 'Builder', node: 'Node', outer: bool) -> ColumnElement:
        edge = builder.alias(lineage)
        builder.joins.append((edge, self._tied(edge, node), outer))
        return edge.c.input

    def members(self, node: 'Node') -> tuple[FromClause, ColumnElement[bool], ColumnElement]:
        edge = node.builder.alias(lineage)
        return edge, self._tied(edge, node), edge.c.input

    def _tied(self, edge: FromClause, node: 'Node') -> ColumnElement[bool]:
        return and_(edge.c.product == node.id, edge.c.role == self.name)

    def _read(self, session: Session, batch: 'Sequence[DBObject]') -> 'Iterator[tuple[DBObject, Any]]':
        rows = []
        ids = [obj.object_id for obj in batch]
        for start in range(0, len(ids), _CHUNK):
            rows += session.execute(
                select(lineage.c.product, lineage.c.input)
                .where(lineage.c.product.in_(ids[start:start + _CHUNK]), lineage.c.role == self.name)
                .order_by(lineage.c.product, lineage.c.position)).all()
        found = fetch(session, self.target, {row.input for row in rows})
        inputs = collections.defaultdict(list)
        for product, input_id in rows:
            if input_id not in found:
                raise NotFound(f'{self.name} of object {product} is object {input_id}, which is not in the database: '
                               'awe fsck tells what is broken')
            inputs[product].append(found[input_id])
        for obj in batch:
            members = inputs[obj.object_id]
            yield obj, members if self.many else (members[0] if members else None)


def listed(value: Any) -> list:
    """Return the members of a link as a list, whether the link leads to a list, to one object or to none."""
    return value if isinstance(value, list) else [] if value is None else [value]


def inputs_of(obj: 'DataObject') -> 'Iterator[tuple[str, int, DataObject]]':
    """Return the direct inputs of `obj` as (role, position, object), in the order in which they are declared."""
    for role in type(obj).inputs():
        for position, member in enumerate(listed(getattr(obj, role))):
            yield role, position, member


def fetch(session: Session, cls: type[D], ids: Iterable[UUID]) -> dict[UUID, D]:
    """Return objects of class `cls` by id, as one batch; no statement asks for objects that the session holds already."""
    known: dict[UUID, D] = {}
    for object_id in ids:
        obj = session.identity_map.get(cls.identity_key(object_id))
        if obj is not None:
            known[object_id] = obj
    missing = [object_id for object_id in ids if object_id not in known]
    table = cls.__mapper__.base_mapper.local_table
    fetched: list[D] = []
    for start in range(0, len(missing), _CHUNK):
        fetched += session.scalars(select(cls).where(table.c.object_id.in_(missing[start:start + _CHUNK]))).all()
    batch_up(fetched)
    current().loaded(fetched)
    return known | {obj.object_id: obj for obj in fetched}

"""Links between persistent objects: references by a column, inputs by the lineage table.

A link is read for the whole batch that a query gave at once: touching ``frame.filter`` in a loop over 5,000 frames
costs one statement, not 5,000.
"""

import collections

from sqlalchemy import and_, select

from awlike.current import current
from awlike.errors import DefinitionError, Immutable, NotFound
from awlike.persist.tables import lineage
from awlike.query.batch import batch_up, siblings
from awlike.query.path import Link

_CHUNK = 10_000  # ids in one statement; SQLite allows 32,766 variables


class _StoredLink(Link):
    """A link that an instance keeps once it is read or set; a committed object's links do not change."""

    def __set__(self, instance, value):
        if instance.is_committed:
            raise Immutable(f'{instance} is committed, its {self.name} cannot be changed: make a new object')
        self._check(value if self.many else [value])
        instance.__dict__[self._slot] = list(value) if self.many else value

    def _check(self, values):
        for value in values:
            if not (isinstance(value, self.target) or (value is None and self.optional)):
                raise DefinitionError(f'{self.name} links to {self.target.__name__}, not to {value!r}')

    @property
    def _slot(self):
        return f'_link_{self.name}'

    def load(self, instance):
        if self._slot not in instance.__dict__:
            if not instance.is_committed:
                return [] if self.many else None
            batch = [obj for obj in siblings(instance) if self._slot not in obj.__dict__]
            for obj, value in self._read(type(instance).session(), batch):
                obj.__dict__[self._slot] = value
        value = instance.__dict__[self._slot]
        return list(value) if self.many else value

    def _read(self, session, batch):
        raise NotImplementedError


class Reference(_StoredLink):
    """A link that is not lineage, kept in the column ``<name>_id`` of its class.

    Parameters
    ----------
    target : type or str
        The class it leads to.
    text : str
        What it means.
    optional : bool
        Whether it may be empty; default no.
    index : bool
        Whether queries by it are quick; default no.
    """

    kind = 'reference'

    def __init__(self, target, text, *, optional=False, index=False):
        super().__init__(target, text, optional=optional)
        self.index = index

    @property
    def column(self):
        return f'{self.name}_id'

    def identify(self, builder, node, outer):
        return node.column(self.column)

    def __set__(self, instance, value):
        super().__set__(instance, value)
        setattr(instance, self.column, None if value is None else value.object_id)

    def _read(self, session, batch):
        ids = {getattr(obj, self.column) for obj in batch}
        found = fetch(session, self.target, ids - {None})
        return [(obj, found.get(getattr(obj, self.column))) for obj in batch]


class Input(_StoredLink):
    """What a product was made from: lineage.

    Parameters
    ----------
    target : type or str
        The class of the input.
    text : str
        What it is for.
    many : bool
        Whether it is a list; default no.
    optional : bool
        Whether the product can be made without it; default no.
    existing : bool
        Whether only one that exists is used: none is made on the way, and without one the product is made without it;
        default no.
    of_chips : str, optional
        For raw frames of other chips of the same exposure: the process parameter, a table by name of chip, that says of
        which. Where the table is empty the product is made without.
    """

    kind = 'input'

    def __init__(self, target, text, *, many=False, optional=False, existing=False, of_chips=None):
        super().__init__(target, text, many=many or of_chips is not None, optional=optional or existing or of_chips is not None)
        self.existing, self.of_chips = existing, of_chips

    def identify(self, builder, node, outer):
        edge = builder.alias(lineage)
        builder.joins.append((edge, self._tied(edge, node), outer))
        return edge.c.input

    def members(self, node):
        edge = node.builder.alias(lineage)
        return edge, self._tied(edge, node), edge.c.input

    def _tied(self, edge, node):
        return and_(edge.c.product == node.id, edge.c.role == self.name)

    def _read(self, session, batch):
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
            mine = inputs[obj.object_id]
            yield obj, mine if self.many else (mine[0] if mine else None)


def listed(value) -> list:
    """The members of a link: its list, or the one or none that it leads to."""
    return value if isinstance(value, list) else [] if value is None else [value]


def inputs_of(obj):
    """What `obj` was made from directly: (role, position, object), in the order in which it is declared."""
    for role in type(obj).inputs():
        for position, one in enumerate(listed(getattr(obj, role))):
            yield role, position, one


def fetch(session, cls, ids) -> dict:
    """Objects of class `cls` by id, as one batch; those that the session holds already are not asked for again."""
    known = {}
    for object_id in ids:
        obj = session.identity_map.get(cls.identity_key(object_id))
        if obj is not None:
            known[object_id] = obj
    missing = [object_id for object_id in ids if object_id not in known]
    table, fetched = cls.__mapper__.base_mapper.local_table, []
    for start in range(0, len(missing), _CHUNK):
        fetched += session.scalars(select(cls).where(table.c.object_id.in_(missing[start:start + _CHUNK]))).all()
    batch_up(fetched)
    current().loaded(fetched)
    return known | {obj.object_id: obj for obj in fetched}

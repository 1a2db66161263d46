"""From criteria to one SQL statement: links of a chain become joins, once for each distinct chain."""

import collections
import functools
from collections.abc import Callable, Hashable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from sqlalchemy import ARRAY, ColumnElement, FromClause, Select, any_, bindparam, exists, select

from awlike.current import current

if TYPE_CHECKING:
    from awlike.query.path import Link
    from awlike.query.properties import Property

    Links = tuple['Link', ...]

Statement = Select[*tuple[Any, ...]]
"""A statement that selects objects or columns."""


class Node:
    """One object in a statement: the tables of its class, each under one alias."""

    def __init__(self, builder: 'Builder', cls: type[Any], *, aliased: bool, outer: bool = False,
                 on: 'Callable[[FromClause], ColumnElement[bool]] | None' = None) -> None:
        self.builder, self.cls, self._aliased, self._outer = builder, cls, aliased, outer
        self._base: FromClause = cls.__mapper__.base_mapper.local_table
        table = builder.alias(self._base) if aliased else self._base
        self._tables = {self._base: table}
        self.joined: dict[Hashable, Any] = {}
        """What properties of this object have joined, by a key of their own: once for all criteria."""
        if on is not None:
            builder.joins.append((table, on(table), outer))

    @property
    def id(self) -> ColumnElement[Any]:
        """The column of the id of the object."""
        return self._tables[self._base].c.object_id

    @property
    def table(self) -> FromClause:
        """The table of the root class of the object, under its alias."""
        return self._tables[self._base]

    def column(self, key: str) -> Any:
        """Return the column of the mapped attribute `key`; joins the own table of the class where the column lies there."""
        column = self.cls.__mapper__.columns[key]
        if key == 'object_id':
            return self.id
        if column.table not in self._tables and self._aliased:
            own = self.builder.alias(column.table)
            self.builder.joins.append((own, own.c.object_id == self.id, self._outer))
            self._tables[column.table] = own
        return current().value(self, key, self._tables.get(column.table, column.table).c[column.key])


class Builder:
    """The collector of the joins that the criteria of one statement about class `cls` need.

    `within` is the builder of the statement that this statement is a part of, if any. `aliased` is false where the
    statement is for whole objects, whose tables SQLAlchemy names.
    """

    def __init__(self, cls: type[Any], within: 'Builder | None' = None, aliased: bool = True) -> None:
        self.joins: list[tuple[FromClause, ColumnElement[bool], bool]] = []
        self._aliases: collections.Counter[FromClause] = within._aliases if within is not None else collections.Counter()
        self.root = Node(self, cls, aliased=aliased)
        self._ids: dict[Links, ColumnElement[Any]] = {}
        self._nodes: dict[Links, Node] = {(): self.root}

    def alias(self, table: FromClause) -> FromClause:
        """Return the next alias of `table`, which nothing else in the statement has."""
        self._aliases[table] += 1
        return _alias(table, self._aliases[table])

    def link_id(self, links: 'Links') -> ColumnElement[Any]:
        """Return the id at the end of the chain `links`, without a join of the object at that end."""
        if not links:
            return self.root.id
        if links not in self._ids:
            self._ids[links] = links[-1].identify(self, self.node(links[:-1]), self._may_be_empty(links))
        return self._ids[links]

    def node(self, links: 'Links') -> Node:
        """Return the object at the end of the chain `links`."""
        if links not in self._nodes:
            target_id = self.link_id(links)
            self._nodes[links] = Node(self, links[-1].target, aliased=True, outer=self._may_be_empty(links),
                                      on=lambda table: table.c.object_id == target_id)
        return self._nodes[links]

    @staticmethod
    def _may_be_empty(links: 'Links') -> bool:
        return any(link.may_be_empty for link in links)

    def value(self, links: 'Links', leaf: 'Property | None') -> Any:
        """Return the SQL expression for the property `leaf` at the end of `links`; for the id there without a leaf."""
        return self.link_id(links) if leaf is None else leaf.expression(self.node(links))

    def any_member(self, path: '_Chain', holds: Callable[[Any], ColumnElement[bool]]) -> ColumnElement[bool]:
        """Return the condition `holds` for the value at the end of `path`; over a list link, for any member."""
        links = path._links
        first = next((i for i, link in enumerate(links) if link.many), None)
        if first is None:
            return holds(self.value(links, path._leaf))
        return self._exists(self.node(links[:first]), links[first], links[first + 1:], path._leaf, holds)

    def _exists(self, node: Node, link: 'Link', rest: 'Links', leaf: 'Property | None',
                holds: Callable[[Any], ColumnElement[bool]]) -> ColumnElement[bool]:
        table, tied, member_id = link.members(node)
        inner = Builder(link.target, within=self)
        condition = inner.any_member(_Rest(rest, leaf), holds)
        statement = inner.apply(select(member_id).select_from(table).join(
            inner.root.table, inner.root.id == member_id)).where(tied, condition)
        return exists(statement)

    def apply(self, statement: 'Statement') -> 'Statement':
        """Return `statement` with the joins."""
        for table, on, outer in self.joins:
            statement = statement.join(table, on, isouter=outer)
        return statement


class Several(NamedTuple):
    """The places of a list in a statement that is written before its values are known: so many, or None for one list."""

    name: str
    number: int | None

    @property
    def names(self) -> list[str]:
        """The names of the places."""
        return [f'{self.name}_{number}' for number in range(self.number or 0)]

    def has(self, column: ColumnElement[Any]) -> ColumnElement[bool]:
        """Return the SQL condition that `column` is one of the values."""
        if self.number is None:
            return column == any_(bindparam(self.name, required=False, type_=ARRAY(column.type, dimensions=1)))
        return column.in_([bindparam(name, required=False, type_=column.type) for name in self.names])


def among(column: ColumnElement[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """Return the SQL condition that `column` is one of `values`; an equality for one value, which is quicker to prepare."""
    if isinstance(values, Several):
        return values.has(column)
    values = list(values)
    return column == values[0] if len(values) == 1 else column.in_(values)


@functools.cache  # an alias takes longer to make than all else that a short statement needs
def _alias(table: Any, number: int) -> FromClause:
    return table.alias(f'{table.name}_{number}')


class _Chain(Protocol):
    """A path as statements see it: links, and perhaps a property at their end."""

    _links: 'Links'
    _leaf: 'Property | None'


class _Rest:
    """The remainder of a path behind a list link."""

    def __init__(self, links: 'Links', leaf: 'Property | None') -> None:
        self._links, self._leaf = links, leaf

"""From criteria to one SQL statement: links of a chain become joins, once for each distinct chain."""

import collections
import functools

from sqlalchemy import exists, select

from awlike.current import current


class Node:
    """One object in a statement: the tables of its class, each under one alias."""

    def __init__(self, builder, cls, *, aliased, outer=False, on=None):
        self.builder, self.cls, self._aliased, self._outer = builder, cls, aliased, outer
        self._base = cls.__mapper__.base_mapper.local_table
        self._tables = {}
        table = builder.alias(self._base) if aliased else self._base
        self._tables[self._base] = table
        if on is not None:
            builder.joins.append((table, on(table), outer))

    @property
    def id(self):
        return self._tables[self._base].c.object_id

    @property
    def table(self):
        return self._tables[self._base]

    def column(self, key):
        """The column of the mapped attribute `key`; joins the table of the class's own columns when it lies there."""
        column = self.cls.__mapper__.columns[key]
        if key == 'object_id':
            return self.id
        if column.table not in self._tables and self._aliased:
            own = self.builder.alias(column.table)
            self.builder.joins.append((own, own.c.object_id == self.id, self._outer))
            self._tables[column.table] = own
        return current().value(self, key, self._tables.get(column.table, column.table).c[column.key])


class Builder:
    """Collects the joins that the criteria of one statement about class `cls` need.

    `within` is the builder of the statement that this one is a part of, if it is; `aliased` is false where the
    statement is for whole objects, whose tables SQLAlchemy names.
    """

    def __init__(self, cls, within=None, aliased=True):
        self.joins = []
        self._aliases = within._aliases if within is not None else collections.Counter()
        self.root = Node(self, cls, aliased=aliased)
        self._ids, self._nodes = {}, {(): self.root}

    def alias(self, table):
        """The next alias of `table`, which nothing else in the statement has."""
        self._aliases[table] += 1
        return _alias(table, self._aliases[table])

    def link_id(self, links):
        """The id at the end of the chain `links`; the object itself is not joined for it."""
        if not links:
            return self.root.id
        if links not in self._ids:
            self._ids[links] = links[-1].identify(self, self.node(links[:-1]), self._may_be_empty(links))
        return self._ids[links]

    def node(self, links):
        """The object at the end of the chain `links`."""
        if links not in self._nodes:
            target_id = self.link_id(links)
            self._nodes[links] = Node(self, links[-1].target, aliased=True, outer=self._may_be_empty(links),
                                      on=lambda table: table.c.object_id == target_id)
        return self._nodes[links]

    @staticmethod
    def _may_be_empty(links):
        return any(link.optional for link in links)

    def value(self, links, leaf):
        return self.link_id(links) if leaf is None else leaf.expression(self.node(links))

    def any_member(self, path, holds):
        """`holds` of the value at the end of `path`; over a list link: of any member."""
        links = path._links
        first = next((i for i, link in enumerate(links) if link.many), None)
        if first is None:
            return holds(self.value(links, path._leaf))
        return self._exists(self.node(links[:first]), links[first], links[first + 1:], path._leaf, holds)

    def _exists(self, node, link, rest, leaf, holds):
        table, tied, member_id = link.members(node)
        inner = Builder(link.target, within=self)
        condition = inner.any_member(_Rest(rest, leaf), holds)
        statement = inner.apply(select(member_id).select_from(table).join(
            inner.root.table, inner.root.id == member_id)).where(tied, condition)
        return exists(statement)

    def apply(self, statement):
        """`statement` with the joins made."""
        for table, on, outer in self.joins:
            statement = statement.join(table, on, isouter=outer)
        return statement


def among(column, values):
    """The SQL condition that `column` is one of `values`; of one value it is an equality, which is quicker to prepare."""
    values = list(values)
    return column == values[0] if len(values) == 1 else column.in_(values)


@functools.cache
def _alias(table, number):
    """Kept, because to make an alias takes longer than all else that a short statement needs."""
    return table.alias(f'{table.name}_{number}')


class _Rest:
    """What remains of a path behind a list link."""

    def __init__(self, links, leaf):
        self._links, self._leaf = links, leaf

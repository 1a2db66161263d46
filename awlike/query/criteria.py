"""Criteria: the tree of conditions that a query holds, as values; `where` writes each condition in SQL."""

import dataclasses
import operator
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import ColumnElement, and_, false, func, not_, or_
from typing_extensions import override

if TYPE_CHECKING:
    from awlike.query.path import Path
    from awlike.query.statement import Builder, Statement

COMPARISONS: dict[Callable[[Any, Any], Any], str] = {
    operator.eq: '==', operator.ne: '!=', operator.lt: '<', operator.le: '<=', operator.gt: '>', operator.ge: '>=',
}


class Criterion(Protocol):
    """A condition on the object at the root of a statement; `str` writes the condition as a user does."""

    def where(self, builder: 'Builder') -> ColumnElement[bool]:
        """Return the condition in SQL; adds the joins that it needs to `builder`."""


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Compare:
    """``path op value``; false for an empty link or a missing value, except with ``!=``.

    `said` is the condition in words where `value` is the id of an object that has a name.
    """

    path: 'Path'
    op: Callable[[Any, Any], Any]
    value: Any
    said: str = ''

    def where(self, builder: 'Builder') -> ColumnElement[bool]:
        if self.value is None and self.path._leaf is None and self.path._links[-1].many:
            filled = builder.any_member(self.path, lambda member: member.is_not(None))
            return filled if self.op is operator.ne else not_(filled)
        return builder.any_member(self.path, self._holds)

    def _holds(self, expression: ColumnElement[Any]) -> ColumnElement[bool]:
        if self.value is None:
            return expression.is_(None) if self.op is operator.eq else expression.is_not(None)
        if self.op is operator.ne:
            return expression.is_distinct_from(self.value)
        return self.op(expression, self.value)

    @override
    def __str__(self) -> str:
        if self.said:
            return self.said
        value = f"'{self.value.isoformat()}'" if hasattr(self.value, 'isoformat') else repr(self.value)
        if isinstance(self.value, uuid.UUID):
            value = f'object {self.value}'
        return f'{self.path} {COMPARISONS[self.op]} {value}'


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Like:
    """The text at `path` matches a pattern with ``*`` and ``?``."""

    path: 'Path'
    pattern: str

    def where(self, builder: 'Builder') -> ColumnElement[bool]:
        pattern = self.pattern
        for special in '\\%_':
            pattern = pattern.replace(special, '\\' + special)
        pattern = pattern.replace('*', '%').replace('?', '_')
        return builder.any_member(self.path, lambda expression: expression.like(pattern, escape='\\'))

    @override
    def __str__(self) -> str:
        return f'{self.path}.like({self.pattern!r})'


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Members:
    """The value at `path` is one of `values`."""

    path: 'Path'
    values: tuple[Any, ...]
    said: str = ''

    def where(self, builder: 'Builder') -> ColumnElement[bool]:
        values = [v for v in self.values if v is not None]

        def holds(expression: ColumnElement[Any]) -> ColumnElement[bool]:
            among = expression.in_(values)
            return or_(among, expression.is_(None)) if len(values) < len(self.values) else among

        return builder.any_member(self.path, holds)

    @override
    def __str__(self) -> str:
        return self.said or f'{self.path}.in_({listed(self.values)})'


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Among:
    """The id of the object is among the ids that `select` returns for the builder of the statement; `text` says so in words."""

    select: 'Callable[[Builder], Statement]'
    text: str

    def where(self, builder: 'Builder') -> ColumnElement[bool]:
        return builder.root.id.in_(self.select(builder))

    @override
    def __str__(self) -> str:
        return self.text


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Outside:
    """The id of the object is none of the distinct ids that `select` returns; `text` says so in words.

    The criterion is a join: with ``NOT IN``, PostgreSQL goes through a whole long list for each object.
    """

    select: 'Callable[[], Statement]'
    text: str

    def where(self, builder: 'Builder') -> ColumnElement[bool]:
        inside = self.select().subquery()
        builder.joins.append((inside, inside.c.id == builder.root.id, True))
        return inside.c.id.is_(None)

    @override
    def __str__(self) -> str:
        return self.text


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Rule:
    """The SQL that `condition` returns for the object at the root of the statement holds; `text` says so in words.

    `values` are further arguments of `condition`, by name: values, lists of values, or None. A condition that has all its
    values from there, and so is a function of a module, is written once for all values (`awlike.query.prepared`): `among`
    compares with a list, and None is written as it is.
    """

    condition: 'Callable[..., ColumnElement[bool]]'
    text: str
    values: Mapping[str, Any] | None = None

    def where(self, builder: 'Builder') -> ColumnElement[bool]:
        return self.condition(builder.root, **(self.values or {}))

    @override
    def __str__(self) -> str:
        return self.text


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class And:
    """Both criteria hold."""

    left: Criterion
    right: Criterion

    def where(self, builder: 'Builder') -> ColumnElement[bool]:
        return and_(*(criterion.where(builder) for criterion in conjuncts(self)))

    @override
    def __str__(self) -> str:
        return ' & '.join(f'({c})' for c in conjuncts(self))


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Or:
    """One of the criteria holds, or both."""

    left: Criterion
    right: Criterion

    def where(self, builder: 'Builder') -> ColumnElement[bool]:
        return or_(self.left.where(builder), self.right.where(builder))

    @override
    def __str__(self) -> str:
        return f'({self.left}) | ({self.right})'


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Not:
    """The criterion does not hold. A criterion does not hold where a value is missing, so its negation does."""

    criterion: Criterion

    def where(self, builder: 'Builder') -> ColumnElement[bool]:
        return not_(func.coalesce(self.criterion.where(builder), false()))

    @override
    def __str__(self) -> str:
        return f'~({self.criterion})'


def listed(values: Sequence[Any]) -> str:
    """Return the first of `values` as a list is written."""
    return f'[{", ".join(map(repr, values[:3]))}{", ..." if len(values) > 3 else ""}]'


def conjuncts(criterion: Criterion | None) -> list[Criterion]:
    """Return the criteria that `criterion` joins by "and", in the order in which they were written."""
    if criterion is None:
        return []
    if isinstance(criterion, And):
        return conjuncts(criterion.left) + conjuncts(criterion.right)
    return [criterion]

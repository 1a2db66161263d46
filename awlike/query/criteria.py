"""Criteria: the tree of conditions that a query holds, as values.

`where` writes a condition in SQL. `written` writes it as a rule, which `awlike.query.rules.read_rule` reads back; a criterion
without this method cannot be saved.
"""

import dataclasses
import math
import operator
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import ColumnElement, and_, false, func, not_, or_, true
from typing_extensions import override

from awlike.errors import QueryError

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

    def written(self) -> str:
        """Return the condition as a rule."""
        return f'{self.path} {COMPARISONS[self.op]} {literal(self.value)}'


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

    def written(self) -> str:
        """Return the condition as a rule."""
        return str(self)


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

    def written(self) -> str:
        """Return the condition as a rule, with all values."""
        return f'{self.path}.in_([{", ".join(map(literal, self.values))}])'


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Among:
    """The id of the object is among the ids that `select` returns for the builder of the statement; `text` says so in words.

    `rule` returns the condition as a rule, where it can be written as one.
    """

    select: 'Callable[[Builder], Statement]'
    text: str
    rule: 'Callable[[], str] | None' = None

    def where(self, builder: 'Builder') -> ColumnElement[bool]:
        return builder.root.id.in_(self.select(builder))

    @override
    def __str__(self) -> str:
        return self.text

    def written(self) -> str:
        """Return the condition as a rule."""
        return _written_by(self.rule, self)


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Outside:
    """The id of the object is none of the distinct ids that `select` returns; `text` says so in words.

    The criterion is a join: with ``NOT IN``, PostgreSQL goes through a whole long list for each object. `rule` as in `Among`.
    """

    select: 'Callable[[], Statement]'
    text: str
    rule: 'Callable[[], str] | None' = None

    def where(self, builder: 'Builder') -> ColumnElement[bool]:
        inside = self.select().subquery()
        builder.joins.append((inside, inside.c.id == builder.root.id, True))
        return inside.c.id.is_(None)

    @override
    def __str__(self) -> str:
        return self.text

    def written(self) -> str:
        """Return the condition as a rule."""
        return _written_by(self.rule, self)


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

    def written(self) -> str:
        """Return the condition as a rule, in which ``select_valid()`` stands for all that it asks."""
        parts = dict.fromkeys(map(written, conjuncts(self)))
        said = {part.replace('select_valid()', 'quality_flags == 0') for part in parts if part.endswith('.select_valid()')}
        return ' & '.join(f'({part})' for part in parts if part not in said) if len(parts) > 1 else next(iter(parts))


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Or:
    """One of the criteria holds, or both."""

    left: Criterion
    right: Criterion

    def where(self, builder: 'Builder') -> ColumnElement[bool]:
        return or_(*(criterion.where(builder) for criterion in alternatives(self)))

    @override
    def __str__(self) -> str:
        return ' | '.join(f'({c})' for c in alternatives(self))

    def written(self) -> str:
        """Return the condition as a rule."""
        return ' | '.join(f'({written(c)})' for c in alternatives(self))


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Not:
    """The criterion does not hold. A criterion does not hold where a value is missing, so its negation does."""

    criterion: Criterion

    def where(self, builder: 'Builder') -> ColumnElement[bool]:
        return not_(func.coalesce(self.criterion.where(builder), false()))

    @override
    def __str__(self) -> str:
        return f'~({self.criterion})'

    def written(self) -> str:
        """Return the condition as a rule."""
        return f'~({written(self.criterion)})'


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Named:
    """The criterion of the saved selection `name` holds, if it has one.

    A rule keeps the name, so that it follows the selection.
    """

    name: str
    criterion: Criterion | None

    def where(self, builder: 'Builder') -> ColumnElement[bool]:
        return true() if self.criterion is None else self.criterion.where(builder)

    @override
    def __str__(self) -> str:
        return f'selection({self.name!r})'

    def written(self) -> str:
        """Return the condition as a rule."""
        return str(self)


def listed(values: Sequence[Any]) -> str:
    """Return the first of `values` as a list is written."""
    return f'[{", ".join(map(repr, values[:3]))}{", ..." if len(values) > 3 else ""}]'


def conjuncts(criterion: Criterion | None) -> list[Criterion]:
    """Return the criteria that `criterion` joins by "and", in the order in which they were written."""
    return [] if criterion is None else _joined(criterion, And)


def alternatives(criterion: Criterion) -> list[Criterion]:
    """Return the criteria that `criterion` joins by "or", in the order in which they were written."""
    return _joined(criterion, Or)


def _joined(criterion: Criterion, by: type[And] | type[Or]) -> list[Criterion]:
    waiting, found = [criterion], []
    while waiting:
        one = waiting.pop()
        if isinstance(one, by):
            waiting += [one.right, one.left]
        else:
            found.append(one)
    return found


def written(criterion: Criterion) -> str:
    """Return `criterion` as a rule, which `awlike.query.rules.read_rule` reads back.

    Raises
    ------
    QueryError
        When it cannot be written as one.
    """
    return _written_by(getattr(criterion, 'written', None), criterion)


def _written_by(rule: 'Callable[[], str] | None', criterion: Criterion) -> str:
    if rule is None:
        raise QueryError(f'the condition "{criterion}" cannot be saved in a rule: leave it out, or select by attributes')
    return rule()


def literal(value: Any) -> str:
    """Return a value of a comparison as a rule has it."""
    if isinstance(value, uuid.UUID):
        return f"object('{value}')"
    if isinstance(value, float) and math.isinf(value):
        return '1e999' if value > 0 else '-1e999'
    return repr(value.isoformat() if hasattr(value, 'isoformat') else value)

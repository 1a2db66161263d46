"""Criteria: the tree of conditions that a query holds, as values; `where` says them in SQL."""

import dataclasses
import operator
import uuid

from sqlalchemy import and_, false, func, not_, or_

COMPARISONS = {
    operator.eq: '==', operator.ne: '!=', operator.lt: '<', operator.le: '<=', operator.gt: '>', operator.ge: '>=',
}


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Compare:
    """``path op value``; an empty or missing value makes it false, but for ``!=``."""

    path: object
    op: object
    value: object

    def where(self, builder):
        if self.value is None and self.path._leaf is None and self.path._links[-1].many:
            filled = builder.any_member(self.path, lambda member: member.is_not(None))
            return filled if self.op is operator.ne else not_(filled)
        return builder.any_member(self.path, self._holds)

    def _holds(self, expression):
        if self.value is None:
            return expression.is_(None) if self.op is operator.eq else expression.is_not(None)
        if self.op is operator.ne:
            return expression.is_distinct_from(self.value)
        return self.op(expression, self.value)

    def __str__(self):
        value = f"'{self.value.isoformat()}'" if hasattr(self.value, 'isoformat') else repr(self.value)
        if isinstance(self.value, uuid.UUID):
            value = f'object {self.value}'
        return f'{self.path} {COMPARISONS[self.op]} {value}'


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Like:
    """The text at `path` matches a pattern with ``*`` and ``?``."""

    path: object
    pattern: str

    def where(self, builder):
        pattern = self.pattern
        for special in '\\%_':
            pattern = pattern.replace(special, '\\' + special)
        pattern = pattern.replace('*', '%').replace('?', '_')
        return builder.any_member(self.path, lambda expression: expression.like(pattern, escape='\\'))

    def __str__(self):
        return f'{self.path}.like({self.pattern!r})'


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Members:
    """The value at `path` is one of `values`."""

    path: object
    values: tuple

    def where(self, builder):
        values = [v for v in self.values if v is not None]

        def holds(expression):
            among = expression.in_(values)
            return or_(among, expression.is_(None)) if len(values) < len(self.values) else among

        return builder.any_member(self.path, holds)

    def __str__(self):
        shown = ', '.join(map(repr, self.values[:3])) + (', ...' if len(self.values) > 3 else '')
        return f'{self.path}.in_([{shown}])'


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Among:
    """The object's id is among those that `select`, told of the statement it is for, gives; `text` says it in words."""

    select: object
    text: str

    def where(self, builder):
        return builder.root.id.in_(self.select(builder))

    def __str__(self):
        return self.text


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Outside:
    """The object's id is none of those, each once, that `select` gives; `text` says it in words.

    By a join: PostgreSQL goes through the whole of a long list for each object when it is said by ``NOT IN``.
    """

    select: object
    text: str

    def where(self, builder):
        inside = self.select().subquery()
        builder.joins.append((inside, inside.c.id == builder.root.id, True))
        return inside.c.id.is_(None)

    def __str__(self):
        return self.text


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Rule:
    """What `condition` says, in SQL, of the object at the root of the statement; `text` says it in words."""

    condition: object
    text: str

    def where(self, builder):
        return self.condition(builder.root)

    def __str__(self):
        return self.text


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class And:
    """Both criteria hold."""

    left: object
    right: object

    def where(self, builder):
        return and_(*(criterion.where(builder) for criterion in conjuncts(self)))

    def __str__(self):
        return ' & '.join(f'({c})' for c in conjuncts(self))


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Or:
    """One of the criteria holds, or both."""

    left: object
    right: object

    def where(self, builder):
        return or_(self.left.where(builder), self.right.where(builder))

    def __str__(self):
        return f'({self.left}) | ({self.right})'


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Not:
    """The criterion does not hold; where a value is missing it does not hold, so its negation does."""

    criterion: object

    def where(self, builder):
        return not_(func.coalesce(self.criterion.where(builder), false()))

    def __str__(self):
        return f'~({self.criterion})'


def conjuncts(criterion) -> list:
    """The criteria that `criterion` joins by "and", in the order in which they were written."""
    if criterion is None:
        return []
    if isinstance(criterion, And):
        return conjuncts(criterion.left) + conjuncts(criterion.right)
    return [criterion]

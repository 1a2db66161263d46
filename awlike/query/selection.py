"""Selection: which objects a query selects, in which order; combined as values, and turned into one statement."""

from collections.abc import Callable, Sequence
from typing import Any, Generic, NoReturn, Self, cast

from sqlalchemy import ColumnElement, desc, false, nulls_last, select

from awlike.current import current
from awlike.errors import QueryError
from awlike.query.criteria import Among, And, Criterion, Not, Or, conjuncts, written
from awlike.query.path import Path, parse
from awlike.query.properties import T
from awlike.query.regions import Inside
from awlike.query.statement import Builder, Statement, among


class Selection(Generic[T]):
    """What a `Query` selects: the objects of class `cls` for which `criterion` holds, in an order, at most `limit` of them."""

    __slots__ = ('cls', '_criterion', '_order', '_limit')

    def __init__(self, cls: type[T], criterion: Criterion | None = None, order: tuple[tuple[Path, bool], ...] = (),
                 limit: int | None = None) -> None:
        self.cls, self._criterion, self._order, self._limit = cls, criterion, order, limit

    # --- combining ---

    def _join(self, other: object, how: type[And] | type[Or], sign: str) -> Self:
        other = getattr(other, 'as_query', lambda: other)()
        if not isinstance(other, Selection):
            raise QueryError(f'a query {sign} {other!r}: combine queries with queries, each in parentheses, '
                             f'as in (RawFrame.EXPTIME > 1) {sign} (RawFrame.is_valid > 0)')
        if issubclass(other.cls, self.cls):
            cls = other.cls
        elif issubclass(self.cls, other.cls):
            cls = self.cls
        else:
            raise QueryError(f'a query of {self.cls.__name__} and one of {other.cls.__name__} have no frames in common: '
                             'query one class, and reach the other by a link, as in ReducedScienceFrame.bias.is_valid')
        left, right = self._settled(), other._settled()
        if left is None or right is None:
            return type(self)(cls, (left or right) if how is And else None, self._order or other._order)
        return type(self)(cls, how(left, right), self._order or other._order)

    def _settled(self) -> Criterion | None:
        """Return the criterion, with a limit folded in."""
        if self._limit is None:
            return self._criterion
        settled = type(self)(self.cls, self._criterion, self._order, self._limit)  # somebody may narrow `self` later
        return Among(settled._ids, f'{self._limit} of {self}', settled.written)

    def __and__(self, other: object) -> Self:
        return self._join(other, And, '&')

    def __or__(self, other: object) -> Self:
        return self._join(other, Or, '|')

    def __rand__(self, other: object) -> Self:
        return self._join(other, And, '&')

    def __ror__(self, other: object) -> Self:
        return self._join(other, Or, '|')

    def __invert__(self) -> Self:
        settled = self._settled()
        nothing = Among(lambda within: select(Builder(self.cls, within).root.id).where(false()), 'nothing',
                        lambda: f'~({self.cls.__name__}.select_all())')
        return type(self)(self.cls, nothing if settled is None else Not(settled), self._order)

    def __bool__(self) -> NoReturn:
        raise QueryError('a query is neither true nor false. Combine queries with & | ~ instead of and, or, not; '
                         'put each comparison in parentheses; write x.between(a, b) for a < x < b; '
                         'ask query.exists() whether there is any')

    def _refuse_comparison(self, other: object) -> NoReturn:
        raise QueryError('queries are not compared with ==: put each comparison in parentheses, '
                         'as in (A.x == 1) & (A.y == 2)')

    __hash__ = object.__hash__
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse_comparison

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith('_'):
            raise AttributeError(name)
        hint = ' its frames have it: ask one of them, as query[0]' if hasattr(self.cls, name) else \
            f' it has {", ".join(n for n in dir(type(self)) if not n.startswith("_"))}'
        raise AttributeError(f'a query has no attribute {name!r};{hint}')

    # --- narrowing in place, as the original does ---

    def _narrow(self, kind: str, value: int | None = None) -> Self:
        self._criterion = (self & type(self)(self.cls, current().scope(self.cls, kind, value)))._criterion
        self._limit = None
        return self

    def project_only(self) -> Self:
        """Narrow this query to objects of the current project; changes the query and returns it."""
        return self._narrow('project')

    def user_only(self) -> Self:
        """Narrow this query to objects that you made; changes the query and returns it."""
        return self._narrow('user')

    def privileges_only(self, level: int) -> Self:
        """Narrow this query to objects at privileges `level` (1-5); changes the query and returns it."""
        return self._narrow('privileges', level)

    # --- order ---

    def order_by(self, *names: str) -> Self:
        """Return this query in the order of attributes, descending with ``-`` before a name; missing values come last.

        Without it, frames come in the order of `DATE_OBS`, other objects in the order in which they were made; ties in the
        order of making. Tables, ``query[0]``, slices and iteration have one order. Frames without a date, which nothing but a
        change by hand makes, come first on SQLite and last on PostgreSQL.
        """
        order = []
        for name in names:
            if not isinstance(name, str):
                raise QueryError(f'order_by({name!r}): order by the name of an attribute, as "EXPTIME" or "-EXPTIME"')
            path = parse(self.cls, name.lstrip('-'))
            if path._many or path._leaf is None:
                raise QueryError(f'order_by({name!r}): order by an attribute with one value, as "chip.name"')
            order.append((path, name.startswith('-')))
        return type(self)(self.cls, self._settled(), tuple(order))

    def limit(self, number: int) -> Self:
        """Return a query of at most the first `number` objects of this query."""
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < 2**63:
            raise QueryError(f'limit({number!r}): give a whole number, 0 or more, of 64 bits')
        return type(self)(self.cls, self._criterion, self._order,
                     number if self._limit is None else min(number, self._limit))

    def written(self) -> str:
        """Return this query as a rule, a text that `awlike.query.rules.read_rule` reads back.

        Raises
        ------
        QueryError
            When it has a condition that cannot be written.
        """
        text = f'{self.cls.__name__}.select_all()' if self._criterion is None else written(self._criterion)
        if not self._order and self._limit is None:
            return text
        text = text if self._criterion is None else f'({text})'
        if self._order:
            text += f'.order_by({", ".join(repr("-" * down + path._name) for path, down in self._order)})'
        return text if self._limit is None else f'{text}.limit({self._limit})'

    # --- the statement ---

    def _statement(self, columns: Callable[[Builder], Sequence[Any]] | None = None, *, ordered: bool = True,
                   within: Builder | None = None) -> Statement:
        """Return the statement for the objects, or for the columns that `columns` returns for a builder.

        `within` is the builder of the statement that the new statement is a part of, if any.
        """
        builder = Builder(self.cls, within, aliased=columns is not None)
        conditions = [one.at_top(builder) if isinstance(one, Inside) else one.where(builder)
                      for one in conjuncts(self._criterion)]
        visible = current().visible(builder)
        if visible is not None:
            conditions.append(visible)
        wanted = columns(builder) if columns is not None else None
        order: list[ColumnElement[Any]] = []
        if ordered:
            for path, down in self._order:
                value = builder.value(path._links, path._leaf)
                order.append(nulls_last(desc(value) if down else value))
            if not self._order and 'DATE_OBS' in cast('Any', self.cls).__properties__:
                order.append(builder.root.column('DATE_OBS'))
            order.append(builder.root.id)
        statement = select(self.cls) if wanted is None else select(*wanted).select_from(builder.root.table)
        if self.cls.__mapper__.polymorphic_on is not None and (wanted is not None or not self.cls.__mapper__.single):
            # For the root class, too: a shared database has objects of classes that this process does not know.
            names = cast('Any', self.cls).class_names()
            statement = statement.where(among(builder.root.table.c.class_name, names))
        statement = builder.apply(statement).where(*conditions).order_by(*order)
        return statement.limit(self._limit) if self._limit is not None else statement

    def _ids(self, within: Builder) -> Statement:
        return self._statement(object_ids, within=within)


def object_ids(builder: Builder) -> list[ColumnElement[Any]]:
    """Return the column of the ids of the objects that `builder` selects."""
    return [builder.root.id]

"""Query: a selection of objects in an order; each evaluation is one statement, made when somebody asks for the objects."""

import functools
import weakref
from collections.abc import Callable, Generator, Iterator, Sequence
from inspect import GEN_CREATED, getgeneratorstate
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Self, cast, overload

from sqlalchemy import ColumnElement, desc, false, func, nulls_last, select
from typing_extensions import TypeVar, override

from awlike.current import current
from awlike.errors import NoSuchIndex, NotFound, QueryError
from awlike.query.batch import batch_up
from awlike.query.criteria import Among, And, Criterion, Not, Or, conjuncts
from awlike.query.path import Path, parse
from awlike.query.prepared import rows_of
from awlike.query.properties import Persistent, T
from awlike.query.regions import Inside
from awlike.query.statement import Builder, Statement, among
from awlike.terminal import coloured

if TYPE_CHECKING:
    from astropy.table import Table

    from awlike.query.explain import QueryExplanation
    from awlike.views.preview import Preview

U = TypeVar('U', bound=Persistent, default=Any)


class Query(Generic[T]):
    """The objects of class `cls` for which `criterion` holds.

    Queries are values: ``&``, ``|``, ``~``, `order_by` and `limit` return new queries. As in Astro-WISE, `project_only`,
    `user_only` and `privileges_only` narrow the query in place.
    """

    __slots__ = ('cls', '_criterion', '_order', '_limit', '_begun')

    def __init__(self, cls: type[T], criterion: Criterion | None = None, order: tuple[tuple[Path, bool], ...] = (),
                 limit: int | None = None) -> None:
        self.cls, self._criterion, self._order, self._limit = cls, criterion, order, limit
        self._begun: tuple[weakref.ref[Generator[T]], int] | None = None  # the last iterator, and how many objects it has

    # --- combining ---

    def _join(self, other: object, how: type[And] | type[Or], sign: str) -> 'Query[T]':
        if not isinstance(other, Query):
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
            return Query(cls, (left or right) if how is And else None, self._order or other._order)
        return Query(cls, how(left, right), self._order or other._order)

    def _settled(self) -> Criterion | None:
        """Return the criterion, with a limit folded in."""
        if self._limit is None:
            return self._criterion
        settled = Query(self.cls, self._criterion, self._order, self._limit)  # somebody may narrow `self` later
        return Among(settled._ids, f'{self._limit} of {self}')

    def __and__(self, other: object) -> 'Query[T]':
        return self._join(other, And, '&')

    def __or__(self, other: object) -> 'Query[T]':
        return self._join(other, Or, '|')

    def __rand__(self, other: object) -> 'Query[T]':
        return self._join(other, And, '&')

    def __ror__(self, other: object) -> 'Query[T]':
        return self._join(other, Or, '|')

    def __invert__(self) -> 'Query[T]':
        settled = self._settled()
        nothing = Among(lambda within: select(Builder(self.cls, within).root.id).where(false()), 'nothing')
        return Query(self.cls, nothing if settled is None else Not(settled), self._order)

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
            f' it has {", ".join(n for n in dir(Query) if not n.startswith("_"))}'
        raise AttributeError(f'a query has no attribute {name!r};{hint}')

    # --- narrowing in place, as the original does ---

    def _narrow(self, kind: str, value: int | None = None) -> Self:
        self._criterion = (self & Query(self.cls, current().scope(self.cls, kind, value)))._criterion
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

    def order_by(self, *names: str) -> 'Query[T]':
        """Return this query in the order of attributes, descending with ``-`` before a name; missing values come last.

        Without it, frames come in the order of `DATE_OBS`, other objects in the order in which they were made; ties in the
        order of making. Tables, ``query[0]``, slices and iteration have one order.
        """
        order = []
        for name in names:
            path = parse(self.cls, name.lstrip('-'))
            if path._many or path._leaf is None:
                raise QueryError(f'order_by({name!r}): order by an attribute with one value, as "chip.name"')
            order.append((path, name.startswith('-')))
        return Query(self.cls, self._settled(), tuple(order))

    def limit(self, number: int) -> 'Query[T]':
        """Return a query of at most the first `number` objects of this query."""
        if not isinstance(number, int) or isinstance(number, bool) or number < 0:
            raise QueryError(f'limit({number!r}): give a whole number, 0 or more')
        return Query(self.cls, self._criterion, self._order,
                     number if self._limit is None else min(number, self._limit))

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
        return self._statement(_id, within=within)

    def _fetch(self, statement: Statement) -> list[T]:
        found: list[T] = list(current().session().scalars(statement, execution_options={'populate_existing': True}))
        batch_up(found)
        current().loaded(found)
        return found

    # --- evaluating ---

    def __len__(self) -> int:
        if self._begun is not None:
            iterator, number = self._begun[0](), self._begun[1]
            if iterator is not None and getgeneratorstate(iterator) == GEN_CREATED:
                return number  # `list(query)` asks for the length once it has the iterator, and needs no statement for that
        query = self if self._limit is None else Query(self.cls, self._settled())
        return current().session().scalar(query._statement(lambda _: [func.count()], ordered=False))

    def __iter__(self) -> Iterator[T]:
        found = self._fetch(self._statement())
        each = (obj for obj in found)
        self._begun = weakref.ref(each), len(found)
        return each

    def __contains__(self, obj: object) -> bool:
        same = getattr(obj, 'object_id', None)
        return isinstance(obj, self.cls) and (self & (parse(self.cls, 'object_id') == same)).exists()

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: int | slice) -> T | list[T]:
        if isinstance(index, slice):
            return self._slice(index)
        if index < 0:
            raise QueryError(f'query[{index}]: count from the front, or order_by() the other way round')
        statement = self._statement()
        if self._limit is not None and index >= self._limit:
            raise NoSuchIndex(f'query[{index}]: the query is limited to {self._limit}')
        found = self._fetch(statement.limit(1).offset(index))
        if not found:
            raise NoSuchIndex(f'query[{index}]: it has fewer objects\n{self.explain()}')
        return found[0]

    def _slice(self, index: slice) -> list[T]:
        start, stop, step = index.start or 0, index.stop, index.step or 1
        if start < 0 or (stop is not None and stop < 0) or step < 1:
            raise QueryError(f'query[{index.start}:{index.stop}:{index.step}]: count from the front, forward')
        ends = [end for end in (stop, self._limit) if end is not None]
        statement = self._statement().offset(start)
        if ends:
            statement = statement.limit(max(0, min(ends) - start))
        return self._fetch(statement)[::step]

    def exists(self) -> bool:
        """Return whether the query has any object."""
        return bool(current().session().scalars(self._statement(_id, ordered=False).limit(1)).all())

    def first(self) -> T | None:
        """Return the first object, or None when there is none."""
        found = self._fetch(self._statement().limit(min(1, self._limit if self._limit is not None else 1)))
        return found[0] if found else None

    def one(self) -> T:
        """Return the one object of this query.

        Raises
        ------
        NotFound
            When there is none, or more than one.
        """
        found = self._fetch(self._statement().limit(min(2, self._limit if self._limit is not None else 2)))
        if len(found) != 1:
            many = 'more than one object answers' if found else 'nothing answers'
            raise NotFound(f'{many} to {self}\n{self.explain()}')
        return found[0]

    def _extreme(self, name: str, sign: str) -> T | None:
        query = Query(self.cls, self._settled())
        query = (query & (parse(self.cls, name) != None)).order_by(sign + name)  # noqa: E711 -- a query, not a test
        return query.first()

    def max(self, name: str) -> T | None:
        """Return the object with the largest value of attribute `name`, or None when there is none."""
        return self._extreme(name, '-')

    def min(self, name: str) -> T | None:
        """Return the object with the smallest value of attribute `name`, or None when there is none."""
        return self._extreme(name, '')

    def table(self, *names: str) -> 'Table':
        """Return the named attributes of all objects as an astropy `Table`, by one statement; links by ``filter.name``.

        Default: the attributes that a query shows of itself.
        """
        from awlike.query.table import make_table
        shown = list(names) or self.cls.columns_to_show() or ['object_id']
        paths = [parse(self.cls, name) for name in shown]
        for path in paths:
            if path._many:
                raise QueryError(f'table(): {path} has a list of values for each row; leave it out')
        return make_table(shown, paths, self._rows(paths))

    def _rows(self, paths: Sequence[Path]) -> Sequence[Any]:
        """Return the values at the ends of `paths` for all objects, by one statement."""
        statement = self._statement(lambda builder: [builder.value(path._links, path._leaf) for path in paths])
        return current().session().execute(statement).all()

    def columns(self, *keys: str, around: Callable[[Statement], Statement] | None = None) -> Sequence[Any]:
        """Return the mapped columns `keys` of all objects as named tuples, by one statement, for plans of many objects.

        `around`, a function of a module, returns the statement of which the statement for the columns is a part.
        """
        rows = rows_of(self, keys, around)
        if rows is not None:
            return rows
        statement = self._statement(lambda builder: [builder.root.column(key) for key in keys])
        return current().session().execute(statement if around is None else around(statement)).all()

    def with_criteria(self, criteria: Sequence[Criterion]) -> 'Query[T]':
        """Return a query like this one, but for the objects for which all of `criteria` hold."""
        return Query(self.cls, functools.reduce(And, criteria) if criteria else None, self._order, self._limit)

    def numbers_by(self, key: str) -> dict[Any, int]:
        """Return how many of the objects have each value of the mapped column `key`, by one statement."""
        statement = self._statement(lambda builder: [builder.root.column(key), func.count()], ordered=False)
        rows = current().session().execute(statement.group_by(statement.selected_columns[0])).all()
        return {value: number for value, number in rows}

    def explain(self) -> 'QueryExplanation':
        """Return how many objects each criterion leaves, in the order written; when none is left, also what may be meant."""
        from awlike.query.explain import QueryExplanation
        return QueryExplanation(Query(self.cls), self._criterion)

    # --- looking ---

    @override
    def __str__(self) -> str:
        return str(self._criterion) if self._criterion is not None else f'all {self.cls.__name__}'

    def preview(self, number: int = 5) -> 'Preview':
        """Return the number of objects and a table of the first `number` of them, by two statements.

        They come in the order of ``query[0]``, ``query[1]``: see `order_by`.
        """
        from awlike.views.preview import Preview
        names = self.cls.columns_to_show()
        paths = [parse(self.cls, name) for name in names]
        count, title = len(self), f'{self.cls.__name__}: {self}'
        rows = self.limit(number)._rows(paths) if count else []
        units = [getattr(path._leaf, 'unit', '') for path in paths]
        return Preview(f'{count} {title}', count, [name.removesuffix('.name') for name in names], units, rows).filled()

    @override
    def __repr__(self) -> str:
        return str(self.preview())

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(coloured(repr(self)))

    def _repr_html_(self) -> str:
        from awlike.views.html import preview_view
        return preview_view(self.preview(10))


def _id(builder: Builder) -> list[ColumnElement[Any]]:
    return [builder.root.id]

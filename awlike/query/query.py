"""Query: a selection of objects and their evaluation, by one statement each, made when somebody asks for the objects."""

import functools
import weakref
from collections.abc import Callable, Generator, Iterator, Sequence
from inspect import GEN_CREATED, getgeneratorstate
from typing import TYPE_CHECKING, Any, overload

from sqlalchemy import func, select
from typing_extensions import override

from awlike.current import current
from awlike.errors import NoSuchIndex, NotFound, QueryError
from awlike.query.batch import batch_up
from awlike.query.criteria import And, Criterion
from awlike.query.path import Path, parse
from awlike.query.prepared import rows_of
from awlike.query.properties import T
from awlike.query.selection import Selection, object_ids
from awlike.query.statement import Statement
from awlike.terminal import coloured

if TYPE_CHECKING:
    from astropy.table import Table

    from awlike.query.explain import QueryExplanation
    from awlike.views.preview import Preview


class Query(Selection[T]):
    """The objects of class `cls` for which `criterion` holds.

    Queries are values: ``&``, ``|``, ``~``, `order_by` and `limit` return new queries. As in Astro-WISE, `project_only`,
    `user_only` and `privileges_only` narrow the query in place.
    """

    __slots__ = ('_begun',)

    def __init__(self, cls: type[T], criterion: Criterion | None = None, order: tuple[tuple[Path, bool], ...] = (),
                 limit: int | None = None) -> None:
        super().__init__(cls, criterion, order, limit)
        self._begun: tuple[weakref.ref[Generator[T]], int] | None = None  # the last iterator, and how many objects it has

    # --- evaluating ---

    def _fetch(self, statement: Statement) -> list[T]:
        found: list[T] = list(current().session().scalars(statement, execution_options={'populate_existing': True}))
        batch_up(found)
        current().loaded(found)
        return found

    def __len__(self) -> int:
        if self._begun is not None:
            iterator, number = self._begun[0](), self._begun[1]
            if iterator is not None and getgeneratorstate(iterator) == GEN_CREATED:
                return number  # `list(query)` asks for the length once it has the iterator, and needs no statement for that
        query = self if self._limit is None else Query(self.cls, self._settled())
        return current().session().scalar(query._statement(lambda _: [func.count()], ordered=False))

    def number_up_to(self, most: int) -> int:
        """Return the number of objects, or `most` where there are more: a page need not count a million."""
        found = self._statement(object_ids, ordered=False).limit(most if self._limit is None else min(most, self._limit))
        return current().session().scalar(select(func.count()).select_from(found.subquery())) or 0

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
        return bool(current().session().scalars(self._statement(object_ids, ordered=False).limit(1)).all())

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

    def rows(self, *names: str, start: int = 0, number: int | None = None) -> list[tuple[Any, ...]]:
        """Return the named attributes of `number` objects from the one with index `start` on, as tuples, by one statement.

        Links are named by ``filter.name``; without `number` all objects follow.
        """
        paths = [parse(self.cls, name) for name in names]
        for path in paths:
            if path._many:
                raise QueryError(f'rows(): {path} has a list of values for each row; leave it out')
        statement = self._statement(lambda builder: [builder.value(path._links, path._leaf) for path in paths]).offset(start)
        ends = [end for end in (self._limit, None if number is None else start + number) if end is not None]
        if ends:
            statement = statement.limit(max(0, min(ends) - start))
        return [tuple(row) for row in current().session().execute(statement)]

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

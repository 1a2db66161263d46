"""Query: which objects, in which order; evaluated only when asked, each time in one statement."""

from sqlalchemy import desc, func, nulls_last, select

from awlike.current import current
from awlike.errors import NoSuchIndex, NotFound, QueryError
from awlike.query.batch import batch_up
from awlike.query.criteria import Among, And, Not, Or, conjuncts
from awlike.query.path import parse
from awlike.query.statement import Builder, among
from awlike.terminal import coloured


class Query:
    """Objects of class `cls` for which `criterion` holds.

    Queries are values: ``&``, ``|``, ``~``, `order_by` and `limit` give new ones. As in Astro-WISE, `project_only`,
    `user_only` and `privileges_only` narrow the query in place.
    """

    __slots__ = ('cls', '_criterion', '_order', '_limit')

    def __init__(self, cls, criterion=None, order=(), limit=None):
        self.cls, self._criterion, self._order, self._limit = cls, criterion, order, limit

    # --- combining ---

    def _join(self, other, how, sign):
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
        mine, theirs = self._settled(), other._settled()
        if mine is None or theirs is None:
            return Query(cls, (mine or theirs) if how is And else None, self._order or other._order)
        return Query(cls, how(mine, theirs), self._order or other._order)

    def _settled(self):
        """The criterion, with a limit folded in."""
        if self._limit is None:
            return self._criterion
        settled = Query(self.cls, self._criterion, self._order, self._limit)  # this one may be narrowed later
        return Among(settled._ids, f'{self._limit} of {self}')

    def __and__(self, other):
        return self._join(other, And, '&')

    def __or__(self, other):
        return self._join(other, Or, '|')

    def __rand__(self, other):
        return self._join(other, And, '&')

    def __ror__(self, other):
        return self._join(other, Or, '|')

    def __invert__(self):
        settled = self._settled()
        nothing = Among(lambda within: select(Builder(self.cls, within).root.id).where(False), 'nothing')
        return Query(self.cls, nothing if settled is None else Not(settled), self._order)

    def __bool__(self):
        raise QueryError('a query is neither true nor false. Combine queries with & | ~ instead of and, or, not; '
                         'put each comparison in parentheses; write x.between(a, b) for a < x < b; '
                         'ask query.exists() whether there is any')

    def __eq__(self, other):
        raise QueryError('queries are not compared with ==: put each comparison in parentheses, '
                         'as in (A.x == 1) & (A.y == 2)')

    __hash__ = object.__hash__
    __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __eq__

    def __getattr__(self, name):
        if name.startswith('_'):
            raise AttributeError(name)
        hint = ' its frames have it: ask one of them, as query[0]' if hasattr(self.cls, name) else \
            f' it has {", ".join(n for n in dir(Query) if not n.startswith("_"))}'
        raise AttributeError(f'a query has no attribute {name!r};{hint}')

    # --- narrowing in place, as the original does ---

    def _narrow(self, kind, value=None):
        self._criterion = (self & Query(self.cls, current().scope(self.cls, kind, value)))._criterion
        self._limit = None
        return self

    def project_only(self):
        """Narrow this query to objects of the current project; changes it and returns it."""
        return self._narrow('project')

    def user_only(self):
        """Narrow this query to objects that you made; changes it and returns it."""
        return self._narrow('user')

    def privileges_only(self, level: int):
        """Narrow this query to objects at privileges `level` (1-5); changes it and returns it."""
        return self._narrow('privileges', level)

    # --- order ---

    def order_by(self, *names: str):
        """This query in the order of attributes, ``-`` in front of a name for descending; missing values come last."""
        order = []
        for name in names:
            path = parse(self.cls, name.lstrip('-'))
            if path._many or path._leaf is None:
                raise QueryError(f'order_by({name!r}): order by an attribute with one value, as "chip.name"')
            order.append((path, name.startswith('-')))
        return Query(self.cls, self._settled(), tuple(order))

    def limit(self, number: int):
        """At most the first `number` objects of this query."""
        if not isinstance(number, int) or isinstance(number, bool) or number < 0:
            raise QueryError(f'limit({number!r}): give a whole number, 0 or more')
        return Query(self.cls, self._criterion, self._order,
                     number if self._limit is None else min(number, self._limit))

    # --- the statement ---

    def _statement(self, columns=None, *, ordered=True, within=None):
        """The statement for the objects, or for what `columns` gives of a builder; `within` another one when given."""
        builder = Builder(self.cls, within, aliased=columns is not None)
        conditions = [criterion.where(builder) for criterion in conjuncts(self._criterion)]
        seen = current().visible(builder)
        if seen is not None:
            conditions.append(seen)
        wanted = columns(builder) if columns is not None else None
        order = []
        if ordered:
            for path, down in self._order:
                value = builder.value(path._links, path._leaf)
                order.append(nulls_last(desc(value) if down else value))
            order.append(builder.root.id)
        if wanted is None:
            statement = select(self.cls)
        else:
            statement = select(*wanted).select_from(builder.root.table)
        if self.cls.__mapper__.polymorphic_on is not None and (wanted is not None or not self.cls.__mapper__.single):
            # Also of the root: in a shared database there are objects of classes that are not known here.
            statement = statement.where(among(builder.root.table.c.class_name, self.cls.class_names()))
        statement = builder.apply(statement).where(*conditions).order_by(*order)
        return statement.limit(self._limit) if self._limit is not None else statement

    def _ids(self, within):
        return self._statement(_id, within=within)

    def _fetch(self, statement) -> list:
        found = current().session().scalars(statement, execution_options={'populate_existing': True}).all()
        batch_up(found)
        current().loaded(found)
        return found

    # --- evaluating ---

    def __len__(self):
        query = self if self._limit is None else Query(self.cls, self._settled())
        return current().session().scalar(query._statement(lambda _: [func.count()], ordered=False))

    def __iter__(self):
        return iter(self._fetch(self._statement()))

    def __contains__(self, obj):
        same = getattr(obj, 'object_id', None)
        return isinstance(obj, self.cls) and (self & (self.cls.object_id == same)).exists()

    def __getitem__(self, index):
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

    def _slice(self, index):
        start, stop, step = index.start or 0, index.stop, index.step or 1
        if start < 0 or (stop is not None and stop < 0) or step < 1:
            raise QueryError(f'query[{index.start}:{index.stop}:{index.step}]: count from the front, forward')
        ends = [end for end in (stop, self._limit) if end is not None]
        statement = self._statement().offset(start)
        if ends:
            statement = statement.limit(max(0, min(ends) - start))
        return self._fetch(statement)[::step]

    def exists(self) -> bool:
        """Is there any?"""
        return bool(current().session().scalars(self._statement(_id, ordered=False).limit(1)).all())

    def first(self):
        """The first object, or None when there is none."""
        found = self._fetch(self._statement().limit(min(1, self._limit if self._limit is not None else 1)))
        return found[0] if found else None

    def one(self):
        """The one object of this query.

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

    def _extreme(self, name, sign):
        query = Query(self.cls, self._settled())
        query = (query & (parse(self.cls, name) != None)).order_by(sign + name)  # noqa: E711 -- a query, not a test
        return query.first()

    def max(self, name: str):
        """The object with the largest value of attribute `name`, or None when there is none."""
        return self._extreme(name, '-')

    def min(self, name: str):
        """The object with the smallest value of attribute `name`, or None when there is none."""
        return self._extreme(name, '')

    def table(self, *names: str):
        """The named attributes of all objects as an astropy `Table`, by one statement; links by ``filter.name``.

        Default: those that a query shows of itself.
        """
        from awlike.query.table import make_table
        names = names or self.cls.columns_to_show() or ['object_id']
        paths = [parse(self.cls, name) for name in names]
        for path in paths:
            if path._many:
                raise QueryError(f'table(): {path} has a list of values for each row; leave it out')
        return make_table(names, paths, self._rows(paths))

    def _rows(self, paths) -> list:
        """The values at the ends of `paths` for all objects, by one statement."""
        statement = self._statement(lambda builder: [builder.value(path._links, path._leaf) for path in paths])
        return current().session().execute(statement).all()

    def columns(self, *keys: str) -> list:
        """The mapped columns `keys` of all objects as rows, by one statement, for those that plan with many."""
        return current().session().execute(self._statement(lambda builder: [builder.root.column(key) for key in keys])).all()

    def explain(self):
        """How many objects each criterion leaves, in the order written."""
        from awlike.query.explain import QueryExplanation
        return QueryExplanation(self)

    # --- looking ---

    def __str__(self):
        return str(self._criterion) if self._criterion is not None else f'all {self.cls.__name__}'

    def preview(self, number: int = 5):
        """How many there are, and a table of the first `number` of them, by two statements.

        Returns
        -------
        awlike.views.preview.Preview
        """
        from awlike.views.preview import Preview
        names = self.cls.columns_to_show()
        paths = [parse(self.cls, name) for name in names]
        count, title = len(self), f'{self.cls.__name__}: {self}'
        rows = self.limit(number)._rows(paths) if count else []
        units = [getattr(path._leaf, 'unit', '') for path in paths]
        return Preview(f'{count} {title}', count, [name.removesuffix('.name') for name in names], units, rows).filled()

    def __repr__(self):
        return str(self.preview())

    def _repr_pretty_(self, printer, cycle):
        printer.text(coloured(repr(self)))

    def _repr_html_(self):
        from awlike.views.html import preview_view
        return preview_view(self.preview(10))


def _id(builder):
    return [builder.root.id]

"""Prepared statements: SQL that is written once for each shape of a question and executed by the driver itself.

To write a statement, and to lead it through SQLAlchemy, takes ten times as long as the database needs for a short one. So a
statement whose criteria are all of a known shape (`Rule` with `values`) is written once; later questions of the shape only
bind their values. The statement itself comes from `Query._statement`, which puts into each who may see what.
"""

import collections
import functools
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, CompoundSelect, Connection, CursorResult, Dialect, Select, bindparam

from awlike.current import current
from awlike.query.criteria import Rule, conjuncts
from awlike.query.properties import classes
from awlike.query.statement import Several

if TYPE_CHECKING:
    from awlike.query.query import Query
    from awlike.query.statement import Statement

_MOST = 4096  # statements that are kept
_known: dict[Hashable, 'Prepared'] = {}


class Prepared:
    """A statement in the words of one kind of database.

    Parameters
    ----------
    statement : Select or CompoundSelect
        The statement; `bindparam` stands where values are bound later.
    dialect : Dialect
        The kind of database.
    """

    def __init__(self, statement: 'Select[Any] | CompoundSelect[Any]', dialect: Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect, compile_kwargs={'render_postcompile': True})
        self._sql: str = compiled.string
        expanded = compiled._post_compile_expanded_state
        self._order: list[str] | None = compiled.positiontup
        self._binders: Mapping[str, Callable[[Any], Any]] = compiled._bind_processors
        if expanded is not None:
            self._binders = {**self._binders, **expanded.processors}
        constants = compiled.params if expanded is None else expanded.parameters
        bound = self._order if self._order is not None else list(constants)
        self._constants = {name: self._bound(name, constants[name]) for name in bound if constants.get(name) is not None}
        columns = statement.selected_columns
        self._types = [column.type for column in columns]
        self._dialect = dialect
        names = [column.name or '' for column in columns]
        self._row: Any = collections.namedtuple('Row', names, rename=True)  # pyrefly: ignore[bad-class-definition]
        self._readers: list[tuple[int, Callable[[Any], Any]]] | None = None

    def _bound(self, name: str, value: Any) -> Any:
        binder = self._binders.get(name)
        return value if binder is None else binder(value)

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> list[Any]:
        """Return the rows for `values`, by the names of the parameters, as named tuples."""
        bound = self._constants | {name: self._bound(name, value) for name, value in values.items()}
        cursor = self._executed(connection, bound if self._order is None else tuple([bound[name] for name in self._order]))
        try:
            rows = cursor.fetchall()
            if not rows:
                return []
            if self._readers is None:
                self._readers = self._find_readers(cursor.description)
        finally:
            cursor.close()
        columns: list[Any] = list(zip(*rows, strict=True))
        for number, reader in self._readers:
            columns[number] = map(reader, columns[number])
        return list(map(self._row._make, zip(*columns, strict=True)))

    def _executed(self, connection: Connection, bound: Any) -> Any:
        """Return the cursor of the driver after execution; a failure, or whoever listens, is a matter of SQLAlchemy."""
        if not connection.dispatch.before_cursor_execute:
            cursor = connection.connection.cursor()
            try:
                cursor.execute(self._sql, bound)
                return cursor
            except Exception:  # each driver has its own: once more by SQLAlchemy, which tells them apart and explains
                cursor.close()
        result: CursorResult[Any] = connection.exec_driver_sql(self._sql, bound)
        return result.cursor

    def _find_readers(self, description: Sequence[Sequence[Any]]) -> list[tuple[int, Callable[[Any], Any]]]:
        """Return number and reader of each column whose values the driver does not return as Python has them."""
        readers: list[tuple[int, Callable[[Any], Any]]] = []
        for number, (type_, told) in enumerate(zip(self._types, description, strict=True)):
            reader = type_.dialect_impl(self._dialect).result_processor(self._dialect, told[1])
            if reader is not None:
                # The products of a plan have a few parameters and measured values in common.
                readers.append((number, functools.lru_cache(1024)(reader) if isinstance(type_, JSON) else reader))
        return readers


def prepared(key: Hashable, dialect: Dialect, write: Callable[[], 'Select[Any] | CompoundSelect[Any]']) -> Prepared:
    """Return the statement that `key` names for databases of `dialect`; `write` writes the statement, once."""
    found = _known.get((dialect.name, key))
    if found is None:
        if len(_known) >= _MOST:
            _known.clear()
        found = _known[dialect.name, key] = Prepared(write(), dialect)
    return found


def rows_of(query: 'Query', keys: tuple[str, ...],
            around: 'Callable[[Statement], Statement] | None') -> list[Any] | None:
    """Return the mapped columns `keys` of the objects of `query`; None for a statement that has no known shape.

    `around` returns the statement of which that for the columns is a part.
    """
    asker, rules = current(), conjuncts(query._criterion)
    known = [(rule, rule.values) for rule in rules if isinstance(rule, Rule) and rule.values is not None]
    if asker.sight is None or query._limit is not None or len(known) < len(rules):
        return None
    connection = asker.session().connection()
    lists = connection.dialect.name == 'postgresql'  # has lists as values; elsewhere each value has a place
    values: dict[str, Any] = {}
    places = [(rule, {name: _place(f'{name}_of_{number}', value, lists, values) for name, value in its.items()})
              for number, (rule, its) in enumerate(known)]
    order = tuple([(path._links, path._leaf, down) for path, down in query._order])
    shape = tuple([(rule.condition, *[(name, _shape(place)) for name, place in its.items()]) for rule, its in places])
    key = query.cls, keys, order, shape, around, asker.sight, len(classes)

    def write() -> 'Statement':
        alike = query.with_criteria([Rule(rule.condition, rule.text, its) for rule, its in places])
        statement = alike._statement(lambda builder: [builder.root.column(key) for key in keys])
        return statement if around is None else around(statement)

    return prepared(key, connection.dialect, write).rows(connection, values)


def _place(name: str, value: Any, lists: bool, values: dict[str, Any]) -> Any:
    """Return what stands for `value` in a prepared statement, and note in `values` what is bound there; None stays."""
    if isinstance(value, list | tuple | set | frozenset):
        some = list(value)
        if not some or some == [None]:
            return some
        if len(some) == 1:
            return [_place(name, some[0], lists, values)]
        if lists:
            values[name] = some
            return Several(name, None)
        number = 1 << (len(some) - 1).bit_length()  # few numbers of places, so that few statements differ
        values.update(zip(Several(name, number).names, some + some[-1:] * (number - len(some)), strict=True))
        return Several(name, number)
    if value is None:
        return None
    values[name] = value
    return bindparam(name, required=False)


def _shape(place: Any) -> Hashable:
    """Return what is equal for places that look alike in a statement."""
    if isinstance(place, list):
        return 'one', bool(place) and place[0] is not None, len(place)
    return place if isinstance(place, Several) or place is None else 'value'

"""Objects in rows: how a database takes objects in, and deletes them."""

import functools
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import ARRAY, Connection, Dialect, Insert, Table, bindparam, delete, func, insert, select
from sqlalchemy.orm import make_transient_to_detached

from awlike.database.bulk import insert_arrays
from awlike.garbage import no_collection
from awlike.persist.dataobject import DataObject
from awlike.persist.dbobject import DBObject
from awlike.persist.header_cards import columns_of
from awlike.persist.sky_rows import row_classes, row_table
from awlike.persist.tables import dropped_file, grade, header_card, history, lineage
from awlike.query.attributes import attach

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class Rows:
    """The part of a `Database` that inserts and deletes the rows of objects."""

    is_sqlite: bool
    _inserted: int  # objects, since the database was opened

    if TYPE_CHECKING:  # a Database has them
        @property
        def session(self) -> Session: ...
        def transaction(self) -> AbstractContextManager[Connection]: ...

    def insert(self, connection: Connection, objects: Iterable[DBObject]) -> None:
        """Insert new objects and the lineage that they declare, class by class.

        Lineage goes before its product: PostgreSQL lets nobody add lineage to a product that exists.
        """
        by_class: dict[type[DBObject], list[DBObject]] = {}
        for obj in objects:
            by_class.setdefault(type(obj), []).append(obj)
        with no_collection():
            self._insert_by_class(connection, by_class)

    def insert_inputs(self, connection: Connection, product: DataObject, role: str, ids: Sequence[uuid.UUID]) -> None:
        """Insert the lineage of `product`, which goes in after it: the objects `ids` in one role, in their order."""
        edges = {'product': [product.object_id] * len(ids), 'role': [role] * len(ids), 'position': list(range(len(ids))),
                 'input': list(ids)}
        self.insert_rows(connection, lineage, edges)

    def _insert_by_class(self, connection: Connection, by_class: Mapping[type[DBObject], list[DBObject]]) -> None:
        for cls, members in by_class.items():
            edges = _edges(members) if issubclass(cls, DataObject) else []
            self.insert_rows(connection, lineage, dict(zip(lineage.c.keys(), zip(*edges, strict=True), strict=False)))
            values = [obj.__dict__ for obj in members]
            for table, columns in _layout(cls):
                self.insert_rows(connection, table, {name: found for name, key in columns
                                                      if (found := _column(cls, key, values)) is not None})
            for table, rows in (rows for obj in members if isinstance(obj, DataObject) for rows in obj.new_rows()):
                insert_arrays(connection, table, rows)
            self._inserted += len(members)

    def insert_rows(self, connection: Connection, table: Table, columns: Mapping[str, Sequence[Any]]) -> None:
        """Insert rows, whose values `columns` has by the names of the columns.

        On PostgreSQL one statement inserts all, so that its policies ask once who it is, and not for each row. On SQLite the
        values go to the driver column by column: SQLAlchemy alone would take half the time for preparing each row.
        """
        if not columns:
            return
        if self.is_sqlite:
            statement, processors = _insert_by_driver(table, tuple(columns), connection.dialect)
            prepared = (map(processor, columns[name]) if processor else columns[name] for name, processor in processors.items())
            connection.exec_driver_sql(statement, list(zip(*prepared, strict=True)))
        else:
            lists = {f'all_{name}': list(values) for name, values in columns.items()}
            connection.execute(_insert_at_once(table, tuple(columns)), lists)

    def insert_cards(self, connection: Connection, cards: Mapping[uuid.UUID, Mapping[str, Any]]) -> None:
        """Insert cards of headers, by the ids of the objects to which they belong, in the transaction that inserts these."""
        self.insert_rows(connection, header_card, columns_of(cards))

    def delete(self, connection: Connection, obj: DBObject) -> bool:
        """Delete `obj` with its lineage, history and grades; return whether the rules of the database allow that."""
        if self.is_sqlite:  # elsewhere it goes with its row of the first table
            connection.execute(delete(lineage).where(lineage.c.product == obj.object_id))
            for table in (dropped_file, grade, history, *reversed(type(obj).tables()[1:])):
                connection.execute(delete(table).where(table.c.object_id == obj.object_id))
            delete_rows(connection, obj)
        table = type(obj).tables()[0]
        return connection.execute(delete(table).where(table.c.object_id == obj.object_id)).rowcount == 1

    def keep_changes(self, connection: Connection, changes: Sequence[Mapping[str, Any]]) -> None:
        """Insert `changes`, rows of the table `history`. PostgreSQL does so itself, whoever makes the change."""
        if self.is_sqlite and changes:
            connection.execute(insert(history), changes)

    def because(self, connection: Connection, reason: str) -> None:
        """Tell PostgreSQL the `reason` for the changes of this transaction. On SQLite `keep_changes` writes the reason."""
        if not self.is_sqlite:
            connection.execute(select(func.set_config('awlike.reason', reason, True)))

    def holds(self, obj: DBObject) -> bool:
        """Return whether the transaction that inserted `obj` was committed, after a failure that may leave this open.

        Whoever loses the connection, or is interrupted, during the commit cannot know. This method inserts the same key
        once more, which waits for the end of a transaction that the server may still be busy with, and rolls back.
        """
        table, columns = _layout(type(obj))[0]
        with self.transaction() as connection:
            absent = self.insert_row_absent(connection, table, {name: _value(obj, key) for name, key in columns})
            connection.rollback()
        return not absent

    def insert_absent(self, connection: Connection, objects: Iterable[DBObject]) -> None:
        """Insert reference objects, except those that exist already: their ids follow from their names."""
        for obj in objects:
            (table, columns), = _layout(type(obj))
            row = {name: _value(obj, key) for name, key in columns}
            self.insert_row_absent(connection, table, row)

    def insert_row_absent(self, connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
        """Insert `row` into `table`, unless a row with its key exists; return whether it was inserted."""
        if self.is_sqlite:
            statement = insert(table).prefix_with('OR IGNORE')
        else:
            from sqlalchemy.dialects import postgresql
            statement = postgresql.insert(table).on_conflict_do_nothing()
        return connection.execute(statement.execution_options(preserve_rowcount=True), row).rowcount == 1

    def adopt(self, objects: Iterable[DBObject]) -> None:
        """Let the session know `objects`, which were inserted and committed, as its own from now on."""
        session = self.session
        for obj in objects:
            if not obj.is_committed:
                obj.__dict__.update(_absent(type(obj)) | obj.__dict__)
                make_transient_to_detached(obj)
                known = session.identity_map.get(obj._sa_instance_state.key)
                if known is None:
                    attach(session, obj)


def delete_rows(connection: Connection, obj: DBObject) -> None:
    """Delete the rows that came into the database with a catalogue."""
    for row in row_classes(type(obj)) if isinstance(obj, DataObject) else ():
        table, catalogue = row_table(row)
        connection.execute(delete(table).where(catalogue == obj.object_id))


@functools.cache
def _layout(cls: type[DBObject]) -> list[tuple[Table, list[tuple[str, str]]]]:
    """Return the tables of `cls`, parents first, each with pairs of column name and attribute name."""
    return [(table, [(column.name, prop.key) for prop in cls.__mapper__.column_attrs for column in prop.columns
                     if column.table is table])
            for table in cls.tables()]


@functools.cache
def _absent(cls: type[DBObject]) -> dict[str, None]:
    """Return the mapped attributes of `cls`, each without a value."""
    return dict.fromkeys(prop.key for prop in cls.__mapper__.column_attrs)


def _column(cls: type[DBObject], key: str, values: Sequence[Mapping[str, Any]]) -> list[Any] | None:
    """Return the values of attribute `key` of objects of class `cls`, of which `values` has all they hold; None without any."""
    if key == 'class_name':
        return [cls.__name__] * len(values)
    found = [its.get(key) for its in values]
    return None if found.count(None) == len(found) else found


@functools.lru_cache(1024)
def _insert_by_driver(table: Table, names: tuple[str, ...], dialect: Dialect) -> tuple[str, dict[str, Callable | None]]:
    """Return the statement that inserts a row, and by column, in its order, what prepares a value for the driver."""
    names = tuple(name for name in table.c.keys() if name in names)  # noqa: SIM118  columns, by which a row is written
    statement = insert(table).values({name: bindparam(name) for name in names}).compile(dialect=dialect)
    return str(statement), {name: table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names}


@functools.cache
def _insert_at_once(table: Table, names: tuple[str, ...]) -> Insert:
    """Return the statement that inserts rows from lists; the list of each column is bound as ``all_`` and its name."""
    lists = [bindparam(f'all_{name}', type_=ARRAY(table.c[name].type, dimensions=1)) for name in names]
    return insert(table).from_select(names, select(*map(func.unnest, lists)))


def _value(obj: DBObject, key: str) -> Any:
    return type(obj).__name__ if key == 'class_name' else obj.__dict__.get(key)


def _edges(objects: Sequence[DBObject]) -> list[tuple[uuid.UUID, str, int, uuid.UUID]]:
    """Return the rows of the table `lineage` that `objects`, of one class, declare, in the order of its columns."""
    roles, edges = list(cast('type[DataObject]', type(objects[0])).inputs()), []
    for obj in objects:
        product = obj.object_id
        for role in roles:
            value = getattr(obj, role)
            if isinstance(value, list):
                edges += [(product, role, position, used.__dict__['object_id']) for position, used in enumerate(value)]
            elif value is not None:
                edges.append((product, role, 0, value.__dict__['object_id']))
    return edges

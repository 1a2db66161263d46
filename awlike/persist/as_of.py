"""The world as of a date: the few attributes that change after commit, with the values that they had at the date.

The table `history` has every change, with the value before. So the value at a date is the value before the first change
after that date, or, when there was no such change, the value of today.
"""

import datetime
import json
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    CompoundSelect,
    DateTime,
    Float,
    FromClause,
    Integer,
    Select,
    Text,
    case,
    cast,
    exists,
    func,
    literal_column,
    select,
    type_coerce,
)
from sqlalchemy.types import TypeEngine

from awlike.current import current
from awlike.persist.tables import history
from awlike.persist.types import Id

if TYPE_CHECKING:
    from awlike.persist.dataobject import DataObject
    from awlike.query.statement import Node

CHANGEABLE = frozenset({'is_valid', 'timestamp_start', 'timestamp_end', 'privileges'})
CORRECTED = frozenset({
    'DATE_OBS', 'MJD_OBS', 'exposure', 'EXPTIME', 'OBJECT', 'OBSERVER', 'TEMPERATURE', 'rotator', 'AIRMASS', 'trim',
    'prescan_x', 'overscan_x', 'prescan_y', 'overscan_y', 'astrom', 'chip_id', 'filter_id', 'setup_id', 'template_id',
    'observing_block_id', 'readout_id'})
"""The attributes of raw frames that follow from their headers, and change where somebody corrects a header."""


def value_at(moment: datetime.datetime | None, node: 'Node', key: str, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the SQL expression for the value at `moment` of attribute `key` of `node`, which `column` holds."""
    if moment is None or not (key in CHANGEABLE or (key in CORRECTED and _is_raw(node.cls))):
        return column
    later = _later(node.id, key, moment)
    old = select(history.c.old).where(*later).order_by(history.c.number).limit(1).scalar_subquery()
    as_kept = _as_reference(old, column) if isinstance(column.type, Id) else _as_column(old, column.type)
    return case((exists().where(*later), as_kept), else_=column)


def _is_raw(cls: type[Any]) -> bool:
    """Return whether objects of class `cls` can be raw frames: objects of a class with inputs cannot."""
    return 'digest' in cls.__properties__ and not cls.inputs()


def _as_column(old: ColumnElement[Any], type_: TypeEngine[Any]) -> ColumnElement[Any]:
    """Return the text `old` of the history as a value of `type_`. SQLite keeps instants as the same text."""
    as_kept = type_ if isinstance(type_, Integer | Float) else type_.with_variant(Text(), 'sqlite')
    return type_coerce(cast(old, as_kept), type_)


def _as_reference(old: ColumnElement[Any], column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the text `old` of the history as an id in `column`. SQLite has no function that makes bytes of such a text."""
    if current().session().get_bind().dialect.name != 'sqlite':
        return type_coerce(cast(old, column.type), column.type)
    target = next(iter(column.foreign_keys)).column.table.alias()
    return select(target.c.object_id).where(
        func.lower(func.hex(target.c.object_id)) == func.replace(old, '-', '')).scalar_subquery()


def invalid_ids(table: FromClause, moment: datetime.datetime | None) -> Select[Any] | CompoundSelect[Any]:
    """Select the ids of the invalid objects in `table`, the table of `DataObject`, at `moment` (None: now)."""
    invalid = table.c.is_valid == literal_column('0')  # a literal, so that the index serves
    now = select(table.c.object_id.label('id')).where(invalid)
    if moment is None:
        return now
    earlier = history.alias()
    first = select(history.c.object_id.label('id')).where(
        history.c.attribute == 'is_valid', history.c.date > moment, history.c.old == '0',
        ~exists().where(earlier.c.object_id == history.c.object_id, earlier.c.attribute == 'is_valid',
                        earlier.c.date > moment, earlier.c.number < history.c.number))
    return now.where(~exists().where(*_later(table.c.object_id, 'is_valid', moment))).union(first)


def set_back(objects: Sequence['DataObject'], moment: datetime.datetime | None) -> None:
    """Set `objects`, just read, to the values that they had at `moment`."""
    if moment is None or not objects:
        return
    by_id = {obj.object_id: obj for obj in objects}
    changes = current().session().execute(
        select(history).where(history.c.date > moment, history.c.object_id.in_(by_id))
        .order_by(history.c.number.desc())).all()
    for change in changes:  # from the last to the first: the first after `moment` counts
        obj = by_id[change.object_id]
        column = type(obj).__mapper__.columns[change.attribute]
        obj.__dict__[change.attribute] = from_text(change.old, column.type)


def from_text(value: Any, type_: TypeEngine[Any]) -> Any:
    """Return a value of `type_` from its text in the history; what is no text stays."""
    if not isinstance(value, str):
        return value
    for kind, read in ((Integer, int), (Float, float), (DateTime, datetime.datetime.fromisoformat), (Id, uuid.UUID),
                       (JSON, json.loads)):
        if isinstance(type_, kind):
            return read(value)
    return value


def in_history(value: Any) -> str | None:
    """Return `value` as the history keeps values."""
    if isinstance(value, datetime.datetime):
        return value.isoformat(' ', 'microseconds')
    if isinstance(value, dict | list):
        return json.dumps(value)
    return None if value is None else str(value)


def _later(object_id: ColumnElement[Any], key: str, moment: datetime.datetime) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions for changes of attribute `key` after `moment`."""
    return (history.c.object_id == object_id, history.c.attribute == key, history.c.date > moment)

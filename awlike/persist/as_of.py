"""The world as of a date: the few attributes that change after commit, with the values that they had.

Every change is kept in the table `history` with the value before it. So the value at a date is what the first change
after that date found, or, when there was none, the value of today.
"""

import datetime

from sqlalchemy import Integer, Text, case, cast, exists, literal_column, select, type_coerce

from awlike.current import current
from awlike.persist.tables import history

CHANGEABLE = frozenset({'is_valid', 'timestamp_start', 'timestamp_end', 'privileges'})


def value_at(moment, node, key, column):
    """The SQL expression for what attribute `key` of `node`, kept in `column`, was at `moment`."""
    if moment is None or key not in CHANGEABLE:
        return column
    later = _later(node.id, key, moment)
    old = select(history.c.old).where(*later).order_by(history.c.number).limit(1).scalar_subquery()
    as_kept = _as_column(old, column.type)
    return case((exists().where(*later), as_kept), else_=column)


def _as_column(old, type_):
    """The text `old` of the history as a value of `type_`. SQLite keeps instants as the very text."""
    as_kept = type_ if isinstance(type_, Integer) else type_.with_variant(Text(), 'sqlite')
    return type_coerce(cast(old, as_kept), type_)


def invalid_ids(table, moment):
    """Select the ids of the objects in `table`, that of `DataObject`, that are invalid, or were at `moment`."""
    now = select(table.c.object_id.label('id')).where(table.c.is_valid == literal_column('0'))  # so that the index serves
    if moment is None:
        return now
    earlier = history.alias()
    first = select(history.c.object_id.label('id')).where(
        history.c.attribute == 'is_valid', history.c.date > moment, history.c.old == '0',
        ~exists().where(earlier.c.object_id == history.c.object_id, earlier.c.attribute == 'is_valid',
                        earlier.c.date > moment, earlier.c.number < history.c.number))
    return now.where(~exists().where(*_later(table.c.object_id, 'is_valid', moment))).union(first)


def set_back(objects, moment) -> None:
    """Give `objects`, just read, the values that they had at `moment`."""
    if moment is None or not objects:
        return
    by_id = {obj.object_id: obj for obj in objects}
    changes = current().session().execute(
        select(history).where(history.c.date > moment, history.c.object_id.in_(by_id))
        .order_by(history.c.number.desc())).all()
    for change in changes:  # from the last to the first, which has the last word
        obj = by_id[change.object_id]
        column = type(obj).__mapper__.columns[change.attribute]
        obj.__dict__[change.attribute] = _as_kept(change.old, column)


def _as_kept(text, column):
    """A value from its text in the history."""
    if text is None:
        return None
    return int(text) if isinstance(column.type, Integer) else datetime.datetime.fromisoformat(text)


def _later(object_id, key, moment):
    return (history.c.object_id == object_id, history.c.attribute == key, history.c.date > moment)

"""Beforehand: what every plan asks before it looks at its requests, by one statement."""

import collections
import uuid
from collections.abc import Hashable
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, bindparam, literal_column, null, select, text, union_all

from awlike.context import context
from awlike.context.privileges import projects_of
from awlike.current import current
from awlike.nights import utcnow
from awlike.persist.dataobject import DataObject
from awlike.persist.header_correction import HeaderCorrection
from awlike.persist.intervention import Intervention
from awlike.persist.tables import INTERVAL_CHANGED, dropped_file, history
from awlike.products.calibration import CalibrationFrame
from awlike.query.criteria import Rule
from awlike.query.prepared import prepared
from awlike.query.properties import classes
from awlike.query.query import Query
from awlike.query.statement import Node, Statement

_LOST = select(dropped_file.c.object_id).where(dropped_file.c.reason == 'lost')


class Beforehand:
    """What is known before a plan, as whoever asks sees it.

    Attributes
    ----------
    projects : frozenset of uuid.UUID
        The projects of who asks.
    sources : frozenset of uuid.UUID
        The sources that are named for the project of who asks, or for all; none are read where all projects are trusted.
    lost : set of uuid.UUID
        The objects whose files are known to be lost.
    by_hand : frozenset of uuid.UUID
        The objects whose interval a person changed.
    interventions : bool
        Whether there are valid interventions.
    corrections : bool
        Whether there are corrections of headers.
    imported : frozenset of str
        The classes of calibrations of which some were imported.
    absent : frozenset of str
        The classes of which there is no object, among those that are used only where they exist.
    """

    def __init__(self) -> None:
        found: dict[str, set[Any]] = collections.defaultdict(set)
        for kind, object_id, name in _rows():
            found[kind].add(name if object_id is None else object_id)
        self.projects, self.sources, self.by_hand = (
            frozenset(found[kind]) for kind in ('project', 'source', 'by hand'))
        self.lost: set[uuid.UUID] = found['lost']
        self.corrections = bool(found['correction'])
        self.interventions, self.imported = bool(found['intervention']), frozenset(found['imported'])
        self.absent = frozenset(cls.__name__ for cls in _used_where_they_exist()) - found['there']


def _rows() -> list[Any]:
    """Return kind, id and name of all that is known."""
    asker, moment = current(), {'moment': current().moment or utcnow()}
    connection = asker.session().connection()
    if asker.sight is None:
        return list(connection.execute(_statement(), moment))
    project = None if context.trusts_all() else context.project_or_none()
    key: Hashable = __name__, asker.sight, len(classes), context.trusts_all(), project and project.object_id
    return prepared(key, connection.dialect, _statement).rows(connection, moment)


def _statement() -> CompoundSelect[*tuple[Any, ...]]:
    """Return the statement for all that is known, in rows of kind, id and name."""
    user, changed = context.user, select(history.c.object_id).where(
        text(INTERVAL_CHANGED), history.c.date <= bindparam('moment', required=False, type_=history.c.date.type)).distinct()
    ids = {
        'lost': _LOST, 'by hand': changed,
        'intervention': valid_interventions()._statement(lambda builder: [builder.root.id], ordered=False).limit(1),
    }
    ids['correction'] = Query(HeaderCorrection)._statement(lambda builder: [builder.root.id], ordered=False).limit(1)
    if user is not None:
        ids['project'] = projects_of(user.object_id)
    if not context.trusts_all():
        ids['source'] = context.named_sources()
    imported = Query(CalibrationFrame, Rule(is_imported, 'imported', {}))._statement(
        lambda builder: [builder.root.table.c.class_name.label('name')], ordered=False).distinct().subquery()
    names: Statement = select(literal_column("'imported'").label('kind'), null().label('id'), imported.c.name.label('name'))
    return union_all(*(_kind(kind, found) for kind, found in ids.items()), names, *map(_there, _used_where_they_exist()))


def _used_where_they_exist() -> list[type[Any]]:
    """Return the classes to which an input that is `existing` leads."""
    found = {link.target for cls in list(classes.values()) if issubclass(cls, DataObject)
             for link in cls.inputs().values() if link.existing}
    return sorted(found, key=lambda cls: cls.__name__)


def _there(cls: type[Any]) -> Statement:
    """Return the statement for a row with the name of class `cls`, if there is any object of it."""
    first = Query(cls)._statement(lambda builder: [builder.root.id], ordered=False).limit(1).subquery()
    return select(literal_column("'there'").label('kind'), null().label('id'),
                  literal_column(f"'{cls.__name__}'").label('name')).select_from(first)


def _kind(kind: str, found: Statement) -> Statement:
    """Return the statement for the rows of one kind, of which `found` selects the ids."""
    ids = found.subquery()
    columns: list[ColumnElement[Any]] = [
        literal_column(f"'{kind}'").label('kind'), next(iter(ids.c)).label('id'), null().label('name')]
    return select(*columns)


def valid_interventions() -> Query:
    """Return the query for the valid interventions."""
    return Query(Intervention, Rule(_is_valid, 'valid interventions', {}))


def _is_valid(root: Node) -> ColumnElement[bool]:
    return root.column('is_valid') > 0


def is_imported(root: Node) -> ColumnElement[bool]:
    """Return the SQL condition for objects that were imported."""
    return root.column('imported').is_not(None)

"""Candidates: the objects that exist and may serve, calibrations by place and date, products by their identity."""

import collections
import datetime
import uuid
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, select

from awlike import nights
from awlike.current import current
from awlike.persist.dataobject import DataObject
from awlike.persist.tables import lineage
from awlike.planning.counting import Counting, in_chunks
from awlike.planning.found import Found, Used
from awlike.planning.request import Place, Request, at_places, zone_of
from awlike.products.calibration import CalibrationFrame
from awlike.products.product import ProcessTarget
from awlike.query.criteria import Rule
from awlike.query.query import Query
from awlike.query.statement import Node


class Candidates:
    """The objects that exist, for one plan.

    Parameters
    ----------
    commit : bool
        Whether what is chosen goes into something that will be committed.

    Attributes
    ----------
    counting : Counting
        Which of them count.
    """

    def __init__(self, commit: bool) -> None:
        self.counting = Counting(commit)

    def _rows(self, cls: type[Any], condition: Callable[[Node], ColumnElement[bool]], words: str,
              told: bool = False) -> Sequence[Found]:
        """Return objects of class `cls`, of sources, in the order of making; with `told`, the plan tells of the others."""
        query = self.counting.of_sources(Query(cls, Rule(condition, words)), told)
        rows = query.order_by('creation_date').columns(*Found._fields)
        found = [Found.of_row(row) for row in rows]
        self.counting.look_at(one.object_id for one in found)
        return found

    def calibrations(self, cls: type[CalibrationFrame], requests: Collection[Request], reach: int) -> dict[Place, list[Found]]:
        """Return the calibrations of class `cls` at the places of `requests`, at most `reach` nights away, by place.

        Those that do not count are among them. The latest made is the first.
        """
        margin = datetime.timedelta(days=reach)
        zone = zone_of(next(iter(requests)).instrument)
        start, end = nights.span(min(r.night for r in requests) - margin, max(r.night for r in requests) + margin, zone)
        by_place, has_filter = collections.defaultdict(list), 'filter' in cls.__properties__
        rows = self._rows(cls, lambda root: and_(at_places(root, requests), root.column('DATE_OBS') >= start,
                                                 root.column('DATE_OBS') < end), 'calibrations near', told=True)
        self.counting.of_use(cls, rows)  # so that the plan tells of those that are hidden
        for found in reversed(rows):
            by_place[found.place(has_filter)].append(found)
        return by_place

    def by_key(self, cls: type[ProcessTarget], keys: Iterable[str]) -> dict[str, list[Found]]:
        """Return the objects of `cls` that count with each of `keys`, the latest made first, as far as there are any."""
        by_key = collections.defaultdict(list)
        for some in in_chunks(list(keys)):
            for found in self._rows(cls, lambda root, some=some: root.column('reuse_key').in_(some), 'objects with a key'):
                if self.counting.unusable(found) is None:
                    by_key[found.reuse_key].insert(0, found)
        return by_key

    def latest_made(self, cls: type[ProcessTarget], requests: list[Request]) -> list[Found | None]:
        """Return for each request, which is of one frame, the latest product of `cls` at its place and date, if any."""
        latest, has_filter = {}, 'filter' in cls.__properties__
        for some in in_chunks(sorted({r.date for r in requests})):
            for found in self._rows(cls, lambda root, some=some: and_(
                    at_places(root, requests), root.column('DATE_OBS').in_(some)), 'products of raw frames'):
                latest[found.place(has_filter), found.DATE_OBS] = found
        return [latest.get((r.place, r.date)) for r in requests]

    def inputs_of(self, found: Iterable[Found], roles: Collection[str] | None = None) -> dict[uuid.UUID, dict[str, list[Used]]]:
        """Return the inputs that each of `found` was made from, in `roles` or in all, by object id and role."""
        used: dict[uuid.UUID, dict[str, list[Used]]] = collections.defaultdict(lambda: collections.defaultdict(list))
        table = DataObject.__table__
        wanted = [] if roles is None else [lineage.c.role.in_(roles)]
        for some in in_chunks([product.object_id for product in found]):
            rows = current().session().execute(
                select(lineage.c.product, lineage.c.role,
                       table.c.object_id, table.c.digest, table.c.filename, table.c.class_name)
                .join(table, table.c.object_id == lineage.c.input)
                .where(lineage.c.product.in_(some), *wanted)
                .order_by(lineage.c.product, lineage.c.role, lineage.c.position))
            for product, role, object_id, digest, filename, class_name in rows:
                used[product][role].append(Used(object_id, digest, filename or class_name))
        return used

"""Candidates: the objects that exist and may serve, calibrations by place and date, products by their identity."""

import collections
import datetime
import uuid
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, select

from awlike import nights
from awlike.current import current
from awlike.persist.dataobject import DataObject
from awlike.persist.lineage import with_invalid_origin
from awlike.persist.tables import lineage
from awlike.planning.counting import Counting, in_chunks
from awlike.planning.found import Found, Used
from awlike.planning.invalid import FEW
from awlike.planning.request import Place, Request, at_places, at_places_between, places_of, zone_of
from awlike.products.calibration import CalibrationFrame
from awlike.products.product import ProcessTarget
from awlike.query.criteria import Rule
from awlike.query.query import Query
from awlike.query.statement import Node, among


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

    def _rows(self, cls: type[Any], rule: Rule, told: bool = False, few: bool = False) -> Sequence[Found]:
        """Return objects of class `cls`, of sources, in the order of making; with `told`, the plan tells of the others.

        Of `few` objects the same statement says whether they descend from something invalid.
        """
        query = self.counting.of_sources(Query(cls, rule), told)
        if few:
            rows = sorted(query.columns(*Found._fields, around=with_invalid_origin),
                          key=lambda row: (row.creation_date is None, row.creation_date, row.object_id))
            self.counting.note({object_id: origin for object_id, *_, origin in rows})
            return [Found.of_row(row[:-1]) for row in rows]
        found = [Found.of_row(row) for row in query.order_by('creation_date').columns(*Found._fields)]
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
        rows = self._rows(cls, Rule(at_places_between, 'calibrations near',
                                    {'start': start, 'end': end, **places_of(requests)}), told=True)
        self.counting.of_use(cls, rows)  # so that the plan tells of those that are hidden
        for found in reversed(rows):
            by_place[found.place(has_filter)].append(found)
        return by_place

    def by_key(self, cls: type[ProcessTarget], keys: Iterable[str]) -> dict[str, list[Found]]:
        """Return the objects of `cls` that count with each of `keys`, the latest made first, as far as there are any."""
        by_key = collections.defaultdict(list)
        for some in in_chunks(list(keys)):
            few = len(some) <= FEW and not self.counting.knows_all_invalid
            for found in self._rows(cls, Rule(_with_key, 'objects with a key', {'keys': some}), few=few):
                if self.counting.unusable(found) is None:
                    by_key[found.reuse_key].insert(0, found)
        return by_key

    def latest_made(self, cls: type[ProcessTarget], requests: list[Request]) -> list[Found | None]:
        """Return for each request, which is of one frame, the latest product of `cls` at its place, date and grid, if any."""
        latest, has_filter = {}, 'filter' in cls.__properties__
        requests = [request.for_class(cls) for request in requests]
        for some in in_chunks(sorted({r.date for r in requests})):
            rule = Rule(_of_dates, 'products of raw frames', {'dates': some, **places_of(requests)})
            rows = self._rows(cls, rule)
            grids = self._grids(cls, rows)
            for found in rows:
                latest[found.place(has_filter), found.DATE_OBS, grids.get(found.object_id)] = found
        return [latest.get((r.place, r.date, None if r.grid is None else str(r.grid))) for r in requests]

    @staticmethod
    def _grids(cls: type[ProcessTarget], found: Sequence[Found]) -> dict[uuid.UUID, str]:
        """Return the grid of each of `found`, by id, if products of class `cls` are resampled."""
        if 'grid' not in cls.__properties__ or not found:
            return {}
        ids = [one.object_id for one in found]
        return {object_id: grid for some in in_chunks(ids)
                for object_id, grid in cls.object_id.in_(some).columns('object_id', 'grid')}

    def with_members(self, cls: type[ProcessTarget], role: str,
                     dates: Iterable[datetime.datetime]) -> list[tuple[str | None, Found]]:
        """Return the products of `cls` that have an input `role` observed at any of `dates`, in order of making, by grid."""
        names, found = cls.inputs()[role].target.class_names(), {}
        for some in in_chunks(sorted(dates)):
            rule = Rule(lambda root, some=some: root.id.in_(_made_from(role, names, some)), 'products of members')
            found |= {one.object_id: one for one in self._rows(cls, rule)}
        rows = sorted(found.values(), key=lambda one: (one.creation_date, one.object_id))
        grids = self._grids(cls, rows)
        return [(grids.get(one.object_id), one) for one in rows]

    def inputs_of(self, found: Iterable[Found], roles: Collection[str] | None = None) -> dict[uuid.UUID, dict[str, list[Used]]]:
        """Return the inputs that each of `found` was made from, in `roles` or in all, by object id and role."""
        used: dict[uuid.UUID, dict[str, list[Used]]] = collections.defaultdict(lambda: collections.defaultdict(list))
        table = DataObject.__table__
        wanted = [] if roles is None else [lineage.c.role.in_(roles)]
        for some in in_chunks([product.object_id for product in found]):
            rows = current().session().execute(
                select(lineage.c.product, lineage.c.role,
                       table.c.object_id, table.c.digest, table.c.filename, table.c.class_name,
                       table.c.chip_id, table.c.DATE_OBS)
                .join(table, table.c.object_id == lineage.c.input)
                .where(lineage.c.product.in_(some), *wanted)
                .order_by(lineage.c.product, lineage.c.role, lineage.c.position))
            for product, role, object_id, digest, filename, class_name, chip, date in rows:
                used[product][role].append(Used(object_id, digest, filename or class_name, chip, date))
        return used


def _made_from(role: str, names: list[str], dates: list[datetime.datetime]) -> Select[tuple[uuid.UUID]]:
    """Select the ids of products with an input `role` of one of the classes `names` that was observed at one of `dates`."""
    member = DataObject.__table__.alias('member')
    return (select(lineage.c.product).join(member, member.c.object_id == lineage.c.input)
            .where(lineage.c.role == role, member.c.class_name.in_(names), member.c.DATE_OBS.in_(dates)))


def _with_key(root: Node, keys: Any) -> ColumnElement[bool]:
    """Return the SQL condition for products of one of the identities `keys`."""
    return among(root.column('reuse_key'), keys)


def _of_dates(root: Node, dates: Any, **places: Any) -> ColumnElement[bool]:
    """Return the SQL condition for products at places and at one of `dates`."""
    return and_(at_places(root, **places), among(root.column('DATE_OBS'), dates))

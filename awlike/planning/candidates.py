"""Candidates: the objects that exist and may serve, calibrations by place and date, products by their identity."""

import collections
import uuid
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, select

from awlike.current import current
from awlike.persist.dataobject import DataObject
from awlike.persist.tables import lineage
from awlike.planning.counting import Counting, in_chunks
from awlike.planning.found import Found, Used
from awlike.planning.request import Request, at_places
from awlike.products.frame import Frame
from awlike.products.product import ProcessTarget
from awlike.products.raw import RawFrame
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

    def _rows(self, cls: type[Frame], condition: Callable[[Node], ColumnElement[bool]], words: str,
              *more: str) -> Sequence[Any]:
        """Return rows of the columns of `Found`, and `more`, in the order of making."""
        rows = list(Query(cls, Rule(condition, words)).order_by('creation_date').columns(*Found._fields, *more))
        self.counting.look_at(row.object_id for row in rows)
        return rows

    def calibrations(self, cls: type[Frame], requests: Collection[Request]) -> list[list[Found]]:
        """Return for each request all that cover its place and date, whether they count or not, the latest made first."""
        first, last = min(r.date for r in requests), max(r.date for r in requests)
        rows = self._rows(cls, lambda root: and_(
            at_places(root, requests), root.column('timestamp_start') <= last, root.column('timestamp_end') > first),
            'calibrations that cover', 'timestamp_start', 'timestamp_end')
        by_place, has_filter = collections.defaultdict(list), 'filter' in cls.__properties__
        for *values, start, end in reversed(rows):
            found = Found(*values)
            by_place[found.place(has_filter)].append((start, end, found))
        return [[found for start, end, found in by_place[r.place] if start <= r.date < end] for r in requests]

    def anything(self, cls: type[Frame], requests: Iterable[Request], made: bool = True) -> bool:
        """Return whether any object of `cls` exists at the places of `requests`, or (`made`) raw frames to make one from."""
        requests = [r.for_class(cls) for r in {r.place: r for r in requests}.values()]
        if Query(cls, Rule(lambda root: at_places(root, requests), 'at these places')).exists():
            return True
        if not made or issubclass(cls, RawFrame):
            return False
        links = cls.inputs().values()
        needed = [link for link in links if not link.optional]
        enough = all if needed else any
        return enough(self.anything(link.target, requests, made=not link.existing) for link in needed or links)

    def by_key(self, cls: type[ProcessTarget], keys: Iterable[str]) -> dict[str, Found]:
        """Return the latest object of `cls` that counts with each of `keys`, as far as there is one."""
        latest = {}
        for some in in_chunks(list(keys)):
            for row in self._rows(cls, lambda root, some=some: root.column('reuse_key').in_(some), 'objects with a key'):
                found = Found(*row)
                if self.counting.unusable(found) is None:
                    latest[found.reuse_key] = found
        return latest

    def latest_made(self, cls: type[ProcessTarget], requests: list[Request]) -> list[Found | None]:
        """Return for each request, which is of one frame, the latest product of `cls` at its place and date, if any."""
        latest, has_filter = {}, 'filter' in cls.__properties__
        for some in in_chunks(sorted({r.date for r in requests})):
            for row in self._rows(cls, lambda root, some=some: and_(
                    at_places(root, requests), root.column('DATE_OBS').in_(some)), 'products of raw frames'):
                found = Found(*row)
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

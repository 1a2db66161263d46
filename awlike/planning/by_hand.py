"""Intervals by hand: the calibrations for which a person said when they serve, and when they do not."""

import collections
import datetime
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import ColumnElement

from awlike.planning.found import Found
from awlike.planning.request import Place, Request
from awlike.products.calibration import CalibrationFrame
from awlike.query.criteria import Rule
from awlike.query.query import Query
from awlike.query.statement import Node, among

if TYPE_CHECKING:
    from awlike.planning.counting import Counting


class ByHand(NamedTuple):
    """A calibration that serves from `start` up to, not including, `end` (UTC), because a person said so."""

    found: Found
    start: datetime.datetime
    end: datetime.datetime

    def covers(self, date: datetime.datetime) -> bool:
        """Return whether `date` lies in the interval."""
        return self.start <= date < self.end

    def __str__(self) -> str:
        return f'{self.found.name} from {self.start:%Y-%m-%d %H:%M} to {self.end:%Y-%m-%d %H:%M}'


class IntervalsByHand:
    """All calibrations whose interval a person changed, for one plan; they are read when the first is asked for."""

    def __init__(self, counting: 'Counting') -> None:
        self._counting = counting
        self._by_id: dict[uuid.UUID, ByHand] = {}
        self._by_place: dict[tuple[type[CalibrationFrame], Place], list[ByHand]] = collections.defaultdict(list)
        self._classes: set[type[CalibrationFrame]] = set()

    def of(self, cls: type[CalibrationFrame], request: Request) -> list[ByHand]:
        """Return the calibrations of class `cls` at the place of `request`, good and bad, the latest made first."""
        return self._by_place.get((cls, request.place), []) if self._read(cls) else []

    def interval(self, found: Found | None) -> ByHand | None:
        """Return the interval of `found`, if a person changed it; its class must have been asked for by `of`."""
        return None if found is None else self._by_id.get(found.object_id)

    def __iter__(self) -> Iterator[ByHand]:
        return iter(self._by_id.values())

    def _read(self, cls: type[CalibrationFrame]) -> bool:
        """Read the changed calibrations of class `cls`, once; return whether there are any of any class."""
        ids = self._counting.known.by_hand
        if not ids or cls in self._classes:
            return bool(ids)
        self._classes.add(cls)
        query = self._counting.of_sources(Query(cls, Rule(_one_of, 'intervals by hand', {'ids': ids})))
        rows = query.order_by('creation_date').columns(*Found._fields, 'timestamp_start', 'timestamp_end')
        self._counting.look_at(row.object_id for row in rows)
        has_filter = 'filter' in cls.__properties__
        for *values, start, end in reversed(rows):
            one = ByHand(Found.of_row(values), start, end)
            self._by_id[one.found.object_id] = one
            self._by_place[cls, one.found.place(has_filter)].append(one)
        return True


def _one_of(root: Node, ids: Any) -> ColumnElement[bool]:
    """Return the SQL condition for the objects `ids`."""
    return among(root.id, ids)

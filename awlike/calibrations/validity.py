"""Validity: find which calibration serves when, for each chip and filter, and why the others do not.

`Resolver` says for each calibration by itself whether it counts; this module adds only that the latest made serves.
"""

import bisect
import collections
import dataclasses
import datetime
import heapq
import itertools
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from awlike import nights
from awlike.cameras.known import camera
from awlike.current import current
from awlike.frames.raw import RawScienceFrame
from awlike.persist.links import fetch
from awlike.persist.references import Chip, Filter, Instrument
from awlike.planning.found import Found
from awlike.planning.parameters_in_force import ParametersInForce
from awlike.planning.reasons import Reason
from awlike.planning.request import Request
from awlike.planning.resolve import Resolver
from awlike.products.calibration import CalibrationFrame

Names = str | list[str] | None
Night = str | datetime.date | Sequence[str | datetime.date] | None
Span = tuple[datetime.datetime, datetime.datetime]
PlaceIds = tuple[uuid.UUID, uuid.UUID, uuid.UUID | None]


@dataclasses.dataclass(eq=False, slots=True)
class Calibration:
    """One calibration, its interval, and when it serves.

    Attributes
    ----------
    reason : Reason or None
        Why the calibration does not count; None when it does.
    serving : list of (datetime.datetime, datetime.datetime)
        The parts of its interval in which the calibration serves.
    eclipsed_by : list of Calibration
        The later calibrations that serve in the rest of the interval, the latest first.
    """

    found: Found
    start: datetime.datetime
    end: datetime.datetime
    reason: Reason | None = None
    serving: list[Span] = dataclasses.field(default_factory=list)
    eclipsed_by: list['Calibration'] = dataclasses.field(default_factory=list)


class PlaceValidity:
    """The calibrations of one class, chip and filter, and the science frames that ask for one.

    Attributes
    ----------
    cls : type
        The class of the calibrations.
    instrument, chip, filter : persistent objects
        The place; `filter` is None where it does not matter.
    calibrations : list of Calibration
        The latest made first.
    dates : list of datetime.datetime
        When the valid raw science frames there were observed, in order.
    """

    def __init__(self, cls: type[CalibrationFrame], instrument: Any, chip: Any, filter: Any, calibrations: list[Calibration],
                 dates: Iterable[datetime.datetime]) -> None:
        self.cls, self.instrument, self.chip, self.filter = cls, instrument, chip, filter
        self.calibrations, self.dates = calibrations, sorted(dates)
        self._served: list[tuple[datetime.datetime, datetime.datetime, Calibration]] = []

    @property
    def names(self) -> list[str]:
        """The names of instrument, chip and filter."""
        return [one.name for one in (self.instrument, self.chip, self.filter) if one is not None]

    def settle(self, span: Span | None = None) -> None:
        """Find when each calibration serves, the latest made that counts, at any date or at any in `span` (start, end)."""
        counting = [one for one in self.calibrations if one.reason is None]
        first, last = span or (datetime.datetime.min, datetime.datetime.max)
        self._served = [(start, end, counting[number]) for start, end, number in latest_of(
            [(max(one.start, first), min(one.end, last)) for one in counting])]
        for start, end, one in self._served:
            one.serving.append((start, end))
        rank = {one: number for number, one in enumerate(counting)}
        for one in counting:
            low = bisect.bisect_right(self._served, one.start, key=lambda part: part[1])
            high = bisect.bisect_left(self._served, one.end, key=lambda part: part[0])
            one.eclipsed_by = sorted({other for _, _, other in self._served[low:high]} - {one}, key=rank.__getitem__)

    def chosen(self, date: datetime.datetime) -> Calibration | None:
        """Return the calibration that serves at `date`."""
        number = bisect.bisect_right(self._served, date, key=lambda part: part[0]) - 1
        return self._served[number][2] if number >= 0 and date < self._served[number][1] else None

    @property
    def unserved(self) -> list[datetime.datetime]:
        """The dates of the science frames for which nothing serves."""
        return [date for date in self.dates if self.chosen(date) is None]

    def gaps(self) -> dict[datetime.date, int]:
        """Return the number of science frames for which nothing serves, by night."""
        return dict(collections.Counter(map(camera(self.instrument.name).night, self.unserved)))


def latest_of(intervals: Sequence[tuple[Any, Any]]) -> list[tuple[Any, Any, int]]:
    """Return in which part each of half-open `intervals` (start, end) is the first that covers it: (start, end, number).

    The parts are disjoint and in order. They are found in one sweep, so that thousands of intervals take no time.
    """
    opening = sorted(range(len(intervals)), key=lambda number: intervals[number][0])
    bounds = sorted({bound for interval in intervals for bound in interval})
    parts: list[tuple[Any, Any, int]] = []
    open_: list[int] = []
    position = 0
    for start, end in itertools.pairwise(bounds):
        while position < len(opening) and intervals[opening[position]][0] <= start:
            heapq.heappush(open_, opening[position])
            position += 1
        while open_ and intervals[open_[0]][1] <= start:
            heapq.heappop(open_)
        if not open_:
            continue
        if parts and parts[-1][1:] == (start, open_[0]):
            start = parts.pop()[0]
        parts.append((start, end, open_[0]))
    return parts


def places(kinds: Iterable[type[CalibrationFrame]], instrument: Names = None, chip: Names = None, filter: Names = None,
           date: Night = None) -> list[PlaceValidity]:
    """Return the places of calibrations of the classes `kinds`, and of valid raw science frames, in order of class and name.

    Arguments are as in `Frame.select`, except that `date` selects the calibrations whose interval has a part in it, and
    nothing is said of what serves outside. The number of statements does not grow with the number of calibrations.
    """
    selection = {'instrument': instrument, 'chip': chip, 'filter': filter}
    raws = RawScienceFrame.select(**selection, date=date) & (RawScienceFrame.is_valid > 0)
    exposures = raws.columns('instrument_id', 'chip_id', 'filter_id', 'DATE_OBS')
    span = span_of(instrument, date)
    found = {cls: _grouped(cls, _calibrations(cls, selection, span), exposures) for cls in kinds}
    named = _named(place for groups in found.values() for place in groups)
    resolver = Resolver(ParametersInForce(), commit=False)
    every = []
    for cls, groups in found.items():
        of_class = [PlaceValidity(cls, named.get(instrument_), named.get(chip_), named.get(filter_), members, dates)
                    for (instrument_, chip_, filter_), (members, dates) in groups.items()]
        _judge(resolver, cls, of_class)
        for place in of_class:
            place.settle(span)
        every += sorted(of_class, key=lambda place: place.names)
    return every


def span_of(instrument: Any, date: Night) -> Span | None:
    """Return start and end of the nights `date` at the telescope of `instrument` (UTC); None without a date."""
    return None if date is None else nights.span(*nights.parse(date), camera(instrument).zone)


def _calibrations(cls: Any, selection: dict[str, Names], span: Span | None) -> list[Calibration]:
    """Return the calibrations of class `cls`, the latest made first."""
    has_filter = 'filter' in cls.__properties__
    query = cls.select(**{name: value for name, value in selection.items() if name != 'filter' or has_filter})
    if span is not None:
        query &= (cls.timestamp_start < span[1]) & (cls.timestamp_end > span[0])
    rows = query.order_by('creation_date').columns(*Found._fields, 'timestamp_start', 'timestamp_end')
    return [Calibration(Found(*values), start, end) for *values, start, end in reversed(rows)]


def _grouped(cls: type[CalibrationFrame], calibrations: list[Calibration],
             exposures: list[Any]) -> dict[PlaceIds, tuple[list[Calibration], list[datetime.datetime]]]:
    """Return calibrations and dates of exposures by the ids of their place."""
    groups: dict[Any, tuple[list, list]] = collections.defaultdict(lambda: ([], []))
    has_filter = 'filter' in cls.__properties__
    for one in calibrations:
        groups[one.found.place(has_filter)][0].append(one)
    for instrument, chip, filter_, date in exposures:
        groups[instrument, chip, filter_ if has_filter else None][1].append(date)
    return groups


def _named(groups: Iterable[PlaceIds]) -> dict[uuid.UUID | None, Any]:
    """Return instruments, chips and filters by id."""
    columns = list(zip(*groups, strict=True)) or [(), (), ()]
    found: dict[uuid.UUID | None, Any] = {}
    for cls, ids in zip((Instrument, Chip, Filter), columns, strict=True):
        found |= fetch(current().session(), cls, sorted(set(ids) - {None}))
    return found


def _judge(resolver: Resolver, cls: type[CalibrationFrame], places: list[PlaceValidity]) -> None:
    """Find which calibrations at `places` do not count and why."""
    counting = {}
    resolver.candidates.counting.look_at(one.found.object_id for place in places for one in place.calibrations)
    for place in places:
        request = Request(place.instrument, place.chip, place.filter, datetime.datetime.max)  # the date does not matter
        step = resolver.step(cls, request)
        for one in place.calibrations:
            one.reason = resolver.against(step, one.found)
            if one.reason is None:
                counting[one.found.object_id] = request, one.found
    outdated = resolver.outdated(cls, counting)
    for place in places:
        for one in place.calibrations:
            one.reason = one.reason or outdated.get(one.found.object_id)

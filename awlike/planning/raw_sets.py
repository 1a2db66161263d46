"""Sets: the valid raw frames of one kind and setup of one observing night, from which one calibration is made."""

import collections
import datetime
import functools
import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from awlike import nights
from awlike.cameras.known import camera
from awlike.planning.eras import Era, Eras
from awlike.planning.request import Place, Request, at_places_between, places_of, zone_of
from awlike.products.making import mean_date
from awlike.query.criteria import Rule
from awlike.query.query import Query

if TYPE_CHECKING:
    from awlike.planning.counting import Counting
    from awlike.products.calibration import CalibrationFrame
    from awlike.products.raw import RawFrame

_SAME_EXPTIME = 0.01  # exposure times that differ by at most this fraction are equal: shutters are no better


class RawRow(NamedTuple):
    """A raw frame, as far as planning must know it. The frame itself is read only when something is made from it."""

    object_id: uuid.UUID
    instrument_id: uuid.UUID
    chip_id: uuid.UUID
    filter_id: uuid.UUID | None
    setup_id: uuid.UUID | None
    DATE_OBS: datetime.datetime
    EXPTIME: float
    TEMPERATURE: float | None
    digest: str
    filename: str
    is_valid: int
    privileges: int
    project_id: uuid.UUID
    creator_id: uuid.UUID

    def __str__(self) -> str:
        return self.filename


class RawSet:
    """Raw frames of one place, kind, setup and era from which a calibration can be made, in order of time.

    Attributes
    ----------
    frames : tuple of RawRow
        The frames.
    night : datetime.date
        The observing night, or the nearest of the nights that were joined.
    nights : tuple of datetime.date
        All nights that were joined; one for a plain set.
    date : datetime.datetime
        The mean of the dates of observation (UTC).
    """

    __slots__ = ('EXPTIME', 'TEMPERATURE', '_first', 'date', 'frames', 'identity', 'night', 'nights', 'setup_id')

    def __init__(self, night: datetime.date, frames: Sequence[RawRow], nights: Sequence[datetime.date] = ()) -> None:
        self.night, self.frames, self.nights = night, tuple(frames), tuple(nights) or (night,)
        self.date, self.setup_id = mean_date(frames), frames[0].setup_id
        self.EXPTIME = frames[len(frames) // 2].EXPTIME
        self.TEMPERATURE = mean_temperature(frames)
        self.identity = tuple(frame.object_id for frame in frames)
        self._first: dict[int, list[RawRow]] = {}

    def first(self, number: int) -> list[RawRow]:
        """Return the first so many frames, as the same list each time."""
        if number not in self._first:
            self._first[number] = list(self.frames[:number])
        return self._first[number]


Group = tuple[Place, uuid.UUID | None, int]
"""Place, id of the setup, and number of the era: no calibration serves in two groups."""


class RawSets:
    """The sets of raw frames that count, for one plan; what was read once is not read again.

    Parameters
    ----------
    counting : Counting
        The rules by which raw frames count.
    eras : Eras
        The interventions.
    """

    def __init__(self, counting: 'Counting', eras: Eras) -> None:
        self._counting, self._eras = counting, eras
        self._rows: dict[type[RawFrame], dict[Place, list[RawRow]]] = collections.defaultdict(dict)
        self._known: dict[type[RawFrame], dict[Place, tuple[datetime.date, datetime.date]]] = collections.defaultdict(dict)
        self._sets: dict[tuple, dict[Group, list[RawSet]]] = {}
        self._groups: dict[tuple, dict[Group, list[RawSet]]] = {}

    def rows(self, raw_kind: 'type[RawFrame]', place: Place) -> list[RawRow]:
        """Return the raw frames at `place` that `look` read, whether they count or not, in order of time."""
        return self._rows[raw_kind].get(place, [])

    def _rows_of_use(self, raw_kind: 'type[RawFrame]', place: Place) -> list[RawRow]:
        """Return the raw frames at `place` that are whole and that all who will see the product see."""
        return self._counting.of_use(raw_kind, self.rows(raw_kind, place))

    def look(self, raw_kind: 'type[RawFrame]', wanted: Collection[Request], reach: int) -> None:
        """Read the raw frames of class `raw_kind` at the places of `wanted`, up to `reach` nights away."""
        spans: dict[Place, tuple[datetime.date, datetime.date]] = {}
        margin = datetime.timedelta(days=reach)
        for request in wanted:
            night = request.night
            first, last = spans.get(request.place, (night, night))
            spans[request.place] = min(first, night - margin), max(last, night + margin)
        known = self._known[raw_kind]
        new = {place: span for place, span in spans.items()
               if place not in known or span[0] < known[place][0] or span[1] > known[place][1]}
        if not new:
            return
        requests = [r for r in wanted if r.place in new]
        every = [span for place in new for span in (new[place], known.get(place, new[place]))]
        first, last = min(span[0] for span in every), max(span[1] for span in every)
        self._read(raw_kind, requests, first, last)
        known |= dict.fromkeys(new, (first, last))
        for sets in (self._sets, self._groups):
            for key in [key for key in sets if key[0] is raw_kind]:
                del sets[key]

    def _read(self, raw_kind: 'type[RawFrame]', requests: Sequence[Request], first: datetime.date, last: datetime.date) -> None:
        """Read all raw frames at the places of `requests`, from the night `first` to the night `last`."""
        start, end = nights.span(first, last, zone_of(requests[0].instrument))
        found = self._counting.of_sources(Query(raw_kind, Rule(
            at_places_between, 'raw frames', {'start': start, 'end': end, **places_of(requests)})))
        has_filter = 'filter' in raw_kind.__properties__
        by_place: dict[Place, list[RawRow]] = collections.defaultdict(list)
        for row in sorted(map(RawRow._make, found.columns(*RawRow._fields)), key=in_time):
            by_place[row.instrument_id, row.chip_id, row.filter_id if has_filter else None].append(row)
        rows = self._rows[raw_kind]
        rows |= {request.place: by_place.get(request.place, []) for request in requests}

    def of(self, cls: 'type[CalibrationFrame]', request: Request, least: int) -> dict[Group, list[RawSet]]:
        """Return the sets at the place of `request` of at least `least` frames, by group, in order of time."""
        raw_kind = cls.raw_kind()
        assert raw_kind is not None, f'{cls.__name__} is made from other calibrations'
        key = raw_kind, cls, request.place, least
        if key not in self._sets:
            self._sets[key] = {group: [one for one in sets if len(one.frames) >= least]
                               for group, sets in self._grouped(cls, raw_kind, request).items()}
        return self._sets[key]

    def groups(self, cls: 'type[CalibrationFrame]', request: Request) -> dict[Group, list[RawSet]]:
        """Return all sets at the place of `request`, also sets of too few frames, by group, in order of time."""
        return self.of(cls, request, 1)

    def _grouped(self, cls: 'type[CalibrationFrame]', raw_kind: 'type[RawFrame]',
                 request: Request) -> dict[Group, list[RawSet]]:
        """Return all sets at the place of `request`, by group; classes with the same eras share them."""
        eras = self._eras.of(cls, request)
        key = raw_kind, request.place, eras
        if key not in self._groups:
            self._groups[key] = self._new_groups(raw_kind, request, eras)
        return self._groups[key]

    def _new_groups(self, raw_kind: 'type[RawFrame]', request: Request, eras: Era) -> dict[Group, list[RawSet]]:
        zone = zone_of(request.instrument)
        found: dict[tuple, list[RawRow]] = collections.defaultdict(list)
        for row in _once(row for row in self._rows_of_use(raw_kind, request.place) if row.is_valid != 0):
            night, half = set_night(raw_kind, row.DATE_OBS, zone)
            found[row.setup_id, eras.number(row.DATE_OBS), night, half].append(row)
        groups: dict[Group, list[RawSet]] = collections.defaultdict(list)
        tolerance = camera(request.instrument.name).temperature_tolerance
        for (setup, era, night, _), rows in found.items():
            for alike in alike_sets(rows, raw_kind, tolerance):
                groups[request.place, setup, era].append(RawSet(night, alike))
        return {group: sorted(sets, key=lambda one: (one.night, one.date, one.identity)) for group, sets in groups.items()}


def _once(rows: Iterable[RawRow]) -> Iterator[RawRow]:
    """Yield `rows`, of frames with the same content only the first: people who hide their work may each ingest a file."""
    seen: set[tuple] = set()
    for row in rows:
        content = in_time(row)
        if content not in seen:
            seen.add(content)
            yield row


def set_night(raw_kind: 'type[RawFrame]', date: datetime.datetime, zone: datetime.tzinfo) -> tuple[datetime.date, int]:
    """Return the night of a raw frame taken at `date`, and 1 in the morning where halves of nights are sets of their own."""
    return _set_night(raw_kind.HALF_NIGHTS, date, zone)


@functools.lru_cache(65536)  # the chips of a camera are exposed at the same time
def _set_night(halves: bool, date: datetime.datetime, zone: datetime.tzinfo) -> tuple[datetime.date, int]:
    local = nights.local(date, zone)
    return nights.night_of_local(local), int(halves and local.hour < 12)


def mean_temperature(frames: Iterable[Any]) -> float | None:
    """Return the mean temperature of the detector [deg C] in `frames`; None where none is known."""
    known = [frame.TEMPERATURE for frame in frames if frame.TEMPERATURE is not None]
    return sum(known) / len(known) if known else None


def alike_sets(rows: Sequence[Any], raw_kind: 'type[RawFrame]', tolerance: float) -> Iterator[list[Any]]:
    """Yield `rows` in lists whose `ALIKE` attributes agree: exposure times to 1 %, temperatures to `tolerance` deg C."""
    if not raw_kind.ALIKE:
        yield list(rows)
        return
    for same_exposure in _split(rows, 'EXPTIME', lambda first, now: now <= first * (1 + _SAME_EXPTIME)):
        for alike in _split(same_exposure, 'TEMPERATURE', lambda first, now: now <= first + tolerance):
            yield sorted(alike, key=in_time)


def same_exposure_time(one: float, other: float) -> bool:
    """Return whether two exposure times [s] are equal, as far as a shutter tells."""
    return abs(one - other) <= _SAME_EXPTIME * max(one, other)


def _split(rows: Iterable[Any], name: str, agrees: Any) -> Iterator[list[Any]]:
    """Yield `rows` in lists in which the values of `name` agree with the lowest; those without a value are one list."""
    unknown = [row for row in rows if getattr(row, name) is None]
    if unknown:
        yield unknown
    group: list[Any] = []
    for row in sorted((row for row in rows if getattr(row, name) is not None), key=lambda row: getattr(row, name)):
        if group and not agrees(getattr(group[0], name), getattr(row, name)):
            yield group
            group = []
        group.append(row)
    if group:
        yield group


def in_time(frame: Any) -> tuple[datetime.datetime, str]:
    """Return what to sort by: of two frames of one instant the content decides, so that no order of ingestion matters."""
    return frame.DATE_OBS, frame.digest or ''

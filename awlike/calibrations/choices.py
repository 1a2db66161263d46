"""Choices: find which calibration serves when, for each chip, filter and setup, and why the others do not.

`Resolver` answers for each date, as it does for tasks; this module only asks and sorts the answers.
"""

import collections
import datetime
import itertools
import uuid
from collections.abc import Iterable, Sequence
from typing import Any, cast

from awlike import nights
from awlike.calibrations.asked import Asked, Nights, Observed
from awlike.calibrations.candidate import PlaceChoice
from awlike.calibrations.explain import explain, judge
from awlike.calibrations.leads import Kind, is_used_where_it_exists, leads
from awlike.current import current
from awlike.frames.raw import RawScienceFrame
from awlike.persist.links import fetch
from awlike.persist.references import Chip, Filter, Instrument, Setup
from awlike.planning.found import Found
from awlike.planning.parameters_in_force import ParametersInForce
from awlike.planning.request import Request
from awlike.planning.resolve import Resolver
from awlike.products.parameters import FromRawFrames

Names = str | list[str] | None
Night = str | datetime.date | Sequence[str | datetime.date] | None
Spot = tuple[uuid.UUID, uuid.UUID, uuid.UUID | None, uuid.UUID | None]
"""The ids of instrument, chip, filter and setup."""


class Choices:
    """The calibrations that serve in the places of a selection. Each object is read once.

    Parameters
    ----------
    selection : dict
        The arguments of `Frame.select`: instrument, chip, filter and date.
    """

    def __init__(self, selection: dict[str, Any]) -> None:
        self._selection = selection
        self._span: Nights | None = None if selection['date'] is None else nights.parse(selection['date'])
        self._resolver = Resolver(ParametersInForce(), commit=False)
        self._science = (RawScienceFrame.select(**selection) & (RawScienceFrame.is_valid > 0)).columns(
            'instrument_id', 'chip_id', 'filter_id', 'setup_id', 'DATE_OBS', 'EXPTIME', 'TEMPERATURE')

    def of(self, cls: Kind) -> list[PlaceChoice]:
        """Return the choices of class `cls`, in the order of names."""
        every = []
        for _, some in itertools.groupby(self._places(cls), key=lambda one: one.request.instrument.name):
            every += self._answered(cls, list(some))
        return every

    # --- what there is ---

    def _places(self, cls: Kind) -> list[Asked]:
        """Return what to ask of each place: its science frames, and the calibrations that exist there."""
        has_filter = 'filter' in cls.__properties__
        found, science = collections.defaultdict(list), collections.defaultdict(list)
        for one in self._existing(cls):
            found[*one.place(has_filter), one.setup_id].append(one)
        for instrument, chip, filter_, setup, *observed in self._science:
            science[instrument, chip, filter_ if has_filter else None, setup].append(Observed(*observed))
        raws = collections.defaultdict(list)
        for lead in leads(cls):
            for spot, date in self._raw_frames(lead, has_filter):
                raws[spot].append(date)
        named = _named({*found, *science, *raws})
        every = []
        for spot in {*found, *science, *raws}:
            dates = [*(one.DATE_OBS for one in found[spot]), *(one.date for one in science[spot]), *raws[spot]]
            instrument, chip, filter_, setup = (named.get(one) for one in spot)
            place = Asked(self._resolver, cls, Request(cast(Instrument, instrument), chip, filter_, min(dates), setup=setup))
            place.found, place.science, place.dates = found[spot], science[spot], (min(dates), max(dates))
            place.own = [] if cls.chosen_by() else [Observed(one.DATE_OBS) for one in place.found]
            every.append(place)
        return sorted(every, key=_by_name)

    def _existing(self, cls: Any) -> list[Found]:
        """Return the calibrations of class `cls`."""
        has_filter = 'filter' in cls.__properties__
        query = cls.select(**{name: value for name, value in self._selection.items() if name != 'filter' or has_filter})
        return [Found.of_row(row) for row in query.order_by('creation_date').columns(*Found._fields)]

    def _raw_frames(self, cls: Kind, with_filter: bool) -> Iterable[tuple[Spot, datetime.datetime]]:
        """Yield place and date of each raw frame from which calibrations of class `cls` are made on the way."""
        raw_kind = cast(Any, cls.raw_kind())
        if raw_kind is None or is_used_where_it_exists(cls):
            return
        has_filter = 'filter' in raw_kind.__properties__
        if with_filter and not has_filter:
            return
        query = raw_kind.select(**{name: value for name, value in self._selection.items() if name != 'filter' or has_filter})
        names = 'instrument_id', 'chip_id', 'setup_id', 'DATE_OBS', *(['filter_id'] if with_filter else [])
        for instrument, chip, setup, date, *filters in (query & (raw_kind.is_valid > 0)).columns(*names):
            yield (instrument, chip, filters[0] if filters else None, setup), date

    def _find_sets(self, places: list[Asked]) -> None:
        """Find the sets of raw frames at `places`, each of which is asked for at its own date."""
        cls, raw_sets = places[0].cls, self._resolver.chooser.raw_sets
        for lead in leads(cls):
            raw_kind = lead.raw_kind()
            if raw_kind is None or is_used_where_it_exists(cls):
                continue
            ends = [place.at(Observed(date)).for_class(lead) for place in places for date in place.dates]
            params = {one.names: cast(FromRawFrames, self._resolver.parameters.get(lead, *one.names)) for one in ends}
            raw_sets.look(raw_kind, ends, max(one.LAST_RESORT_NIGHTS for one in params.values()))
            for place in places:
                request = place.request.for_class(lead)
                its = params[request.names]
                for (_, setup, _), sets in raw_sets.of(lead, request, its.MINIMUM_NUMBER).items():
                    for one in sets if setup == request.setup_id else []:
                        if self._span is not None and not self._span[0] <= one.night <= self._span[1]:
                            continue
                        place.own.append(Observed(one.date, one.EXPTIME, one.TEMPERATURE))
                        if lead is cls:
                            place.sets[one.identity[:its.MAXIMUM_NUMBER]] = one

    # --- what the resolver answers ---

    def _answered(self, cls: Kind, places: list[Asked]) -> list[PlaceChoice]:
        """Return the choices for `places`, which are of one instrument."""
        self._find_sets(places)
        if cls.raw_kind() is not None:
            role = cls.principal_role()
            used = self._resolver.candidates.inputs_of([one for place in places for one in place.found], [role])
            for place in places:
                place.raws = {one.object_id: tuple(raw.object_id for raw in used[one.object_id][role])
                              for one in place.found if not one.imported}
        for place in places:
            place.prepare(self._span)
        self._ask(cls, [(place, request) for place in places for request in place.questions()])
        self._ask(cls, [(place, request) for place in places for request in place.doubts()])
        answered = [(place, place.choice()) for place in places]
        judge(self._resolver, cls, answered)
        for place, choice in answered:
            explain(place, choice)
        return [choice for _, choice in answered if choice.candidates or choice.served]

    def _ask(self, cls: Kind, questions: list[tuple[Asked, Request]]) -> None:
        """Let the resolver answer all `questions` together."""
        requests = [request for _, request in questions]
        ask = self._resolver.existing if is_used_where_it_exists(cls) else self._resolver.resolve
        for (place, request), step in zip(questions, ask(cls, requests), strict=True):
            place.steps[request] = step


def choices(kinds: Iterable[Kind], instrument: Names = None, chip: Names = None, filter: Names = None,
            date: Night = None) -> list[PlaceChoice]:
    """Return what serves in each place that has calibrations of the classes `kinds`, raw frames for them, or science frames.

    Arguments are as in `Frame.select`; `date` selects the nights that are asked for. The order is by class and names.
    The number of statements does not grow with the number of calibrations.
    """
    found = Choices({'instrument': instrument, 'chip': chip, 'filter': filter, 'date': date})
    return [choice for cls in kinds for choice in found.of(cls)]


def _named(spots: Iterable[Spot]) -> dict[uuid.UUID | None, Any]:
    """Return instruments, chips, filters and setups by id."""
    columns = list(zip(*spots, strict=True)) or [(), (), (), ()]
    found: dict[uuid.UUID | None, Any] = {}
    for cls, ids in zip((Instrument, Chip, Filter, Setup), columns, strict=True):
        found |= fetch(current().session(), cls, sorted(set(ids) - {None}))
    return found


def _by_name(place: Asked) -> tuple[str, ...]:
    setup = place.request.setup
    return (*(name or '' for name in place.request.names), setup.name if setup is not None else '')

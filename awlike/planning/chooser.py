"""Chooser: for each request the set of raw frames from which its calibration is made, by the rule of `nearest`."""

import collections
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from awlike.cameras.known import camera
from awlike.cameras.windows import WINDOW
from awlike.errors import NoCalibration
from awlike.planning import nearest
from awlike.planning.counting import Counting
from awlike.planning.eras import Eras
from awlike.planning.found import Found
from awlike.planning.nearest import Chosen, Sets, Wanted
from awlike.planning.raw_sets import Group, RawRow, RawSet, RawSets, same_exposure_time
from awlike.planning.request import Request
from awlike.planning.setups import Setups

if TYPE_CHECKING:
    from awlike.products.calibration import CalibrationFrame
    from awlike.products.parameters import FromRawFrames
    from awlike.products.raw import RawFrame


class NothingThere(NoCalibration):
    """There is nothing from which the calibration could be made, good or bad, as far away as it may be."""


Choice = tuple[RawSet, Chosen]


class Chooser:
    """Chooses among all sets that were observed, whether a calibration was made from them or not.

    Parameters
    ----------
    counting : Counting
        The rules by which raw frames count.
    eras : Eras
        The interventions.
    """

    def __init__(self, counting: Counting, eras: Eras) -> None:
        self._counting, self.eras = counting, eras
        self.raw_sets, self.setups = RawSets(counting, eras), Setups()
        self._searched: dict[int, tuple[list[RawSet], Sets]] = {}
        self._windows: dict[tuple[int, Group], tuple[dict[Group, list[RawSet]], list[RawSet]]] = {}

    def choose(self, cls: 'type[CalibrationFrame]', requests: Sequence[Request],
               params: 'Sequence[FromRawFrames]') -> list[Choice | NoCalibration]:
        """Return for each request the set and its distance, or the error that says why there is none.

        The nearest nights are read first. Those further away are read only for requests that found nothing near.
        """
        raw_kind = cast('type[RawFrame]', cls.raw_kind())
        found: list[Choice | NoCalibration | None] = [None] * len(requests)
        for reach in ('PLAN_NIGHTS', 'LAST_RESORT_NIGHTS'):
            waiting = [number for number, one in enumerate(found) if one is None]
            if not waiting:
                break
            self.raw_sets.look(raw_kind, [requests[n] for n in waiting], max(getattr(params[n], reach) for n in waiting))
            known: dict[tuple, Choice | None] = {}
            for number in waiting:
                request, its = requests[number], params[number]
                question = self._question(cls, request, its)
                if question not in known:
                    known[question] = self._of_own_setup(cls, request, its, getattr(its, reach))
                found[number] = known[question]
        others: dict[tuple, Choice | NoCalibration] = {}
        for number in (number for number, one in enumerate(found) if one is None):
            request, its = requests[number], params[number]
            question = self._question(cls, request, its)
            found[number] = others[question] = others.get(question) or self._of_other_sets(cls, request, its)
        return cast('list[Choice | NoCalibration]', found)

    def _question(self, cls: 'type[CalibrationFrame]', request: Request, params: 'FromRawFrames') -> tuple:
        """Return what is equal for requests that get the same answer; frames of one night do, where the night has one set."""
        raw_kind = cast('type[RawFrame]', cls.raw_kind())
        if not self.raw_sets.rows(raw_kind, request.place):
            return request.place, request.night, id(params)
        # Windows of several sizes may serve, each with a set of its own.
        windows = request.setup is not None and WINDOW in request.setup.settings
        time_matters = raw_kind.HALF_NIGHTS or bool(raw_kind.ALIKE) or windows
        return (self._group(cls, request), request.night, request.EXPTIME, request.TEMPERATURE, request.avoid, id(params),
                request.date if time_matters else None)

    def _of_own_setup(self, cls: 'type[CalibrationFrame]', request: Request, params: 'FromRawFrames',
                      reach: int) -> Choice | None:
        """Return the best set of the setup of `request`, at most `reach` nights away."""
        sets = self._sets(cls, request, params.MINIMUM_NUMBER)
        if not sets:
            return None
        wanted = _wanted(request)
        best = self._nearest(cls, request, sets, wanted, params)
        if best is None or abs((best.night - wanted.night).days) > reach:
            return None
        choice = best, nearest.chosen(best, wanted, params)
        better_may_be_further = reach < params.LAST_RESORT_NIGHTS and (
            choice[1].level != nearest.PLAN or (best.TEMPERATURE is None) is not (wanted.TEMPERATURE is None))
        return None if better_may_be_further and cls.chosen_by() else choice

    def _sets(self, cls: 'type[CalibrationFrame]', request: Request, least: int) -> list[RawSet]:
        """Return the sets of the setup of `request`; for a window also the sets of windows that hold it, in order of time."""
        by_group, mine = self.raw_sets.of(cls, request, least), self._group(cls, request)
        if request.setup is None or WINDOW not in request.setup.settings:
            return by_group.get(mine, [])
        key = id(by_group), mine
        if key not in self._windows:
            sets = [one for (place, setup, era), some in by_group.items() for one in some
                    if (place, era) == (mine[0], mine[2]) and self.setups.same(request.setup, setup)]
            self._windows[key] = by_group, sorted(sets, key=lambda one: (one.night, one.date, one.identity))
        return self._windows[key][1]

    def _nearest(self, cls: 'type[CalibrationFrame]', request: Request, sets: list[RawSet], wanted: Wanted,
                 params: 'FromRawFrames') -> RawSet | None:
        if cls.chosen_by():
            tolerance = camera(request.instrument.name).temperature_tolerance
            return nearest.nearest_alike(sets, wanted, params, tolerance, cls.AFTER_FIRST)
        if id(sets) not in self._searched:
            self._searched[id(sets)] = sets, Sets(sets)
        return self._searched[id(sets)][1].nearest(wanted, cls.AFTER_FIRST)

    def _of_other_sets(self, cls: 'type[CalibrationFrame]', request: Request,
                       params: 'FromRawFrames') -> Choice | NoCalibration:
        """Return the set that several nights have together, or a set whose setup is not known to differ, or the error."""
        mine, place = self._group(cls, request), request.place
        every = self.raw_sets.groups(cls, request)
        era = [setup for where, setup, number in every if (where, number) == (place, mine[2])]
        wanted = _wanted(request)
        for setup in (mine[1], *self.setups.agreeing(request.setup, sorted(era, key=str))):
            note = '' if self.setups.same(request.setup, setup) else \
                f'its setup is not known to be the same: {self._differences(request, setup)}'
            group = place, setup, mine[2]
            whole = self.raw_sets.of(cls, request, params.MINIMUM_NUMBER).get(group, []) if note else []
            best = self._nearest(cls, request, whole, wanted, params) if whole else None
            if best is None or nearest.level((best.night - wanted.night).days, params) is None:
                best = self._joined(cls, request, every.get(group, []), wanted, params)
            if best is not None:
                return best, nearest.chosen(best, wanted, params, note)
        return self._nothing(cls, request, params)

    def _joined(self, cls: 'type[CalibrationFrame]', request: Request, sets: list[RawSet], wanted: Wanted,
                params: 'FromRawFrames') -> RawSet | None:
        if not cls.chosen_by():
            return nearest.joined(sets, wanted, params, cls.AFTER_FIRST)
        tolerance = camera(request.instrument.name).temperature_tolerance
        alike = [one for one in sets if nearest.temperature_agrees(one.TEMPERATURE, wanted.TEMPERATURE, tolerance)]
        times = sorted({one.EXPTIME for one in alike}, key=lambda time: _worth(time, wanted.EXPTIME))
        return next((found for time in times for found in [nearest.joined(
            [one for one in alike if same_exposure_time(one.EXPTIME, time)], wanted, params, cls.AFTER_FIRST)] if found), None)

    def agrees(self, cls: 'type[CalibrationFrame]', request: Request, found: Found) -> bool:
        """Return whether `found` is of the era of `request`, and of its setup or of one that is not known to differ."""
        era = self.eras.of(cls, request)
        return era.number(found.DATE_OBS) == era.number(request.date) and (
            found.setup_id == request.setup_id or bool(self.setups.agreeing(request.setup, [found.setup_id])))

    def _group(self, cls: 'type[CalibrationFrame]', request: Request) -> Group:
        """Return the group to which sets belong that serve `request` without reserve."""
        return request.place, request.setup_id, self.eras.of(cls, request).number(request.date)

    # --- why there is none ---

    def _nothing(self, cls: 'type[CalibrationFrame]', request: Request, params: 'FromRawFrames') -> NoCalibration:
        """Return the error that says how many raw frames there are, and what the others lack that nearly match."""
        raw_kind = cast('type[RawFrame]', cls.raw_kind())
        near = [row for row in self._counting.of_use(raw_kind, self.raw_sets.rows(raw_kind, request.place))
                if nearest.level(request.nights_to(row.DATE_OBS), params) is not None]
        mine = self._group(cls, request)
        era = self.eras.of(cls, request)
        fitting = [row for row in self._counting.rows_that_count(near)
                   if (row.setup_id, era.number(row.DATE_OBS)) == mine[1:]]
        place = ' '.join(name for name in request.names if name)
        setup = f' in setup {request.setup.name}' if request.setup else ''
        lacking = '; '.join([*self.near_misses(cls, request, near), *self._counting.left_out.lines(raw_kind)])
        alike = ' of one exposure time and temperature' if cls.chosen_by() else ''
        return (NoCalibration if near else NothingThere)(
            f'{len(fitting)} valid {raw_kind.__name__} for {place}{setup} within {params.LAST_RESORT_NIGHTS} nights of the '
            f'night of {request.night}{self._counting.limit_in_words()}, {params.MINIMUM_NUMBER}{alike} are needed: '
            f'ingest more of them, or change MINIMUM_NUMBER or LAST_RESORT_NIGHTS{f" ({lacking})" if lacking else ""}'
            f'{cls.or_import()}')

    def near_misses(self, cls: 'type[CalibrationFrame]', request: Request, rows: Sequence[RawRow]) -> list[str]:
        """Return what keeps valid raw frames from serving `request` which are of its place, in words: setup, or era."""
        era, mine = self.eras.of(cls, request), self._group(cls, request)
        others: collections.Counter[str] = collections.Counter()
        for row in self._counting.rows_that_count(rows):
            number = era.number(row.DATE_OBS)
            if row.setup_id != mine[1]:
                others[f'would match but for {self._differences(request, row.setup_id)}'] += 1
            elif number != mine[2]:
                between = era.between(number, mine[2])[0]
                others[f'lie across the intervention of {between.date:%Y-%m-%d %H:%M} ({between.reason})'] += 1
        return [f'{number} {text}' for text, number in sorted(others.items())]

    def _differences(self, request: Request, setup: uuid.UUID | None) -> str:
        return self.setups.differences(request.setup, setup)


def _wanted(request: Request) -> Wanted:
    return Wanted(request.night, request.date, request.EXPTIME, request.TEMPERATURE, request.avoid)


def _worth(time: float, wanted: float | None) -> tuple[int, float]:
    """Return the key by which exposure times are ordered for a dark: equal, then longer, then shorter; the closest first."""
    if wanted is None or same_exposure_time(time, wanted):
        return 0, 0.0
    return (1, time) if time > wanted else (2, -time)

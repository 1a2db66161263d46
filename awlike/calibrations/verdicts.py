"""Verdicts: is a calibration that science frames need as good as planned, and if not, why not."""

import bisect
import collections
import dataclasses
import datetime
import functools
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, cast

from awlike import nights
from awlike.cameras.known import camera
from awlike.planning import nearest
from awlike.planning.chooser import NothingThere
from awlike.planning.imported import limits_of
from awlike.planning.raw_sets import RawRow, same_exposure_time
from awlike.planning.reuse import MissedLimits
from awlike.products.parameters import FromRawFrames

if TYPE_CHECKING:
    from awlike.calibrations.needs import Kind, Need
    from awlike.planning.request import Request
    from awlike.planning.resolve import Resolver
    from awlike.products.raw import RawFrame

OK, OLD, FEW, MISSING, BAD = STATES = 'OK', 'OLD', 'FEW', 'MISSING', 'BAD'
_MISSED = 'missed its limits'


class Verdict(NamedTuple):
    """The state of a calibration that is needed.

    Attributes
    ----------
    state : str
        One of STATES.
    detail : str
        The distance, or what is lacking; alike for chips that are alike.
    about : str
        More of this chip alone, as names of files.
    lacking : int
        How many raw frames would mend it.
    """

    state: str
    detail: str
    about: str = ''
    lacking: int = 0


Verdicts: TypeAlias = 'dict[tuple[Kind, Request], Verdict | None]'
"""The verdict on each need, by its class and request."""


@dataclasses.dataclass(frozen=True)
class _Taken:
    """The raw frames of one kind, place, setup and era that were taken in one night.

    Of a kind whose evenings and mornings are sets of their own, `most` and `most_valid` are numbers of the better half.
    """

    valid: frozenset
    most: int = 0
    most_valid: int = 0


class Judge:
    """Gives each need its verdict; what was counted once for a place is not counted again.

    Parameters
    ----------
    resolver : Resolver
        The resolver that resolved the needs.
    checked : collection of datetime.date
        The nights that are checked.
    """

    def __init__(self, resolver: 'Resolver', checked: Collection[datetime.date]) -> None:
        self._resolver, self._chooser, self._parameters = resolver, resolver.chooser, resolver.parameters
        self._checked = checked
        self._camera = functools.cache(camera)  # which looks for new cameras at each call
        self._known: dict[tuple, _Taken] = {}
        self._lacks: dict[tuple, str] = {}

    def verdicts(self, found: 'Sequence[Need]') -> 'Verdicts':
        """Return the verdict on each of `found`, in which inputs come after what needs them, by class and request."""
        verdicts = {(need.cls, need.request): self.verdict(need) for need in found}
        lacking = set()  # itself, or one of its inputs
        for need in reversed(found):
            key, verdict = (need.cls, need.request), verdicts[need.cls, need.request]
            told = any((one.cls, one.request) in lacking for one in need.inputs())
            if need.step.error is not None and not told:
                if not need.has_lead and need.leads() and not need.optional:
                    verdicts[key] = verdict or self._without_leads(need)
                elif verdict is not None and verdict.state in (OK, OLD):
                    verdicts[key] = self._without_inputs(need)
            verdict = verdicts[key]
            if told or (verdict is not None and verdict.state not in (OK, OLD)):
                lacking.add(key)
        return verdicts

    def verdict(self, need: 'Need') -> Verdict | None:
        """Return the verdict on `need`.

        None if there is nothing to tell: products do without a calibration of which nobody took raw frames; and what is
        made from other calibrations, or from the raw frames of what it serves, is as good as these, unless it missed
        limits of its own. What was imported has no such others.
        """
        if need.by_hand is not None:
            return Verdict(OK, 'chosen by hand')
        if need.cls.raw_kind() is None:
            return self._of_derived(need)
        params = cast(FromRawFrames, need.step.params)
        taken = self._taken(need) if need.request.night in self._checked else _Taken(frozenset())
        if isinstance(need.step.error, MissedLimits):
            return Verdict(BAD, f'{_MISSED}, and nothing else serves', str(need.step.error), params.MINIMUM_NUMBER)
        if taken.most and taken.most_valid < params.MINIMUM_NUMBER:
            return _too_few(need, taken, params.MINIMUM_NUMBER)
        others = taken.most and not taken.valid.issuperset(need.step.raws)
        if others and need.chosen is not None and _MISSED in need.chosen.note:
            return Verdict(BAD, f'{_MISSED}; {_instead(need)}', need.chosen.note, params.MINIMUM_NUMBER)
        if need.chosen is None:
            return self._missing(need, params)
        found = _by_level(need, params.MINIMUM_NUMBER)
        told = found.state == OK and need.serves and all(one.raw_kind() is need.cls.raw_kind() for one in need.serves)
        return None if told else found

    def _of_derived(self, need: 'Need') -> Verdict | None:
        if isinstance(need.step.error, MissedLimits):
            return Verdict(BAD, f'{_MISSED}, and nothing else serves', str(need.step.error))
        if need.chosen is not None and need.chosen.nights and _MISSED in need.chosen.note:
            return Verdict(BAD, f'{_MISSED}; {_instead(need)}', need.chosen.note)
        if need.imported:
            return _by_level(need, limits_of(self._resolver, need.cls, need.request).MINIMUM_NUMBER)
        return None

    def _without_leads(self, need: 'Need') -> Verdict:
        """Return that nothing is there from which a calibration could be made that others are needed for."""
        params = [cast(FromRawFrames, self._parameters.get(cls, *request.names)) for cls, request in need.leads()
                  if cls.raw_kind() is not None]
        nights_away = max((one.LAST_RESORT_NIGHTS for one in params), default=0)
        return Verdict(MISSING, f'none within {nights_away} nights', '', min((one.MINIMUM_NUMBER for one in params), default=0))

    def _without_inputs(self, need: 'Need') -> Verdict | None:
        """Return that raw frames are there, and that no calibration can be made of them for want of other inputs."""
        if need.optional and not self.near(need, cast(FromRawFrames, need.step.params).PLAN_NIGHTS):
            return None
        return Verdict(MISSING, 'raw frames are there, and what these need is missing',
                       str(need.step.error))

    def _missing(self, need: 'Need', params: FromRawFrames) -> Verdict | None:
        """Return that nothing serves; None if products do without, and nobody took such frames these days."""
        if need.optional and (isinstance(need.step.error, NothingThere) or not self.near(need, params.PLAN_NIGHTS)):
            return None
        by_hand = str(need.step.error) if 'an interval by hand' in str(need.step.error) else ''
        return Verdict(MISSING, self.lacks(need), by_hand, params.MINIMUM_NUMBER)

    def lacks(self, need: 'Need') -> str:
        """Return how many raw frames there are for `need`, and what keeps others from serving that nearly match."""
        key = self._key(need)
        if key not in self._lacks:
            params = cast(FromRawFrames, need.step.params)
            near = self.near(need, params.LAST_RESORT_NIGHTS)
            misses = self._chooser.near_misses(need.cls, need.request, near)
            era = self._chooser.eras.of(need.cls, need.request)
            mine = need.request.setup_id, era.number(need.request.date)
            fitting = sum(row.is_valid != 0 and (row.setup_id, era.number(row.DATE_OBS)) == mine for row in near)
            alike = ' of one exposure time and temperature' if need.cls.chosen_by() and fitting else ''
            number = f'{fitting} within {params.LAST_RESORT_NIGHTS} nights, {params.MINIMUM_NUMBER}{alike} are needed' if (
                fitting) else f'none within {params.LAST_RESORT_NIGHTS} nights'
            self._lacks[key] = '; '.join([number, *misses])
        return self._lacks[key]

    # --- the raw frames of a night ---

    def near(self, need: 'Need', reach: int) -> list[RawRow]:
        """Return the raw frames at the place of `need`, at most `reach` nights away, of any setup, valid or not."""
        margin = datetime.timedelta(days=reach)
        return self._rows(need.cls, need.request, need.request.night - margin, need.request.night + margin)

    def _rows(self, cls: 'Kind', request: 'Request', first: datetime.date, last: datetime.date) -> list[RawRow]:
        rows = self._chooser.raw_sets.rows(cast('type[RawFrame]', cls.raw_kind()), request.place)
        start, end = nights.span(first, last, self._camera(request.instrument.name).zone)
        return rows[bisect.bisect_left(rows, start, key=_date):bisect.bisect_left(rows, end, key=_date)]

    def _key(self, need: 'Need') -> tuple:
        request = need.request
        era = self._chooser.eras.of(need.cls, request).number(request.date)
        return need.cls, request.place, request.setup_id, era, request.night, request.EXPTIME, request.TEMPERATURE

    def _taken(self, need: 'Need') -> _Taken:
        """Return what was taken for `need` in its own night."""
        key = self._key(need)
        if key not in self._known:
            request, raw_kind = need.request, cast('type[RawFrame]', need.cls.raw_kind())
            era, telescope = self._chooser.eras.of(need.cls, request), self._camera(request.instrument.name)
            halves: dict[bool, list[RawRow]] = collections.defaultdict(list)
            for row in self._rows(need.cls, request, request.night, request.night):
                if row.setup_id == request.setup_id and era.number(row.DATE_OBS) == key[3] and _alike(
                        need, row, telescope.temperature_tolerance):
                    halves[raw_kind.HALF_NIGHTS and nights.local(row.DATE_OBS, telescope.zone).hour < 12].append(row)
            valid = [[row.object_id for row in rows if row.is_valid != 0] for rows in halves.values()]
            self._known[key] = _Taken(frozenset(one for some in valid for one in some),
                                      max(map(len, halves.values()), default=0), max(map(len, valid), default=0))
        return self._known[key]


def _date(row: RawRow) -> datetime.datetime:
    return row.DATE_OBS


def _alike(need: 'Need', row: RawRow, tolerance: float) -> bool:
    """Return whether `row` has the exposure time and temperature of `need`, for kinds that are chosen by these."""
    wanted = need.request
    return not need.cls.chosen_by() or (
        (wanted.EXPTIME is None or same_exposure_time(row.EXPTIME, wanted.EXPTIME)) and
        nearest.temperature_agrees(row.TEMPERATURE, wanted.TEMPERATURE, tolerance))


def _too_few(need: 'Need', taken: _Taken, least: int) -> Verdict:
    if taken.most < least:
        return Verdict(FEW, f'{taken.most_valid} of {least} taken; {_instead(need)}', '', least - taken.most_valid)
    invalid = f'{taken.most - taken.most_valid} of {taken.most} are invalid, {least} are needed'
    return Verdict(BAD, f'{invalid}; {_instead(need)}', '', least - taken.most_valid)


def _instead(need: 'Need') -> str:
    """Return what serves in place of the set of the night."""
    if need.chosen is None:
        return 'nothing else serves'
    note = '' if _MISSED in need.chosen.note else need.chosen.note
    return f'instead serves {": ".join(part for part in (need.chosen.distance, need.chosen.level, note) if part)}'


def _by_level(need: 'Need', least: int) -> Verdict:
    assert need.chosen is not None
    chosen, about = need.chosen, f'imported from {need.imported}' if need.imported else ''
    if 'in place of' in chosen.note:  # names files, which differ from chip to chip
        chosen, about = chosen._replace(note=''), chosen.note
    if chosen.level == nearest.PLAN:
        return Verdict(OK, ': '.join(part for part in (chosen.distance, chosen.note) if part), about)
    return Verdict(OLD, str(chosen), about, least)

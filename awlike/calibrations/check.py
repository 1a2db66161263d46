"""Check: has each science frame of a night the calibrations that it needs?"""

import collections
import datetime
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from awlike import nights
from awlike.arguments import typed
from awlike.calibrations import check_views as views
from awlike.calibrations.alike import alike, standing_for
from awlike.calibrations.check_rows import CheckRow, rows, setup_of
from awlike.calibrations.needs import Need, kinds_needed, needs
from awlike.calibrations.verdicts import Judge, Verdicts
from awlike.context import context
from awlike.context.interventions import instrument_called
from awlike.current import current
from awlike.frames.raw import RawScienceFrame
from awlike.persist.links import fetch
from awlike.persist.references import Chip, Filter, Instrument, Setup
from awlike.planning.parameters_in_force import ParametersInForce
from awlike.planning.request import Request
from awlike.planning.resolve import Resolver
from awlike.terminal import Readable

if TYPE_CHECKING:
    from astropy.table import Table

_COLUMNS = 'instrument_id', 'chip_id', 'filter_id', 'setup_id', 'DATE_OBS', 'EXPTIME', 'TEMPERATURE'
_DAY = datetime.timedelta(days=1)


class NightCheck(Readable):
    """The calibrations that the science frames of a night need, and their states. Print it, or look at it in a notebook.

    Attributes
    ----------
    nights : tuple of datetime.date
        The first and the last night.
    moment : datetime.datetime or None
        The date as of which the check is (`context.as_of`); None for now.
    frames : dict of int
        The number of valid raw science frames by instrument, night and setup.
    chips : dict of int
        The number of their chips by instrument.
    rows : list of CheckRow
        The calibrations.
    notes : list of str
        What else a user must know: intervals by hand that serve; without frames, the nearest night that has some.
    """

    def __init__(self, span: tuple[datetime.date, datetime.date], frames: Sequence[Request]) -> None:
        self.nights, self.moment = span, context.moment
        self.frames = collections.Counter((one.instrument.name, one.night, setup_of(one)) for one in frames)
        self.chips: dict[str, int] = {}
        self.rows: list[CheckRow] = []
        self.notes: list[str] = []
        by_instrument: dict[str, list[Request]] = collections.defaultdict(list)
        for one in frames:
            by_instrument[one.instrument.name].append(one)
        for name, its in sorted(by_instrument.items()):
            self.chips[name] = len({one.place[1] for one in its})
            self._look_at(its)

    def _look_at(self, frames: list[Request]) -> None:
        """Add what the science frames `frames`, of one instrument, need.

        Planning is asked for the outermost frames of each group of frames that are alike, and for all frames of a group
        whose outermost frames differ in what serves them.
        """
        resolver, checked = Resolver(ParametersInForce(), commit=False), {one.night for one in frames}
        groups, judge = alike(resolver, frames, kinds_needed()), Judge(resolver, checked)
        found = needs(resolver, standing_for(frames, groups, ()))
        verdicts = judge.verdicts(found)
        differing = _differing(found, verdicts, groups)
        if differing:
            found = needs(resolver, standing_for(frames, groups, differing))
            verdicts = judge.verdicts(found)
        self.rows += rows(found, verdicts, checked)
        self.notes += _by_hand(found)

    @property
    def ok(self) -> bool:
        """True if each science frame has the calibrations that it needs."""
        return all(row.ok for row in self.rows)

    def to_dict(self) -> dict[str, Any]:
        """Return the same as JSON values."""
        first, last = self.nights
        return {'nights': [first.isoformat(), last.isoformat()], 'as_of': self.moment and self.moment.isoformat(),
                'science_frames': sum(self.frames.values()), 'ok': self.ok,
                'rows': [row.to_dict() for row in self.rows], 'notes': self.notes}

    def table(self) -> 'Table':
        """Return the rows as an astropy `Table`."""
        return views.table(self.rows)

    def __str__(self) -> str:
        return views.text(self)

    def _repr_html_(self) -> str:
        return views.page(self)


@typed
def check(date: Any, instrument: str | None = None) -> NightCheck:
    """Check whether each science frame of a night has the calibrations that it needs, before the sun rises.

    The check asks the planning of tasks, makes nothing and changes nothing. It lists each kind of calibration by setup,
    filter and chip, with what would mend it; calibrations that calibrations need are among them, as the biases of the
    night of the flats. A kind without which frames are reduced, as darks, is listed where somebody took raw frames for it.
    After `context.as_of` the check tells of that date.

    Parameters
    ----------
    date : str, datetime.date or a pair of them
        A night, noon to noon at the telescope, by the date of the noon at which it begins; or the first and the last of
        several nights, as ``'2012-05-31:2012-06-03'``.
    instrument : str, optional
        The name of the camera; default all.

    Returns
    -------
    awlike.calibrations.check.NightCheck
        With `rows`, `ok`, `table`, `to_dict`; print it.

    Examples
    --------
    >>> check('2012-05-31', 'OMEGACAM')
    """
    first, last = nights.parse(date)
    if instrument is not None:
        instrument_called(instrument)
    found = NightCheck((first, last), _science_frames(first, last, instrument))
    if not found.frames:
        found.notes += _nearest_night(first, last, instrument)
    return found


def _science_frames(first: datetime.date, last: datetime.date, instrument: str | None) -> list[Request]:
    """Return a request for each valid raw science frame of the nights, in order of time."""
    start, end = (datetime.datetime.combine(day, datetime.time()) for day in (first - _DAY, last + 2 * _DAY))
    query = RawScienceFrame.select(instrument=instrument) & (RawScienceFrame.is_valid > 0) & (
        RawScienceFrame.DATE_OBS >= start) & (RawScienceFrame.DATE_OBS < end)  # noqa: SIM300 -- paths, no constants
    rows = query.order_by('DATE_OBS').columns(*_COLUMNS)
    session, columns = current().session(), list(zip(*rows, strict=True)) or [()] * len(_COLUMNS)
    known: dict[Any, Any] = {None: None}
    for cls, ids in zip((Instrument, Chip, Filter, Setup), columns[:4], strict=True):
        known |= fetch(session, cls, sorted(set(ids) - {None}))
    found = [Request(known[camera], known[chip], known[filter_], date, setup=known[setup], EXPTIME=exptime,
                     TEMPERATURE=temperature) for camera, chip, filter_, setup, date, exptime, temperature in rows]
    return [one for one in found if first <= one.night <= last]


def _nearest_night(first: datetime.date, last: datetime.date, instrument: str | None) -> list[str]:
    """Return the night nearest to the nights, which have no science frames, in words; empty if there are no frames at all."""
    query, noon = RawScienceFrame.select(instrument=instrument) & (RawScienceFrame.is_valid > 0), datetime.time(12)
    around = (query & (RawScienceFrame.DATE_OBS < datetime.datetime.combine(first, noon) + _DAY)).max('DATE_OBS'), \
        (query & (RawScienceFrame.DATE_OBS > datetime.datetime.combine(last, noon))).min('DATE_OBS')
    found = [nights.night_of(one.DATE_OBS, nights.zone(one.instrument.timezone, one.instrument.longitude))
             for one in around if one is not None]
    if not found:
        return []
    nearest = min(found, key=lambda night: max(first - night, night - last))
    return [f'the nearest night with science frames is {nearest}']


def _differing(found: Iterable[Need], verdicts: Verdicts, groups: Iterable[Sequence[int]]) -> set[int]:
    """Return the first of each of `groups` whose frames differ in what is told of their calibrations."""
    told: dict[int, set[tuple]] = collections.defaultdict(set)
    for need in found:
        what = need.cls, need.request.night, verdicts[need.cls, need.request]
        for number in need.frames:
            told[number].add(what)
    return {group[0] for group in groups if any(told[number] != told[group[0]] for number in group)}


def _by_hand(found: Iterable[Need]) -> list[str]:
    """Return a line for each class: the calibrations that serve because a person set their interval."""
    told: dict[str, dict[str, None]] = collections.defaultdict(dict)
    for need in found:
        if need.by_hand is not None:
            told[need.cls.__name__][str(need.by_hand)] = None
    return [f'{name} serves by hand: {", ".join(list(some)[:2])}{f" and {len(some) - 2} more" if len(some) > 2 else ""}'
            for name, some in told.items()]

"""Candidates: calibrations that exist, sets of raw frames from which none is made yet, and the nights for which each serves."""

import dataclasses
import datetime
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from awlike.persist.intervention import Intervention
from awlike.planning.by_hand import ByHand
from awlike.planning.found import Found
from awlike.planning.nearest import LEVELS
from awlike.planning.reasons import Reason
from awlike.products.calibration import CalibrationFrame

Key = uuid.UUID | tuple[uuid.UUID, ...]
"""The id of a calibration that exists, or the ids of the raw frames of a set."""


@dataclasses.dataclass(frozen=True, slots=True)
class Run:
    """Nights in a row, from `first` to `last`, for which a candidate serves at one level; `start` and `end` are in UTC."""

    start: datetime.datetime
    end: datetime.datetime
    first: datetime.date
    last: datetime.date
    level: str


def together(runs: Iterable[Run]) -> list[Run]:
    """Return `runs` in order, with those as one that touch or overlap and are of one level."""
    found: list[Run] = []
    for run in sorted(runs, key=lambda run: (run.level, run.start)):
        last = found[-1] if found else None
        if last is not None and last.level == run.level and run.start <= last.end:
            found[-1] = dataclasses.replace(last, end=max(last.end, run.end), last=max(last.last, run.last))
        else:
            found.append(run)
    return sorted(found, key=lambda run: run.start)


@dataclasses.dataclass(eq=False, slots=True)
class Candidate:
    """A calibration that exists, or a set of raw frames from which none is made yet.

    Attributes
    ----------
    key : uuid.UUID or tuple of uuid.UUID
        The id of the calibration, or the ids of the raw frames.
    date, night : datetime.datetime, datetime.date
        When the candidate was observed (UTC), and in which night.
    part : str
        The part of the night, for kinds of which evening and morning have sets of their own; else empty.
    about : str
        The frames of a set in words; empty for a calibration.
    found : Found or None
        The calibration; None for a set.
    by_hand : ByHand or None
        The interval that a person set.
    reason : Reason or None
        Why the calibration does not count; None where it does.
    runs : list of Run
        The nights for which the candidate serves, in order.
    frames : int
        The number of science frames for which it serves.
    rival : Candidate or None
        The candidate that serves in its place, where it serves no science frame.
    because : str
        Why it serves no science frame: words that follow the rival, if there is one.
    """

    key: Key
    date: datetime.datetime
    night: datetime.date
    part: str = ''
    about: str = ''
    found: Found | None = None
    by_hand: ByHand | None = None
    reason: Reason | None = None
    runs: list[Run] = dataclasses.field(default_factory=list)
    frames: int = 0
    rival: 'Candidate | None' = None
    because: str = ''

    @property
    def made(self) -> bool:
        """True for a calibration that exists."""
        return self.found is not None

    @property
    def when(self) -> str:
        """The night, and its part, in words."""
        return ' '.join(part for part in (str(self.night), self.part) if part)

    @property
    def levels(self) -> list[str]:
        """The levels at which the candidate serves, the best first."""
        levels = {run.level for run in self.runs}
        return [level for level in LEVELS if level in levels]

    def nights(self) -> list[tuple[datetime.date, datetime.date]]:
        """Return the first and last night of each part of time for which it serves, whatever the level."""
        every = together([dataclasses.replace(run, level='') for run in self.runs])
        return [(run.first, run.last) for run in every]


@dataclasses.dataclass(frozen=True, slots=True)
class Served:
    """Science frames of one date, how many, and the candidate that serves them; where none does, the reason."""

    date: datetime.datetime
    night: datetime.date
    count: int
    candidate: Candidate | None
    why_not: str = ''


class PlaceChoice:
    """The candidates of one class for one chip, filter and setup, and the science frames that ask for a calibration.

    Attributes
    ----------
    cls : type
        The class of the calibrations.
    instrument, chip, filter, setup : persistent objects
        The place; `filter` is None where it does not matter, `setup` where the headers name none.
    candidates : list of Candidate
        The latest night first, and of one night the latest made first; sets come before calibrations.
    served : list of Served
        The valid raw science frames, in order of time.
    interventions : list of Intervention
        The interventions that concern the class there, in order of time.
    """

    def __init__(self, cls: type[CalibrationFrame], instrument: Any, chip: Any, filter: Any, setup: Any,
                 candidates: Iterable[Candidate], served: Iterable[Served], interventions: Iterable[Intervention]) -> None:
        self.cls, self.instrument, self.chip, self.filter, self.setup = cls, instrument, chip, filter, setup
        self.candidates = sorted(candidates, key=_latest_first)
        self.served, self.interventions = sorted(served, key=lambda one: one.date), list(interventions)

    @property
    def names(self) -> list[str]:
        """The names of instrument, chip, filter and setup."""
        return [one.name for one in (self.instrument, self.chip, self.filter, self.setup) if one is not None]

    @property
    def calibrations(self) -> list[Candidate]:
        """The candidates that exist."""
        return [one for one in self.candidates if one.made]

    @property
    def frames(self) -> int:
        """The number of the science frames."""
        return sum(one.count for one in self.served)

    def gaps(self) -> Iterator[tuple[datetime.date, datetime.date, int, str]]:
        """Yield first night, last night, number of science frames and reason for nights in a row for which nothing serves."""
        rows: list[tuple[datetime.date, datetime.date, int, str]] = []
        for one in self.served:
            if one.candidate is not None:
                continue
            follows = rows and (one.night - rows[-1][1]).days <= 1
            first, _, before, why_not = rows.pop() if follows else (one.night, one.night, 0, one.why_not)
            rows.append((first, one.night, before + one.count, why_not))
        yield from rows


def _latest_first(one: Candidate) -> tuple:
    made = one.found.creation_date if one.found is not None else datetime.datetime.max
    return -one.night.toordinal(), -made.timestamp() if one.made else float('-inf'), -one.date.timestamp()

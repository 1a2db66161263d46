"""Moments: the dates at which a place is asked which calibration serves, and the runs of nights that follow from the answers.

The answer changes only from night to night, at interventions, at the ends of intervals by hand, and within a night where
two sets are equally near in time. So few questions tell the answer for thousands of science frames.
"""

import bisect
import collections
import dataclasses
import datetime
import functools
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from awlike import nights
from awlike.calibrations.candidate import Run

T = TypeVar('T')

Span = tuple[datetime.datetime, datetime.datetime]

_DENSE = 400  # nights of which each one is asked; of more only the nights that matter


@dataclasses.dataclass(eq=False, slots=True)
class Cell:
    """A part of one night between two cuts, from `start` up to, not including, `end` (UTC).

    `frames` are the dates of science frames, with their number; `asked` are the dates at which to ask.
    """

    start: datetime.datetime
    end: datetime.datetime
    night: datetime.date
    frames: collections.Counter[datetime.datetime] = dataclasses.field(default_factory=collections.Counter)
    asked: set[datetime.datetime] = dataclasses.field(default_factory=set)

    @property
    def middle(self) -> datetime.datetime:
        """The date half way."""
        return self.start + (self.end - self.start) / 2


class Moments:
    """The moments at which to ask for one place, setup and, where these matter, exposure time and temperature.

    Parameters
    ----------
    zone : datetime.tzinfo
        The time zone at the telescope.
    cuts : iterable of datetime.datetime
        Where the answer may change within a night.
    """

    def __init__(self, zone: datetime.tzinfo, cuts: Iterable[datetime.datetime]) -> None:
        self._zone, self._cuts = zone, sorted(set(cuts))
        self._cells: dict[datetime.datetime, Cell] = {}

    def add(self, date: datetime.datetime, frames: int = 0) -> None:
        """Ask at `date`. `frames` is the number of science frames observed then; 0 for a calibration or a set."""
        cell = self._cell(date)
        if frames:
            cell.frames[date] += frames
        else:
            cell.asked.add(date)

    def fill(self, first: datetime.date, last: datetime.date) -> None:
        """Ask for each night from `first` to `last`; where these are too many, only beside the cuts."""
        dense = (last - first).days < _DENSE
        dates = {start + (end - start) / 2 for night in range((last - first).days + 1 if dense else 0)
                 for start, end in [_night(first + datetime.timedelta(days=night), self._zone)]}
        start, end = _night(first, self._zone)[0], _night(last, self._zone)[1]
        second = datetime.timedelta(seconds=1)
        dates |= {date for cut in self._cuts if start < cut < end for date in (cut - second, cut)}
        for cell in map(self._cell, dates):
            if not cell.asked and not cell.frames:
                cell.asked.add(cell.middle)

    def questions(self) -> list[datetime.datetime]:
        """Return the dates at which to ask: of the science frames of a cell only the first and the last."""
        return [date for cell in self.cells() for date in sorted(
            cell.asked | ({min(cell.frames), max(cell.frames)} if cell.frames else set()))]

    def doubtful(self, answers: dict[datetime.datetime, T]) -> list[datetime.datetime]:
        """Return the dates of science frames between others that get different answers."""
        return [date for cell in self.cells() if cell.frames and answers[min(cell.frames)] != answers[max(cell.frames)]
                for date in cell.frames if date not in answers]

    def cells(self) -> list[Cell]:
        """Return the cells in which something is asked, in order."""
        return [self._cells[start] for start in sorted(self._cells)]

    def _cell(self, date: datetime.datetime) -> Cell:
        night = nights.night_of(date, self._zone)
        start, end = _night(night, self._zone)
        number = bisect.bisect_right(self._cuts, date)
        start = max([start, *self._cuts[number - 1:number]]) if number else start
        end = min([end, *self._cuts[number:number + 1]])
        if start not in self._cells:
            self._cells[start] = Cell(start, end, night)
        return self._cells[start]


@functools.lru_cache(maxsize=10_000)
def _night(night: datetime.date, zone: datetime.tzinfo) -> Span:
    return nights.span(night, night, zone)


def runs(cells: Iterable[Cell], answers: dict[datetime.datetime, T],
         level: Callable[[T], str | None]) -> Iterator[tuple[T, Run]]:
    """Yield each answer with the nights in a row to which it belongs; answers whose `level` is None are left out.

    Nights of which none was asked lie between two that were: where these have the same answer, so have all.
    """
    last: tuple[T, Run] | None = None
    for answer, start, end, night in _pieces(cells, answers):
        name = level(answer)
        if last is not None and last[0] == answer:
            last = answer, dataclasses.replace(last[1], end=end, last=night)
            continue
        if last is not None:
            yield last
        last = None if name is None else (answer, Run(start, end, night, night, name))
    if last is not None:
        yield last


def _pieces(cells: Iterable[Cell], answers: dict[datetime.datetime, T]) -> Iterator[
        tuple[T, datetime.datetime, datetime.datetime, datetime.date]]:
    """Yield (answer, start, end, night) of each part of a cell; the border lies half way between two answers."""
    for cell in cells:
        known = [(date, answers[date]) for date in sorted(cell.asked | set(cell.frames)) if date in answers]
        start = cell.start
        for number, (date, answer) in enumerate(known):
            following = known[number + 1] if number + 1 < len(known) else None
            if following is None:
                yield answer, start, cell.end, cell.night
            elif following[1] != answer:
                border = date + (following[0] - date) / 2
                yield answer, start, border, cell.night
                start = border

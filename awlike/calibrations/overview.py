"""Overview: show which calibration serves when, and change the intervals from the prompt."""

import collections
import datetime
import io
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from awlike import nights
from awlike.calibrations import picture, views
from awlike.calibrations.candidate import Candidate, Key
from awlike.calibrations.choices import Names, Night, choices
from awlike.calibrations.moments import Span
from awlike.cameras.known import camera
from awlike.context import context
from awlike.errors import NotFound, ParameterError
from awlike.frames.bias import BiasFrame
from awlike.frames.flat import FlatFrame
from awlike.frames.raw import RawScienceFrame
from awlike.persist.links import listed
from awlike.planning.kinds import is_made
from awlike.products.calibration import CalibrationFrame
from awlike.query.properties import classes
from awlike.spelling import counted
from awlike.terminal import Readable, say

if TYPE_CHECKING:
    from astropy.table import Table
    from matplotlib.figure import Figure

    from awlike.views.timeline import Panel

Instant = datetime.datetime | str


class Calibrations(Readable):
    """Calibrations by class, chip, filter and setup, the latest night first: to be printed, inspected, or shown in a notebook.

    Each calibration has a number, which it keeps as long as this overview lives: ``calibs[3]`` is the object.

    Attributes
    ----------
    choices : list of awlike.calibrations.candidate.PlaceChoice
        The calibrations of each class, chip, filter and setup, the sets of raw frames from which none is made yet, and the
        science frames that ask for a calibration.
    moment : datetime.datetime or None
        The date as of which the overview is (`context.as_of`); None for now.
    """

    def __init__(self, kinds: list[type[CalibrationFrame]], **selection: Any) -> None:
        self._kinds, self._selection = kinds, selection
        self._numbers: dict[uuid.UUID, int] = {}
        self._figure: Figure | None = None
        self.refresh()

    def refresh(self) -> None:
        """Look again, and draw a window that is open anew."""
        self.moment, self.choices = context.moment, choices(self._kinds, **self._selection)
        for choice in self.choices:
            for one in choice.calibrations:
                if one.found is not None:
                    self._numbers.setdefault(one.found.object_id, len(self._numbers))
        self._redraw()

    def _number(self, one: Candidate) -> int | None:
        return None if one.found is None else self._numbers[one.found.object_id]

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, number: int) -> Any:
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < len(self):
            numbers = f'they have the numbers 0 to {len(self) - 1}' if len(self) else 'there are none'
            raise NotFound(f'no calibration has the number {number!r} here: {numbers}; print this to see them')
        return CalibrationFrame.get(list(self._numbers)[number])

    def __iter__(self) -> Iterator[Any]:
        found = {obj.object_id: obj for obj in CalibrationFrame.object_id.in_(list(self._numbers))}
        return (found[object_id] for object_id in self._numbers if object_id in found)

    # --- changing what serves when ---

    def set_interval(self, number: int, start: Instant | None = None, end: Instant | None = None) -> None:
        """Let calibration `number` serve from `start` up to, not including, `end`, and print what that changes.

        From then on the calibration goes before nearer ones inside the interval, and does not serve outside.
        `context.update_timestamps` makes the change at once, and keeps it in the history.

        Parameters
        ----------
        number : int
            As it is printed and drawn.
        start, end : datetime.datetime or str, optional
            UTC, as ``'2012-06-01'`` or ``'2012-06-01T16:00'``; what is left out stays.

        Raises
        ------
        NotFound
            When no calibration has that number.
        ParameterError
            When the start is not before the end, or neither is given.
        NotAllowed
            When the calibration is not yours to change, or you see the world as of an earlier date.
        """
        if start is None and end is None:
            raise ParameterError(f'set_interval({number}): give start=, end= or both, as end="2012-06-08T16:00"')
        self._change(number, lambda obj: context.update_timestamps(obj, start, end),
                     lambda obj: f'{obj.timestamp_start} to {obj.timestamp_end}')

    def set_valid(self, number: int, value: int) -> None:
        """Judge calibration `number`: 0 invalid, 1 valid, 2 proposed for promotion; and print what that changes.

        `context.update_is_valid` makes the change at once, and keeps it in the history; it raises the errors of `set_interval`.
        """
        self._change(number, lambda obj: context.update_is_valid(obj, value), lambda obj: f'is_valid {obj.is_valid}')

    def _change(self, number: int, update: Callable[[Any], None], told: Callable[[Any], str]) -> None:
        """Let `update` change calibration `number`; print the effect on it, in the words of `told`, and on science frames."""
        obj = self[number]
        self.refresh()  # changes by others meanwhile are no effect of this change
        old, before = told(obj), self._chosen()
        update(obj)
        self.refresh()
        say(f'{number} {obj}\n  {told(obj)}; it was {old}')
        changed, total = collections.Counter(), collections.Counter()
        for key, (now, called, count) in self._chosen().items():
            was, was_called, _ = before.get(key, (now, called, count))
            total[key[0]] += count
            if was != now:
                changed[key[0], was_called, called] += count
        for (cls, was, now), count in sorted(changed.items()):
            frames = f'{counted(count, "science frame", zero="no")} of {total[cls]} {"gets" if count == 1 else "get"}'
            say(f'  {frames} {now} instead of {was}')
        if not changed:
            say('  no science frame gets another calibration')

    def _chosen(self) -> dict[tuple, tuple[Key | None, str, int]]:
        """Return what science frames get, what that is called, and how many frames, by class, place, date and exposure."""
        return {(choice.cls.__name__, *choice.names, one.date, number): (
                    None if one.candidate is None else one.candidate.key,
                    views.label(choice.cls, one.candidate, self._number), one.count)
                for choice in self.choices for number, one in enumerate(choice.served)}

    # --- looking ---

    def __str__(self) -> str:
        if not self.choices:
            kinds = ' or '.join(cls.__name__ for cls in self._kinds)
            raws = RawScienceFrame.select(**self._selection)
            return f'there is no {kinds}, nor a science frame that asks for one\n{raws.explain()}'
        head = [f'as of {self.moment:%Y-%m-%d %H:%M:%S}'] if self.moment else []
        return '\n'.join([*head, views.text(self.choices, self._number)])

    def table(self) -> 'Table':
        """Return all calibrations and sets, with the nights that each serves, level and state, as an astropy `Table`."""
        return views.table(self.choices, self._number)

    def to_dict(self) -> list[dict[str, Any]]:
        """Return the rows of `table` as JSON values, for machines."""
        found = self.table()
        return [dict(zip(found.colnames, (None if value is np.ma.masked else value.item() for value in row), strict=True))
                for row in found.iterrows()]

    def panels(self) -> 'list[Panel]':
        """Return what the picture shows, in plain values."""
        return picture.panels_of(self.choices, self._number)

    @property
    def span(self) -> Span | None:
        """Start and end of the nights that were asked for (UTC); None for all."""
        return _span_of(**self._selection)

    @property
    def numbers(self) -> dict[uuid.UUID, int]:
        """The number of each calibration, by its id."""
        return dict(self._numbers)

    def _repr_html_(self) -> str | None:
        from matplotlib.figure import Figure
        if not self.choices:
            return None
        figure, image = Figure(layout='constrained'), io.BytesIO()
        self._draw(figure)
        figure.savefig(image, format='png', dpi=110)
        return views.page(self.choices, self._number, image.getvalue())

    def inspect(self, filename: str | Path | None = None) -> Any:
        """Draw in a window when each calibration serves; without a screen as a PNG file instead.

        Each calibration has a row. Its bar covers the nights for which the calibration serves, in the colour of the level:
        pale where nothing is made yet, outlined where a person set the interval. What does not count is hatched at its own
        night. Vertical lines are interventions. Below are the science frames, red where nothing serves. `set_interval`
        draws its change at once.

        Parameters
        ----------
        filename : str, optional
            Where to write the picture; default ``calibrations.png``, when there is no screen.

        Returns
        -------
        matplotlib.figure.Figure, pathlib.Path or None
            The window, or the picture that was written; None in a notebook, which shows it.
        """
        import matplotlib.pyplot as plt

        from awlike.views.show import show
        if not self.choices:
            raise NotFound(f'there is nothing to draw: {self}')
        figure = plt.figure(layout='constrained')
        self._draw(figure)
        shown = show(figure, filename or 'calibrations.png', asked=filename is not None)
        self._figure = figure if shown is figure else None
        return shown

    def _draw(self, figure: 'Figure') -> None:
        picture.draw(figure, self.choices, self._number, self.moment, self.span)

    def _redraw(self) -> None:
        figure: Any = self._figure
        if figure is None:
            return
        import matplotlib.pyplot as plt
        if plt.fignum_exists(figure.number) and self.choices:
            figure.clear()
            self._draw(figure)
            figure.canvas.draw_idle()
        else:
            self._figure = None


def calibrations(instrument: Names = None, chip: Names = None, filter: Names = None, date: Night = None,
                 kinds: type | Sequence[type] = (BiasFrame, FlatFrame)) -> Calibrations:
    """Show which calibration serves when, as numbered lists and a picture, and let intervals be changed.

    The overview asks as tasks do: of the sets of raw frames of the same setup, with no intervention between, the nearest by
    observing night serves, whether a calibration is made from the set yet or not. An interval that a person set goes before.
    The overview shows for each night what serves and at which level, and why the other calibrations do not. After
    `context.as_of` it shows what served at that date.

    Parameters
    ----------
    instrument, chip, filter : str or list of str, optional
        Names; default any.
    date : str, datetime.date or a pair of them, optional
        Nights, as ``'2012-05-31:2012-06-03'``: science frames and calibrations that were observed, and calibrations that
        serve, in them. It needs `instrument`.
    kinds : class or list of classes
        The classes of calibrations; default `BiasFrame` and `FlatFrame`.

    Returns
    -------
    Calibrations
        With `set_interval`, `set_valid`, `inspect`, `table`; print it.

    Examples
    --------
    >>> calibs = calibrations('OMEGACAM', chip='ESO_CCD_#65', filter='r_SDSS')
    >>> calibs.inspect()
    >>> calibs.set_interval(3, end='2012-06-08T16:00')
    """
    wanted = list(kinds) if isinstance(kinds, tuple) else listed(kinds)
    known = {name: cls for name, cls in classes.items() if issubclass(cls, CalibrationFrame) and is_made(cls)}
    wrong = [kind for kind in wanted if kind not in known.values()]
    if wrong or not wanted:
        raise ParameterError(f'kinds {kinds!r}: name classes of calibrations, of {", ".join(sorted(known))}')
    return Calibrations(wanted, instrument=instrument, chip=chip, filter=filter, date=date)


def _span_of(instrument: Any, date: Night, **rest: Any) -> Span | None:
    """Return start and end of the nights `date` at the telescope of `instrument` (UTC); None without a date."""
    return None if date is None else nights.span(*nights.parse(date), camera(instrument).zone)

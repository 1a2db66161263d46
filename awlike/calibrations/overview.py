"""Overview: show which calibration serves when, and change the intervals from the prompt."""

import collections
import datetime
import io
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from awlike.calibrations import views
from awlike.calibrations.validity import Calibration, Names, Night, places, span_of
from awlike.context import context
from awlike.errors import NotFound, ParameterError
from awlike.frames.bias import BiasFrame
from awlike.frames.flat import FlatFrame
from awlike.frames.raw import RawScienceFrame
from awlike.persist.links import listed
from awlike.products.calibration import CalibrationFrame
from awlike.query.properties import classes
from awlike.terminal import Readable

if TYPE_CHECKING:
    from astropy.table import Table
    from matplotlib.figure import Figure

Instant = datetime.datetime | str


class Calibrations(Readable):
    """Calibrations by class, chip and filter, the latest made first. Print it, `inspect` it, or look at it in a notebook.

    Each calibration has a number, which it keeps as long as this overview lives: ``calibs[3]`` is the object.

    Attributes
    ----------
    places : list of awlike.calibrations.validity.PlaceValidity
        The calibrations of each class, chip and filter, and the science frames that ask for a calibration.
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
        self.moment, self.places = context.moment, places(self._kinds, **self._selection)
        for place in self.places:
            for one in place.calibrations:
                self._numbers.setdefault(one.found.object_id, len(self._numbers))
        self._redraw()

    def _number(self, calibration: Calibration) -> int:
        return self._numbers[calibration.found.object_id]

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

        `context.update_is_valid` makes the change at once, and keeps it in the history; errors are those of `set_interval`.
        """
        self._change(number, lambda obj: context.update_is_valid(obj, value), lambda obj: f'is_valid {obj.is_valid}')

    def _change(self, number: int, update: Callable[[Any], None], told: Callable[[Any], str]) -> None:
        """Let `update` change calibration `number`; print the effect on it, in the words of `told`, and on science frames."""
        obj = self[number]
        self.refresh()  # changes by others meanwhile are no effect of this change
        old, before = told(obj), self._chosen()
        update(obj)
        self.refresh()
        print(f'{number} {obj}\n  {told(obj)}; it was {old}')
        after = self._chosen()
        changed, total = collections.Counter(), collections.Counter()
        for key, (now, frames) in after.items():
            was, _ = before.get(key, (now, 0))
            total[key[0]] += frames
            if was != now:
                changed[key[0], was, now] += frames
        for (cls, was, now), count in sorted(changed.items(), key=str):
            frames = f'{views.counted(count, "science frame")} of {total[cls]} {"gets" if count == 1 else "get"}'
            print(f'  {frames} {_named(cls, now)} instead of {_named(cls, was)}')
        if not changed:
            print('  no science frame gets another calibration')

    def _chosen(self) -> dict[tuple, tuple[int | None, int]]:
        """Return the number of the calibration that science frames get, and how many frames, by class, place and date."""
        return {(place.cls.__name__, *place.names, date): (None if chosen is None else self._number(chosen), count)
                for place in self.places for date, count in collections.Counter(place.dates).items()
                for chosen in [place.chosen(date)]}

    # --- looking ---

    def __str__(self) -> str:
        if not self.places:
            kinds = ' or '.join(cls.__name__ for cls in self._kinds)
            raws = RawScienceFrame.select(**self._selection)
            return f'there is no {kinds}, nor a science frame that asks for one\n{raws.explain()}'
        head = [f'as of {self.moment:%Y-%m-%d %H:%M:%S}'] if self.moment else []
        return '\n'.join([*head, views.text(self.places, self._number)])

    def table(self) -> 'Table':
        """Return all calibrations with interval, date of making and state, as an astropy `Table`."""
        return views.table(self.places, self._number)

    def _repr_html_(self) -> str | None:
        from matplotlib.figure import Figure
        if not self.places:
            return None
        figure, picture = Figure(layout='constrained'), io.BytesIO()
        self._draw(figure)
        figure.savefig(picture, format='png', dpi=110)
        return views.page(self.places, self._number, picture.getvalue())

    def inspect(self, filename: str | Path | None = None) -> Any:
        """Draw the calibrations in a window, observing time against date of making; without a screen as a PNG file instead.

        A bar is bright where a calibration serves, dark where a later one does, and hatched if the calibration does not
        count. Below are the science frames, red where nothing serves. `set_interval` draws its change at once.

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
        if not self.places:
            raise NotFound(f'there is nothing to draw: {self}')
        figure = plt.figure(layout='constrained')
        self._draw(figure)
        shown = show(figure, filename or 'calibrations.png', asked=filename is not None)
        self._figure = figure if shown is figure else None
        return shown

    def _draw(self, figure: 'Figure') -> None:
        span = span_of(self._selection['instrument'], self._selection['date'])
        views.draw(figure, self.places, self._number, self.moment, span)

    def _redraw(self) -> None:
        figure: Any = self._figure
        if figure is None:
            return
        import matplotlib.pyplot as plt
        if plt.fignum_exists(figure.number) and self.places:
            figure.clear()
            self._draw(figure)
            figure.canvas.draw_idle()
        else:
            self._figure = None


def calibrations(instrument: Names = None, chip: Names = None, filter: Names = None, date: Night = None,
                 kinds: type | Sequence[type] = (BiasFrame, FlatFrame)) -> Calibrations:
    """Show which calibration serves when, as numbered lists and a picture, and let intervals be changed.

    The rule is the one by which tasks choose: a calibration counts if it is visible and valid, has no invalid ancestor, missed
    no limits, and was made from the inputs and with the process parameters that would be used today. The latest made serves.
    After `context.as_of` the overview shows what served at that date.

    Parameters
    ----------
    instrument, chip, filter : str or list of str, optional
        Names; default any.
    date : str, datetime.date or a pair of them, optional
        Nights, as ``'2012-05-31:2012-06-03'``: science frames observed, and calibrations that cover something, in them.
        It needs `instrument`.
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
    known = {name: cls for name, cls in classes.items() if issubclass(cls, CalibrationFrame) and cls.inputs()}
    wrong = [kind for kind in wanted if kind not in known.values()]
    if wrong or not wanted:
        raise ParameterError(f'kinds {kinds!r}: name classes of calibrations, of {", ".join(sorted(known))}')
    return Calibrations(wanted, instrument=instrument, chip=chip, filter=filter, date=date)


def _named(cls: str, number: int | None) -> str:
    return f'no {cls}' if number is None else f'{cls} {number}'

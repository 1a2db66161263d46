"""calibrations: which calibration serves when, at a glance; and their intervals, changed from the prompt."""

import collections
import io

from awlike.calibrations import views as views
from awlike.calibrations.validity import places, span_of
from awlike.context import context
from awlike.errors import NotFound, ParameterError
from awlike.frames.bias import BiasFrame
from awlike.frames.flat import FlatFrame
from awlike.frames.raw import RawScienceFrame
from awlike.persist.links import listed
from awlike.products.calibration import CalibrationFrame
from awlike.query.properties import classes
from awlike.terminal import Readable


class Calibrations(Readable):
    """Calibrations by class, chip and filter, the latest made first. Print it, `inspect` it, or look at it in a notebook.

    Each has a number, which it keeps as long as this lives: ``calibs[3]`` is the object.

    Attributes
    ----------
    places : list of awlike.calibrations.validity.PlaceValidity
        The calibrations of each class, chip and filter, and the science frames that ask for one.
    moment : datetime.datetime or None
        As of which date this is (`context.as_of`); None for now.
    """

    def __init__(self, kinds, **selection):
        self._kinds, self._selection = kinds, selection
        self._numbers, self._figure = {}, None
        self.refresh()

    def refresh(self) -> None:
        """Look again. A window that is open is drawn anew."""
        self.moment, self.places = context.moment, places(self._kinds, **self._selection)
        for place in self.places:
            for one in place.calibrations:
                self._numbers.setdefault(one.found.object_id, len(self._numbers))
        self._redraw()

    def _number(self, calibration) -> int:
        return self._numbers[calibration.found.object_id]

    def __len__(self):
        return len(self._numbers)

    def __getitem__(self, number):
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < len(self):
            there = f'they have the numbers 0 to {len(self) - 1}' if len(self) else 'there are none'
            raise NotFound(f'no calibration has the number {number!r} here: {there}; print this to see them')
        return CalibrationFrame.get(list(self._numbers)[number])

    def __iter__(self):
        found = {obj.object_id: obj for obj in CalibrationFrame.object_id.in_(list(self._numbers))}
        return (found[object_id] for object_id in self._numbers if object_id in found)

    # --- changing what serves when ---

    def set_interval(self, number: int, start=None, end=None) -> None:
        """Let calibration `number` serve from `start` up to, not including, `end`, and print what that changes.

        It is done at once, by `context.update_timestamps`, which keeps it in the history.

        Parameters
        ----------
        number : int
            As it is printed and drawn.
        start, end : datetime.datetime or str, optional
            UTC, as ``'2012-06-01'`` or ``'2012-06-01T16:00'``; what is left out stays.

        Raises
        ------
        NotFound
            When none has that number.
        ParameterError
            When the start is not before the end, or neither is given.
        NotAllowed
            When it is not yours to change, or you see the world as of an earlier date.
        """
        if start is None and end is None:
            raise ParameterError(f'set_interval({number}): give start=, end= or both, as end="2012-06-08T16:00"')
        self._change(number, lambda obj: context.update_timestamps(obj, start, end),
                     lambda obj: f'{obj.timestamp_start} to {obj.timestamp_end}')

    def set_valid(self, number: int, value: int) -> None:
        """Judge calibration `number`: 0 invalid, 1 valid, 2 proposed for promotion; and print what that changes.

        It is done at once, by `context.update_is_valid`, which keeps it in the history; it raises as `set_interval` does.
        """
        self._change(number, lambda obj: context.update_is_valid(obj, value), lambda obj: f'is_valid {obj.is_valid}')

    def _change(self, number, update, said) -> None:
        obj = self[number]
        self.refresh()  # what others did meanwhile is not told as the effect of this
        old, before = said(obj), self._chosen()
        update(obj)
        self.refresh()
        print(f'{number} {obj}\n  {said(obj)}; it was {old}')
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

    def _chosen(self) -> dict:
        """The number of what the science frames get, and how many they are, by class, place and date."""
        return {(place.cls.__name__, *place.names, date): (chosen and self._number(chosen), count)
                for place in self.places for date, count in collections.Counter(place.dates).items()
                for chosen in [place.chosen(date)]}

    # --- looking ---

    def __str__(self):
        if not self.places:
            kinds = ' or '.join(cls.__name__ for cls in self._kinds)
            raws = RawScienceFrame.select(**self._selection)
            return f'there is no {kinds}, nor a science frame that asks for one\n{raws.explain()}'
        head = [f'as of {self.moment:%Y-%m-%d %H:%M:%S}'] if self.moment else []
        return '\n'.join([*head, views.text(self.places, self._number)])

    def table(self):
        """All of them with interval, date of making and state, as an astropy `Table`."""
        return views.table(self.places, self._number)

    def _repr_html_(self):
        from matplotlib.figure import Figure
        if not self.places:
            return None
        figure, picture = Figure(layout='constrained'), io.BytesIO()
        self._draw(figure)
        figure.savefig(picture, format='png', dpi=110)
        return views.page(self.places, self._number, picture.getvalue())

    def inspect(self, filename=None):
        """Draw them in a window, observing time against date of making; without a screen as a PNG file instead.

        Bright is where a calibration serves, dark where one that was made later does, hatched what does not count.
        Below are the science frames, red where nothing serves. A change by `set_interval` is drawn at once.

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

    def _draw(self, figure) -> None:
        span = span_of(self._selection['instrument'], self._selection['date'])
        views.draw(figure, self.places, self._number, self.moment, span)

    def _redraw(self) -> None:
        if self._figure is None:
            return
        import matplotlib.pyplot as plt
        if plt.fignum_exists(self._figure.number) and self.places:
            self._figure.clear()
            self._draw(self._figure)
            self._figure.canvas.draw_idle()
        else:
            self._figure = None


def calibrations(instrument=None, chip=None, filter=None, date=None, kinds=(BiasFrame, FlatFrame)) -> Calibrations:
    """Which calibration serves when: numbered lists and a picture, in which intervals can be changed.

    It follows the rule by which tasks choose: of those that are visible and valid, have no invalid ancestor, missed no
    limits, and were made from the inputs and with the process parameters that would be used today, the latest made serves.
    After `context.as_of` it is what served at that date.

    Parameters
    ----------
    instrument, chip, filter : str or list of str, optional
        Their names; default any.
    date : str, datetime.date or a pair of them, optional
        Nights, as ``'2012-05-31:2012-06-03'``: science frames observed, and calibrations that cover something, in them.
        It needs `instrument`.
    kinds : class or list of classes
        Which calibrations; default `BiasFrame` and `FlatFrame`.

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


def _named(cls, number) -> str:
    return f'no {cls}' if number is None else f'{cls} {number}'

"""Trends: is an instrument changing? What calibrations and frames tell over months, by chip and filter."""

import collections
import dataclasses
import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from awlike import nights
from awlike.arguments import typed
from awlike.context.interventions import instrument_called
from awlike.errors import ParameterError
from awlike.nightly.changes import Change, change
from awlike.placing import place
from awlike.query.properties import classes
from awlike.spelling import counted, near
from awlike.terminal import Readable
from awlike.views import html
from awlike.views.trend_plot import Series, TrendPlot

if TYPE_CHECKING:
    from astropy.table import Table

_HEAD = 'quantity', 'filter', 'chip', 'values', 'what became of it', 'limits'
_PLOTTED = 40  # series of one picture


class Quantity(NamedTuple):
    """What is followed: a class, the path of a number of it, and whether it is divided by the exposure time."""

    class_name: str
    path: str
    unit: str
    per_second: bool = False


QUANTITIES: Mapping[str, Quantity] = {
    'bias level': Quantity('RawBiasFrame', 'imstat.median', 'adu'),
    'read noise': Quantity('ReadNoise', 'read_noise', 'adu'),
    'gain': Quantity('GainLinearity', 'gain', 'electron/adu'),
    'flat level': Quantity('RawDomeFlatFrame', 'imstat.median', 'adu/s', per_second=True),
    'flat shape': Quantity('DomeFlatFrame', 'imstat.stdev', ''),
    'zero point': Quantity('PhotometricParameters', 'zero_point', 'mag'),
    'seeing': Quantity('PSFModel', 'fwhm', 'pix'),
}
"""What `trends` follows, by name."""


@dataclasses.dataclass(frozen=True)
class Trend:
    """One quantity of one chip and filter over time.

    Attributes
    ----------
    quantity, filter, chip, unit : str
        What it is; the filter is empty where none matters.
    dates : list of datetime.datetime
        The dates of observation (UTC), in order of time.
    values : numpy.ndarray
        The values, in `unit`.
    change : Change
        What became of it.
    limits : (float, float) or None
        The limits that were given; infinite where there is none.
    """

    quantity: str
    filter: str
    chip: str
    unit: str
    dates: list[datetime.datetime]
    values: np.ndarray
    change: Change
    limits: tuple[float, float] | None = None

    @property
    def outside(self) -> int:
        """The number of values outside the limits."""
        low, high = self.limits or (-np.inf, np.inf)
        return int(np.sum((self.values < low) | (self.values > high)))

    @property
    def ok(self) -> bool:
        """True if the quantity neither drifts nor jumped, and no value is outside the limits."""
        return self.change.state in ('steady', 'too few') and not self.outside

    def to_dict(self) -> dict[str, Any]:
        """Return the same as JSON values."""
        return {'quantity': self.quantity, 'filter': self.filter, 'chip': self.chip, 'unit': self.unit, 'ok': self.ok,
                'dates': [date.isoformat() for date in self.dates], 'values': self.values.tolist(),
                'change': dataclasses.asdict(self.change) | {'words': self.change.words(self.unit)},
                'limits': None if self.limits is None else [float(end) if np.isfinite(end) else None for end in self.limits],
                'outside': self.outside}


class Trends(Readable, Sequence[Trend]):
    """The trends of an instrument; print them, draw them, or take one as ``[0]``.

    Attributes
    ----------
    instrument : str
        The name of the camera.
    """

    def __init__(self, instrument: str, found: Sequence[Trend]) -> None:
        self.instrument, self._found = instrument, list(found)

    def __len__(self) -> int:
        return len(self._found)

    def __getitem__(self, position: Any) -> Any:
        return self._found[position]

    @property
    def ok(self) -> bool:
        """True if nothing changes, and no value is outside its limits."""
        return all(one.ok for one in self)

    def picture(self, path: str | Path | None = None) -> str:
        """Return the trends as SVG, what changes first, at most 40 of them; write it to `path` if given."""
        shown = sorted(self, key=lambda one: one.ok)[:_PLOTTED]
        drawn = TrendPlot([Series(' '.join(filter(None, (one.quantity, one.filter, one.chip))), one.unit, one.dates, one.values,
                                  one.change.words(one.unit), one.limits, one.change.date, set(one.change.outliers), one.ok)
                           for one in shown]).svg
        if path is not None:
            place(Path(path), lambda part: part.write_text(drawn, 'utf-8'))
        return drawn

    @property
    def summary(self) -> str:
        """Whether the instrument is changing, in a line."""
        if not len(self):
            return f'{self.instrument}: no values'
        changing = [one for one in self if not one.ok]
        names = ', '.join(dict.fromkeys(one.quantity for one in changing))
        return f'{self.instrument}: {counted(len(self), "trend")}; ' + (
            f'{len(changing)} change or exceed limits ({names})' if changing else 'nothing changes')

    def _rows(self) -> list[tuple[str, ...]]:
        return [(one.quantity, one.filter or '-', one.chip, str(len(one.values)), one.change.words(one.unit), _limits(one))
                for one in self]

    def __str__(self) -> str:
        rows = [_HEAD, *self._rows()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ['  ' + '  '.join(map(str.ljust, cells, widths)).rstrip() for cells in rows] if len(self) else []
        return '\n'.join([*lines, self.summary])

    def _repr_html_(self) -> str:
        rows = [([html.Bad(cell) if number == 4 and not one.ok else cell for number, cell in enumerate(cells)], one.quantity)
                for one, cells in zip(self, self._rows(), strict=True)]
        return html.drawings_view([html.table(self.summary, _HEAD, rows), self.picture()])

    def table(self) -> 'Table':
        """Return the trends as an astropy `Table`."""
        from astropy.table import Table
        names = ('quantity', 'filter', 'chip', 'values', 'state', 'level', 'scatter', 'by', 'significance', 'outside')
        rows = [(one.quantity, one.filter, one.chip, len(one.values), one.change.state, one.change.level, one.change.scatter,
                 one.change.by, one.change.significance, one.outside) for one in self]
        return Table(rows=rows or None, names=names,
                     dtype=('U32', 'U64', 'U64', int, 'U8', float, float, float, float, int))

    def to_dict(self) -> dict[str, Any]:
        """Return the same as JSON values."""
        return {'instrument': self.instrument, 'ok': self.ok, 'summary': self.summary,
                'trends': [one.to_dict() for one in self]}


def _limits(one: Trend) -> str:
    if one.limits is None:
        return ''
    low, high = (f'{end:g}' if np.isfinite(end) else '' for end in one.limits)
    return f'{low}..{high}' + (f': {one.outside} of {len(one.values)} outside' if one.outside else '')


@typed
def trends(instrument: str, quantities: Sequence[str] | None = None, dates: Any = None, chip: str | None = None,
           limits: Mapping[str, tuple[float | None, float | None]] | None = None) -> Trends:
    """Return how an instrument changes: bias level, read noise, gain, flat level and shape, zero point, seeing.

    Each is followed by chip and filter, by one statement for each quantity. Only valid frames and products count that missed
    no limit. A trend is steady, drifts, or jumped at a date, as far as that exceeds five times its error.

    Parameters
    ----------
    instrument : str
        The name of the camera.
    quantities : list of str, optional
        Some of `QUANTITIES`. Default: all.
    dates : str or pair of dates, optional
        The first and the last night, as ``'2012-01-01:2012-06-30'``. Default: all time.
    chip : str, optional
        One detector. Default: all.
    limits : dict, optional
        The least and the largest value by quantity, as ``{'read noise': (None, 5.0)}``.

    Returns
    -------
    awlike.nightly.trends.Trends
        With `ok`, `picture()`, `table()`, `to_dict()`; print it.

    Examples
    --------
    >>> context.trends('OMEGACAM', limits={'read noise': (None, 5.0)})
    """
    camera = instrument_called(instrument)
    wanted, bounds = list(quantities or QUANTITIES), _bounds(limits or {})
    for name in (*wanted, *bounds):
        if name not in QUANTITIES:
            raise ParameterError(f'{name!r} is followed by no trend{near(name, QUANTITIES)}: there are {", ".join(QUANTITIES)}')
    span = None if dates is None else nights.span(*nights.parse(dates), nights.zone(camera.timezone, camera.longitude))
    found = []
    for name in wanted:
        found += _followed(name, QUANTITIES[name], camera, span, chip, bounds.get(name))
    return Trends(instrument, found)


def _bounds(limits: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    found = {}
    for name, pair in limits.items():
        try:
            low, high = pair
            found[name] = (-np.inf if low is None else float(low)), (np.inf if high is None else float(high))
        except (TypeError, ValueError):
            raise ParameterError(f'limits of {name!r}: give the least and the largest value, as (None, 5.0)') from None
    return found


def _followed(name: str, quantity: Quantity, camera: Any, span: Any, chip: str | None,
              limits: tuple[float, float] | None) -> list[Trend]:
    """Return the trends of one quantity, by filter and chip."""
    cls = classes[quantity.class_name]
    query = (cls.instrument == camera) & (cls.is_valid > 0) & (cls.quality_flags == 0)
    if span is not None:
        query = query & (cls.DATE_OBS >= span[0]) & (cls.DATE_OBS < span[1])
    if chip is not None:
        query = query & (cls.chip.name == chip)
    filtered = 'filter' in cls.__properties__
    columns = ['DATE_OBS', 'chip.name', quantity.path, *['EXPTIME'] * quantity.per_second, *['filter.name'] * filtered]
    groups: dict[tuple[str, str], list[tuple[datetime.datetime, float]]] = collections.defaultdict(list)
    for date, place_name, value, *rest in query.order_by('DATE_OBS').rows(*columns):
        band = rest[-1] if filtered else ''
        exposed = rest[0] if quantity.per_second else 1.0
        if value is not None and exposed and np.isfinite(value):
            groups[band or '', place_name or ''].append((date, value / exposed))
    return [Trend(name, band, place_name, quantity.unit, [date for date, _ in some], np.array([value for _, value in some]),
                  change([date for date, _ in some], np.array([value for _, value in some])), limits)
            for (band, place_name), some in sorted(groups.items())]

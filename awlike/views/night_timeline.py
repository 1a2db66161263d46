"""The exposures of a night along the time, as SVG: a row for each kind and filter."""

import datetime
import html
from collections.abc import Sequence
from typing import NamedTuple

from awlike.characters import readable

_WIDTH, _LEFT, _RIGHT, _ROW, _HEAD, _FOOT = 1080, 224, 16, 22, 16, 30
_NARROWEST = 1.5  # px of an exposure that is seen
_TICKS = 12
_STEPS = [datetime.timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 20, 30, 60, 120, 180, 360, 720, 1440, 2880, 7200)]
_COLOURS = '#3b78b5', '#c2622d', '#4a9a5b', '#8b5bb0', '#b08d1e', '#b54a6a', '#3d9a9a', '#6d6d6d'


class Row(NamedTuple):
    """A row: its name, and for each exposure the beginning (UTC), the exposure time [s], and the object."""

    name: str
    exposures: Sequence[tuple[datetime.datetime, float, str]]


class NightTimeline:
    """The drawing of `rows`, in the order given.

    Attributes
    ----------
    svg : str
        The drawing; each exposure is a rectangle that tells its time and object.
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        height = _HEAD + len(rows) * _ROW + _FOOT
        times = [(date, date + datetime.timedelta(seconds=exptime)) for row in rows for date, exptime, _ in row.exposures]
        if times:
            first, last = min(start for start, _ in times), max(end for _, end in times)
            margin = max((last - first) / 60, datetime.timedelta(minutes=1))
            self._first, self._last = first - margin, last + margin
            drawn = self._axis(height) + ''.join(self._row(row, number) for number, row in enumerate(rows))
        else:
            drawn = f'<text x="{_LEFT}" y="{_HEAD + 14}">no exposures</text>'
        self.svg = (f'<svg xmlns="http://www.w3.org/2000/svg" class="night" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" '
                    f'height="{height}" font-family="sans-serif" font-size="11" role="group">'
                    f'<title>exposures of the night</title>{drawn}</svg>')

    def _x(self, date: datetime.datetime) -> float:
        return _LEFT + (date - self._first) / (self._last - self._first) * (_WIDTH - _LEFT - _RIGHT)

    def _axis(self, height: int) -> str:
        length = self._last - self._first
        step = next((one for one in _STEPS if length / one <= _TICKS), _STEPS[-1])
        start, bottom, lines = datetime.datetime.combine(self._first.date(), datetime.time()), height - _FOOT, []
        start += ((self._first - start) // step + 1) * step
        while start < self._last:
            x = self._x(start)
            lines.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_HEAD}" y2="{bottom}" stroke="#dddddd"/>'
                         f'<text x="{x:.1f}" y="{bottom + 14}" text-anchor="middle">{start:%H:%M}</text>')
            start += step
        return (f'<g class="axis">{"".join(lines)}<text x="{_LEFT}" y="{bottom + 27}">UTC, from {self._first:%Y-%m-%d %H:%M}'
                '</text></g>')

    def _row(self, row: Row, number: int) -> str:
        y, colour = _HEAD + number * _ROW, _COLOURS[number % len(_COLOURS)]
        boxes = []
        for date, exptime, target in row.exposures:
            x = self._x(date)
            width = max(self._x(date + datetime.timedelta(seconds=exptime)) - x, _NARROWEST)
            tip = _text(f'{date:%H:%M:%S} {target}, {exptime:g} s')
            boxes.append(f'<rect x="{x:.1f}" y="{y + 4}" width="{width:.1f}" height="{_ROW - 8}" fill="{colour}">'
                         f'<title>{tip}</title></rect>')
        return (f'<g><text x="{_LEFT - 8}" y="{y + 15}" text-anchor="end">{_text(row.name)} ({len(row.exposures)})</text>'
                f'{"".join(boxes)}</g>')


def _text(text: str) -> str:
    return html.escape(readable(text))

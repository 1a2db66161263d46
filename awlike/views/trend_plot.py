"""Trends as SVG: a panel for each quantity, its values against the date."""

import datetime
import html
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from awlike.characters import readable

_WIDTH, _LEFT, _RIGHT, _HEIGHT, _HEAD, _GAP, _FOOT = 1000, 80, 20, 110, 22, 18, 24
_TICKS = 8
_STEPS = [datetime.timedelta(days=days) for days in (1 / 24, 1 / 8, 1 / 4, 1, 2, 5, 10, 30, 61, 91, 183, 365, 730, 1826, 3652)]
_GOOD, _CHANGED, _OUT = '#2f6fb0', '#b3541e', '#c0303a'


class Series(NamedTuple):
    """The values of one panel: what is said of them, their limits, the date of a jump, the numbers of those that stand out."""

    title: str
    unit: str
    dates: Sequence[datetime.datetime]
    values: np.ndarray
    words: str
    limits: tuple[float, float] | None
    jump: datetime.datetime | None
    outliers: set[int]
    ok: bool


class TrendPlot:
    """The drawing of `series`, one below the other, with one axis of time.

    Attributes
    ----------
    svg : str
        The drawing; each value is a dot that tells date and value.
    """

    def __init__(self, series: Sequence[Series]) -> None:
        every = [date for one in series for date in one.dates]
        height = max(1, len(series)) * (_HEAD + _HEIGHT + _GAP) + _FOOT
        if every:
            margin = max((max(every) - min(every)) / 50, datetime.timedelta(hours=1))
            self._first, self._last = min(every) - margin, max(every) + margin
            drawn = ''.join(self._panel(one, number * (_HEAD + _HEIGHT + _GAP)) for number, one in enumerate(series))
            drawn += self._dates(height - _FOOT)
        else:
            drawn = f'<text x="{_LEFT}" y="30">no values</text>'
        self.svg = (f'<svg xmlns="http://www.w3.org/2000/svg" class="trends" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" '
                    f'height="{height}" font-family="sans-serif" font-size="11" role="group"><title>trends</title>{drawn}'
                    '</svg>')

    def _x(self, date: datetime.datetime) -> float:
        return _LEFT + (date - self._first) / (self._last - self._first) * (_WIDTH - _LEFT - _RIGHT)

    def _panel(self, one: Series, top: float) -> str:
        low, high = _range(one)
        bottom = top + _HEAD + _HEIGHT
        colour = _GOOD if one.ok else _CHANGED

        def y(value: float) -> float:
            return bottom - (min(max(value, low), high) - low) / (high - low) * _HEIGHT

        lines = ''.join(f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="#e3e3e3"/>'
                        f'<text x="{_LEFT - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.5g}</text>'
                        for value in np.linspace(low, high, 3))
        lines += ''.join(f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(end):.1f}" y2="{y(end):.1f}" stroke="{_OUT}" '
                         'stroke-dasharray="5 3"/>' for end in one.limits or () if math.isfinite(end) and low <= end <= high)
        if one.jump is not None:
            x = self._x(one.jump)
            lines += (f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top + _HEAD:.0f}" y2="{bottom:.0f}" stroke="{_CHANGED}" '
                      'stroke-dasharray="2 2"/>')
        dots = ''.join(f'<circle cx="{self._x(date):.1f}" cy="{y(value):.1f}" r="2.6" '
                       f'fill="{_OUT if number in one.outliers else colour}"><title>{date:%Y-%m-%d %H:%M}: {value:.6g}</title>'
                       '</circle>' for number, (date, value) in enumerate(zip(one.dates, one.values.tolist(), strict=True)))
        unit = f' [{_text(one.unit)}]' if one.unit else ''
        return (f'<g><text x="{_LEFT}" y="{top + 15:.0f}" font-weight="bold">{_text(one.title)}{unit}</text>'
                f'<text x="{_WIDTH - _RIGHT}" y="{top + 15:.0f}" text-anchor="end" fill="{colour}">{_text(one.words)}</text>'
                f'{lines}{dots}</g>')

    def _dates(self, y: float) -> str:
        step = next((one for one in _STEPS if (self._last - self._first) / one <= _TICKS), _STEPS[-1])
        start, texts = datetime.datetime.combine(self._first.date(), datetime.time()), []
        while start < self._last:
            if start > self._first:
                said = f'{start:%Y-%m-%d}' if step >= datetime.timedelta(days=1) else f'{start:%m-%d %H:%M}'
                texts.append(f'<text x="{self._x(start):.1f}" y="{y + 4:.0f}" text-anchor="middle">{said}</text>')
            start += step
        return f'<g class="axis">{"".join(texts)}</g>'


def _range(one: Series) -> tuple[float, float]:
    """Return the least and the largest value to show: those that do not stand out, and limits that are near."""
    kept = [value for number, value in enumerate(one.values.tolist()) if number not in one.outliers] or one.values.tolist()
    low, high = min(kept), max(kept)
    width = high - low or abs(high) * 0.02 or 1.0
    near = [end for end in one.limits or () if math.isfinite(end) and low - 2 * width <= end <= high + 2 * width]
    return min([low, *near]) - 0.08 * width, max([high, *near]) + 0.08 * width


def _text(text: str) -> str:
    return html.escape(readable(text))

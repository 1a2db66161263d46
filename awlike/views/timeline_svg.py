"""A timeline as SVG for a page: the same bars as `awlike.views.timeline` draws, in the colours of the page's style."""

import datetime
import html
from collections.abc import Callable, Iterator, Sequence

from awlike.characters import readable
from awlike.views.marks import Interval
from awlike.views.timeline import COUNTS, Bar, Panel

WIDTH = 1080
_LEFT, _RIGHT, _ROW, _HEAD, _FOOT, _GAP = 150, 16, 17, 26, 30, 16
_NARROWEST = 4.0   # px of a bar that is seen
_ROWS = 60         # bars of a panel; the latest are drawn
_TICKS = 9
_MIDNIGHT = datetime.time()
_STEPS = [datetime.timedelta(days=days) for days in (
    1 / 8, 1 / 4, 1 / 2, 1, 2, 5, 10, 20, 30, 60, 90, 180, 365, 730, 1825, 3650)]


class Timeline:
    """The drawing of `panels`, one above the other, for the time `shown`.

    Parameters
    ----------
    panels : sequence of Panel
        The bars, the latest night first.
    shown : (datetime, datetime)
        The first and the last moment.
    link : function of Bar
        Returns the address to which a bar leads; empty for none.

    Attributes
    ----------
    svg : str
        The drawing. Its shapes have classes: ``plan``, ``acceptable``, ``last-resort`` for levels; ``pale`` for what is not
        made yet; ``by-hand``; ``invalid``, ``flagged``, ``outdated``, ``not-chosen``; ``served``, ``unserved``; ``break``.
    """

    def __init__(self, panels: Sequence[Panel], shown: Interval, link: Callable[[Bar], str] = lambda bar: '') -> None:
        self._shown, self._link = shown, link
        drawn, y = [], 8.0
        for panel in panels:
            text, y = self._panel(panel, y)
            drawn.append(text)
        height = y + _FOOT
        self.svg = (f'<svg xmlns="http://www.w3.org/2000/svg" class="timeline" viewBox="0 0 {WIDTH} {height:.0f}" '
                    f'width="{WIDTH}" height="{height:.0f}" font-size="11" role="group"><title>which calibration serves when'
                    f'</title>{self._axis(y)}{"".join(drawn)}</svg>')

    def _x(self, date: datetime.datetime) -> float:
        first, last = self._shown
        part = (date - first) / (last - first)
        return _LEFT + min(max(part, 0.0), 1.0) * (WIDTH - _LEFT - _RIGHT)

    def _axis(self, height: float) -> str:
        lines = ''.join(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="8" y2="{height:.0f}" class="grid"/><text x="{x:.1f}" '
                        f'y="{height + 14:.0f}" text-anchor="middle" class="tick">{text}</text>' for x, text in self._ticks())
        return f'<g class="axis">{lines}</g>'

    def _ticks(self) -> Iterator[tuple[float, str]]:
        """Yield place and text of some dates."""
        first, last = self._shown
        step = next((one for one in _STEPS if (last - first) / one <= _TICKS), _STEPS[-1])
        start = datetime.datetime.combine(first.date(), _MIDNIGHT)
        while start < last:
            if start > first:
                yield self._x(start), f'{start:%Y-%m-%d}' if start.time() == _MIDNIGHT else f'{start:%H:%M}'
            start += step

    def _panel(self, panel: Panel, y: float) -> tuple[str, float]:
        """Return the drawing of a panel that begins at `y`, and where it ends."""
        rows, top = panel.bars[:_ROWS], y + _HEAD
        drawn = [f'<text x="4" y="{y + 16:.0f}" class="title">{_text(panel.title)}</text>']
        bottom = top + (len(rows) + 1) * _ROW
        for number, bar in enumerate(rows):
            drawn.append(self._bar(bar, top + number * _ROW))
        drawn.append(f'<text x="{_LEFT - 8}" y="{bottom - 5:.0f}" text-anchor="end" class="label">science frames</text>')
        for dates, name in ((panel.served, 'served'), (panel.unserved, 'unserved')):
            places = sorted({round(self._x(date)) for date in dates if self._shown[0] <= date <= self._shown[1]})
            drawn += [f'<rect x="{x - 1}" y="{bottom - _ROW + 3:.0f}" width="2" height="{_ROW - 6}" class="{name}"/>'
                      for x in places]
        for one in panel.breaks:
            x = self._x(one.date)
            tip = _text(f'{one.date:%Y-%m-%d %H:%M} {one.reason}')
            drawn.append(f'<g class="break"><title>{tip}</title><line x1="{x:.1f}" x2="{x:.1f}" y1="{top - 4:.0f}" '
                         f'y2="{bottom:.0f}"/></g>')
        return f'<g>{"".join(drawn)}</g>', bottom + _GAP

    def _bar(self, bar: Bar, y: float) -> str:
        """Return the drawing of one calibration: its label, the parts in which it serves, and its own date."""
        label = f'{bar.number}:  {bar.night}' if bar.number else bar.night
        drawn = [f'<text x="{_LEFT - 8}" y="{y + 12:.1f}" text-anchor="end" class="label">{_text(label)}</text>']
        for part in bar.parts:
            if part.start >= self._shown[1] or part.end <= self._shown[0]:
                continue
            names = ['part', part.level.replace(' ', '-'), *['pale'] * (not bar.made), *['by-hand'] * bar.by_hand]
            tip = f'{label}: serves from {part.start:%Y-%m-%d %H:%M} to {part.end:%Y-%m-%d %H:%M}, {part.level}'
            drawn.append(self._box(self._x(part.start), self._x(part.end), y, ' '.join(names), tip))
        x, state = self._x(bar.observed), bar.state.replace(' ', '-')
        if bar.state != COUNTS:
            drawn.append(self._box(x - 8, x + 8, y, state, f'{label}: {bar.state}'))
        drawn.append(f'<path d="M{x:.1f},{y + 4:.1f} l4,4.5 l-4,4.5 l-4,-4.5 Z" class="observed"/>')
        address = self._link(bar)
        return f'<a href="{html.escape(address)}">{"".join(drawn)}</a>' if address else ''.join(drawn)

    @staticmethod
    def _box(start: float, end: float, y: float, names: str, tip: str) -> str:
        width = max(end - start, _NARROWEST)
        return (f'<rect x="{start:.1f}" y="{y + 2:.1f}" width="{width:.1f}" height="{_ROW - 4}" rx="2" class="{names}">'
                f'<title>{_text(tip)}</title></rect>')


def _text(text: str) -> str:
    return html.escape(readable(text))

"""Timelines: for which times each of several calibrations serves, and at which level."""

import dataclasses
import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from awlike.views.marks import MISSING, WANTED, Box, boxes, breaks, dates, legend, time_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from awlike.views.marks import Interval

COUNTS, NOT_CHOSEN, INVALID, FLAGGED, OUTDATED = 'counts', 'not chosen', 'invalid', 'flagged', 'outdated'

LEVELS: dict[str, tuple[str, str]] = {'plan': ('#5ab4e5', '#1d6d99'), 'acceptable': ('#f3cf65', '#a87f08'),
                                      'last resort': ('#e88a4c', '#9c4a14')}
"""The colours of a part, and of its edge, by level."""

_PALE = {'plan': '#e2f2fb', 'acceptable': '#fdf5dd', 'last resort': '#fbe6d9'}  # of what is not made yet
_HATCHED: dict[str, tuple[str, dict[str, Any]]] = {
    NOT_CHOSEN: ('not chosen', {'facecolor': '#59636f', 'edgecolor': '#323a43'}),
    INVALID: ('invalid, or made from invalid frames', {'facecolor': 'white', 'edgecolor': '#8b3a3a', 'hatch': '////'}),
    FLAGGED: ('missed its limits', {'facecolor': '#fff3d6', 'edgecolor': '#c17d00', 'hatch': 'xxxx'}),
    OUTDATED: ('would be made otherwise today', {'facecolor': '#f3ecf8', 'edgecolor': '#7a4f9d', 'hatch': '....'}),
}
_ROW, _HEAD, _WIDTH, _HIGHEST = 0.24, 1.0, 11, 24   # inches; a higher figure is no picture any more
_LABELLED = 45                              # rows that have room for a number and a date
_NARROWEST = 70                             # a box of a single night is at least such a part of the picture wide


@dataclasses.dataclass(frozen=True, slots=True)
class Part:
    """A time for which a calibration serves at one level."""

    start: datetime.datetime
    end: datetime.datetime
    level: str


@dataclasses.dataclass(slots=True)
class Bar:
    """A calibration, or a set of raw frames from which none is made yet.

    `number` and `night` are its labels, `observed` is its date of observation, `state` is one of those above; `made` tells
    whether it exists, `by_hand` whether a person chose its interval.
    """

    number: str
    night: str
    observed: datetime.datetime
    parts: list[Part]
    state: str = COUNTS
    made: bool = True
    by_hand: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Break:
    """A moment across which nothing serves, and the reason."""

    date: datetime.datetime
    reason: str


@dataclasses.dataclass(slots=True)
class Panel:
    """Bars, the latest night first, the dates of the science frames, `served` by a bar or `unserved` by any, and breaks."""

    title: str
    bars: list[Bar]
    served: list[datetime.datetime]
    unserved: list[datetime.datetime]
    breaks: list[Break] = dataclasses.field(default_factory=list)


def limits(panels: Sequence[Panel]) -> 'Interval':
    """Return the time to show: all dates of observation, and the times for which something serves."""
    every = [date for panel in panels for date in (*panel.served, *panel.unserved)]
    every += [date for panel in panels for bar in panel.bars for date in (
        bar.observed, *(end for part in bar.parts for end in (part.start, part.end)))]
    first, last = min(every), max(every)
    margin = max((last - first) / 50, datetime.timedelta(hours=6))
    return first - margin, last + margin


def draw(figure: 'Figure', panels: Sequence[Panel], shown: 'Interval', title: str = '') -> None:
    """Draw `panels` into the empty matplotlib `figure`, one above the other, from `shown[0]` to `shown[1]`."""
    rows = [min(len(panel.bars), _LABELLED) + 2.5 + bool(panel.breaks) for panel in panels]
    figure.set_size_inches(_WIDTH, min(sum(rows) * _ROW + len(rows) * 0.2 + _HEAD, _HIGHEST))
    every = figure.subplots(len(panels), 1, sharex=True, squeeze=False, height_ratios=rows)[:, 0]
    for axes, panel in zip(every, panels, strict=True):
        _panel(axes, panel, shown)
    _finish(figure, list(every), shown, panels, title, rows=True)


def draw_overview(figure: 'Figure', panels: Sequence[Panel], shown: 'Interval', title: str = '') -> None:
    """Draw each of `panels` as one line; white edges tell neighbouring calibrations apart."""
    figure.set_size_inches(_WIDTH, min(len(panels) * _ROW * 1.4 + _HEAD, _HIGHEST))
    axes = figure.subplots()
    for row, panel in enumerate(panels):
        for level, (colour, _) in LEVELS.items():
            for made, face in ((True, colour), (False, _PALE[level])):
                boxes(axes, [(part.start, part.end, row) for bar in panel.bars for part in bar.parts
                             if part.level == level and bar.made is made], shown, facecolor=face, edgecolor='white')
        dates(axes, panel.served, panel.unserved, shown, row, 0.25)
        breaks(axes, [(one.date, '') for one in panel.breaks], shown, (row - 0.5, row + 0.5))
    axes.set_yticks(range(len(panels)), [panel.title for panel in panels], fontsize=8)
    axes.set_ylim(len(panels) - 0.4, -0.6)
    _finish(figure, [axes], shown, panels, title)


def _panel(axes: 'Axes', panel: Panel, shown: 'Interval') -> None:
    """Draw a row for each bar, with the parts in which it serves, and the dates of the science frames below."""
    number = len(panel.bars)
    unit = max(number / _LABELLED, 1)  # rows with the height of one labelled row
    below = number - 0.5 + unit
    boxes(axes, [(date, date, number / 2 - 0.5) for date in panel.unserved], shown, height=number / 2, facecolor=MISSING,
          edgecolor='none', alpha=0.2, together=True)
    _serving(axes, panel, shown)
    _hatched(axes, panel, shown)
    dates(axes, panel.served, panel.unserved, shown, below, 0.4 * unit)
    step = -(-number // _LABELLED) or 1
    axes.set_yticks([*range(0, number, step), below],
                    [*(f'{bar.number}:  {bar.night}' if bar.number else bar.night for bar in panel.bars[::step]),
                     'science frames'], fontsize=7)
    axes.set_ylim(below + 0.7 * unit, -0.7)
    rows = breaks(axes, [(one.date, one.reason) for one in panel.breaks], shown)
    axes.set_title(panel.title, loc='left', fontsize=9, fontweight='bold', pad=6 + 10 * rows)


def _serving(axes: 'Axes', panel: Panel, shown: 'Interval') -> None:
    """Draw the parts in which the bars serve: pale where nothing is made yet, outlined where a person chose."""
    crowded = len(panel.bars) > _LABELLED
    for level, (colour, edge) in LEVELS.items():
        for made, face, line in ((True, colour, 'solid'), (False, _PALE[level], 'dashed')):
            parts = [(part.start, part.end, row) for row, bar in enumerate(panel.bars) for part in bar.parts
                     if part.level == level and bar.made is made]
            style: dict[str, Any] = {'facecolor': face, 'edgecolor': edge, 'linestyle': line}
            if crowded:  # dashes would hide the box
                style = {'facecolor': colour, 'edgecolor': 'none', 'alpha': 1 if made else 0.5}
            boxes(axes, parts, shown, **style)
    boxes(axes, [(part.start, part.end, row) for row, bar in enumerate(panel.bars) if bar.by_hand for part in bar.parts], shown,
          facecolor='none', edgecolor='black', linewidth=1.8)


def _hatched(axes: 'Axes', panel: Panel, shown: 'Interval') -> None:
    """Draw what serves for nothing as a box at its own date, and a mark at the date of each other bar."""
    half = (shown[1] - shown[0]) / _NARROWEST / 2
    for state, (_, style) in _HATCHED.items():
        where: list[Box] = [(bar.observed - half, bar.observed + half, row) for row, bar in enumerate(panel.bars)
                            if bar.state == state]
        boxes(axes, where, shown, **style)
    own = [(bar.observed, row) for row, bar in enumerate(panel.bars) if bar.state == COUNTS]
    if own and len(panel.bars) <= _LABELLED:
        axes.scatter(*zip(*own, strict=True), marker='d', s=12, color='black', linewidths=0, zorder=4)


def _finish(figure: 'Figure', every: 'list[Axes]', shown: 'Interval', panels: Sequence[Panel], title: str,
            rows: bool = False) -> None:
    """Draw the time along the bottom, and the legend of the colours; `rows` tells that each calibration has a row."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch
    time_axis(figure, every, shown)
    bars = [bar for panel in panels for bar in panel.bars]
    levels = {part.level for bar in bars for part in bar.parts}
    handles: list[Any] = [Patch(facecolor=face, edgecolor=edge, label=f'serves: {level}')
                          for level, (face, edge) in LEVELS.items() if level in levels]
    if any(bar.parts and not bar.made for bar in bars):
        handles.append(Patch(facecolor='#f2f2f2', edgecolor='#777777', linestyle='dashed', label='pale: not made yet'))
    if any(bar.by_hand and bar.parts for bar in bars):
        handles.append(Patch(facecolor='none', edgecolor='black', linewidth=1.8, label='interval by hand'))
    states = {bar.state for bar in bars}
    handles += [Patch(label=label, **style) for state, (label, style) in _HATCHED.items() if state in states]
    handles += [Line2D([], [], color=color, marker=marker, linestyle='', label=label) for label, color, marker, there in (
        ('observed', 'black', 'd', rows and COUNTS in states and any(len(panel.bars) <= _LABELLED for panel in panels)),
        ('science frames', WANTED, '|', any(panel.served for panel in panels)),
        ('science frames that nothing serves', MISSING, '|', any(panel.unserved for panel in panels))) if there]
    legend(figure, handles, title)

"""Timelines: which of several calibrations, each with an interval, serves when; time against the date of making."""

import dataclasses
import datetime
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Interval = tuple[datetime.datetime, datetime.datetime]
Box = tuple[datetime.datetime, datetime.datetime, float]
"""Start, end, and the row around which the box lies."""

SERVES, ECLIPSED, INVALID, FLAGGED, OUTDATED = 'serves', 'eclipsed', 'invalid', 'flagged', 'outdated'

_STYLES: dict[str, tuple[str, dict[str, Any]]] = {
    SERVES: ('serves', {'facecolor': '#4db2e6', 'edgecolor': '#1d6d99'}),
    ECLIPSED: ('eclipsed by a later one', {'facecolor': '#3a4452', 'edgecolor': '#232a33'}),
    INVALID: ('invalid, or made from invalid frames', {'facecolor': 'white', 'edgecolor': '#8b3a3a', 'hatch': '////'}),
    FLAGGED: ('missed its limits', {'facecolor': '#fff3d6', 'edgecolor': '#c17d00', 'hatch': 'xxxx'}),
    OUTDATED: ('would be made otherwise today', {'facecolor': '#f3ecf8', 'edgecolor': '#7a4f9d', 'hatch': '....'}),
}
_NEXT = '#a6d8f0'                           # every second calibration that serves, where all lie in one line
_WANTED, _MISSING = '#4f5b66', '#d62728'
_ROW, _HEAD, _WIDTH, _HIGHEST = 0.24, 0.9, 11, 24   # inches; a higher figure is no picture any more
_PAGE = 10                                  # inches; a screen does not show the bottom of a higher figure
_LABELLED = 45                              # rows that have room for a number and a date
_FINE = 500                                 # parts of the time that the eye tells apart


@dataclasses.dataclass(slots=True)
class Bar:
    """A calibration with an interval; `serving` are the parts in which it serves, `observed` is its date of observation."""

    number: int
    start: datetime.datetime
    end: datetime.datetime
    made: datetime.datetime
    observed: datetime.datetime
    state: str
    serving: list[Interval]


@dataclasses.dataclass(slots=True)
class Panel:
    """Bars, the latest made first, and the dates of the science frames: `served` by a bar, and `unserved` by any."""

    title: str
    bars: list[Bar]
    served: list[datetime.datetime]
    unserved: list[datetime.datetime]


def limits(panels: Sequence[Panel]) -> Interval:
    """Return the time to show: all dates of observation, and the intervals around them that are not much longer.

    An interval that is open, or nearly so, runs to the edge.
    """
    observed = [date for panel in panels
                for date in (*panel.served, *panel.unserved, *(bar.observed for bar in panel.bars))]
    first, last = min(observed), max(observed)
    reach = max(last - first, datetime.timedelta(days=15))
    ends = [end for panel in panels for bar in panel.bars for end in (bar.start, bar.end)]
    near = [first, last, *(end for end in ends if first - reach <= end <= last + reach)]
    margin = max((max(near) - min(near)) / 50, datetime.timedelta(hours=1))
    return min(near) - margin, max(near) + margin


def draw(figure: 'Figure', panels: Sequence[Panel], shown: Interval, title: str = '') -> None:
    """Draw `panels` into the empty matplotlib `figure`, one above the other, from `shown[0]` to `shown[1]`."""
    rows = [min(len(panel.bars), _LABELLED) + 2.5 for panel in panels]
    figure.set_size_inches(_WIDTH, min(sum(rows) * _ROW + len(rows) * 0.2 + _HEAD, _HIGHEST))
    every = figure.subplots(len(panels), 1, sharex=True, squeeze=False, height_ratios=rows)[:, 0]
    for axes, panel in zip(every, panels, strict=True):
        _panel(axes, panel, shown)
    states = {bar.state for panel in panels for bar in panel.bars} | {ECLIPSED}
    _finish(figure, list(every), shown, states, panels, title)


def draw_overview(figure: 'Figure', panels: Sequence[Panel], shown: Interval, title: str = '') -> None:
    """Draw each of `panels` as one line; two shades tell neighbouring calibrations apart."""
    figure.set_size_inches(_WIDTH, min(len(panels) * _ROW * 1.4 + _HEAD, _HIGHEST))
    axes, style = figure.subplots(), _STYLES[SERVES][1]
    for row, panel in enumerate(panels):
        parts = sorted((start, end) for bar in panel.bars for start, end in bar.serving)
        _boxes(axes, [(*part, row) for part in parts[::2]], shown, **style)
        _boxes(axes, [(*part, row) for part in parts[1::2]], shown, **style | {'facecolor': _NEXT})
        _dates(axes, panel, shown, row, 0.25)
    axes.set_yticks(range(len(panels)), [panel.title for panel in panels], fontsize=8)
    axes.set_ylim(len(panels) - 0.4, -0.6)
    _finish(figure, [axes], shown, {SERVES}, panels, title)


def _panel(axes: 'Axes', panel: Panel, shown: Interval) -> None:
    """Draw the valid bars dark, with the parts in which they serve bright upon them, and the dates below the bars."""
    number = len(panel.bars)
    crowded = number > _LABELLED
    for state, (_, style) in _STYLES.items():
        whole = [(bar.start, bar.end, row) for row, bar in enumerate(panel.bars)
                 if (ECLIPSED if bar.state == SERVES else bar.state) == state]
        _boxes(axes, whole, shown, crowded, **style)
    bright = [(start, end, row) for row, bar in enumerate(panel.bars) for start, end in bar.serving]
    _boxes(axes, bright, shown, crowded, **_STYLES[SERVES][1])
    if not crowded:
        for row, bar in enumerate(panel.bars):
            _number(axes, row, bar, shown)
    unit = max(number / _LABELLED, 1)  # rows with the height of one labelled row
    below = number - 0.5 + unit
    _boxes(axes, _together(panel.unserved, shown, number / 2 - 0.5), shown, height=number / 2, facecolor=_MISSING,
           edgecolor='none', alpha=0.2)
    _dates(axes, panel, shown, below, 0.4 * unit)
    step = -(-number // _LABELLED) or 1
    axes.set_yticks([*range(0, number, step), below],
                    [*(f'{bar.number}:  ' * crowded + f'{bar.made:%Y-%m-%d %H:%M:%S}' for bar in panel.bars[::step]),
                     'science frames'], fontsize=7)
    axes.set_ylim(below + 0.7 * unit, -0.7)
    axes.set_title(panel.title, loc='left', fontsize=9, fontweight='bold')
    if number:
        axes.set_ylabel('made', fontsize=8)


def _dates(axes: 'Axes', panel: Panel, shown: Interval, row: float, height: float) -> None:
    """Draw the dates of the science frames, red where no calibration serves."""
    _boxes(axes, _together(panel.served, shown, row), shown, height=height, facecolor=_WANTED, edgecolor='none')
    _boxes(axes, _together(panel.unserved, shown, row), shown, height=height * 1.3, facecolor=_MISSING, edgecolor='none')


def _together(dates: Iterable[datetime.datetime], shown: Interval, row: float) -> list[Box]:
    """Return boxes for `dates`; dates that the eye cannot tell apart share a box."""
    half = (shown[1] - shown[0]) / _FINE / 3
    boxes: list[Box] = []
    for date in sorted(dates):
        start = boxes.pop()[0] if boxes and date - boxes[-1][1] <= half else date - half
        boxes.append((start, date + half, row))
    return boxes


def _boxes(axes: 'Axes', boxes: Iterable[Box], shown: Interval, crowded: bool = False, height: float = 0.4,
           **style: Any) -> None:
    """Draw boxes from start to end, from `height` below their row to `height` above."""
    from matplotlib.collections import PolyCollection
    from matplotlib.dates import date2num
    inside = [(max(start, shown[0]), min(end, shown[1]), row) for start, end, row in boxes
              if start < shown[1] and end > shown[0]]
    if not inside:
        return
    starts, ends, rows = zip(*inside, strict=True)
    corners = [[(x0, row - height), (x1, row - height), (x1, row + height), (x0, row + height)]
               for x0, x1, row in zip(date2num(starts), date2num(ends), rows, strict=True)]
    if crowded:  # edges and hatches would hide what is between them
        style = {'facecolor': style['edgecolor'] if 'hatch' in style else style['facecolor'], 'edgecolor': 'none'}
    axes.add_collection(PolyCollection(corners, linewidth=0.7, **style), autolim=False)


def _number(axes: 'Axes', row: int, bar: Bar, shown: Interval) -> None:
    """Write the number of the bar into the longest part in which the bar serves."""
    parts = [(max(start, shown[0]), min(end, shown[1])) for start, end in bar.serving or [(bar.start, bar.end)]]
    start, end = max(parts, key=lambda part: part[1] - part[0])
    if start < end:
        hatched = bar.state != SERVES
        axes.text(start + (end - start) / 2, row,  # pyrefly: ignore[bad-argument-type]  # a date is a place in x
                  str(bar.number), ha='center', va='center_baseline', fontsize=7,
                  clip_on=True, color='black' if bar.serving or hatched else 'white',
                  bbox={'facecolor': 'white', 'edgecolor': 'none', 'pad': 1} if hatched else None)


def _finish(figure: 'Figure', every: 'list[Axes]', shown: Interval, states: set[str], panels: Sequence[Panel],
            title: str) -> None:
    """Draw the time along the bottom, and the legend of the colours."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch
    locator = AutoDateLocator()
    every[0].xaxis.set_major_locator(locator)  # all axes share one locator
    every[0].xaxis.set_major_formatter(ConciseDateFormatter(locator))
    every[0].set_xlim(*shown)  # pyrefly: ignore[bad-argument-type]  # a date is a place in x
    for axes in every:
        axes.grid(axis='x', color='#d9dde1', linewidth=0.6)
        axes.set_axisbelow(True)
        axes.tick_params(axis='y', length=0)
        axes.tick_params(axis='x', labelsize=8, labelbottom=axes is every[-1] or figure.get_size_inches()[1] > _PAGE)
        axes.xaxis.offsetText.set_fontsize(8)
        axes.spines[['top', 'right', 'left']].set_visible(False)
    every[-1].set_xlabel('observed (UTC)', fontsize=8)
    handles = [Patch(label=label, **style) for state, (label, style) in _STYLES.items() if state in states]
    marks = {'science frames': (_WANTED, any(panel.served for panel in panels)),
             'science frames that nothing serves': (_MISSING, any(panel.unserved for panel in panels))}
    handles += [Line2D([], [], color=color, marker='|', linestyle='', label=label)
                for label, (color, drawn) in marks.items() if drawn]
    figure.legend(handles=handles, loc='outside upper center', ncols=4, fontsize=8, frameon=False, title=title or None,
                  title_fontsize=9)

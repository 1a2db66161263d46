"""Marks on a time axis: boxes, dates, breaks, and the axis itself."""

import datetime
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Interval = tuple[datetime.datetime, datetime.datetime]
Box = tuple[datetime.datetime, datetime.datetime, float]
"""Start, end, and the row around which the box lies."""

WANTED, MISSING, BREAK = '#4f5b66', '#d62728', '#7b1fa2'
_FINE = 500          # parts of the time that the eye tells apart
_PAGE = 10           # inches; a screen does not show the bottom of a higher figure
_CHARACTER = 0.0072  # the width of a small letter, as a part of the width of the axes


def boxes(axes: 'Axes', where: Iterable[Box], shown: Interval, height: float = 0.4, together: bool = False,
          **style: Any) -> None:
    """Draw boxes from start to end, from `height` below their row to `height` above; those that touch as one if `together`.

    A box is never too narrow to be seen.
    """
    from matplotlib.collections import PolyCollection
    from matplotlib.dates import date2num
    every = _joined(where, shown) if together else where
    seen = (shown[1] - shown[0]) / _FINE
    inside = [(max(start, shown[0]), min(max(end, start + seen), shown[1]), row) for start, end, row in every
              if start < shown[1] and end > shown[0]]
    if not inside:
        return
    starts, ends, rows = zip(*inside, strict=True)
    corners = [[(x0, row - height), (x1, row - height), (x1, row + height), (x0, row + height)]
               for x0, x1, row in zip(date2num(starts), date2num(ends), rows, strict=True)]
    style.setdefault('linewidth', 0.7)
    axes.add_collection(PolyCollection(corners, **style), autolim=False)


def dates(axes: 'Axes', served: Sequence[datetime.datetime], unserved: Sequence[datetime.datetime], shown: Interval,
          row: float, height: float) -> None:
    """Draw the dates of the science frames, red where no calibration serves."""
    for some, colour, size in ((served, WANTED, height), (unserved, MISSING, height * 1.3)):
        boxes(axes, [(date, date, row) for date in some], shown, size, together=True, facecolor=colour, edgecolor='none')


def _joined(where: Iterable[Box], shown: Interval) -> list[Box]:
    """Return boxes of one row, wide enough to be seen; those that the eye cannot tell apart become one."""
    half = (shown[1] - shown[0]) / _FINE / 3
    found: list[Box] = []
    for start, end, row in sorted(where):
        first = found.pop()[0] if found and start - found[-1][1] <= half else start - half
        found.append((first, end + half, row))
    return found


def breaks(axes: 'Axes', moments: Sequence[tuple[datetime.datetime, str]], shown: Interval,
           rows: tuple[float, float] | None = None) -> int:
    """Draw a vertical line at each of `moments`, with its words above the axes; return how many lines the words take.

    `rows` are the first and the last row that the lines cross, by default all.
    """
    ends: list[float] = []  # of the words in each line
    inside = [(date, words) for date, words in sorted(moments) if shown[0] < date < shown[1]]
    for date, words in inside:
        if rows is None:
            axes.axvline(date, color=BREAK, linewidth=1.2, zorder=3)  # pyrefly: ignore[bad-argument-type]  # a date is a place
        else:
            axes.vlines(date, *rows, color=BREAK, linewidth=1.2, zorder=3)  # pyrefly: ignore[bad-argument-type]
        if not words:
            continue
        text = f'{date:%Y-%m-%d} {words}'
        place, width = (date - shown[0]) / (shown[1] - shown[0]), len(text) * _CHARACTER
        to_the_left = place + width > 1
        start = place - width if to_the_left else place
        line = next((number for number, end in enumerate(ends) if end < start), len(ends))
        ends[line:line + 1] = [start + width]
        axes.annotate(text, (date, 1), (0, 2 + 10 * line), xycoords=('data', 'axes fraction'),  # pyrefly: ignore
                      textcoords='offset points', ha='right' if to_the_left else 'left', fontsize=7, color=BREAK)
    return len(ends)


def time_axis(figure: 'Figure', every: 'list[Axes]', shown: Interval) -> None:
    """Draw the time along the bottom of `every` axes, which share it."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
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


def legend(figure: 'Figure', handles: list[Any], title: str) -> None:
    """Draw the legend above everything, under `title`."""
    figure.legend(handles=handles, loc='outside upper center', ncols=4, fontsize=8, frameon=False, title=title or None,
                  title_fontsize=9)

"""Light curves as pictures: a small one of characters, and one on matplotlib Axes."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from awlike.views.image.panels import Panel

_WIDTH, _HEIGHT, _LABEL = 60, 12, 10  # characters
_MARKS = 'ox+*#%@='  # of the filters
_PART = 0.05  # of the range: room above and below


class Curve(NamedTuple):
    """What was measured through one filter; arrays [point]."""

    time: NDArray[np.float64]  # d
    value: NDArray[np.float64]  # NaN: nothing to draw
    error: NDArray[np.float64]


def small_picture(curves: Mapping[str, Curve], of_magnitudes: bool) -> str:
    """Return a picture of characters, a mark for each filter; magnitudes fall downwards.

    Empty where no value is known.
    """
    drawn = {name: one for name, one in curves.items() if np.isfinite(one.value).any()}
    if not drawn:
        return ''
    (first, last), (low, high) = _range([one.time for one in drawn.values()]), _range([one.value for one in drawn.values()])
    cells = [[' '] * _WIDTH for _ in range(_HEIGHT)]
    for mark, one in zip(_MARKS * (1 + len(drawn) // len(_MARKS)), drawn.values(), strict=False):
        known = np.isfinite(one.value)
        column = np.rint((one.time[known] - first) / (last - first) * (_WIDTH - 1)).astype(int)
        row = np.rint((one.value[known] - low) / (high - low) * (_HEIGHT - 1)).astype(int)
        for x, y in zip(column, row if of_magnitudes else _HEIGHT - 1 - row, strict=True):
            cells[y][x] = mark
    ends = (low, high) if of_magnitudes else (high, low)
    labels = {0: f'{ends[0]:.5g}', _HEIGHT - 1: f'{ends[1]:.5g}'}
    lines = [f'{labels.get(number, ""):>{_LABEL}} |{"".join(line)}'.rstrip() for number, line in enumerate(cells)]
    begin, end = f'{first:.5f}', f'{last:.5f}'
    legend = '  '.join(f'{mark} {name}' for mark, name in zip(_MARKS, drawn, strict=False))
    return '\n'.join([*lines, f'{"":{_LABEL}} +{"-" * _WIDTH}',
                      f'{"":{_LABEL}}  {begin}{end:>{_WIDTH - len(begin)}}', f'{"":{_LABEL}}  {legend}'])


def panel(curves: Mapping[str, Curve], of_magnitudes: bool, title: str, xlabel: str, ylabel: str) -> 'Panel':
    """Return the plot of a light curve with its errors, a colour for each filter."""
    def draw(axes: 'Axes') -> None:
        for name, one in curves.items():
            known = np.isfinite(one.value)
            axes.errorbar(one.time[known], one.value[known], one.error[known], marker='.', linestyle='none', label=name)
        if of_magnitudes:
            axes.invert_yaxis()
        if len(curves) > 1:
            axes.legend()
        axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
    return draw


def _range(values: list[NDArray[np.float64]]) -> tuple[float, float]:
    """Return a range in which all values lie, of a width above 0."""
    low, high = float(min(np.nanmin(one) for one in values)), float(max(np.nanmax(one) for one in values))
    room = _PART * (high - low) or 0.01 * max(abs(high), 1e-3)
    return low - room, high + room

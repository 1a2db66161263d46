"""Plots over the focal plane of a mosaic camera, or one detector of it, from arrays of places and values.

Places are arcminutes from the pointing, east to the left and north up. Each function draws on axes.
"""

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from awlike.pixels.statistics import robust_sigma

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from awlike.pixels.arrays import Array

_EDGE = {'facecolor': 'none', 'edgecolor': '#8a949e', 'linewidth': 0.9}
_PALE = {'facecolor': 'white', 'edgecolor': 'none', 'alpha': 0.8, 'pad': 1}
_DARK, _ACCENT = '#4f5b66', '#1d6d99'
_SPREAD = 5, 95  # percentiles that colours cover


@dataclasses.dataclass(frozen=True)
class Outline:
    """A detector on the focal plane: its name, and its corners, (4, 2) arcmin."""

    name: str
    corners: 'Array'


def coloured(axes: 'Axes', outlines: Sequence[Outline], x: 'Array', y: 'Array', values: 'Array', title: str, unit: str) -> None:
    """Draw values at places as coloured dots, with a bar that tells the colours."""
    from matplotlib.colors import Normalize
    known = np.isfinite(values)
    low, high = np.percentile(values[known], _SPREAD)
    size = float(np.clip(6000 / max(known.sum(), 1), 6, 90))
    dots = axes.scatter(x[known], y[known], c=values[known], s=size, marker='s', cmap='viridis', linewidths=0,
                        norm=Normalize(low, high if high > low else low + 1e-6))
    bar = axes.figure.colorbar(dots, ax=axes, pad=0.02, fraction=0.045, extend='both')
    bar.set_label(unit)
    bar.outline.set_visible(False)
    _sky_axes(axes, outlines, f'{title}: {np.median(values[known]):.4g} at the median')


def arrows(axes: 'Axes', outlines: Sequence[Outline], x: 'Array', y: 'Array', dx: 'Array', dy: 'Array', title: str) -> None:
    """Draw shifts [arcsec] as arrows from places, and one that tells their length."""
    length = float(np.percentile(np.hypot(dx, dy), _SPREAD[1])) or 1e-6
    shown = float(f'{length:.1g}')
    drawn = axes.quiver(x, y, dx, dy, np.hypot(dx, dy), angles='xy', cmap='viridis', scale=length * 12, width=0.003)
    axes.quiverkey(drawn, 0.88, 1.03, shown, f'{shown:g} arcsec', labelpos='E', coordinates='axes', color=_DARK)
    _sky_axes(axes, outlines, title)


def whiskers(axes: 'Axes', outlines: Sequence[Outline], x: 'Array', y: 'Array', size: 'Array', angle: 'Array',
             title: str) -> None:
    """Draw elongations as lines without head: `size` long, at `angle` [deg] from west to north."""
    dx, dy = size * np.cos(np.radians(angle)), size * np.sin(np.radians(angle))
    length = float(np.percentile(size, _SPREAD[1])) or 1e-6
    axes.quiver(x, y, dx, dy, size, angles='uv', cmap='viridis', scale=length * 20, pivot='middle', width=0.003, headwidth=0,
                headlength=0, headaxislength=0)
    _sky_axes(axes, outlines, f'{title}: {np.median(size):.3f} at the median')


def scattered(axes: 'Axes', dx: 'Array', dy: 'Array', title: str) -> None:
    """Draw shifts [arcsec] as dots about 0, with the circle of their rms."""
    from matplotlib.patches import Circle
    rms = float(np.sqrt(np.mean(dx ** 2 + dy ** 2)))
    axes.plot(dx, dy, '.', color=_ACCENT, alpha=0.6, markersize=4)
    axes.add_patch(Circle((0, 0), rms, fill=False, edgecolor='#c14a3a', linewidth=1.2))
    reach = max(3 * rms, 1e-3)
    axes.axhline(0, color='0.75', linewidth=0.8, zorder=0)
    axes.axvline(0, color='0.75', linewidth=0.8, zorder=0)
    axes.set(xlim=(reach, -reach), ylim=(-reach, reach), aspect='equal', xlabel='to the east [arcsec]',
             ylabel='to the north [arcsec]', title=f'{title}: {rms:.3f} arcsec rms, {len(dx)} stars')


def against(axes: 'Axes', x: 'Array', y: 'Array', used: 'Array', xlabel: str, ylabel: str, title: str) -> None:
    """Draw values against others, with a line at 0; those that are not `used` are pale."""
    axes.plot(x[~used], y[~used], '.', color='0.75', markersize=4, label='left out')
    axes.plot(x[used], y[used], '.', color=_ACCENT, markersize=5, label='used')
    axes.axhline(0, color='#c14a3a', linewidth=1)
    reach = 4 * float(np.percentile(np.abs(y[used] if used.any() else y), 68)) or 1e-3
    axes.set(ylim=(-reach, reach), xlabel=xlabel, ylabel=ylabel, title=title)
    axes.legend(frameon=False)


def radial(axes: 'Axes', radius: 'Array', values: 'Array', line: tuple[float, float] | None) -> None:
    """Draw zero points [mag] against the distance from the axis [arcmin], with the straight line value + slope x distance."""
    middle, spread = float(np.median(values)), robust_sigma(np.asarray(values))
    axes.axhline(middle, color='0.75', linewidth=0.8, zorder=0)
    axes.plot(radius, values, 'o', color=_ACCENT, alpha=0.65, markersize=4.5, markeredgewidth=0)
    title = f'zero point: {middle:.3f} mag at the median of {len(values)} stars'
    if line is not None:
        ends = np.array([0.0, float(radius.max())])
        axes.plot(ends, line[0] + line[1] * ends, color='#c14a3a', linewidth=1.4, label=f'{line[1]:+.4f} mag/arcmin')
        axes.legend(frameon=False, loc='upper right')
    reach = max(6 * spread, 1e-3)
    axes.set(xlim=(0, 1.03 * float(radius.max())), ylim=(middle - reach, middle + reach), title=title,
             xlabel='distance from the axis [arcmin]', ylabel='zero point of a star [mag]')


def _sky_axes(axes: 'Axes', outlines: Sequence[Outline], title: str) -> None:
    from matplotlib.patches import Polygon
    from matplotlib.ticker import MaxNLocator
    style: dict[str, Any] = _EDGE
    for one in outlines:
        axes.add_patch(Polygon(one.corners, **style))
        axes.annotate(one.name, (one.corners[:, 0].max(), one.corners[:, 1].max()), xytext=(3, -3), textcoords='offset points',
                      ha='left', va='top', fontsize=8, color=_DARK, bbox=_PALE)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    every = np.concatenate([one.corners for one in outlines])
    margin = 0.04 * max(np.ptp(every[:, 0]), np.ptp(every[:, 1]))
    axes.set(xlim=(every[:, 0].max() + margin, every[:, 0].min() - margin),
             ylim=(every[:, 1].min() - margin, every[:, 1].max() + 2 * margin), aspect='equal', title=title,
             xlabel='to the east [arcmin]', ylabel='to the north [arcmin]')
    axes.title.set_position((0.5, 1.06))

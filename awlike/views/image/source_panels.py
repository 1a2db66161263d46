"""Plots about the sources of a frame, its point spread function, astrometry and photometry.

Each function here returns a function that draws on axes, as those of `panels`. Magnitudes grow to the right. NaN is left out.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from awlike.spelling import counted
from awlike.views.image import plots

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from awlike.views.image.panels import Panel

_DOTS: dict[str, Any] = {'marker': '.', 'linestyle': 'none', 'markersize': 3}
_COLOURS = 'tab:blue', 'tab:orange', 'tab:green', 'tab:red'
_WHISKER = 0.35  # of the distance between whiskers: the longest
_COMPLETE = 0.5  # of the number that is expected: where the counts end
_BIN = 0.5  # mag


def against(x: ArrayLike, sets: Mapping[str, ArrayLike], title: str, xlabel: str, ylabel: str, zero: bool = True) -> 'Panel':
    """Return a plot of values against others: dots of a colour for each set by name, and a line at 0.

    Values of a set that are NaN are left out, so sets of some of the same objects can share `x`.
    """
    def draw(axes: 'Axes') -> None:
        everything = []
        for (name, values), colour in zip(sets.items(), _COLOURS, strict=False):
            shown = np.isfinite(x) & np.isfinite(values)
            if shown.any():
                axes.plot(np.asarray(x)[shown], np.asarray(values)[shown], color=colour, label=name, **_DOTS)
            everything.append(np.asarray(values, float)[shown])
        plots.robust_limits(axes, np.concatenate(everything))
        if zero:
            axes.axhline(0, color='0.5', linewidth=0.8, zorder=0)
        axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
        if len(sets) > 1 and axes.get_legend_handles_labels()[0]:
            axes.legend(markerscale=3)
    return draw


def whiskers(x: ArrayLike, y: ArrayLike, e1: ArrayLike, e2: ArrayLike, shape: Sequence[int]) -> 'Panel':
    """Return a plot of the ellipticity at places in a frame of `shape`: lines along the major axis, as long as it is large."""
    def draw(axes: 'Axes') -> None:
        size, angle = np.hypot(e1, e2), np.arctan2(e2, e1) / 2
        largest = max(float(size.max()), 1e-6)
        length = _WHISKER * np.sqrt(shape[0] * shape[1] / size.size) * size / largest
        dx, dy = length * np.cos(angle), length * np.sin(angle)
        axes.plot(np.array([x - dx, x + dx]), np.array([y - dy, y + dy]), color='tab:blue', linewidth=1.2)
        _frame(axes, shape)
        axes.set_title(f'ellipticity: {np.median(size):.3f} at the median, {largest:.3f} at most')
    return draw


def over_frame(x: ArrayLike, y: ArrayLike, values: ArrayLike, shape: Sequence[int], title: str, unit: str) -> 'Panel':
    """Return a plot of places in a frame of `shape` with values in colours around 0."""
    def draw(axes: 'Axes') -> None:
        finite = np.asarray(values)[np.isfinite(values)]
        reach = float(np.percentile(np.abs(finite), 95)) if finite.size else 0.0
        shown = axes.scatter(x, y, c=values, s=9, cmap='coolwarm', vmin=-(reach or 1.0), vmax=reach or 1.0)
        axes.figure.colorbar(shown, ax=axes, label=unit)
        _frame(axes, shape)
        axes.set_title(title)
    return draw


def residual_plane(dra: ArrayLike, ddec: ArrayLike, unit: str = 'arcsec') -> 'Panel':
    """Return a plot of residuals in right ascension against those in declination, with a circle of the rms along an axis."""
    def draw(axes: 'Axes') -> None:
        rms = float(np.sqrt(np.mean(np.square(np.array([dra, ddec], float))))) if np.size(dra) else 0.0
        axes.plot(dra, ddec, color=_COLOURS[0], **_DOTS)
        for centre in (axes.axhline, axes.axvline):
            centre(0, color='0.5', linewidth=0.8, zorder=0)
        around = np.linspace(0, 2 * np.pi, 100)
        axes.plot(rms * np.cos(around), rms * np.sin(around), color='tab:red', label=f'rms {rms:.3g} {unit}')
        axes.set(title=f'DDEC against DRA, {counted(np.size(dra), "star")}', xlabel=f'DRA [{unit}]', ylabel=f'DDEC [{unit}]',
                 aspect='equal')
        axes.set_adjustable('datalim')
        axes.legend(loc='upper right')
    return draw


def distribution(values: ArrayLike, title: str, unit: str) -> 'Panel':
    """Return a histogram of a number of values, with its median."""
    def draw(axes: 'Axes') -> None:
        finite = np.asarray(values, float)[np.isfinite(values)]
        if finite.size:
            plots.histogram(axes, finite, unit, title)
        axes.set(title=title, xlabel=unit, ylabel='stars')
    return draw


def curve_of_growth(diameters: Sequence[float], factors: Sequence[float | None], errors: Sequence[float | None],
                    others: Mapping[str, float | None]) -> 'Panel':
    """Return a plot of the factors of an aperture correction against the diameter, and lines for those of other fluxes."""
    def draw(axes: 'Axes') -> None:
        known = [(d, f, e or 0.0) for d, f, e in sorted(zip(diameters, factors, errors, strict=True)) if f is not None]
        if known:
            d, f, e = zip(*known, strict=True)
            axes.errorbar(d, f, e, marker='o', markersize=4, color=_COLOURS[0], capsize=3, label='circles')
        for (name, value), colour in zip(others.items(), _COLOURS[1:], strict=False):
            if value is not None:
                axes.axhline(value, color=colour, linestyle='--', linewidth=1, label=f'{name} {value:.4f}')
        axes.axhline(1, color='0.5', linewidth=0.8, zorder=0)
        axes.set_xlim(left=0)
        axes.set(title='curve of growth', xlabel='diameter of the circle [pixel]', ylabel='total flux of a star / flux')
        if axes.get_legend_handles_labels()[0]:
            axes.legend()
    return draw


def number_counts(magnitudes: ArrayLike, xlabel: str, depth: float | None = None) -> 'Panel':
    """Return a plot of the number of sources against magnitude, which tells down to where a catalogue is complete.

    The line continues the numbers of the brighter half, whose logarithm rises in proportion to the magnitude. Where half of
    what it expects is there, the catalogue ends. `depth` is the magnitude of 5 sigma.
    """
    def draw(axes: 'Axes') -> None:
        known = np.asarray(magnitudes, float)[np.isfinite(magnitudes)]
        axes.set(title='number counts', xlabel=xlabel, ylabel=f'sources in {_BIN:g} mag')
        if not known.size:
            return
        edges = np.arange(np.floor(known.min() / _BIN), np.ceil(known.max() / _BIN) + 1.5) * _BIN
        counts, _ = np.histogram(known, edges)
        axes.stairs(counts, edges, fill=True, color='0.7')
        axes.set_yscale('log')
        axes.set_ylim(0.7, 2 * counts.max())
        end = _completeness(axes, counts, (edges[1:] + edges[:-1]) / 2)
        if end is not None:
            axes.set_title(f'number counts: half complete at {edges[end]:.1f} mag')
        if depth is not None:
            axes.axvline(depth, color='tab:green', linestyle='--', linewidth=1, label=f'5 sigma {depth:.2f}')
        if axes.get_legend_handles_labels()[0]:
            axes.legend(loc='upper left')
    return draw


def magnitude_errors(magnitudes: ArrayLike, errors: ArrayLike, xlabel: str) -> 'Panel':
    """Return a plot of the errors of magnitudes, with the error of 5 sigma."""
    def draw(axes: 'Axes') -> None:
        shown = np.isfinite(magnitudes) & np.isfinite(errors) & (np.asarray(errors) > 0)
        axes.plot(np.asarray(magnitudes)[shown], np.asarray(errors)[shown], color=_COLOURS[0], **_DOTS)
        if shown.any():
            axes.set_yscale('log')
        axes.axhline(2.5 / np.log(10) / 5, color='tab:green', linestyle='--', linewidth=1, label='5 sigma')
        axes.set(title='error of the magnitude', xlabel=xlabel, ylabel='error [mag]')
        axes.legend(loc='upper left')
    return draw


def _completeness(axes: 'Axes', counts: np.ndarray, middles: np.ndarray) -> int | None:
    """Draw the line through the brighter counts; return the first bin with less than half of what it expects, or None."""
    peak = int(np.argmax(counts))
    fitted = np.flatnonzero((counts[:peak] >= 3) & (middles[:peak] > middles[peak] - 4))
    if fitted.size < 3:
        return None
    slope, start = np.polyfit(middles[fitted], np.log10(counts[fitted]), 1, w=np.sqrt(counts[fitted]))
    if not slope > 0:
        return None
    expected = 10 ** (start + slope * middles)
    axes.plot(middles, expected, color='tab:red', linewidth=1, label=f'slope {slope:.2f}')
    missing = np.flatnonzero((counts < _COMPLETE * expected) & (np.arange(counts.size) >= peak))
    return int(missing[0]) if missing.size else counts.size


def _frame(axes: 'Axes', shape: Sequence[int]) -> None:
    """Let axes be those of a frame of `shape`."""
    axes.set(xlabel='x [pixel]', ylabel='y [pixel]', xlim=(-0.5, shape[1] - 0.5), ylim=(-0.5, shape[0] - 0.5), aspect='equal')

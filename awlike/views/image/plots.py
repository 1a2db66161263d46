"""Drawings of a place in an image on given axes, for the keys of a window."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from awlike.pixels.at_position import Box, Star

_COLOURS = {'data': '0.35', 'fit': 'tab:red', 'bad': 'tab:orange'}


def radial_profile(axes: 'Axes', star: 'Star', unit: str) -> None:
    """Draw the pixels around a star against their distance from its centre, and the fitted profile."""
    axes.plot(star.radii[star.good], star.values[star.good], '.', color=_COLOURS['data'], markersize=4)
    axes.plot(star.radii[~star.good], star.values[~star.good], 'x', color=_COLOURS['bad'], label='bad pixels')
    radii = np.linspace(0, star.radii.max(), 200)
    axes.plot(radii, star.profile(radii), color=_COLOURS['fit'], label=f'Moffat, FWHM {star.fwhm:.2f} pixels')
    axes.axvline(star.fwhm / 2, color=_COLOURS['fit'], linestyle=':', linewidth=1)
    axes.set(xlabel='distance from the centre [pixel]', ylabel=unit, title=f'star at x {star.x:.2f}, y {star.y:.2f}')
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles[-1:] if star.good.all() else handles, labels[-1:] if star.good.all() else labels)


def cut(axes: 'Axes', start: int, values: np.ndarray, at: float, name: str, title: str, unit: str) -> None:
    """Draw the values along a row or column of pixels from `start` on; `at` is the place of the cursor."""
    positions = start + np.arange(len(values))
    axes.plot(positions, values, drawstyle='steps-mid', color=_COLOURS['data'], linewidth=0.8)
    axes.axvline(at, color=_COLOURS['fit'], linestyle=':', linewidth=1)
    robust_limits(axes, values)
    axes.set(xlabel=f'{name} [pixel]', ylabel=unit, title=title,
             xlim=(positions[0] - 0.5, positions[-1] + 0.5))


def histogram(axes: 'Axes', values: np.ndarray, unit: str, title: str = '') -> tuple[np.ndarray, np.ndarray, float]:
    """Draw the histogram of finite values within 6 robust sigma of the median; return its counts, edges and median."""
    from awlike.pixels.statistics import clipped_statistics
    _, median, sigma = clipped_statistics(values)
    near = values[np.abs(values - median) <= 6 * sigma] if sigma > 0 else values
    counts, edges = np.histogram(near, bins=_bins(near))
    axes.stairs(counts, edges, fill=True, color='0.7')
    axes.axvline(median, color=_COLOURS['fit'], linestyle=':', linewidth=1)
    axes.set(xlabel=unit, ylabel='pixels', title=title or f'median {median:.5g}, sigma {sigma:.3g}')
    return counts, edges, median


def contours(axes: 'Axes', box: 'Box', unit: str, mark: Sequence[float] | None = None) -> None:
    """Draw lines of equal value around a place; `mark` is the place of the cursor."""
    values = np.where(box.good, box.pixels, np.nan).astype(float)
    rows, columns = (start + np.arange(length) for start, length in zip((box.y0, box.x0), values.shape, strict=True))
    lines = axes.contour(columns, rows, values, levels=_levels(values), cmap='viridis', linewidths=1)
    axes.clabel(lines, fontsize=7)
    if mark is not None:
        axes.plot(*mark, '+', color=_COLOURS['fit'])
    axes.set(xlabel='x [pixel]', ylabel='y [pixel]', aspect='equal', title=f'contours [{unit}]' if unit else 'contours')


def wire_frame(axes: Any, box: 'Box') -> None:
    """Draw the pixels around a place on 3-D axes; each bad pixel has the median."""
    values = np.where(box.good, box.pixels, np.median(box.pixels[box.good]) if box.good.any() else 0.0)
    rows, columns = np.mgrid[box.y0:box.y0 + values.shape[0], box.x0:box.x0 + values.shape[1]]
    axes.plot_wireframe(columns, rows, values.astype(float), linewidth=0.6, rcount=50, ccount=50)
    axes.set(xlabel='x [pixel]', ylabel='y [pixel]')


def robust_limits(axes: 'Axes', values: ArrayLike) -> None:
    """Set limits of y in which most `values` fill the axes: single outliers, as of a dead column, lie outside."""
    finite = np.asarray(values)[np.isfinite(values)]
    if finite.size:
        low, high = np.percentile(finite, [0.5, 99.5])
        margin = 0.15 * (high - low) or abs(high) * 0.01 or 1.0
        axes.set_ylim(max(low - margin, finite.min() - margin), min(high + margin, finite.max() + margin))


def _bins(values: np.ndarray) -> np.ndarray:
    """Return the edges of at most 100 bins; for whole numbers, each bin holds equally many different numbers."""
    number = min(100, max(10, int(np.sqrt(values.size))))
    low, high = float(values.min()), float(values.max())
    if high - low >= 2 and (values == np.rint(values)).all():
        return np.arange(low - 0.5, high + 1 + (width := np.ceil((high - low + 1) / number)), width)
    return np.linspace(low, high, number + 1) if low < high else np.array([low - 0.5, low + 0.5])


def _levels(values: np.ndarray) -> np.ndarray:
    """Return levels from a little above the median to a little below the greatest, denser at the lower end."""
    low, high = np.nanmedian(values), np.nanmax(values)
    return low + (high - low) * np.linspace(0.15, 0.97, 9) ** 1.5

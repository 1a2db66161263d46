"""Drawings on given axes of what is at a place in an image: what keys of a window show."""

import numpy as np

_COLOURS = {'data': '0.35', 'fit': 'tab:red', 'bad': 'tab:orange'}


def radial_profile(axes, star, unit):
    """The pixels about a star against their distance from its centre, and the profile that was fitted."""
    axes.plot(star.radii[star.good], star.values[star.good], '.', color=_COLOURS['data'], markersize=4)
    axes.plot(star.radii[~star.good], star.values[~star.good], 'x', color=_COLOURS['bad'], label='bad pixels')
    radii = np.linspace(0, star.radii.max(), 200)
    axes.plot(radii, star.profile(radii), color=_COLOURS['fit'], label=f'Moffat, FWHM {star.fwhm:.2f} pixels')
    axes.axvline(star.fwhm / 2, color=_COLOURS['fit'], linestyle=':', linewidth=1)
    axes.set(xlabel='distance from the centre [pixel]', ylabel=unit, title=f'star at x {star.x:.2f}, y {star.y:.2f}')
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles[-1:] if star.good.all() else handles, labels[-1:] if star.good.all() else labels)


def cut(axes, start, values, at, name, title, unit):
    """Values along a row or column of pixels from `start` on; `at` is where the cursor was."""
    positions = start + np.arange(len(values))
    axes.plot(positions, values, drawstyle='steps-mid', color=_COLOURS['data'], linewidth=0.8)
    axes.axvline(at, color=_COLOURS['fit'], linestyle=':', linewidth=1)
    robust_limits(axes, values)
    axes.set(xlabel=f'{name} [pixel]', ylabel=unit, title=title,
             xlim=(positions[0] - 0.5, positions[-1] + 0.5))


def histogram(axes, values, unit, title=''):
    """How often which value is, of finite ones within 6 robust sigma of the median."""
    from awlike.pixels.statistics import clipped_statistics
    _, median, sigma = clipped_statistics(values)
    kept = values[np.abs(values - median) <= 6 * sigma] if sigma > 0 else values
    counts, edges = np.histogram(kept, bins=_bins(kept))
    axes.stairs(counts, edges, fill=True, color='0.7')
    axes.axvline(median, color=_COLOURS['fit'], linestyle=':', linewidth=1)
    axes.set(xlabel=unit, ylabel='pixels', title=title or f'median {median:.5g}, sigma {sigma:.3g}')
    return counts, edges, median


def contours(axes, box, unit, mark=None):
    """Lines of equal value about a place; `mark` is where the cursor was."""
    values = np.where(box.good, box.pixels, np.nan).astype(float)
    rows, columns = (start + np.arange(length) for start, length in zip((box.y0, box.x0), values.shape))
    lines = axes.contour(columns, rows, values, levels=_levels(values), cmap='viridis', linewidths=1)
    axes.clabel(lines, fontsize=7)
    if mark is not None:
        axes.plot(*mark, '+', color=_COLOURS['fit'])
    axes.set(xlabel='x [pixel]', ylabel='y [pixel]', aspect='equal', title=f'contours [{unit}]' if unit else 'contours')


def wire_frame(axes, box):
    """The pixels about a place in three dimensions; those that are not good as the median."""
    values = np.where(box.good, box.pixels, np.median(box.pixels[box.good]) if box.good.any() else 0.0)
    rows, columns = np.mgrid[box.y0:box.y0 + values.shape[0], box.x0:box.x0 + values.shape[1]]
    axes.plot_wireframe(columns, rows, values.astype(float), linewidth=0.6, rcount=50, ccount=50)
    axes.set(xlabel='x [pixel]', ylabel='y [pixel]')


def robust_limits(axes, values):
    """Limits of y in which most of `values` fill the axes: single values far off, as of a dead column, lie outside."""
    finite = np.asarray(values)[np.isfinite(values)]
    if finite.size:
        low, high = np.percentile(finite, [0.5, 99.5])
        margin = 0.15 * (high - low) or abs(high) * 0.01 or 1.0
        axes.set_ylim(max(low - margin, finite.min() - margin), min(high + margin, finite.max() + margin))


def _bins(values):
    """Edges of at most 100 bins; of counts whole ones, so that each has as many values in it."""
    number = min(100, max(10, int(np.sqrt(values.size))))
    low, high = float(values.min()), float(values.max())
    if high - low >= 2 and (values == np.rint(values)).all():
        return np.arange(low - 0.5, high + 1 + (width := np.ceil((high - low + 1) / number)), width)
    return np.linspace(low, high, number + 1) if low < high else np.array([low - 0.5, low + 0.5])


def _levels(values):
    """Levels from a little above the median to a little below the greatest, denser at the lower end."""
    low, high = np.nanmedian(values), np.nanmax(values)
    return low + (high - low) * np.linspace(0.15, 0.97, 9) ** 1.5

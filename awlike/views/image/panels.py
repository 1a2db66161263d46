"""Plots beside an image, about a kind of frame: each function here returns a function that draws on axes.

The method `panels` of a kind of frame lists its plots; any function of an Axes can be a plot.
"""

import datetime
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from awlike.spelling import counted
from awlike.views.image import plots
from awlike.views.image.stretch import sample

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    Panel = Callable[[Axes], None]

_CELLS = 48  # along the longer side, where densities and contours are drawn
_SHORTEST = datetime.timedelta(days=10)  # the shortest axis of time
_LARGEST = 10  # pixels: larger groups are counted together


def means(image: np.ndarray, unit: str) -> 'Panel':
    """Return a plot of the means of rows and of columns."""
    def draw(axes: 'Axes') -> None:
        finite = np.isfinite(image)
        filled = image if finite.all() else np.where(finite, image, 0)
        both = []
        for axis, name, colour in ((0, 'columns', 'tab:blue'), (1, 'rows', 'tab:orange')):
            with np.errstate(invalid='ignore'):
                values = filled.sum(axis, dtype=float) / finite.sum(axis)
            axes.plot(values, drawstyle='steps-mid', linewidth=0.7, color=colour, label=f'of {name}', alpha=0.8)
            both.append(values)
        plots.robust_limits(axes, np.concatenate(both))
        axes.set(title='mean of rows and columns', xlabel='row or column [pixel]', ylabel=unit)
        axes.legend()
    return draw


def histogram(image: np.ndarray, unit: str, noise: float | None = None, told: str = 'expected noise') -> 'Panel':
    """Return a histogram of the values, with the Gaussian of the expected noise if `noise` is known; `told` names it."""
    def draw(axes: 'Axes') -> None:
        values = sample(image)
        values = values[np.isfinite(values)].astype(np.float32)
        if not values.size:
            axes.set_title('no finite pixel')
            return
        counts, edges, median = plots.histogram(axes, values, unit)
        if noise:
            x = np.linspace(edges[0], edges[-1], 300)
            expected = np.exp(-0.5 * ((x - median) / noise) ** 2) / (noise * np.sqrt(2 * np.pi))
            expected *= counts.sum() * (edges[1] - edges[0])
            axes.plot(x, expected, color='tab:blue', label=f'{told}\n{noise:.3g} {unit}')
            axes.set_ylim(top=1.3 * axes.get_ylim()[1])
            axes.legend(loc='upper right')
    return draw


def contours(image: np.ndarray, unit: str) -> 'Panel':
    """Return a plot of lines of equal value at large scale."""
    def draw(axes: 'Axes') -> None:
        from awlike.views.image.blocks import block_medians
        step = max(5, _step(image))  # a dead column fills less than half of a block
        coarse = block_medians(image, step)
        rows, columns = ((np.arange(length) + 0.5) * step - 0.5 for length in coarse.shape)
        axes.set(title=f'contours{f" [{unit}]" if unit else ""}, medians of {step} x {step} pixels', xlabel='x [pixel]',
                 ylabel='y [pixel]', xlim=(-0.5, image.shape[1] - 0.5), ylim=(-0.5, image.shape[0] - 0.5))
        low, high = np.nanpercentile(coarse, [3, 97]) if np.isfinite(coarse).any() else (0, 0)
        if min(coarse.shape) > 1 and low < high:
            lines = axes.contour(columns, rows, coarse, levels=np.linspace(low, high, 6), cmap='viridis', linewidths=1)
            axes.clabel(lines, fontsize=7)
    return draw


def surface(image: np.ndarray, title: str, unit: str, shape: Sequence[int] | None = None) -> 'Panel':
    """Return a plot of a smooth image in colours; a coarse one covers a frame of `shape` (rows, columns)."""
    def draw(axes: 'Axes') -> None:
        extent = None if shape is None else (-0.5, shape[1] - 0.5, -0.5, shape[0] - 0.5)
        shown = axes.imshow(image, origin='lower', cmap='viridis', extent=extent)
        axes.figure.colorbar(shown, ax=axes, label=unit)
        axes.set(title=title, xlabel='x [pixel]', ylabel='y [pixel]')
    return draw


def bad_pixels(good: np.ndarray, told: str = '') -> 'Panel':
    """Return a plot of the number of bad pixels of a map in cells; `told` begins the title."""
    def draw(axes: 'Axes') -> None:
        from matplotlib.ticker import MaxNLocator

        from awlike.views.image.blocks import block_sums
        step = _step(good)
        bad = good == 0
        cells = block_sums(bad, step)
        height, width = cells.shape
        shown = axes.imshow(cells, origin='lower', cmap='magma_r', vmin=0, vmax=max(1, np.percentile(cells, 99.5)),
                            extent=(-0.5, width * step - 0.5, -0.5, height * step - 0.5))
        axes.figure.colorbar(shown, ax=axes, label=f'in {step} x {step} pixels', ticks=MaxNLocator(integer=True))
        number = int(bad.sum())
        axes.set(title=f'{told}{counted(number, "bad pixel")}, {100 * number / good.size:.3g} %', xlabel='x [pixel]',
                 ylabel='y [pixel]')
    return draw


def groups(good: np.ndarray, name: str) -> 'Panel':
    """Return a histogram of the sizes of groups of bad pixels; `name` is the word for the groups."""
    def draw(axes: 'Axes') -> None:
        from scipy.ndimage import label
        labels, number = label(good == 0, structure=np.ones((3, 3)))
        sizes = np.bincount(np.minimum(np.bincount(labels.ravel())[1:], _LARGEST), minlength=_LARGEST + 1)[1:]
        axes.bar(np.arange(1, _LARGEST + 1), sizes, color='0.6')
        axes.set_xticks(np.arange(1, _LARGEST + 1), [*map(str, range(1, _LARGEST)), f'{_LARGEST}+'])
        axes.set(title=f'{number} {name}', xlabel='pixels', ylabel='number')
    return draw


def shares(numbers: Mapping[str, int], title: str) -> 'Panel':
    """Return a plot of bars, one for each number by name, with the numbers beside them."""
    def draw(axes: 'Axes') -> None:
        bars = axes.barh(list(numbers), list(numbers.values()), color='0.6')
        axes.bar_label(bars, fontsize=8, padding=3)
        axes.margins(x=0.2)
        axes.invert_yaxis()
        axes.set(title=title, xlabel='pixels')
    return draw


def against_time(dates: Sequence[datetime.datetime], values: Sequence[float], date: datetime.datetime, value: float,
                 name: str, unit: str) -> 'Panel':
    """Return a plot of the values of many frames against time; `value`, of this frame, is marked."""
    def draw(axes: 'Axes') -> None:
        from matplotlib.dates import ConciseDateFormatter
        # matplotlib takes dates as places in x; its types do not say so
        axes.plot(dates, values, 'o', color='0.6', markersize=4)  # pyrefly: ignore[bad-argument-type]
        axes.plot([date], [value], 'o', color='tab:red',  # pyrefly: ignore[bad-argument-type]
                  label=f'this: {value:.4g} {unit}')
        locator = axes.xaxis.get_major_locator()
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
        others = f'{len(values)} of this detector' if len(values) > 1 else 'the only one of this detector'
        axes.set(title=f'{name}: {others}', ylabel=f'{name} [{unit}]')
        axes.margins(x=0.1, y=0.3)
        first, last = min([date, *dates]), max([date, *dates])
        if last - first < _SHORTEST:
            axes.set_xlim(first - _SHORTEST / 2, last + _SHORTEST / 2)  # pyrefly: ignore[bad-argument-type]
        axes.legend()
    return draw


def photon_transfer(sums: ArrayLike, scatters: ArrayLike, gain: float, unit: str = 'adu') -> 'Panel':
    """Return a plot of variance against level, of pairs of flats, with the line of a gain (electron/adu)."""
    def draw(axes: 'Axes') -> None:
        levels, variances = np.asarray(sums) / 2, np.asarray(scatters) ** 2 / 2
        axes.plot(levels, variances, 'o', color='0.35', markersize=4)
        line = np.array([0, levels.max()])
        offset = np.median(variances - levels / gain)
        axes.plot(line, line / gain + offset, color='tab:red', label=f'gain {gain:.4g} electron/{unit}')
        axes.set(title='photon transfer', xlabel=f'level [{unit}]', ylabel=f'variance [{unit}$^2$]')
        axes.legend()
    return draw


def linearity(times: ArrayLike, levels: ArrayLike, coefficients: Sequence[float]) -> 'Panel':
    """Return a plot of the deviation of levels from exposure times, as measured and as made linear by `coefficients`."""
    def draw(axes: 'Axes') -> None:
        from awlike.pixels.gain import linearised
        seconds, counts = np.asarray(times, float), np.asarray(levels, float)
        exposed = seconds > 0
        seconds, counts = seconds[exposed], counts[exposed]
        corrected = linearised(counts[None], coefficients)[0]
        for values, style, name in ((counts, 'o', 'measured'), (corrected, 'x', 'made linear')):
            if name == 'measured' or len(coefficients):
                rate = np.median(corrected / seconds)
                axes.plot(counts, 100 * (values / (rate * seconds) - 1), style, markersize=5, label=name)
        axes.axhline(0, color='0.5', linewidth=0.8)
        axes.set(title='linearity', xlabel='level [adu]', ylabel='off proportionality [%]')
        axes.legend()
    return draw


def _step(image: np.ndarray) -> int:
    return max(1, int(np.ceil(max(image.shape) / _CELLS)))

"""The layers on the axes of an image: the image, an image to blink with, overlays, marks."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from matplotlib.colors import ListedColormap, Normalize, to_hex
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Rectangle

from awlike.errors import ParameterError
from awlike.views.image.blocks import BlockImage, block_minima
from awlike.views.image.stretch import is_map, normalisation, sample

if TYPE_CHECKING:
    from astropy.visualization import ImageNormalize
    from matplotlib.axes import Axes
    from matplotlib.colorbar import Colorbar

    from awlike.pixels.geometry import Section
    from awlike.views.image.view import View

T = TypeVar('T')

_NOT_FINITE = '#b8d8e8'  # light blue
_OUTLINES = {'trim': 'tab:green', 'prescan': 'tab:orange', 'overscan': 'tab:red'}
_OVER = 0.5  # above all images, also later ones, and below marks
_SPARSE = 0.002  # largest share of bad pixels that are drawn larger than they are


class Layers:
    """The layers of an image.

    Parameters
    ----------
    axes : Axes
        The axes for the layers.
    view : View
        The image, the image to blink with, and the overlays.
    columns, rows : slice
        The part of the image that is visible first; the grey levels suit this part.
    cmap : str
        Colours.
    limits : dict
        Options of `stretch.normalisation`.
    """

    def __init__(self, axes: 'Axes', view: 'View', columns: slice, rows: slice, cmap: str, limits: dict[str, Any]) -> None:
        self.axes, self.first, self.view = axes, view, view
        self._cmap, self._limits = cmap, limits
        self._pictures: dict[str, BlockImage] = {}
        self._overlay: BlockImage | None = None
        self._kind: str | None = None
        self._marks: list[Any] = []
        self._bar: Colorbar | None = None
        axes.set(xlabel='x [pixel]', ylabel='y [pixel]', facecolor=_NOT_FINITE)
        self._pictures[view.title] = self._picture(view, normalisation(_exposed(view, columns, rows), **limits))
        axes.set(xlim=(columns.start - 0.5, columns.stop - 0.5), ylim=(rows.start - 0.5, rows.stop - 0.5))
        for name, section in view.sections:
            self._outline(name, section)
        self._outlines = [outlines.draw(axes) for outlines in view.outlines() if len(outlines.x)]
        self._explain_outlines()
        if not is_map(view.pixels):
            self._colour_bar(columns, rows)

    def _picture(self, view: 'View', norm: 'ImageNormalize') -> BlockImage:
        options: dict[str, Any] = {}
        if is_map(view.pixels):
            sparse = np.count_nonzero(view.pixels) >= (1 - _SPARSE) * view.pixels.size
            options = {'reduce': block_minima, 'dot': 2 if sparse else 1}
        return BlockImage(self.axes, view.pixels, cmap=self._cmap, norm=norm, **options)

    def _outline(self, name: str, section: 'Section') -> None:
        """Draw the border of a section; the light-sensitive section of an amplifier among several has its name in it."""
        kind, _, amplifier = name.partition(' ')
        colour = next((colour for start, colour in _OUTLINES.items() if kind.startswith(start)), 'tab:cyan')
        height, width = section.shape
        self.axes.add_patch(Rectangle((section.x0 - 0.5, section.y0 - 0.5), width, height, fill=False, edgecolor=colour,
                                      linewidth=1))
        if amplifier and kind == 'trim':
            self.axes.text(section.x0 + width / 2, section.y0 + height / 2, amplifier, color=colour, fontsize=8, ha='center')

    def _explain_outlines(self) -> None:
        """Tell below the axes what the outlines are."""
        if self._outlines:
            handles = [Line2D([], [], marker='o', linestyle='none', markerfacecolor='none', label=one.get_label(),
                              markeredgecolor=to_hex(one.get_edgecolor()[0])) for one in self._outlines]
            self._legend = self.axes.legend(handles=handles, loc='lower left', bbox_to_anchor=(0, 1), ncols=len(handles),
                                            frameon=False, borderaxespad=0, handletextpad=0.1)

    def toggle_outlines(self) -> str:
        """Hide the outlines of sources, or show them again; return a text about them."""
        if not self._outlines:
            raise ParameterError('no sources are outlined here')
        shown = not self._outlines[0].get_visible()
        for one in (*self._outlines, self._legend):
            one.set_visible(shown)
        return 'outlines of sources' if shown else 'no outlines'

    def _colour_bar(self, columns: slice, rows: slice) -> None:
        """Draw the colour bar beside the axes, as high as the image."""
        shape = (rows.stop - rows.start) / (columns.stop - columns.start)
        place = self.axes.inset_axes((1.02, 0, 0.03 * max(1, shape), 1))
        self._bar = self.axes.figure.colorbar(self._pictures[self.view.title], cax=place, label=self.view.unit)

    def swap(self) -> None:
        """Show the other of the two images that blink."""
        other = self.first.other
        if other is None:
            raise ParameterError('nothing to blink with: inspect(blink=another_frame)')
        self._pictures[self.view.title].set_visible(False)
        self.view = other if self.view is self.first else self.first
        if self.view.title not in self._pictures:
            limits = {name: value for name, value in self._limits.items() if name not in ('vmin', 'vmax')}
            self._pictures[self.view.title] = self._above(
                lambda: self._picture(self.view, normalisation(sample(self.view.pixels), **limits)))
        shown = self._pictures[self.view.title]
        shown.set_visible(True)
        if self._bar is not None and not is_map(self.view.pixels):
            self._bar.update_normal(shown)
            self._bar.set_label(self.view.unit)

    def next_overlay(self) -> str:
        """Show bad pixels in red, then the weight in colours, then nothing; return a text about the overlay.

        An overlay that the image does not have is left out.
        """
        images = {'mask': self.first.good_pixels, 'weight': self.first.weights}
        overlays = {kind: image for kind, image in images.items() if image is not None}
        if not overlays:
            raise ParameterError('this image has no map of bad pixels and no weight')
        kinds = list(overlays)
        following = kinds[kinds.index(self._kind) + 1:] if self._kind else kinds
        if self._overlay is not None:
            self._overlay.remove()
        self._overlay = self._kind = None
        if not following:
            return 'no overlay'
        self._kind = following[0]
        draw = self._mask_overlay if self._kind == 'mask' else self._weight_overlay
        self._overlay, text = draw(overlays[self._kind])
        return text

    def _mask_overlay(self, good_pixels: np.ndarray) -> tuple[BlockImage, str]:
        red, good = ListedColormap(['red', 'none']), good_pixels > 0
        bad = good.size - np.count_nonzero(good)
        return (self._above(lambda: BlockImage(self.axes, good, block_minima, cmap=red, norm=Normalize(0, 1), zorder=_OVER)),
                f'bad pixels are red: {bad} of {good.size}, {100 * bad / good.size:.3g} %')

    def _weight_overlay(self, weight: np.ndarray) -> tuple[BlockImage, str]:
        norm = normalisation(weight)
        return (self._above(lambda: BlockImage(self.axes, weight, cmap='viridis', norm=norm, alpha=0.7, zorder=_OVER)),
                f'weight in colours, from {norm.vmin:.4g} (dark) to {norm.vmax:.4g} (bright)')

    def _above(self, draw: Callable[[], T]) -> T:
        """Draw something over the image; the visible part of the image stays the same."""
        columns, rows = self.axes.get_xlim(), self.axes.get_ylim()
        drawn = draw()
        self.axes.set(xlim=columns, ylim=rows)
        return drawn

    def circle(self, x: float, y: float, radii: Iterable[float]) -> None:
        """Draw circles around a place, in place of the circles before; the first in another colour."""
        for mark in self._marks:
            mark.remove()
        self._marks = [self.axes.add_patch(Circle((x, y), radius, fill=False, linewidth=1,
                                                  edgecolor='tab:cyan' if number else 'tab:green'))
                       for number, radius in enumerate(radii)]

    def visible(self) -> tuple[slice, slice]:
        """Return the visible columns and rows of the image."""
        height, width = self.view.pixels.shape
        return _within(self.axes.get_xlim(), width), _within(self.axes.get_ylim(), height)

    def zoom(self, x: float, y: float, factor: float, smallest: int = 8) -> None:
        """Show `factor` times as much around a place, but nothing beyond the image and at least 8 pixels across."""
        height, width = self.view.pixels.shape
        (left, right), (low, high) = self.axes.get_xlim(), self.axes.get_ylim()
        across, down = (right - left) * factor, (high - low) * factor
        if factor < 1 and min(across, down) < min(smallest, width, height):
            raise ParameterError('the image cannot be enlarged further')
        self.axes.set(xlim=_around(x, across, width), ylim=_around(y, down, height))


def _within(limits: tuple[float, float], length: int) -> slice:
    """Return the pixels between two limits of an axis, at least one, among `length` pixels."""
    low, high = limits
    return slice(min(max(round(low + 0.5), 0), length - 1), max(1, min(round(high + 0.5), length)))


def _around(centre: float, span: float, length: int) -> tuple[float, float]:
    """Return the limits of an axis of length `span` around a centre, within the image."""
    span = min(span, length)
    start = min(max(centre - span / 2, -0.5), length - 0.5 - span)
    return start, start + span


def _exposed(view: 'View', columns: slice, rows: slice) -> np.ndarray:
    """Return the pixels that choose the grey levels: the exposed part of a whole raw frame, else the visible part."""
    parts = [view.pixels[section.slices] for name, section in view.sections if name.startswith('trim')]
    whole = (rows.stop - rows.start, columns.stop - columns.start) == view.pixels.shape
    if parts and whole:
        return np.concatenate([sample(part).ravel() for part in parts])[None]
    return view.pixels[rows, columns]

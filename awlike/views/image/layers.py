"""What lies upon each other on the axes of an image: the image, one to blink with, overlays, marks."""

import numpy as np
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.patches import Circle, Rectangle

from awlike.errors import ParameterError
from awlike.views.image.blocks import BlockImage, block_minima
from awlike.views.image.stretch import is_map, normalisation, sample

_NOT_FINITE = '#b8d8e8'  # light blue
_OUTLINES = {'trim': 'tab:green', 'prescan': 'tab:orange', 'overscan': 'tab:red'}
_OVER = 0.5  # above images, also those that come later, and below marks
_SPARSE = 0.002  # of the pixels: so few bad ones are drawn larger than they are


class Layers:
    """The layers of an image.

    Parameters
    ----------
    axes : Axes
        Where they are drawn.
    view : View
        The image, and what it can blink with and be overlaid by.
    columns, rows : slice
        What is seen of it first; grey levels are chosen for that.
    cmap : str
        Colours.
    limits : dict
        Of `stretch.normalisation`.
    """

    def __init__(self, axes, view, columns, rows, cmap, limits):
        self.axes, self.first, self.view = axes, view, view
        self._cmap, self._limits = cmap, limits
        self._pictures, self._overlay, self._kind, self._marks = {}, None, None, []
        axes.set(xlabel='x [pixel]', ylabel='y [pixel]', facecolor=_NOT_FINITE)
        self._pictures[view.title] = self._picture(view, normalisation(_exposed(view, columns, rows), **limits))
        axes.set(xlim=(columns.start - 0.5, columns.stop - 0.5), ylim=(rows.start - 0.5, rows.stop - 0.5))
        for name, section in view.sections:
            self._outline(name, section)
        if not is_map(view.image):
            self._colour_bar(columns, rows)

    def _picture(self, view, norm):
        options = {}
        if is_map(view.image):
            sparse = np.count_nonzero(view.image) >= (1 - _SPARSE) * view.image.size
            options = {'reduce': block_minima, 'dot': 2 if sparse else 1}
        return BlockImage(self.axes, view.image, cmap=self._cmap, norm=norm, **options)

    def _outline(self, name, section):
        """The border of a section; of one of several amplifiers, the light-sensitive one has its name in it."""
        kind, _, amplifier = name.partition(' ')
        colour = next((colour for one, colour in _OUTLINES.items() if kind.startswith(one)), 'tab:cyan')
        height, width = section.shape
        self.axes.add_patch(Rectangle((section.x0 - 0.5, section.y0 - 0.5), width, height, fill=False, edgecolor=colour,
                                      linewidth=1))
        if amplifier and kind == 'trim':
            self.axes.text(section.x0 + width / 2, section.y0 + height / 2, amplifier, color=colour, fontsize=8, ha='center')

    def _colour_bar(self, columns, rows):
        """Beside the axes, as high as the image is."""
        shape = (rows.stop - rows.start) / (columns.stop - columns.start)
        place = self.axes.inset_axes([1.02, 0, 0.03 * max(1, shape), 1])
        self._bar = self.axes.figure.colorbar(self._pictures[self.view.title], cax=place, label=self.view.unit)

    def swap(self):
        """Show the other of the two images that blink."""
        other = self.first.other
        if other is None:
            raise ParameterError('nothing to blink with: inspect(blink=another_frame)')
        self._pictures[self.view.title].set_visible(False)
        self.view = other if self.view is self.first else self.first
        if self.view.title not in self._pictures:
            limits = {name: value for name, value in self._limits.items() if name not in ('vmin', 'vmax')}
            self._pictures[self.view.title] = self._above(
                lambda: self._picture(self.view, normalisation(sample(self.view.image), **limits)))
        shown = self._pictures[self.view.title]
        shown.set_visible(True)
        if hasattr(self, '_bar') and not is_map(self.view.image):
            self._bar.update_normal(shown)
            self._bar.set_label(self.view.unit)

    def next_overlay(self) -> str:
        """Bad pixels in red, then the weight in colours, then nothing; what of it there is. Gives what is shown."""
        found = {'mask': self.first.good_pixels, 'weight': self.first.weights}
        there = [kind for kind, image in found.items() if image is not None]
        if not there:
            raise ParameterError('no map of bad pixels and no weight is among what this was made from')
        following = there[there.index(self._kind) + 1:] if self._kind else there
        if self._overlay is not None:
            self._overlay.remove()
        self._overlay = self._kind = None
        if not following:
            return 'no overlay'
        self._kind = following[0]
        self._overlay, told = getattr(self, f'_{self._kind}_overlay')(found[self._kind])
        return told

    def _mask_overlay(self, good):
        red, good = ListedColormap(['red', 'none']), good > 0
        bad = good.size - np.count_nonzero(good)
        return (self._above(lambda: BlockImage(self.axes, good, block_minima, cmap=red, norm=Normalize(0, 1), zorder=_OVER)),
                f'bad pixels are red: {bad} of {good.size}, {100 * bad / good.size:.3g} %')

    def _weight_overlay(self, weight):
        norm = normalisation(weight)
        return (self._above(lambda: BlockImage(self.axes, weight, cmap='viridis', norm=norm, alpha=0.7, zorder=_OVER)),
                f'weight in colours, from {norm.vmin:.4g} (dark) to {norm.vmax:.4g} (bright)')

    def _above(self, draw):
        """Draw something over the image; what is seen of it stays the same."""
        limits = {'xlim': self.axes.get_xlim(), 'ylim': self.axes.get_ylim()}
        drawn = draw()
        self.axes.set(**limits)
        return drawn

    def circle(self, x, y, radii):
        """Draw circles about a place, in place of those before; the first in another colour."""
        for mark in self._marks:
            mark.remove()
        self._marks = [self.axes.add_patch(Circle((x, y), radius, fill=False, linewidth=1,
                                                  edgecolor='tab:cyan' if number else 'tab:green'))
                       for number, radius in enumerate(radii)]

    def visible(self) -> tuple[slice, slice]:
        """Columns and rows of the image that are seen."""
        height, width = self.view.image.shape
        sides = zip((self.axes.get_xlim(), self.axes.get_ylim()), (width, height), strict=True)
        return tuple(slice(min(max(round(low + 0.5), 0), length - 1), max(1, min(round(high + 0.5), length)))
                     for (low, high), length in sides)

    def zoom(self, x, y, factor, smallest=8):
        """Show so many times as much around a place, but nothing beyond the image and at least 8 pixels across."""
        height, width = self.view.image.shape
        (left, right), (low, high) = self.axes.get_xlim(), self.axes.get_ylim()
        across, down = (right - left) * factor, (high - low) * factor
        if factor < 1 and min(across, down) < min(smallest, width, height):
            raise ParameterError('this is as near as it gets')
        self.axes.set(xlim=_around(x, across, width), ylim=_around(y, down, height))


def _around(centre, span, length):
    """Limits of an axis that is so long about a centre, within the image."""
    span = min(span, length)
    start = min(max(centre - span / 2, -0.5), length - 0.5 - span)
    return start, start + span


def _exposed(view, columns, rows):
    """What grey levels are chosen for: of a whole raw frame what saw light, else what is seen."""
    parts = [view.image[section.slices] for name, section in view.sections if name.startswith('trim')]
    whole = (rows.stop - rows.start, columns.stop - columns.start) == view.image.shape
    if parts and whole:
        return np.concatenate([sample(part).ravel() for part in parts])[None]
    return view.image[rows, columns]

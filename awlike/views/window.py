"""An image in a window: what is under the mouse, what keys do, and plots beside the image."""

import numpy as np
from matplotlib import pyplot as plt

from awlike.errors import AwlikeError, ParameterError
from awlike.views.keys import KEYS
from awlike.views.layers import Layers

_HEIGHT, _BESIDE = 7.5, 5.0  # inches: of the image, and the width of what is beside it


class Window:
    """A figure with an image, if there is one, and plots beside it.

    Parameters
    ----------
    view : View
        What is shown.
    zone : tuple of int, optional
        (x0, x1, y0, y1): what is seen first of the image; grey levels are chosen for it. Default: all.
    cmap : str
        Colours. Default: gray.
    **limits
        Of `stretch.normalisation`.
    """

    def __init__(self, view, *, zone=None, cmap='gray', **limits):
        self.first, self.layers, self._beside, self._help = view, None, None, None
        columns, rows = _zone(view, zone)
        self._width, size = _sizes(view, columns, rows)
        self.figure = plt.figure(figsize=size, layout='constrained')
        self.figure.get_layout_engine().set(rect=(0, 0.035, 1, 0.965))
        self._line = self.figure.text(0.008, 0.008, '', fontsize=8)
        self._grid = self.figure.add_gridspec(1, 2, width_ratios=self._shares(bool(view.panels)))
        try:
            if view.image is not None:
                self.layers = Layers(self.figure.add_subplot(self._grid[0]), view, columns, rows, cmap, limits)
                self.layers.axes.format_coord = lambda x, y: self.view.at(x, y)
            if view.panels:
                self.draw_panels()
        except Exception:
            plt.close(self.figure)
            raise
        self._entitle()
        self._listen()

    def __repr__(self):
        return f'<window of {self.first.title}: the key ? in it lists its keys>'

    @property
    def view(self):
        """What is shown now: it, or what it blinks with."""
        return self.layers.view if self.layers else self.first

    # --- what is beside the image ---

    def _shares(self, beside):
        """How the width is shared by the image and what is beside it."""
        if self.first.image is None:
            return [1e-3, 1]
        return [self._width, _BESIDE if beside else 1e-3]

    def beside(self, number=1, projection=None):
        """Empty axes beside the image, a list of so many, in place of those before; the window is made wider for the first."""
        if self._beside is None and not self.first.panels:
            self._grid.set_width_ratios(self._shares(True))
            self.figure.set_size_inches(self._width + _BESIDE, self.figure.get_size_inches()[1])
            self._entitle()
        for axes in self._beside or []:
            axes.remove()
        self._beside = [self.figure.add_subplot(place, projection=projection) for place in self._grid[1].subgridspec(number, 1)]
        for axes in self._beside:
            axes.tick_params(labelsize=8)
        return list(self._beside)

    def draw_panels(self):
        """Draw what this kind shows of itself."""
        if not self.first.panels:
            raise ParameterError('this kind of frame has no plots of its own')
        for panel, axes in zip(self.first.panels, self.beside(len(self.first.panels)), strict=True):
            panel(axes)
            for label in (axes.title, axes.xaxis.label, axes.yaxis.label):
                label.set_fontsize(9)

    # --- what it says ---

    def tell(self, text, prompt=False):
        """Show a line at the foot of the window, and print it where people type if it is a measurement."""
        self._line.set_text(text)
        room = self.figure.get_size_inches()[0] * 72
        self._line.set_fontsize(max(5, min(8, room / (0.52 * max(len(text), 1)))))
        if prompt:
            print(text)

    def toggle_help(self, lines):
        """Show lines over the image, or take them away."""
        if self._help is not None:
            self._help.remove()
            self._help = None
        else:
            self._help = self.figure.text(0.5, 0.5, '\n'.join(lines), family='monospace', fontsize=8, ha='center', va='center',
                                          bbox={'facecolor': 'white', 'alpha': 0.93, 'boxstyle': 'round'}, zorder=100)

    def _entitle(self):
        room = self.figure.get_size_inches()[0] * 72
        self.figure.suptitle(self.view.title, fontsize=min(9, room / (0.62 * len(self.view.title))))

    # --- what happens to it ---

    def swap(self):
        """Show the other of the two images that blink."""
        self.layers.swap()
        self._entitle()

    def close(self):
        """Close the window."""
        plt.close(self.figure)

    def _listen(self):
        canvas = self.figure.canvas
        if canvas.manager is not None:
            canvas.manager.set_window_title(self.first.title)
            if (handler := getattr(canvas.manager, 'key_press_handler_id', None)) is not None:
                canvas.mpl_disconnect(handler)  # matplotlib's own keys, of this window alone
        canvas.mpl_connect('key_press_event', lambda event: self._on_key(event))

    def _on_key(self, event):
        found = KEYS.get(event.key)
        if found is None:
            return
        try:
            if found.of_image and self.layers is None:
                raise ParameterError('there is no image here')
            found.function(self, *(self._cursor(event) if found.at_cursor else ()))
        except AwlikeError as error:
            self.tell(f'{event.key}: {error}')
        self.figure.canvas.draw_idle()

    def _cursor(self, event):
        """Column and row of the pixel under the mouse."""
        height, width = self.view.image.shape
        if event.inaxes is self.layers.axes:
            column, row = round(event.xdata), round(event.ydata)
            if 0 <= column < width and 0 <= row < height:
                return column, row
        raise ParameterError('put the mouse on the image')


def _zone(view, zone):
    """Columns and rows that are seen first."""
    height, width = (1, 1) if view.image is None else view.image.shape
    x0, x1, y0, y1 = (0, width, 0, height) if zone is None else zone
    if not (0 <= x0 < x1 <= width and 0 <= y0 < y1 <= height):
        raise ParameterError(f'zone={zone} is not in the image of {width} x {height} pixels: zone=(x0, x1, y0, y1) from 0, '
                             'x1 and y1 not included')
    return slice(x0, x1), slice(y0, y1)


def _sizes(view, columns, rows):
    """The width of the image with its axes, and width and height of the figure, inches."""
    if view.image is None:
        return 0, (7, max(3.5, 3.2 * len(view.panels)))
    ratio = (columns.stop - columns.start) / (rows.stop - rows.start)
    height = float(np.clip(8 / ratio, 4, _HEIGHT))
    width = float(np.clip(height * ratio, 1.5, 8)) + 1.6
    return width, (max(width + (_BESIDE if view.panels else 0), 6), height + 0.8)

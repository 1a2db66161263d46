"""An image in a window: what is under the mouse, what keys do, and plots beside the image."""

import numpy as np
from matplotlib import pyplot as plt
from matplotlib import rc_context

from awlike.errors import AwlikeError, ParameterError
from awlike.views.image.keys import KEYS
from awlike.views.image.layers import Layers

_HEIGHT, _BESIDE = 7.5, 5.0  # inches: of the image, and the width of what is beside it
_FONTS = {'axes.titlesize': 9, 'axes.labelsize': 9, 'xtick.labelsize': 8, 'ytick.labelsize': 8, 'legend.fontsize': 8}


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
        self.first, self.layers, self._help = view, None, None
        columns, rows = _zone(view, zone)
        widths, height = _sizes(view, columns, rows)
        self.figure = plt.figure(figsize=(sum(widths), height), layout='constrained')
        self.figure.get_layout_engine().set(rect=(0, 0.035, 1, 0.965))
        self._line = self.figure.text(0.008, 0.008, '', fontsize=8)
        # The image keeps its place, whatever is drawn beside it.
        *left, self._beside = self.figure.subfigures(1, len(widths), width_ratios=widths, squeeze=False)[0]
        try:
            with rc_context(_FONTS):
                if left:
                    self.layers = Layers(left[0].add_subplot(), view, columns, rows, cmap, limits)
                    self.layers.axes.format_coord = lambda x, y: self.view.at(x, y)
                if view.panels:
                    self.draw_panels()
        except Exception:
            plt.close(self.figure)
            raise
        self._entitle()
        self._settle()
        self._listen()

    def __repr__(self):
        return f'<window of {self.first.title}: the key ? in it lists its keys>'

    @property
    def view(self):
        """What is shown now: it, or what it blinks with."""
        return self.layers.view if self.layers else self.first

    # --- what is beside the image ---

    def beside(self, number=1, projection=None):
        """Empty axes beside the image, a list of so many, in place of those before."""
        self._beside.clear()
        return list(self._beside.subplots(number, 1, squeeze=False, subplot_kw={'projection': projection})[:, 0])

    def draw_panels(self):
        """Draw what this kind shows of itself."""
        if not self.first.panels:
            raise ParameterError('this kind of frame has no plots of its own')
        for panel, axes in zip(self.first.panels, self.beside(len(self.first.panels)), strict=True):
            panel(axes)

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
            self._help = self.figure.text(0.5, 0.5, '\n'.join(lines), family='monospace', fontsize=8, ha='center',
                                          va='center', ma='left', zorder=100,
                                          bbox={'facecolor': 'white', 'alpha': 0.93, 'boxstyle': 'round'})

    def _entitle(self):
        room = self.figure.get_size_inches()[0] * 72
        self.figure.suptitle(self.view.title, fontsize=min(9, room / (0.68 * len(self.view.title))))

    def _settle(self):
        """Lay it out until nothing moves: it takes several rounds, and later ones would shift the image under the mouse."""
        for _ in range(3):
            self.figure.get_layout_engine().execute(self.figure)

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
            with rc_context(_FONTS):
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
    zone = (0, width, 0, height) if zone is None else tuple(zone)
    if len(zone) != 4 or not (0 <= zone[0] < zone[1] <= width and 0 <= zone[2] < zone[3] <= height):
        raise ParameterError(f'zone={zone} is not in the image of {width} x {height} pixels: zone=(x0, x1, y0, y1) from 0, '
                             'x1 and y1 not included')
    return slice(*zone[:2]), slice(*zone[2:])


def _sizes(view, columns, rows):
    """The widths of the image with its axes, if there is one, and of what is beside it; the height of all; inches."""
    if view.image is None:
        return (7,), max(4.5, 3.2 * len(view.panels))
    ratio = (columns.stop - columns.start) / (rows.stop - rows.start)
    height = float(np.clip(8 / ratio, 4, _HEIGHT))
    return (float(np.clip(height * ratio, 2, 8)) + 1.6, _BESIDE), height + 0.8

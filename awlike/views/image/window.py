"""An image in a window: the pixel under the mouse, the keys, and the plots beside the image."""

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib import rc_context
from matplotlib.layout_engine import ConstrainedLayoutEngine
from typing_extensions import override

from awlike.characters import printable
from awlike.errors import AwlikeError, ParameterError
from awlike.terminal import say
from awlike.views.image.keys import KEYS
from awlike.views.image.layers import Layers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from matplotlib.axes import Axes
    from matplotlib.text import Text

    from awlike.views.image.view import View

_HEIGHT, _BESIDE = 7.5, 5.0  # inches: the height of the image, the width of a column of plots beside it
_ALONE = 7.0, 3.2  # inches: the width of a column of plots without an image, the height of a plot
_IN_COLUMN = 3  # plots; more stand in two columns
_FONTS = {'axes.titlesize': 9, 'axes.labelsize': 9, 'xtick.labelsize': 8, 'ytick.labelsize': 8, 'legend.fontsize': 8}


class Window:
    """A figure with an image, if there is one, and plots beside it.

    Parameters
    ----------
    view : View
        The image and its plots.
    zone : tuple of int, optional
        (x0, x1, y0, y1): the part of the image that is visible first; the grey levels suit this part. Default: all.
    cmap : str
        Colours. Default: gray.
    **limits
        Options of `stretch.normalisation`, by default those of the view.
    """

    def __init__(self, view: 'View', *, zone: 'Sequence[int] | None' = None, cmap: str = 'gray', **limits: Any) -> None:
        self.first = view
        self.layers: Layers | None = None
        self._help: Text | None = None
        limits = view.levels | {name: value for name, value in limits.items() if value is not None}
        columns, rows = _zone(view, zone)
        widths, height = _sizes(view, columns, rows)
        self.figure = plt.figure(figsize=(sum(widths), height), layout='constrained')
        layout = self.figure.get_layout_engine()
        assert isinstance(layout, ConstrainedLayoutEngine)
        layout.set(rect=(0, 0.035, 1, 0.965))
        self._layout = layout
        self._line = self.figure.text(0.008, 0.008, '', fontsize=8)
        # The image keeps its place, whatever plots appear beside it.
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

    @override
    def __repr__(self) -> str:
        return f'<window of {printable(self.first.title)}: the key ? in it lists its keys>'

    @property
    def view(self) -> 'View':
        """The view on the screen: the first, or the view to blink with."""
        return self.layers.view if self.layers else self.first

    # --- the plots beside the image ---

    def beside(self, number: int = 1, projection: str | None = None) -> 'list[Axes]':
        """Return `number` empty axes beside the image, in place of the axes before."""
        self._beside.clear()
        rows, columns = _arranged(number)
        axes = self._beside.subplots(rows, columns, squeeze=False, subplot_kw={'projection': projection}).ravel()
        for spare in axes[number:]:
            spare.remove()
        return list(axes[:number])

    def draw_panels(self) -> None:
        """Draw the plots of this kind of frame."""
        if not self.first.panels:
            raise ParameterError('this kind of frame has no plots of its own')
        for panel, axes in zip(self.first.panels, self.beside(len(self.first.panels)), strict=True):
            panel(axes)

    # --- the texts ---

    def tell(self, text: str, prompt: bool = False) -> None:
        """Show a line at the foot of the window; print a measurement at the prompt, too."""
        self._line.set_text(text)
        room = self.figure.get_size_inches()[0] * 72
        self._line.set_fontsize(max(5, min(8, room / (0.52 * max(len(text), 1)))))
        if prompt:
            say(text)

    def toggle_help(self, lines: 'Iterable[str]') -> None:
        """Show lines over the image, or take them away."""
        if self._help is not None:
            self._help.remove()
            self._help = None
        else:
            self._help = self.figure.text(0.5, 0.5, '\n'.join(lines), family='monospace', fontsize=8, ha='center',
                                          va='center', ma='left', zorder=100,
                                          bbox={'facecolor': 'white', 'alpha': 0.93, 'boxstyle': 'round'})

    def _entitle(self) -> None:
        room = self.figure.get_size_inches()[0] * 72
        self.figure.suptitle(self.view.title, fontsize=min(9, room / (0.68 * len(self.view.title))))

    def _settle(self) -> None:
        """Lay out the figure until nothing moves: a later round would shift the image under the mouse."""
        for _ in range(3):
            self._layout.execute(self.figure)

    # --- the actions ---

    def swap(self) -> None:
        """Show the other of the two images that blink."""
        self.image_layers().swap()
        self._entitle()

    def image_layers(self) -> Layers:
        """Return the layers of the image; an error in a window without an image."""
        if self.layers is None:
            raise ParameterError('there is no image here')
        return self.layers

    def close(self) -> None:
        """Close the window."""
        plt.close(self.figure)

    def _listen(self) -> None:
        canvas = self.figure.canvas
        if canvas.manager is not None:
            canvas.manager.set_window_title(printable(self.first.title))
            if (handler := getattr(canvas.manager, 'key_press_handler_id', None)) is not None:
                canvas.mpl_disconnect(handler)  # the keys of matplotlib, in this window alone
        canvas.mpl_connect('key_press_event', lambda event: self._on_key(event))

    def _on_key(self, event: Any) -> None:
        found = KEYS.get(event.key)
        if found is None:
            return
        try:
            if found.of_image:
                self.image_layers()
            with rc_context(_FONTS):
                found.function(self, *(self._cursor(event) if found.at_cursor else ()))
        except AwlikeError as error:
            self.tell(f'{event.key}: {error}')
        self.figure.canvas.draw_idle()

    def _cursor(self, event: Any) -> tuple[int, int]:
        """Return column and row of the pixel under the mouse."""
        height, width = self.view.pixels.shape
        if event.inaxes is self.image_layers().axes:
            column, row = round(event.xdata), round(event.ydata)
            if 0 <= column < width and 0 <= row < height:
                return column, row
        raise ParameterError('put the mouse on the image')


def _zone(view: 'View', zone: 'Sequence[int] | None') -> tuple[slice, slice]:
    """Return the columns and rows that are visible first."""
    height, width = (1, 1) if view.image is None else view.image.shape
    limits = (0, width, 0, height) if zone is None else tuple(zone)
    if len(limits) != 4 or not (0 <= limits[0] < limits[1] <= width and 0 <= limits[2] < limits[3] <= height):
        raise ParameterError(f'zone={limits} is not in the image of {width} x {height} pixels: zone=(x0, x1, y0, y1) from 0, '
                             'x1 and y1 not included')
    return slice(*limits[:2]), slice(*limits[2:])


def _sizes(view: 'View', columns: slice, rows: slice) -> tuple[tuple[float, ...], float]:
    """Return the widths of the image with its axes, if any, and of the plots; the height of all; inches."""
    down, across = _arranged(len(view.panels))
    if view.image is None:
        return (_ALONE[0] if across == 1 else 1.5 * _ALONE[0],), max(4.5, _ALONE[1] * down)
    ratio = (columns.stop - columns.start) / (rows.stop - rows.start)
    height = float(np.clip(8 / ratio, 4, _HEIGHT))
    return (float(np.clip(height * ratio, 2, 8)) + 1.6, _BESIDE if across == 1 else 1.7 * _BESIDE), height + 0.8


def _arranged(number: int) -> tuple[int, int]:
    """Return the rows and columns of a number of plots."""
    return (number, 1) if number <= _IN_COLUMN else ((number + 1) // 2, 2)

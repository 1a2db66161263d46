"""Images larger than the screen: each block of pixels becomes one pixel, quickly and without loss of single bad pixels."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.image import AxesImage
from typing_extensions import override

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.backend_bases import RendererBase


def block_means(image: np.ndarray, step: int) -> np.ndarray:
    """Return the mean of the finite values in blocks of `step` x `step` pixels, smaller at the upper edges; else NaN."""
    if step == 1:
        return image
    image, sides = np.asarray(image, np.float32), [np.diff([*range(0, length, step), length]) for length in image.shape]
    with np.errstate(invalid='ignore', over='ignore'):
        means = _reduced(np.add, image, step) / np.outer(*sides).astype(np.float32)
        spoilt = ~np.isfinite(means).all(axis=1)
        if spoilt.any():  # most images are nearly finite: only these rows of blocks need a second look
            part = image[np.repeat(spoilt, step)[:len(image)]]
            finite = np.isfinite(part)
            means[spoilt] = block_sums(np.where(finite, part, 0), step) / block_sums(finite, step)
        return means


def block_minima(image: np.ndarray, step: int) -> np.ndarray:
    """Return the least value in blocks of `step` x `step` pixels: in a map of 1 good and 0 bad, 0 where a pixel is bad."""
    return image if step == 1 else _reduced(np.minimum, np.asarray(image), step)


def block_medians(image: np.ndarray, step: int) -> np.ndarray:
    """Return about the median of the finite values in blocks of `step` x `step` pixels, from some 100; NaN without any."""
    thin = max(1, step // 10)
    rows, columns = (range(0, length, step) for length in image.shape)
    return np.array([[_median(image[y:y + step:thin, x:x + step:thin]) for x in columns] for y in rows])


def _median(values: np.ndarray) -> float:
    values = values[np.isfinite(values)]
    return float(np.median(values)) if values.size else np.nan


def block_sums(image: np.ndarray, step: int) -> np.ndarray:
    """Return the sum of the values in blocks of `step` x `step` pixels."""
    return _reduced(np.add, np.asarray(image, np.float32), step)


def _reduced(function: np.ufunc, image: np.ndarray, step: int) -> np.ndarray:
    rows, columns = (np.arange(0, length, step) for length in image.shape)
    return function.reduceat(function.reduceat(image, rows, axis=0), columns, axis=1)


class BlockImage(AxesImage):
    """An image on axes that draws no more pixels than the screen has; enlarged, the image shows all its pixels.

    Parameters
    ----------
    axes : Axes
        Its limits become those of the image.
    image : 2-D array [y, x]
        Pixel (0, 0) has its centre at 0, 0.
    reduce : function of image and step
        Returns one value for each block of pixels, as `block_means`.
    dot : int
        The smallest size of a block on the screen in pixels, where there are blocks. Default: 1.
    **options
        Options of `matplotlib.image.AxesImage`.
    """

    def __init__(self, axes: 'Axes', image: np.ndarray, reduce: Callable[[np.ndarray, int], np.ndarray] = block_means,
                 dot: int = 1, **options: Any) -> None:
        height, width = image.shape
        whole = -0.5, width - 0.5, -0.5, height - 0.5
        super().__init__(axes, interpolation='nearest', origin='lower', extent=whole, **options)
        self.image, self._reduce, self._dot = image, reduce, dot
        self._drawn: tuple[int, ...] | None = None
        self.set_mouseover(False)  # the window itself describes the pixel under the mouse
        self.set_data(np.zeros((1, 1)))
        self.set_clip_path(axes.patch)
        axes.add_image(self)
        axes.set(xlim=whole[:2], ylim=whole[2:], aspect='equal')

    @override
    def draw(self, renderer: 'RendererBase') -> None:
        x0, x1 = _visible(self.axes.get_xlim(), self.image.shape[1])
        y0, y1 = _visible(self.axes.get_ylim(), self.image.shape[0])
        screen = self.axes.get_window_extent(renderer)
        crowd = max((x1 - x0) / max(screen.width, 1), (y1 - y0) / max(screen.height, 1))
        step = int(np.ceil(crowd * self._dot)) if crowd > 1 else 1
        x0, y0 = x0 // step * step, y0 // step * step
        if (x0, x1, y0, y1, step) != self._drawn:
            self._drawn = x0, x1, y0, y1, step
            part = self.image[y0:y1, x0:x1]
            self.set_data(self._reduce(part, step))
            self.set_extent(self._covered(x0, y0, step))
        super().draw(renderer)

    def _covered(self, x0: int, y0: int, step: int) -> tuple[float, float, float, float]:
        shown = self.get_array()
        assert shown is not None  # set in __init__
        height, width = shown.shape[:2]
        return x0 - 0.5, x0 + width * step - 0.5, y0 - 0.5, y0 + height * step - 0.5


def _visible(limits: tuple[float, float], length: int) -> tuple[int, int]:
    """Return the first pixel between two limits and the pixel after the last; at least one pixel lies between them."""
    first, last = sorted(limits)
    first = min(max(int(np.floor(first + 0.5)), 0), length - 1)
    return first, min(max(int(np.ceil(last + 0.5)), first + 1), length)

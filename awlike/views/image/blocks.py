"""Images larger than the screen: blocks of pixels become one, at once and such that nothing is missed."""

import numpy as np
from matplotlib.image import AxesImage


def block_means(image, step):
    """The mean of the finite values in blocks of `step` x `step` pixels, smaller at the upper edges; NaN where none is."""
    if step == 1:
        return image
    image, sides = np.asarray(image, np.float32), [np.diff([*range(0, length, step), length]) for length in image.shape]
    with np.errstate(invalid='ignore', over='ignore'):
        means = _reduced(np.add, image, step) / np.outer(*sides).astype(np.float32)
        spoilt = ~np.isfinite(means).all(axis=1)
        if spoilt.any():  # most images are finite, or nearly so: only these rows of blocks are looked at again
            part = image[np.repeat(spoilt, step)[:len(image)]]
            finite = np.isfinite(part)
            means[spoilt] = block_sums(np.where(finite, part, 0), step) / block_sums(finite, step)
        return means


def block_minima(image, step):
    """The least value in blocks of `step` x `step` pixels: of a map of 1 good and 0 bad, whether one of them is bad."""
    return image if step == 1 else _reduced(np.minimum, np.asarray(image), step)


def block_medians(image, step):
    """About the median of the finite values in blocks of `step` x `step` pixels, by some 100 of them; NaN where none is."""
    thin = max(1, step // 10)
    rows, columns = (range(0, length, step) for length in image.shape)
    return np.array([[_median(image[y:y + step:thin, x:x + step:thin]) for x in columns] for y in rows])


def _median(values):
    values = values[np.isfinite(values)]
    return float(np.median(values)) if values.size else np.nan


def block_sums(image, step):
    """The sum of the values in blocks of `step` x `step` pixels."""
    return _reduced(np.add, np.asarray(image, np.float32), step)


def _reduced(function, image, step):
    rows, columns = (np.arange(0, length, step) for length in image.shape)
    return function.reduceat(function.reduceat(image, rows, axis=0), columns, axis=1)


class BlockImage(AxesImage):
    """An image on axes of which no more pixels are drawn than the screen has; looked at closely, it shows them all.

    Parameters
    ----------
    axes : Axes
        Its limits become those of the image.
    image : 2-D array [y, x]
        Pixel (0, 0) has its centre at 0, 0.
    reduce : function of image and step
        What blocks of pixels become, as `block_means`.
    dot : int
        So many pixels of the screen a block has across at least, where there are blocks. Default: 1.
    **options
        Of `matplotlib.image.AxesImage`.
    """

    def __init__(self, axes, image, reduce=block_means, dot=1, **options):
        height, width = image.shape
        whole = -0.5, width - 0.5, -0.5, height - 0.5
        super().__init__(axes, interpolation='nearest', origin='lower', extent=whole, **options)
        self.image, self._reduce, self._dot, self._drawn = image, reduce, dot, None
        self.set_mouseover(False)  # the window itself tells what is under the mouse
        self.set_data(np.zeros((1, 1)))
        self.set_clip_path(axes.patch)
        axes.add_image(self)
        axes.set(xlim=whole[:2], ylim=whole[2:], aspect='equal')

    def draw(self, renderer):
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

    def _covered(self, x0, y0, step):
        height, width = self.get_array().shape[:2]
        return x0 - 0.5, x0 + width * step - 0.5, y0 - 0.5, y0 + height * step - 0.5


def _visible(limits, length):
    """First pixel and the one after the last between two limits; at least one pixel."""
    first, last = sorted(limits)
    first = min(max(int(np.floor(first + 0.5)), 0), length - 1)
    return first, min(max(int(np.ceil(last + 0.5)), first + 1), length)

"""Parts of an image that suffice to measure how strong a pattern is in it."""

from collections.abc import Callable

import numpy as np

from awlike.pixels.arrays import Array, Flags
from awlike.pixels.strips import Frame

BIN = 4  # pixels: narrower than any fringe, and the noise of a bin is a quarter of that of a pixel
_CELL = 256  # pixels
_SAMPLE = 1 << 20  # pixels in the bands: the noise of the scale is then about that of one pixel / 1000


class Bands:
    """Bands of 4 rows, evenly over an image, as arrays [band, row, x], and their bins of 4 x 4 pixels, [band, bin].

    In each cell of 256 x 256 pixels the sky is a plane. `bins` holds the number of the cell in which each bin lies.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        step = BIN * max(1, shape[0] * shape[1] // _SAMPLE)
        tops, self._width = np.arange(0, shape[0] - BIN + 1, step), shape[1] // BIN * BIN
        self._rows = tops[:, None] + np.arange(BIN)
        y, x = np.meshgrid(tops, np.arange(0, self._width, BIN), indexing='ij')
        self._across = -(-shape[1] // _CELL)
        self.bins = y // _CELL * self._across + x // _CELL
        self._cells = -(-shape[0] // _CELL) * self._across
        self._planes = np.array([np.ones(y.shape), y % _CELL / _CELL - 0.5, x % _CELL / _CELL - 0.5])

    def of(self, image: Frame) -> Array:
        """Return the bands of an image."""
        return np.asarray(image)[self._rows, :self._width]

    def spread(self, binned: Array) -> Array:
        """Return the values of bins for each column of their bands, [band, 1, x]."""
        return np.repeat(binned.astype(np.float32), BIN, axis=1)[:, None]

    def sampled(self, bands: Array) -> Array:
        """Return one pixel of each bin."""
        return bands[:, 0, ::BIN]

    def medians(self, values: Array, usable: Flags) -> Array:
        """Return about the median of the values in each cell, for its bins; 0 where nothing is usable."""
        usable = self.sampled(usable)
        values, cells = self.sampled(values)[usable], self.bins[usable]
        counts = np.bincount(cells, minlength=self._cells)
        middles = np.cumsum(counts) - counts + counts // 2
        ordered = np.append(values[np.lexsort((values, cells))], 0)
        return np.where(counts > 0, ordered[np.minimum(middles, values.size)], 0)[self.bins]

    def fitted(self, values: Array, fringes: Array, kept: Flags) -> tuple[Array, float]:
        """Return the planes of sky, for the bins, and the scale of the fringes that together fit best to the pixels kept."""
        counts = self._halved(kept)
        full = np.all(counts >= BIN * BIN // 4, axis=0)  # half of each half
        image, pattern = (self._halved(np.where(kept, part, 0))[:, full] / counts[:, full] for part in (values, fringes))
        plane_through = self._planes_of(full)
        other = np.array([half - plane_through(half)[full] for half in pattern[::-1]])
        strength = float(np.sum(pattern * other))
        scale = max(0.0, float(np.sum(image * other)) / strength) if strength > 0 else 0.0
        return plane_through((image - scale * pattern).mean(axis=0)), scale

    def _halved(self, values: Array) -> Array:
        """Return the sums over the upper and the lower half of each bin, [half, band, bin]."""
        rows = values.reshape(len(self._rows), 2, BIN // 2, self._width).sum(axis=2, dtype=np.float32)
        return sum((rows[..., column::BIN] for column in range(BIN)), np.zeros((), np.float32)).swapaxes(0, 1)

    def _planes_of(self, full: Flags) -> Callable[[Array], Array]:
        """Return the function from a value for each full bin to the plane through the values of each cell, at all its bins."""
        cells, planes = self.bins[full], self._planes[:, full]

        def sums(numbers: Array) -> Array:
            return np.bincount(cells, numbers, self._cells)
        products = np.array([[sums(one * other) for other in planes] for one in planes])
        inverse = np.linalg.pinv(np.moveaxis(products, 2, 0), hermitian=True)

        def plane_through(values: Array) -> Array:
            coefficients = inverse @ np.array([sums(one * values) for one in planes]).T[..., None]
            parts = zip(self._planes, coefficients[..., 0].T, strict=True)
            return sum((plane * number[self.bins] for plane, number in parts), np.zeros(()))
        return plane_through

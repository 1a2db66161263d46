"""The background of the sky: a mesh of its level and noise."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from awlike.errors import ParameterError
from awlike.pixels.arrays import Array, Image, Image32
from awlike.pixels.filters import fill_bad
from awlike.pixels.geometry import require_same_shape
from awlike.pixels.strips import for_strips, strip_of_map

if TYPE_CHECKING:
    from scipy.interpolate import CubicSpline


@dataclass(frozen=True)
class Background:
    """Level and noise of the sky in cells of an image.

    Between the centres of the cells both follow bicubic splines.

    Parameters
    ----------
    level, noise : float32 [row, column]
        Level, and standard deviation of one pixel, in each cell; unit of the image.
    shape : tuple of int
        (height, width) of the image [pixels], which the cells divide evenly.
    """

    level: Image32
    noise: Image32
    shape: tuple[int, int]

    def level_image(self) -> Image32:
        """Return the level of each pixel, float32 [y, x]."""
        return self._evaluated(self.level, -np.inf, False)

    def noise_image(self) -> Image32:
        """Return the noise of each pixel, float32 [y, x]; at least half of the least noise of a cell."""
        return self._evaluated(self.noise, float(self.noise.min()) / 2, False)

    def variance_image(self) -> Image32:
        """Return the square of the noise of each pixel, float32 [y, x]."""
        return self._evaluated(self.noise, float(self.noise.min()) / 2, True)

    def subtracted(self, image: Image) -> Image32:
        """Return the image less the level, float32 [y, x].

        Raises
        ------
        ParameterError
            The image has another shape.
        """
        from awlike.pixels.kernels.background import subtract_rows
        if np.shape(image) != self.shape:
            raise ParameterError(f'the image has the shape {np.shape(image)}, but the background {self.shape}: '
                                 'measure the background of this image')
        result, image = np.empty(self.shape, np.float32), np.asarray(image)
        pieces, step = self._pieces(self.level)
        for_strips(*self.shape, lambda rows: subtract_rows(
            np.ascontiguousarray(pieces[:, :, rows]), step, np.ascontiguousarray(image[rows], np.float32), result[rows]))
        return result

    def _evaluated(self, mesh: Image32, lowest: float, squared: bool) -> Image32:
        from awlike.pixels.kernels.background import evaluate_rows
        result = np.empty(self.shape, np.float32)
        pieces, step = self._pieces(mesh)
        for_strips(*self.shape, lambda rows: evaluate_rows(
            np.ascontiguousarray(pieces[:, :, rows]), step, lowest, squared, result[rows]))
        return result

    def _pieces(self, mesh: Image32) -> tuple[Array, float]:
        """Return the pieces of the spline along each row, float64 [4, piece, y], and the distance of its nodes."""
        pieces = _spline(mesh, self.shape[1], 1).c  # [4, piece, row of the mesh]: linear in the values of the mesh
        return _spline(pieces, self.shape[0], 2)(np.arange(self.shape[0])), self.shape[1] / mesh.shape[1]


def measure_background(image: Image, good: Image | None = None, cell: int = 64, filter_size: int = 3) -> Background:
    """Measure level and noise of the sky in a mesh of cells.

    In each cell, values beyond 3 sigma of the median are clipped until nothing more is. The level is the mode, 2.5 median
    - 1.5 mean, or the median where the two differ by more than 0.3 sigma, as in a crowded field (Bertin & Arnouts 1996,
    A&AS 117, 393). Where less than a quarter of a cell is good, the nearest cell serves. A median filter removes cells
    that a large object fills.

    Parameters
    ----------
    image : 2-D array [y, x]
        ADU; pixels that are not finite are bad.
    good : 2-D map, optional
        1 good, 0 bad. Default: all good. To measure the sky again beside known objects, make these bad.
    cell : int
        Side of a cell [pixels], as far as the cells divide the image evenly. Default: 64.
    filter_size : int
        Side of the median filter [cells], odd; 1 filters nothing. Default: 3.

    Returns
    -------
    Background
        All 0 when no cell has enough good pixels.

    Raises
    ------
    ParameterError
        Shapes differ, the image is empty, or a size is not as described.
    """
    require_same_shape(image=image, good=good)
    if cell < 1 or filter_size < 1 or filter_size % 2 == 0:
        raise ParameterError(f'cell is {cell} and filter_size {filter_size}, but both must be 1 or more, and the filter odd')
    if 0 in np.shape(image):
        raise ParameterError(f'the image has the shape {np.shape(image)}: an image without pixels has no background')
    from awlike.pixels.kernels.background import measure_cells
    image = np.ascontiguousarray(image, np.float32)
    usable = strip_of_map(good, slice(None), image.shape[1])
    down, across = (_edges(length, cell) for length in image.shape)
    levels, noises = np.empty((2, down.size - 1, across.size - 1), np.float32)
    for_strips(down.size - 1, 1, lambda rows: measure_cells(image, usable, down, across, rows.start, rows.stop, levels, noises),
               values=1)
    height, width = image.shape
    return Background(_filtered(levels, filter_size), _filtered(noises, filter_size), (height, width))


def _edges(length: int, cell: int) -> Array:
    """Return where the cells along an axis begin, and where the last ends: int64 [cells + 1]."""
    number = max(round(length / cell), 1)
    return np.rint(np.arange(number + 1) * (length / number)).astype(np.int64)


def _filtered(mesh: Image32, size: int) -> Image32:
    """Return the mesh with its gaps filled, median filtered."""
    from scipy.ndimage import median_filter
    filled, half = fill_bad(mesh, np.isfinite(mesh)), size // 2
    if not half or min(filled.shape) <= half:
        return filled
    beyond = np.pad(filled, half, 'reflect', reflect_type='odd')  # a slope continues, and is not cut off at the edges
    return median_filter(beyond, size)[half:-half, half:-half].copy()


def _spline(values: Array, length: int, axis: int) -> 'CubicSpline':
    """Return the natural cubic spline through values at the centres of cells that divide a length evenly."""
    from scipy.interpolate import CubicSpline
    number = values.shape[axis]
    if number == 1:  # a spline needs two nodes
        values, number = np.repeat(values, 2, axis), 2
    nodes = (np.arange(number) + 0.5) * (length / number) - 0.5
    return CubicSpline(nodes, values, axis, bc_type='natural')

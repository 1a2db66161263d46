"""Lattices: where the pixels of a grid lie in a frame, worked out at some pixels, so that all others follow quickly."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from awlike.errors import ProcessingError
from awlike.sky.grid import AnyGrid, Box
from awlike.sky.plate import Plate
from awlike.sky.sphere import Doubles, Integers

TOLERANCE = 1e-3
"""How far, in pixels of the frame, a place by the lattice may be off."""

_STEPS = 64, 32, 16, 8, 4
_BEND = 1.0  # pixels by which a row of the grid may deviate, between nodes, from where it lies at the nodes

Places = Callable[[Doubles, Doubles], tuple[Doubles, Doubles]]
"""The function from pixels (x, y) of a grid to pixels of a frame; NaN for places that the frame does not have."""


@dataclass(frozen=True)
class Lattice:
    """Where the pixels of a grid lie in a frame: at nodes every `step` pixels; between them a cubic goes through four nodes.

    Attributes
    ----------
    x, y : float64 [row, column]
        The place of each node in the frame [pixels from 0]; NaN where the frame has no such place.
    area : float64 [row, column]
        Pixels of the frame in a pixel of the grid, at each node.
    first : pair of int
        The pixel (x, y) of the grid at the node [0, 0].
    step : int
        Pixels of the grid from node to node.
    """

    x: Doubles
    y: Doubles
    area: Doubles
    first: tuple[int, int]
    step: int

    def at(self, x: Doubles, y: Doubles) -> tuple[Doubles, Doubles]:
        """Return the places in the frame of pixels of the grid, which lie inside the lattice."""
        column, along_x = _weights((x - self.first[0]) / self.step)
        row, along_y = _weights((y - self.first[1]) / self.step)
        nodes = row[..., :, None], column[..., None, :]
        found = [np.einsum('...i,...ij,...j', along_y, values[nodes], along_x) for values in (self.x, self.y)]
        return found[0], found[1]

    def rows_of(self, box: Box) -> tuple[float, float] | None:
        """Return between which rows of the frame the pixels of a box of the grid lie; None where they lie nowhere in it."""
        row, along_y = _weights((np.linspace(box.y0, box.y1 - 1, 3) - self.first[1]) / self.step)
        left, right = ((x - self.first[0]) // self.step for x in (box.x0, box.x1 - 1))
        with np.errstate(invalid='ignore'):
            places = np.einsum('ri,ric->rc', along_y, self.y[row, left:right + 2])
        places = places[np.isfinite(places)]
        return (float(places.min()) - _BEND, float(places.max()) + _BEND) if places.size else None


def lattice_of(grid: AnyGrid, box: Box, plate: Plate, shape: tuple[int, int], parts: int = 1) -> Lattice:
    """Return the lattice by which the pixels of a box of a grid find their place in a frame.

    Parameters
    ----------
    grid : Grid or Tile
    box : Box
        The pixels.
    plate : Plate
        How the pixels of the frame lie on the sky.
    shape : (rows, columns)
        Of the frame.
    parts : int
        Into how many each pixel is parted along each axis; the lattice then is that of the parts. Default: 1.

    Raises
    ------
    ProcessingError
        When the solution of the frame bends so strongly that no lattice follows it.
    """
    def places(x: Doubles, y: Doubles) -> tuple[Doubles, Doubles]:
        whole = ((one - (parts - 1) / 2) / parts for one in (x, y))
        return plate.sky_to_pixel(*grid.plate.pixel_to_sky(*whole))
    return lattice_by(places, Box(*(parts * end for end in box)), shape)


def lattice_by(places: Places, box: Box, shape: tuple[int, int]) -> Lattice:
    """Return the coarsest lattice for a box of pixels that keeps to the `TOLERANCE`; see `lattice_of`."""
    for step in _STEPS:
        found = _lattice(places, box, step)
        if _largest_error(found, places, shape) <= TOLERANCE:
            return found
    raise ProcessingError(f'the place on the sky bends so strongly within {_STEPS[-1]} pixels that the frame cannot be '
                          'resampled: look at its AstrometricParameters, and fit a lower DEGREE')


def _lattice(places: Places, box: Box, step: int) -> Lattice:
    """Return the lattice of this step: the nodes about all pixels, and one more on each side."""
    x, y = (step * np.arange(start // step - 2, (stop - 1) // step + 4)  # and another one, by which slopes are known
            for start, stop in ((box.x0, box.x1), (box.y0, box.y1)))
    there = places(*np.meshgrid(x.astype(float), y.astype(float)))
    (x_right, x_up), (y_right, y_up) = ([_slope(one, axis) / step for axis in (1, 0)] for one in there)
    area, inner = np.abs(x_right * y_up - x_up * y_right), (slice(1, -1), slice(1, -1))
    nodes_x, nodes_y, areas = (np.ascontiguousarray(one[inner]) for one in (*there, area))
    return Lattice(nodes_x, nodes_y, areas, (int(x[1]), int(y[1])), step)


def _slope(values: Doubles, axis: int) -> Doubles:
    """Return the derivatives at the nodes, by five nodes, by three next to the edge; unit a step."""
    slope = np.gradient(values, axis=axis)
    far = [np.roll(values, shift, axis) for shift in (-2, -1, 1, 2)]
    five = (-far[0] + 8 * far[1] - 8 * far[2] + far[3]) / 12
    within = [slice(None)] * 2
    within[axis] = slice(2, -2)
    slope[tuple(within)] = five[tuple(within)]
    return slope


def _largest_error(lattice: Lattice, places: Places, shape: tuple[int, int]) -> float:
    """Return how far the lattice is off in the middle of its cells, as far as these lie in the frame, pixels."""
    rows, columns = (np.arange(1, length - 2) + 0.5 for length in lattice.x.shape)
    x, y = np.meshgrid(lattice.first[0] + lattice.step * columns, lattice.first[1] + lattice.step * rows)
    there, own = places(x, y), lattice.at(x, y)
    reach = np.sqrt(np.nanmax(lattice.area)) * lattice.step if np.isfinite(lattice.area).any() else 0.0
    with np.errstate(invalid='ignore'):
        inside = np.all([(place > -reach) & (place < length + reach) for place, length in zip(there, shape[::-1], strict=True)],
                        axis=0)
    error = np.hypot(there[0] - own[0], there[1] - own[1])[inside]
    return float(np.nan_to_num(error, nan=np.inf).max()) if error.size else 0.0


def _weights(place: Doubles) -> tuple[Integers, Doubles]:
    """Return the four nodes about places, counted in steps, and the weight of each, [..., 4]."""
    place = np.asarray(place, float)
    node = np.floor(place).astype(int)
    t = place - node
    weights = np.stack([-t * (t - 1) * (t - 2) / 6, (t + 1) * (t - 1) * (t - 2) / 2, -(t + 1) * t * (t - 2) / 2,
                        (t + 1) * t * (t - 1) / 6], axis=-1)
    return node[..., None] + np.arange(-1, 3), weights

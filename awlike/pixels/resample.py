"""Frames resampled onto a grid by Lanczos-3, a block of pixels at a time."""

import functools
import math
from dataclasses import dataclass, field

import numpy as np

from awlike.pixels.arrays import Array, Doubles, Floats, Image, Image32
from awlike.pixels.mask_flags import MaskFlag
from awlike.pixels.strips import Frame, for_strips, strip_of, strip_of_map
from awlike.sky.grid import AnyGrid, Box
from awlike.sky.lattice import Lattice, lattice_of
from awlike.sky.plate import Plate

BOX = 8
"""Side of the boxes in which the noise is compared with that of a pixel."""

_TAPS, _PHASES, _MOST_BAD = 6, 4096, 0.15
_SAMPLE = 12  # boxes along each axis that tell how the noise is correlated
_FINER = 1.15  # pixels of the frame along a pixel of the grid: where there are more, a pixel of the grid is parted


@dataclass
class Resampled:
    """A frame on a grid: ``block(box)`` returns light and weight of some pixels.

    Light is conserved: it is multiplied by the area of a pixel of the grid in pixels of the frame. Bad pixels are filled by
    their neighbours before, and have no weight after.

    Parameters
    ----------
    image : 2-D array [y, x], or `Rows`
        The frame, its sky subtracted.
    lattice : Lattice
        Where the pixels of the grid, or their parts, lie in the frame.
    box : Box
        The pixels of the grid that the frame may cover.
    variance : float, or 2-D array [y, x], or `Rows`
        Of each pixel of the frame.
    good : 2-D map, or `Rows`, optional
        1 good, 0 bad. Default: all good. Pixels that are not finite are bad.
    scale : float
        By which light is multiplied. Default: 1.
    mask : int16 [y, x], optional
        The bits of `MaskFlag` of each pixel of the frame. Default: none.
    parts : int
        Into how many each pixel of the grid is parted along each axis. Default: 1.
    fwhm : float
        Of its stars, in any unit that all members of a stack have. Default: NaN, unknown.
    """

    image: Frame
    lattice: Lattice
    box: Box
    variance: 'Frame | float' = 1.0
    good: Frame | None = None
    scale: float = 1.0
    mask: Image | None = None
    parts: int = 1
    fwhm: float = math.nan
    _whole: tuple[Array, Array] | None = field(default=None, repr=False)

    @classmethod
    def of(cls, image: Frame, plate: Plate, grid: AnyGrid, **options: 'Frame | float | None') -> 'Resampled | None':
        """Return a frame on a grid; None where it does not lie on it.

        Parameters
        ----------
        image : 2-D array [y, x], or `Rows`
            The frame.
        plate : Plate
            How its pixels lie on the sky.
        grid : Grid or Tile
        **options
            ``variance``, ``good``, ``scale`` and ``mask``, as above.
        """
        shape = image.shape[0], image.shape[1]
        box = grid.box_of(plate, shape)
        if box is None:
            return None
        finer = grid.plate.pixel_scale(0, 0) / plate.pixel_scale(shape[1] / 2, shape[0] / 2) / _FINER
        parts = max(1, math.ceil(finer - 1e-9))
        return cls(image, lattice_of(grid, box, plate, shape, parts), box, parts=parts, **options)  # pyrefly: ignore

    def keep_whole(self) -> 'Resampled':
        """Prepare the whole frame once, in memory, instead of a window for each block; return this object."""
        self._whole = self._prepared(slice(0, self.image.shape[0]))
        return self

    def block(self, box: Box) -> tuple[Image32, Image32]:
        """Return light and weight of the pixels of `box`, float32 [y, x].

        Light is NaN where the frame does not lie. Weight is the inverse of the variance by which the noise of the sum over many
        pixels follows; that of a single pixel is less, see `noise_of`. It is 0 where nothing, or a bad pixel, tells.
        """
        fine = Box(*(self.parts * end for end in box))
        light, weight = np.full(fine.shape, np.nan, np.float32), np.zeros(fine.shape, np.float32)
        rows = self._rows_for(fine)
        if rows is None:
            return _folded(light, weight, self.parts)
        from awlike.pixels.kernels.resample import resample_rows
        top, (filled, near) = (0, self._whole) if self._whole else (rows.start, self._prepared(rows))
        lattice, variance = self.lattice, self._variance(rows if self._whole is None else slice(0, self.image.shape[0]))

        def resample(part: slice) -> None:
            resample_rows(filled, near, variance, top, lattice.x, lattice.y, lattice.area, *lattice.first, lattice.step,
                          fine.x0, fine.y0 + part.start, self.scale, lanczos(), light[part], weight[part])
        for_strips(*fine.shape, resample)
        return _folded(light, weight, self.parts)

    def mask_block(self, box: Box) -> Array:
        """Return the mask of the pixels of `box`, int16 [y, x]: that of the nearest pixel of the frame, NO_DATA outside."""
        from awlike.pixels.kernels.resample import nearest_rows
        fine = Box(*(self.parts * end for end in box))
        found = np.full(fine.shape, MaskFlag.NO_DATA, np.int16)
        rows = self._rows_for(fine)
        if rows is not None:
            mask = np.zeros((rows.stop - rows.start, self.image.shape[1]), np.int16) if self.mask is None else self.mask[rows]
            nearest_rows(np.ascontiguousarray(mask, np.int16), rows.start, self.lattice.x, self.lattice.y, *self.lattice.first,
                         self.lattice.step, fine.x0, fine.y0, int(MaskFlag.NO_DATA), found)
        return np.bitwise_or.reduce(_parted(found, self.parts), axis=(1, 3)) if self.parts > 1 else found

    def _rows_for(self, fine: Box) -> slice | None:
        """Return the rows of the frame from which the pixels of a box follow; None where the frame does not lie there."""
        from awlike.pixels.kernels.resample import REACH
        ends = self.lattice.rows_of(fine)
        if ends is None:
            return None
        length = self.image.shape[0]
        rows = slice(max(0, math.floor(ends[0]) - 2 - REACH), min(length, math.floor(ends[1]) + 4 + REACH))
        return rows if rows.stop > rows.start else None

    def _prepared(self, rows: slice) -> tuple[Array, Array]:
        """Return these rows of the frame, bad pixels filled, and the map of those that have a bad one near."""
        from awlike.pixels.kernels.resample import fill_and_mark
        width = self.image.shape[1]
        image, good = strip_of(self.image, rows, width), strip_of_map(self.good, rows, width)
        filled, near = np.empty_like(image), np.empty(image.shape, np.uint8)
        fill_and_mark(image, np.ascontiguousarray(np.broadcast_to(good, image.shape)), filled, near)
        return filled, near

    def _variance(self, rows: slice) -> Array:
        if isinstance(self.variance, float | int | np.number):
            return np.full((1, 1), self.variance, np.float32)
        return strip_of(self.variance, rows, self.image.shape[1])


@functools.cache
def lanczos() -> Floats:
    """Return the weights of the six taps of Lanczos-3 for places from 0 to 1 between two pixels, float32 [phase, tap].

    The taps are the pixels from 2 below to 3 above; their weights add up to 1.
    """
    distance = np.arange(_PHASES + 1)[:, None] / _PHASES - np.arange(-2, 4)
    weights = np.sinc(distance) * np.sinc(distance / 3) * (np.abs(distance) < 3)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


def noise_of(member: Resampled) -> tuple[float, float]:
    """Return how the noise of a resampled frame is correlated, by the kernel at many of its pixels.

    Returns
    -------
    pixel : float
        The noise of a pixel by what its weight says: about 0.9.
    box : float
        The noise of the sum over 8 x 8 pixels by what their weights say: about 1.
    """
    taps, boxes = lanczos().astype(float), member.box
    fold = member.parts
    size = BOX * fold
    corners = [np.linspace(low, max(low, high - BOX), _SAMPLE).astype(int) * fold
               for low, high in ((boxes.x0, boxes.x1), (boxes.y0, boxes.y1))]
    single, together = [], []
    for y0 in corners[1]:
        for x0 in corners[0]:
            x, y = np.meshgrid(np.arange(x0, x0 + size, dtype=float), np.arange(y0, y0 + size, dtype=float))
            own = _kernels(member.lattice, x, y, taps)
            if own is not None:
                area = member.lattice.area.mean() * fold ** 2
                scale = member.lattice.area.mean() / area ** 0.5  # of the noise of a part, against that of a pixel of the grid
                parts = own.reshape(BOX, fold, BOX, fold, *own.shape[2:]).sum(axis=(1, 3)) * scale
                single.append(np.mean(np.sum(parts ** 2, axis=(2, 3))))
                together.append(np.sum(np.sum(parts, axis=(0, 1)) ** 2))
    if not single:
        return 1.0, 1.0
    return float(np.sqrt(np.mean(single))), float(np.sqrt(np.mean(together)) / BOX)


def _kernels(lattice: Lattice, x: Doubles, y: Doubles, taps: Doubles) -> Doubles | None:
    """Return the weights of the pixels of the frame in each of some pixels of the grid, [y, x, row, column]."""
    inside = [place.min() >= start + lattice.step and place.max() < start + lattice.step * (length - 2)
              for place, start, length in zip((x, y), lattice.first, lattice.x.shape[::-1], strict=True)]
    there = lattice.at(x, y) if all(inside) else (np.array(np.nan),)
    if not all(np.isfinite(one).all() for one in there):
        return None
    columns, rows = (np.floor(one).astype(int) for one in there)
    along_x, along_y = (taps[np.rint((one - whole) * _PHASES).astype(int)]
                        for one, whole in zip(there, (columns, rows), strict=True))
    columns, rows = columns - columns.min(), rows - rows.min()
    found = np.zeros((*x.shape, rows.max() + _TAPS, columns.max() + _TAPS))
    for j in range(_TAPS):
        for i in range(_TAPS):
            np.put_along_axis(found.reshape(*x.shape, -1), ((rows + j) * found.shape[3] + columns + i)[..., None],
                              (along_y[..., j] * along_x[..., i])[..., None], axis=2)
    return found


def _folded(light: Image32, weight: Image32, parts: int) -> tuple[Image32, Image32]:
    """Return light and weight of pixels of which those of their parts are given."""
    if parts == 1:
        return light, weight
    each, known = _parted(weight, parts), _parted(weight, parts) > 0
    number = known.sum(axis=(1, 3))
    mean = each.sum(axis=(1, 3), dtype=np.float64) / np.maximum(number, 1)
    told = number >= (1 - _MOST_BAD) * parts ** 2
    return (_parted(light, parts).sum(axis=(1, 3), dtype=np.float64).astype(np.float32),
            np.where(told, mean / parts ** 2, 0).astype(np.float32))


def _parted(image: Array, parts: int) -> Array:
    height, width = image.shape
    return image.reshape(height // parts, parts, width // parts, parts)

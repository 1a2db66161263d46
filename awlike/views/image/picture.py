"""A picture of a part of an image, as a page shows it: grey levels, and bad pixels in red."""

import dataclasses
import io
from typing import Any

import numpy as np

from awlike.errors import ParameterError
from awlike.views.image.blocks import block_means, block_minima
from awlike.views.image.stretch import is_map, normalisation, sample
from awlike.views.image.view import View

LARGEST = 2048  # pixels of a picture, along a side
_NOT_FINITE = (184, 216, 232)  # light blue, as in the image window
_BAD = (230, 40, 40)


@dataclasses.dataclass(frozen=True)
class Zone:
    """A part of an image: the pixels from `x0` up to, not including, `x1`, and in y alike."""

    x0: int
    x1: int
    y0: int
    y1: int

    @classmethod
    def whole(cls, shape: tuple[int, ...]) -> 'Zone':
        """Return all of an image of `shape`."""
        return cls(0, shape[1], 0, shape[0])

    @classmethod
    def parsed(cls, text: str, shape: tuple[int, ...]) -> 'Zone':
        """Return the zone that ``'x0,x1,y0,y1'`` names, as far as it lies in an image of `shape`; all for an empty text.

        Raises
        ------
        ParameterError
            When the text is no zone, or no pixel of the image lies in it.
        """
        if not text:
            return cls.whole(shape)
        parts = text.split(',')
        try:
            x0, x1, y0, y1 = (int(part) for part in parts)
        except ValueError:
            raise ParameterError(f'zone={text}: four whole numbers, x0,x1,y0,y1') from None
        x0, x1, y0, y1 = max(x0, 0), min(x1, shape[1]), max(y0, 0), min(y1, shape[0])
        if x0 >= x1 or y0 >= y1:
            raise ParameterError(f'zone={text}: no pixel of the {shape[1]} x {shape[0]} of the image lies in it')
        return cls(x0, x1, y0, y1)

    def __str__(self) -> str:
        return f'{self.x0},{self.x1},{self.y0},{self.y1}'

    @property
    def slices(self) -> tuple[slice, slice]:
        """The rows and columns."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    def moved(self, factor: float, across: float, up: float, shape: tuple[int, ...]) -> 'Zone':
        """Return the zone `factor` times as large, moved by parts of its own size, within an image of `shape`."""
        width, height = (min(max(8, round((end - start) * factor)), most) for start, end, most in (
            (self.x0, self.x1, shape[1]), (self.y0, self.y1, shape[0])))
        x = (self.x0 + self.x1) / 2 + across * (self.x1 - self.x0) - width / 2
        y = (self.y0 + self.y1) / 2 + up * (self.y1 - self.y0) - height / 2
        x0, y0 = (min(max(0, round(start)), most - size) for start, most, size in ((x, shape[1], width), (y, shape[0], height)))
        return Zone(x0, x0 + width, y0, y0 + height)


def picture(view: View, zone: Zone, size: int, mask: bool = False, **levels: Any) -> bytes:
    """Return a PNG of the part `zone` of the image of `view`, the first row below.

    Parameters
    ----------
    view : View
        The image, its map of good pixels, and its own grey levels.
    zone : Zone
        The part to show.
    size : int
        The largest side of the picture in pixels; a smaller part is not enlarged.
    mask : bool
        Whether bad pixels are red. Default: no.
    **levels
        Options of `awlike.views.image.stretch.normalisation`, before those of the view; by default the grey levels suit the
        whole image.

    Raises
    ------
    ParameterError
        For an unknown stretch, and for limits with nothing between them.
    """
    from PIL import Image
    pixels = view.pixels
    step = max(1, -(-max(zone.x1 - zone.x0, zone.y1 - zone.y0) // size))
    part, of_map = pixels[zone.slices], is_map(pixels)
    small = block_minima(part, step) if of_map else block_means(part, step)
    norm = normalisation(sample(pixels), **view.levels | levels)
    with np.errstate(invalid='ignore', over='ignore'):
        grey = np.clip(np.ma.filled(norm(small), 0), 0, 1)
        shades = np.nan_to_num(np.asarray(grey, np.float64) * 255).astype(np.uint8)
    colours = np.repeat(shades[..., None], 3, axis=2)
    colours[~np.isfinite(small)] = _NOT_FINITE
    if mask and view.good_pixels is not None:
        colours[block_minima(view.good_pixels[zone.slices] > 0, step) == 0] = _BAD
    buffer = io.BytesIO()
    Image.fromarray(colours[::-1]).save(buffer, 'png', compress_level=3)
    return buffer.getvalue()

"""What an image window is given: an image, what is known of it, and what can be laid over it."""

import dataclasses
import functools
from collections.abc import Callable

import numpy as np

from awlike.errors import ParameterError


@dataclasses.dataclass
class View:
    """An image and what is known of it, in plain values; what has to be read from files is asked for when it is needed."""

    title: str
    image: np.ndarray | None = None
    unit: str = ''
    wcs: object = None  # an astropy WCS
    good: Callable = lambda: None      # gives the map of 1 good, 0 bad
    weight: Callable = lambda: None    # gives the weight of the pixels
    blink: Callable = lambda: None     # gives the View to blink with
    sections: list = dataclasses.field(default_factory=list)  # (name, `Section`) that are outlined, as 'trim' or 'trim C00'
    panels: list = dataclasses.field(default_factory=list)    # functions that draw on axes, beside the image

    @functools.cached_property
    def good_pixels(self):
        """The map of good pixels, or None."""
        return self._fitting(self.good(), 'map')

    @functools.cached_property
    def weights(self):
        """The weight of the pixels, or None."""
        return self._fitting(self.weight(), 'weight')

    @functools.cached_property
    def other(self):
        """What it blinks with, or None."""
        other = self.blink()
        if other is not None:
            self._fitting(other.image, other.title)
        return other

    def _fitting(self, image, name):
        if image is not None and image.shape != self.image.shape:
            raise ParameterError(f'{name} has {_size(image)} pixels and {self.title} {_size(self.image)}: '
                                 'they do not lie upon each other')
        return image

    def at(self, x, y) -> str:
        """Pixel, value and place on the sky, in one line; nothing outside of the image."""
        column, row = round(x), round(y)
        if not (0 <= row < self.image.shape[0] and 0 <= column < self.image.shape[1]):
            return ''
        value = f'x {column}  y {row}  value {self.image[row, column]:.6g} {self.unit}'.rstrip()
        sky = self.sky(x, y, degrees=True)
        return f'{value}  {sky}' if sky else value

    def sky(self, x, y, degrees=False) -> str:
        """Right ascension and declination of a place, sexagesimal, perhaps in degrees too; nothing where not known."""
        if self.wcs is None:
            return ''
        ra, dec = (float(one) for one in self.wcs.wcs_pix2world(x, y, 0))
        hours, minutes = sexagesimal(ra / 15, 2), sexagesimal(dec, 1, signed=True)
        return f'RA {hours} ({ra:.5f})  Dec {minutes} ({dec:+.5f})' if degrees else f'RA {hours}  Dec {minutes}'


def sexagesimal(value, digits, signed=False) -> str:
    """``'12:34:56.7'`` of hours or degrees, with so many digits of seconds."""
    units = round(abs(value) * 3600 * 10**digits)
    minutes, seconds = divmod(units, 60 * 10**digits)
    sign = ('-' if value < 0 else '+') if signed else ''
    return f'{sign}{minutes // 60:02d}:{minutes % 60:02d}:{seconds / 10**digits:0{2 + digits + (digits > 0)}.{digits}f}'


def _size(image):
    return f'{image.shape[1]} x {image.shape[0]}'

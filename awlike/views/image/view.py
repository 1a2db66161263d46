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
    on_sky: Callable = lambda x, y: (x, y)  # gives the place that `wcs` knows; None where no sky is seen, as in an overscan
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
        """Right ascension and declination (ICRS) of a place, sexagesimal, perhaps in degrees too; nothing if not known."""
        seen = None if self.wcs is None else self.on_sky(x, y)
        if seen is None:
            return ''
        place = self.wcs.pixel_to_world(*seen).icrs  # axes of a header can be galactic, or declination first
        if not np.isfinite([place.ra.deg, place.dec.deg]).all():
            return ''
        hours = place.ra.to_string('hour', sep=':', precision=2, pad=True)
        minutes = place.dec.to_string('deg', sep=':', precision=1, pad=True, alwayssign=True)
        return (f'RA {hours} ({place.ra.deg:.5f})  Dec {minutes} ({place.dec.deg:+.5f})' if degrees
                else f'RA {hours}  Dec {minutes}')


def _size(image):
    return f'{image.shape[1]} x {image.shape[0]}'

"""The input of an image window: an image, the facts about it, and its overlays."""

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from awlike.errors import ParameterError

if TYPE_CHECKING:
    from astropy.wcs import WCS
    from matplotlib.axes import Axes

    from awlike.pixels.geometry import Section
    from awlike.views.image.outlines import Outlines


@dataclasses.dataclass
class View:
    """An image and the facts about it, in plain values; functions read from files only when the window needs them.

    Attributes
    ----------
    title, unit : str
        The name of the image, and the unit of its values.
    image : 2-D array or None
        The image; None for a window of plots alone.
    wcs : astropy.wcs.WCS or None
        The sky coordinates.
    on_sky : function of x and y
        Returns the place that `wcs` knows; None where no sky is seen, as in an overscan.
    good, weight : function
        Returns the map of 1 good, 0 bad; the weight of the pixels; or None.
    blink : function
        Returns the View to blink with, or None.
    sections : sequence of (str, Section)
        The sections to outline, as ``'trim'`` or ``'trim C00'``.
    levels : dict
        Options of `stretch.normalisation` where the window has none.
    outlines : function
        Returns the sources to outline, a sequence of Outlines.
    panels : sequence of function of axes
        Draw the plots beside the image.
    """

    title: str
    image: np.ndarray | None = None
    unit: str = ''
    wcs: 'WCS | None' = None
    on_sky: Callable[[float, float], tuple[float, float] | None] = lambda x, y: (x, y)
    good: Callable[[], np.ndarray | None] = lambda: None
    weight: Callable[[], np.ndarray | None] = lambda: None
    blink: Callable[[], 'View | None'] = lambda: None
    sections: 'Sequence[tuple[str, Section]]' = dataclasses.field(default_factory=list)
    levels: dict[str, Any] = dataclasses.field(default_factory=dict)
    outlines: 'Callable[[], Sequence[Outlines]]' = tuple
    panels: 'Sequence[Callable[[Axes], Any]]' = dataclasses.field(default_factory=list)

    @property
    def pixels(self) -> np.ndarray:
        """The image of a view that has an image."""
        assert self.image is not None  # a window asks only where it shows an image
        return self.image

    @functools.cached_property
    def good_pixels(self) -> np.ndarray | None:
        """The map of good pixels, or None."""
        return self._fitting(self.good(), 'map')

    @functools.cached_property
    def weights(self) -> np.ndarray | None:
        """The weight of the pixels, or None."""
        return self._fitting(self.weight(), 'weight')

    @functools.cached_property
    def other(self) -> 'View | None':
        """The view to blink with, or None."""
        other = self.blink()
        if other is not None:
            self._fitting(other.image, other.title)
        return other

    def _fitting(self, image: np.ndarray | None, name: str) -> np.ndarray | None:
        if image is not None and image.shape != self.pixels.shape:
            raise ParameterError(f'{name} has {_size(image)} pixels and {self.title} {_size(self.pixels)}: '
                                 'they do not lie upon each other')
        return image

    def at(self, x: float, y: float) -> str:
        """Return pixel, value and place on the sky in one line; an empty text outside of the image."""
        column, row = round(x), round(y)
        height, width = self.pixels.shape
        if not (0 <= row < height and 0 <= column < width):
            return ''
        value = f'x {column}  y {row}  value {self.pixels[row, column]:.6g} {self.unit}'.rstrip()
        sky = self.sky(x, y, degrees=True)
        return f'{value}  {sky}' if sky else value

    def sky(self, x: float, y: float, degrees: bool = False) -> str:
        """Return right ascension and declination (ICRS) of a place, sexagesimal and perhaps in degrees; empty if unknown."""
        wcs, seen = self.wcs, None if self.wcs is None else self.on_sky(x, y)
        if wcs is None or seen is None:
            return ''
        place: Any = wcs.pixel_to_world(*seen)
        place = place.icrs  # axes of a header can be galactic, or declination first
        if not np.isfinite([place.ra.deg, place.dec.deg]).all():
            return ''
        hours = place.ra.to_string('hour', sep=':', precision=2, pad=True)
        minutes = place.dec.to_string('deg', sep=':', precision=1, pad=True, alwayssign=True)
        return (f'RA {hours} ({place.ra.deg:.5f})  Dec {minutes} ({place.dec.deg:+.5f})' if degrees
                else f'RA {hours}  Dec {minutes}')


def _size(image: np.ndarray) -> str:
    return f'{image.shape[1]} x {image.shape[0]}'

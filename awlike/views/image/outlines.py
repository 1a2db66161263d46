"""Outlines of sources over an image."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import EllipseCollection

_REACH, _LEAST = 3.0, 3.0  # semi-axes of an ellipse: in rms of the source, and at least [pixels]


class Outlines(NamedTuple):
    """Sources to outline in an image, all of one sort; arrays [source]."""

    label: str  # what they are
    colour: str
    x: np.ndarray  # pixels, 0 is the centre of the first
    y: np.ndarray
    a: np.ndarray  # rms along the major and the minor axis, pixels
    b: np.ndarray
    theta: np.ndarray  # degrees, from x to y

    def draw(self, axes: 'Axes') -> 'EllipseCollection':
        """Draw an ellipse around each, whose semi-axes are 3 rms of the source, at least 3 pixels."""
        from matplotlib.collections import EllipseCollection
        widths, heights = (2 * np.maximum(_REACH * np.nan_to_num(one), _LEAST) for one in (self.a, self.b))
        ellipses = EllipseCollection(
            widths, heights, np.nan_to_num(self.theta), units='xy', offsets=np.column_stack([self.x, self.y]),
            offset_transform=axes.transData, facecolors='none', edgecolors=self.colour, linewidths=0.7,
            label=f'{len(self.x)} {self.label}')
        axes.add_collection(ellipses, autolim=False)
        return ellipses

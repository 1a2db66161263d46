"""Maps of good and bad pixels, and the good pixels of any frame."""

from typing import TYPE_CHECKING, Any

import numpy as np

from awlike.persist.links import listed
from awlike.products.content import parts
from awlike.products.inputs import as_made
from awlike.views.image import panels

if TYPE_CHECKING:
    from awlike.products.frame import Frame, Panel


class PixelMap:
    """A map of pixels: 1 good, 0 bad. A kind of map derives from this class and from its kind of product."""

    if TYPE_CHECKING:
        data: np.ndarray

    def panels(self) -> 'list[Panel]':
        return [panels.bad_pixels(self.data), panels.groups(self.data, 'groups of bad pixels')]


def good_pixels(frame: 'Frame') -> np.ndarray | None:
    """Return the good pixels by the weight or the maps from which `frame` was made: 1 good, 0 bad; None without either."""
    if isinstance(frame, PixelMap):
        return frame.data
    if (weight := weight_of(frame)) is not None:
        return (weight > 0).astype(np.uint8)
    seen = as_made(frame)
    maps = [view.data for role in frame.inputs() for one, view in zip(
        listed(getattr(frame, role)), listed(getattr(seen, role)), strict=True) if isinstance(one, PixelMap)]
    return np.logical_and.reduce([one > 0 for one in maps]).astype(np.uint8) if maps else None


def weight_of(frame: 'Frame') -> np.ndarray | None:
    """Return the weight image of `frame`, of which it was made or which it has of its own; None where the frame has none."""
    weight: Any = getattr(frame, 'weight') if 'weight' in frame.inputs() or 'weight' in parts(type(frame)) else None  # noqa: B009
    return None if weight is None else weight.data

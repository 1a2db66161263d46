"""What all maps of pixels have in common."""

import numpy as np

from awlike.persist.links import listed
from awlike.views.image import panels


class PixelMap:
    """A map of pixels: 1 good, 0 bad. Derive a kind of map from it and from the kind of product that it is."""

    def panels(self):
        return [panels.bad_pixels(self.data), panels.groups(self.data, 'groups of bad pixels')]


def good_pixels(frame):
    """The good pixels by the weight or maps that `frame` was made from, 1 good and 0 bad; None where there are none."""
    if isinstance(frame, PixelMap):
        return frame.data
    if (weight := weight_of(frame)) is not None:
        return (weight > 0).astype(np.uint8)
    maps = [one.data for role in frame.inputs() for one in listed(getattr(frame, role)) if isinstance(one, PixelMap)]
    return np.logical_and.reduce([one > 0 for one in maps]).astype(np.uint8) if maps else None


def weight_of(frame):
    """The weight of its pixels, None where it has none."""
    weight = frame.weight if 'weight' in frame.inputs() else None
    return None if weight is None else weight.data

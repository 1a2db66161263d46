"""The two ways to count pixels: awlike counts from 0, FITS from 1. No other module adds or subtracts this 1."""

from typing import TypeVar

import numpy as np

Place = TypeVar('Place', float, np.ndarray)


def to_fits(place: Place) -> Place:
    """Return a coordinate as in FITS (the centre of the first pixel is 1) of one that counts from 0."""
    return place + 1


def from_fits(place: Place) -> Place:
    """Return a coordinate that counts from 0 (the centre of the first pixel is 0) of one as in FITS."""
    return place - 1

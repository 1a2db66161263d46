"""An exposure whose pixels were summed after the fact: its images, its place on the sky, and its tables."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from awlike.pixels.binning import binned, binned_astrometry

_ALONG = 'X', 'Y', 'X_IMAGE', 'Y_IMAGE'  # places, from 1 on
_LENGTHS = 'FLUX_RADIUS', 'FWHM_IMAGE', 'A_IMAGE', 'B_IMAGE'
_LEVELS = 'SKYBG', 'SKYBGCLP', 'SKYBGMIN', 'SKYBGSTD'


def summed(image: Callable[[], np.ndarray], side: int) -> np.ndarray:
    """Return an image whose pixels are the sums of side x side pixels, float32."""
    return binned(image(), side, sums=True)


def binned_values(cards: Mapping[str, Mapping[str, Any]], tables: Mapping[str, Mapping[str, Any]], sky: Mapping[str, Any],
                  level: Mapping[str, Any], side: int) -> tuple[dict, dict, dict, dict]:
    """Return what is known of an exposure in the pixels of its summed images.

    Parameters
    ----------
    cards : dict
        The cards of each detector.
    tables : dict
        The columns of tables by name; places and lengths are in pixels.
    sky : dict
        The columns of the table of the sky.
    level : dict
        SKYBG and its like, where they are known; light adds up, so that they grow as the pixels do.
    side : int
        How many pixels along each axis become one.

    Returns
    -------
    (dict, dict, dict, dict)
        The same in new pixels.
    """
    return ({name: binned_astrometry(dict(one), side) for name, one in cards.items()},
            {name: _columns(one, side) for name, one in tables.items()},
            _columns(sky, side) | {'LEVEL': np.asarray(sky['LEVEL']) * side ** 2},
            {name: value * side ** 2 if name in _LEVELS else value for name, value in level.items()})


def _columns(table: Mapping[str, Any], side: int) -> dict[str, Any]:
    places = {name: (np.asarray(table[name]) - 0.5) / side + 0.5 for name in _ALONG if name in table}
    return dict(table) | places | {name: np.asarray(table[name]) / side for name in _LENGTHS if name in table}

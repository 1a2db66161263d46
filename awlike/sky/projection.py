"""The tangential projection (TAN) of the sky onto a plane, both ways, anywhere on the sphere."""

import numpy as np
from numpy.typing import ArrayLike

from awlike.sky.sphere import Doubles, axes, places, unit_vectors


def to_plane(ra: ArrayLike, dec: ArrayLike, centre: tuple[float, float]) -> tuple[Doubles, Doubles]:
    """Return the coordinates of places on the sky in the plane that touches the sky at `centre`.

    Parameters
    ----------
    ra, dec : array
        Right ascension and declination, degrees.
    centre : pair of float
        Right ascension and declination of the point of contact, degrees.

    Returns
    -------
    tuple of arrays
        Coordinates to the east and to the north, degrees; NaN for places 90 degrees or more from the centre.
    """
    east, north, towards = np.tensordot(axes(*centre), unit_vectors(ra, dec), (1, -1))
    towards = np.where(towards > 1e-9, towards, np.nan)
    return np.degrees(east / towards), np.degrees(north / towards)


def to_sky(xi: ArrayLike, eta: ArrayLike, centre: tuple[float, float]) -> tuple[Doubles, Doubles]:
    """Return right ascension (0 to 360) and declination of places in the plane; the inverse of `to_plane`, degrees."""
    xi, eta = np.broadcast_arrays(np.radians(xi), np.radians(eta))
    return places(np.tensordot(np.stack([xi, eta, np.ones_like(xi)], axis=-1), axes(*centre), (-1, 0)))

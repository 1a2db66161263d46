"""Places on the sphere: unit vectors, distances, proper motion. Right ascension and declination are in degrees."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]

_MAS = np.radians(1 / 3.6e6)


def axes(ra: ArrayLike, dec: ArrayLike) -> Doubles:
    """Return the unit vectors to the east, to the north and to places on the sky, as rows [..., 3, 3]."""
    ra, dec = np.broadcast_arrays(np.radians(ra), np.radians(dec))
    zero = np.zeros(ra.shape)
    rows = np.array([[-np.sin(ra), np.cos(ra), zero],
                     [-np.sin(dec) * np.cos(ra), -np.sin(dec) * np.sin(ra), np.cos(dec)],
                     [np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)]])
    return np.moveaxis(rows, (0, 1), (-2, -1))


def unit_vectors(ra: ArrayLike, dec: ArrayLike) -> Doubles:
    """Return the unit vectors [..., 3] to places on the sky."""
    ra, dec = np.broadcast_arrays(np.radians(ra), np.radians(dec))
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=-1)


def places(vectors: ArrayLike) -> tuple[Doubles, Doubles]:
    """Return right ascension, 0 to 360 without 360, and declination of vectors [..., 3] of any length."""
    x, y, z = np.moveaxis(np.asarray(vectors, float), -1, 0)
    ra = np.degrees(np.arctan2(y, x)) % 360
    return np.where(ra >= 360, 0.0, ra), np.degrees(np.arctan2(z, np.hypot(x, y)))


def separation(ra1: ArrayLike, dec1: ArrayLike, ra2: ArrayLike, dec2: ArrayLike) -> Doubles:
    """Return the distance between places on the sky, degrees; it is exact for the smallest and the largest distances."""
    one, two = unit_vectors(ra1, dec1), unit_vectors(ra2, dec2)
    return np.degrees(np.arctan2(np.linalg.norm(np.cross(one, two), axis=-1), np.sum(one * two, axis=-1)))


def moved(ra: ArrayLike, dec: ArrayLike, pm_ra: ArrayLike, pm_dec: ArrayLike, years: ArrayLike) -> tuple[Doubles, Doubles]:
    """Return the places of stars some years later. A star moves on a straight line in space, neither to us nor from us.

    Parameters
    ----------
    ra, dec : array
        The places at the epoch of the catalogue, degrees.
    pm_ra, pm_dec : array
        The proper motions, mas a year; that in right ascension is an angle on the sky, with cos(dec) in it. A star without
        a measured motion (NaN) does not move.
    years : array
        From the epoch of the catalogue to the date that is wanted; negative before the epoch.

    Returns
    -------
    tuple of arrays
        Right ascension and declination, degrees.
    """
    ra, dec = np.asarray(ra, float), np.asarray(dec, float)
    east, north = (np.nan_to_num(np.asarray(motion, float)) * _MAS * years for motion in (pm_ra, pm_dec))
    to_east, to_north, towards = np.moveaxis(axes(ra, dec), -2, 0)
    return places(towards + east[..., None] * to_east + north[..., None] * to_north)

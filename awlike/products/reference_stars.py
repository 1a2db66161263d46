"""Reference stars around a science frame, and where its header has it on the sky."""

import dataclasses
import datetime
from typing import Any, NamedTuple

import numpy as np

from awlike.products.astrometry import header_plate
from awlike.sky.headers import read_plate
from awlike.sky.plate import Plate
from awlike.sky.projection import to_sky
from awlike.sky.sphere import separation, unit_vectors

Array = np.ndarray


class ReferenceStars(NamedTuple):
    """Stars of a catalogue, at the date of a frame; arrays [star]."""

    RA: Array  # deg
    DEC: Array
    error: Array | None  # along each axis, arcsec; None where the catalogue has none
    MAG: Array  # NaN where unknown
    MAG_ERR: Array
    table: Any  # all columns of the catalogue, an astropy Table


def plate_of(astrom_params: Any, frame: Any) -> Plate | None:
    """Return the best plate of a science frame: the solution where there is one, else the plate of its header, else None."""
    solution = None if astrom_params is None else astrom_params.solution
    return read_plate(solution) if solution else header_plate(frame.astrom)


def middle_and_radius(plate: Plate, shape: tuple[int, int]) -> tuple[float, float, float]:
    """Return right ascension, declination and radius [deg] of the circle around a frame of this shape (rows, columns)."""
    x, y = np.array([0, shape[1] - 1, 0, shape[1] - 1]), np.array([0, 0, shape[0] - 1, shape[0] - 1])
    corners, middle = plate.pixel_to_sky(x, y), plate.pixel_to_sky((shape[1] - 1) / 2, (shape[0] - 1) / 2)
    return float(middle[0]), float(middle[1]), float(np.max(separation(*corners, *middle)))


def reference_stars(catalogue: Any, plate: Plate, frame: Any, band: str, margin: float = 0.0,
                    date: datetime.datetime | None = None) -> ReferenceStars:
    """Return the stars of a catalogue in the circle around a frame.

    Parameters
    ----------
    catalogue : InputView of a ReferenceCatalogue
    plate : Plate
        Where the frame is.
    frame : InputView of a ScienceFrame
        Its date is the date to which the stars move.
    band : str
        Of the magnitudes; where the catalogue has no such band, that of the filter of the frame, by any of its names. Where it
        has neither, the magnitudes are unknown.
    margin : float
        Around the circle [arcsec]. Default: 0.
    date : datetime.datetime
        To which the stars move in place of the date of the frame.
    """
    ra, dec, radius = middle_and_radius(plate, frame.data.shape)
    table = catalogue.cone(ra, dec, 1.01 * radius + margin / 3600, date or frame.DATE_OBS)
    band, unknown = catalogue.band_of([band, *frame.band_names]) or band, np.full(len(table), np.nan)

    def values(name: str) -> Array:
        return np.asarray(np.ma.filled(table[name], np.nan), float) if name in table.colnames else unknown

    error = np.maximum(values('RA_ERROR'), values('DEC_ERROR')) / 1000 if 'RA_ERROR' in table.colnames else None
    return ReferenceStars(values('RA'), values('DEC'), error, values(f'MAG_{band}'), values(f'MAGERR_{band}'), table)


def nearest_pairs(ra1: Array, dec1: Array, ra2: Array, dec2: Array, radius: float) -> tuple[Array, Array]:
    """Return which places of two lists [deg] are the nearest of each other within `radius` [arcsec]: indices of both."""
    from scipy.spatial import KDTree
    if not len(ra1) or not len(ra2):
        return np.zeros(0, int), np.zeros(0, int)
    first, second = unit_vectors(ra1, dec1), unit_vectors(ra2, dec2)
    reach = 2 * np.sin(np.radians(radius / 3600) / 2)
    distance, there = KDTree(second).query(first, distance_upper_bound=reach)
    back = KDTree(first).query(second)[1]
    mine = np.flatnonzero(np.isfinite(distance))
    mine = mine[back[there[mine]] == mine]
    return mine, there[mine]


def moved_pointing(plate: Plate, east: float, north: float) -> Plate:
    """Return a plate whose point of contact lies `east` and `north` [arcsec] of where it was."""
    ra, dec = to_sky(east / 3600, north / 3600, plate.CRVAL)
    return dataclasses.replace(plate, CRVAL=(float(ra), float(dec)))

"""How well a plate that an ensemble gave agrees with the reference stars of one frame."""

import numpy as np
from scipy.spatial import cKDTree  # pyrefly: ignore[missing-module-attribute]  # scipy has it, but no type for it

from awlike.sky.astrometry import Astrometry
from awlike.sky.ensemble.layers import Doubles
from awlike.sky.plate import Plate
from awlike.sky.polynomials import degree_of
from awlike.sky.projection import to_plane
from awlike.sky.sphere import separation

_RADIUS = 1.0  # arcsec: of a pair
_CLIP, _ROUNDS, _TO_SIGMA = 4.0, 5, 1.4826


def against_references(plate: Plate, header: Plate | None, x: Doubles, y: Doubles, known: tuple[Doubles, Doubles],
                       shape: tuple[int, int]) -> Astrometry:
    """Return a plate as the astrometry of a frame: reference stars do not change it, but tell how good it is.

    Parameters
    ----------
    plate : Plate
    header : Plate
        What the header tells; None where it tells nothing.
    x, y : array [source]
        Pixels from 0; NaN for sources that do not tell.
    known : pair of arrays [reference]
        Right ascension and declination at the date of the frame, degrees.
    shape : (rows, columns)

    Pairs are within 1 arcsec; those beyond 4 robust standard deviations are left out.
    """
    middle = (shape[1] - 1) / 2, (shape[0] - 1) / 2
    ra, dec = plate.pixel_to_sky(*middle)
    contact = float(ra), float(dec)
    own = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    there = 3600 * np.transpose(to_plane(*known, contact))
    fit = np.flatnonzero(np.isfinite(there).all(axis=1))
    places = 3600 * np.transpose(to_plane(*plate.pixel_to_sky(x[own], y[own]), contact))
    source, reference = _pairs(places, there[fit], _RADIUS)
    left = places[source] - there[fit][reference]
    kept = np.ones(len(left), bool)
    for _ in range(_ROUNDS):
        if kept.any():
            scale = _TO_SIGMA * np.median(np.abs(left[kept]))
            kept = np.hypot(*left.T) < _CLIP * max(scale, 1e-6) * np.sqrt(2)
    was = header.pixel_to_sky(*middle) if header else (np.nan, np.nan)
    signs = [np.sign(np.linalg.det(one.jacobian(*middle))) for one in (plate, header) if one]
    return Astrometry(plate, source=own[source[kept]], reference=fit[reference[kept]], DRA=left[kept, 0], DDEC=left[kept, 1],
                      degree=max(map(degree_of, plate.polynomials)), offset=3600 * float(separation(*was, *contact)),
                      is_flipped=len(set(signs)) > 1, frame=shape)


def _pairs(places: Doubles, known: Doubles, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the places and the known ones that are the nearest of each other within a radius."""
    if not len(places) or not len(known):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    distance, nearest = cKDTree(known).query(places, distance_upper_bound=radius)
    back = cKDTree(places).query(known)[1]
    source = np.flatnonzero(np.isfinite(distance))
    source = source[back[nearest[source]] == source]
    return source, nearest[source]

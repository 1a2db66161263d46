"""Which measurements of an ensemble are of one star, which reference star it is, and which exposures hold together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree  # pyrefly: ignore[missing-module-attribute]  # scipy has it, but no type for it

from awlike.sky.ensemble.layers import Doubles, Integers

FEWEST = 6  # stars by which two exposures hold together, and reference stars by which those lie on the sky
_LOAD = 2  # cells of the table for each measurement, at least


@dataclass(frozen=True)
class Grouped:
    """Measurements in the order of their stars."""

    order: Integers  # [measurement]: its number before
    first: Integers  # [star + 1]
    reference: Integers  # [star]: -1 for none

    def only(self, stars: NDArray[np.bool_], measurements: NDArray[np.bool_]) -> 'Grouped':
        """Return some stars, and of their measurements those for which `measurements`, [as `order`], is true."""
        star = np.repeat(np.arange(len(self.reference)), np.diff(self.first))
        kept = stars[star] & measurements
        counts = np.bincount(star[kept], minlength=len(stars))[stars]
        return Grouped(self.order[kept], np.append(0, np.cumsum(counts)), self.reference[stars])

    def telling(self, good: NDArray[np.bool_]) -> 'Grouped':
        """Return the good measurements [as `order`] of stars that several of them see, or that are known."""
        star = np.repeat(np.arange(len(self.reference)), np.diff(self.first))
        left = np.bincount(star[good], minlength=len(self.reference))
        return self.only((left > 1) | ((left > 0) & (self.reference >= 0)), good)


def grouped(places: Doubles, exposure: NDArray[np.int32], references: Doubles, radius: float) -> Grouped:
    """Return the stars of all measurements.

    Exposure after exposure, the nearest star within `radius` of the mean of its measurements is the same one; two measurements
    of one exposure are never one star. A reference star and a star are one if each is the nearest of the other.

    Parameters
    ----------
    places : array [measurement, 2]
        In a plane that is common to all.
    exposure : array [measurement]
        Ascending.
    references : array [reference, 2]
        NaN for those that are not in the plane.
    radius : float
        In the unit of places.
    """
    from awlike.sky.ensemble.kernels import group
    n = len(places)
    star, following, counts = np.zeros(n, np.int64), np.full(n, -1, np.int64), np.zeros(n, np.int64)
    mean = np.zeros((n, 2))
    head = np.full(1 << max((_LOAD * n - 1).bit_length(), 4), -1, np.int64)
    group(places, exposure, radius, star, head, mean, following, counts)
    stars = int(star.max(initial=-1)) + 1
    first = np.append(0, np.cumsum(np.bincount(star, minlength=stars)))
    return Grouped(np.argsort(star, kind='stable'), first, _references_of(mean[:stars], references, radius))


def _references_of(stars: Doubles, references: Doubles, radius: float) -> Integers:
    """Return the reference of each star, -1 for none."""
    found = np.full(len(stars), -1)
    there = np.flatnonzero(np.isfinite(references).all(axis=1))
    if not len(there) or not len(stars):
        return found
    distance, nearest = cKDTree(stars).query(references[there], distance_upper_bound=radius)
    mine = np.flatnonzero(np.isfinite(distance))
    mine = mine[np.argsort(-distance[mine], kind='stable')]  # the nearest is written last
    found[nearest[mine]] = there[mine]
    return found


def held_together(grouped: Grouped, exposure: Integers, exposures: int) -> tuple[Integers, Integers]:
    """Return the connected part of each exposure, and the number of reference stars of each part.

    Two exposures hold together if they have at least `FEWEST` stars in common. `exposure` is that of each measurement, before
    it was grouped.
    """
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components
    star = np.repeat(np.arange(len(grouped.reference)), np.diff(grouped.first))
    seen = csr_matrix((np.ones(len(star)), (star, exposure[grouped.order])), (len(grouped.reference), exposures))
    common = (seen.T @ seen) >= FEWEST
    number, part = connected_components(common, directed=False)
    known = np.flatnonzero(grouped.reference >= 0)
    of_stars = part[exposure[grouped.order[grouped.first[known]]]]
    return part, np.bincount(of_stars, minlength=number)

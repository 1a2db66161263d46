"""HEALPix cells: the cell of a position, and the cells that a region touches, as ranges of whole numbers.

Cells are those of the nested scheme at order 29, 0.4 milliarcsec wide; their numbers fit into 64 bits. A cell of a lower
order is a range of them.
"""

from collections.abc import Iterable

import numpy as np

ORDER = 29
_WIDTH = 58.6  # deg: of a cell of order 0
_SMALL = 0.05  # deg: a cone of this radius has few sources
_MARGIN = 1e-9  # deg: by which regions are widened, so that no position on their border is lost by rounding


def cells(ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
    """Return the cell of each position, int64; -1 where the position is unknown (NaN) or no position.

    Parameters
    ----------
    ra, dec : numpy.ndarray, 1-D
        Degrees; right ascensions of any number of turns.
    """
    from astropy import units as u
    from astropy.coordinates import Latitude, Longitude
    from cdshealpix import nested
    ra, dec = np.asarray(ra, float), np.asarray(dec, float)
    known = np.isfinite(ra) & np.isfinite(dec) & (np.abs(dec) <= 90)
    found = np.full(ra.shape, -1, np.int64)
    if known.any():
        found[known] = nested.lonlat_to_healpix(Longitude(ra[known] % 360, u.deg), Latitude(dec[known], u.deg), ORDER)
    return found


def cone_ranges(ra: float, dec: float, radius: float, most: int = 48) -> np.ndarray:
    """Return ranges of cells that contain a cone, int64 [range, (first, last)], both included, in order.

    Parameters
    ----------
    ra, dec, radius : float
        Centre and radius, deg.
    most : int
        The largest number of ranges; with few, they contain more beside the cone. Default: 48.
    """
    from astropy import units as u
    from astropy.coordinates import Latitude, Longitude
    from cdshealpix import nested
    wide = radius + _MARGIN
    if wide >= 90:  # cdshealpix loses cells of cones that are much larger; they hold half of all in any case
        return np.array([[0, 12 * 4**ORDER - 1]], np.int64)
    found, depths, _ = nested.cone_search(Longitude(ra % 360, u.deg), Latitude(dec, u.deg), wide * u.deg, _depth(wide))
    return few_ranges(ranges_of(found, depths), most)


def polygon_ranges(pieces: Iterable[np.ndarray], size: float, most: int = 48) -> np.ndarray:
    """Return ranges of cells that contain the convex polygons `pieces`, as `cone_ranges` returns them.

    Parameters
    ----------
    pieces : list of numpy.ndarray, 2-D [corner, (ra, dec)]
        The corners of each, deg.
    size : float
        The radius of a cone that contains all, deg.
    """
    from astropy import units as u
    from astropy.coordinates import Latitude, Longitude
    from cdshealpix import nested
    found = []
    for corners in pieces:
        ipix, depths, _ = nested.polygon_search(Longitude(corners[:, 0] % 360, u.deg), Latitude(corners[:, 1], u.deg),
                                                _depth(size + _MARGIN))
        found.append(ranges_of(ipix, depths))
    return few_ranges(np.concatenate(found), most)


def ranges_of(found: np.ndarray, depths: np.ndarray) -> np.ndarray:
    """Return the ranges of cells of order 29 of cells of any orders `depths`."""
    shift = 2 * (ORDER - depths.astype(np.int64))
    first = found.astype(np.int64) << shift
    return np.stack([first, first + (np.int64(1) << shift) - 1], 1)


def few_ranges(ranges: np.ndarray, most: int) -> np.ndarray:
    """Return `ranges` in order, those that touch as one; more than `most` are joined across the smallest gaps."""
    if not len(ranges):
        return ranges
    ranges = ranges[np.argsort(ranges[:, 0])]
    ends = np.maximum.accumulate(ranges[:, 1])
    gaps = ranges[1:, 0] - ends[:-1] - 1
    keep = gaps > 0
    if keep.sum() >= most:
        keep = np.zeros(len(gaps), bool)
        keep[np.argsort(gaps)[len(gaps) - most + 1:]] = True
    first = np.concatenate([[True], keep])
    last = np.concatenate([keep, [True]])
    return np.stack([ranges[first, 0], ends[last]], 1)


def _depth(size: float) -> int:
    """Return the order of the cells on the border of a cone of this radius, deg.

    The cells of a larger cone are smaller beside it: what lies in them outside of it is many sources, and costs more than
    further ranges.
    """
    fine = 4 if size < _SMALL else 12
    return int(np.clip(np.floor(np.log2(fine * _WIDTH / size)), 0, ORDER - 2))  # cdshealpix looks two orders deeper

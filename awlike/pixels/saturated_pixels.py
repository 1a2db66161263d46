"""Saturated pixels of a raw frame, and the trails of charge that run from them."""

import numpy as np

from awlike.errors import ParameterError
from awlike.pixels.arrays import Array, Image, Map
from awlike.pixels.filters import good_pixels
from awlike.pixels.geometry import require_same_shape
from awlike.pixels.statistics import _ROUNDING, robust_sigma

_SAMPLE = 1 << 18  # pixels that tell the noise of a raw frame
_CORE = 64  # pixels: the core of a saturated star is at most so long and so wide


def saturated_pixels(raw: Image, high: float, low: float | None = None, nsigma: float = 5.0,
                     even: Image | None = None) -> Map:
    """Return a map of the pixels of a raw frame that are saturated, in a trail of charge, or without any signal.

    Charge that does not fit into a pixel runs along y, to both sides, and may stay below `high`: a column can be full
    before the converter ends. From each saturated pixel, the trail goes as far as its columns rise above those beside
    them with an edge sharper than that of any PSF, so that the wings of a star, its diffraction spikes and a galaxy are
    none. Pixels beside a trail, into which charge leaks, are bad where they stand out from those further out.

    The core of a star can be so full that the electronics reads it below `high`. So what saturated pixels and trails
    enclose on all sides is saturated, too, up to 64 pixels along each axis.

    Parameters
    ----------
    raw : 2-D array [y, x]
        Raw frame as the camera wrote it, ADU, level included; trimmed or not.
    high : float
        Values of at least this are bad, ADU.
    low : float, optional
        Values of at most this are bad, ADU. Default: no bound.
    nsigma : float
        A trail is higher than its surroundings by at least this many sigma of the frame.
    even : 2-D array, optional
        The frame without the steps between amplifiers, ADU, in which trails are looked for. Default: `raw`.

    Returns
    -------
    2-D uint8 array
        1 good, 0 bad or not finite.

    Raises
    ------
    ValueError
        When `nsigma` is not positive or the frame is not 2-D.
    """
    require_same_shape(raw=raw, even=even)
    if not nsigma > 0:
        raise ParameterError(f'nsigma is {nsigma}, but a detection threshold must be positive: use about 5')
    from awlike.pixels.kernels.trails import PAD, mark_trails
    raw = np.asarray(raw)
    good = good_pixels(raw) & (raw < high)
    if low is not None:
        good &= raw > low
    good = good.view(np.uint8)
    padded = np.empty((raw.shape[0], raw.shape[1] + 2 * PAD), np.float32)
    if even is not None:  # only the raw frame says which pixels are saturated
        raw = np.where(raw >= high, raw, np.minimum(even, np.nextafter(np.float32(high), np.float32(0))))
    padded[:, :PAD], padded[:, PAD:-PAD], padded[:, -PAD:] = raw[:, :1], raw, raw[:, -1:]
    mark_trails(padded, high, nsigma * max(_sigma(raw), _ROUNDING), good)
    good[_enclosed(*_full(raw, good, low), raw.shape)] = 0
    return good


def _full(raw: Image, good: Map, low: float | None) -> tuple[Array, Array]:
    """Return rows and columns of the pixels that are saturated or in a trail: bad, but not because they read nothing."""
    y, x = np.divmod(np.flatnonzero(good == 0), raw.shape[1])
    values = raw[y, x]
    full = np.isfinite(values) if low is None else np.isfinite(values) & (values > low)
    return y[full], x[full]


def _enclosed(y: Array, x: Array, shape: tuple[int, int]) -> tuple[Array, Array]:
    """Return rows and columns of the pixels that those at [y, x] enclose on all sides."""
    order = np.argsort(x, kind='stable')
    columns, rows = _between(x[order], y[order])
    in_rows, in_columns = (np.ravel_multi_index(places, shape) for places in (_between(y, x), (rows, columns)))
    inside = np.intersect1d(in_rows, in_columns, assume_unique=True)
    closed = np.zeros(shape, bool)
    closed[y, x] = True
    closed.flat[inside] = True
    while True:
        y, x = np.divmod(inside, shape[1])
        shut = closed[y - 1, x] & closed[y + 1, x] & closed[y, x - 1] & closed[y, x + 1]
        if shut.all():
            return y, x
        closed[y[~shut], x[~shut]] = False
        inside = inside[shut]


def _between(lines: Array, places: Array) -> tuple[Array, Array]:
    """Return lines and places between each two neighbours on a line, in order of line and place, at most `_CORE` apart."""
    gaps = np.diff(places) - 1
    gaps[(np.diff(lines) != 0) | (gaps > _CORE)] = 0
    before = np.repeat(np.arange(gaps.size), gaps)
    steps = np.arange(before.size) - np.repeat(np.cumsum(gaps) - gaps, gaps)
    return lines[before], places[before] + 1 + steps


def _sigma(raw: Image) -> float:
    """Return the noise of a raw frame, ADU, from differences of neighbours in some of its rows: stars hardly count."""
    rows = raw[::max(1, raw.size // _SAMPLE)].astype(np.float32)
    return robust_sigma(np.diff(rows, axis=1)) / np.sqrt(2)

"""Fringes: the pattern that night-sky lines make by interference in a thin detector, and its strength in an image."""

from collections.abc import Sequence

import numpy as np

from awlike.errors import ParameterError
from awlike.pixels.arrays import Array, Image32
from awlike.pixels.bands import BIN, Bands
from awlike.pixels.combine import combine_clipped, combine_median
from awlike.pixels.filters import good_pixels
from awlike.pixels.geometry import require_same_shape
from awlike.pixels.statistics import MAD_TO_SIGMA, clipped_statistics
from awlike.pixels.strips import Frame, Rows
from awlike.pixels.surface import basis, clipped_fit, evaluated

_SKY_DEGREE = 2
_SKY_SAMPLE = 1 << 17
_OBJECT = 3.0  # sigma of a bin above the sky
_SINGLE = 4.0  # sigma that one pixel adds to a bin at most: a cosmic ray alone is no object
_ROUNDS = 20
_CONVERGED = 1e-3


def fringe_pattern(frames: Sequence[Frame], goods: Sequence[Frame | None] | None = None, nsigma: float = 3.0) -> Image32:
    """Return the fringe pattern of dithered science frames of one filter.

    Each frame, less its sky (a polynomial of degree 2, so that gradients do not enter) and divided by the level of this
    sky, shows the same pattern, as fringes are taken to be proportional to the sky; stars are elsewhere in each frame. The
    median of the frames is a first pattern. Once it is subtracted, objects stand out in 4 x 4 bins; the frames are averaged
    without these bins, and clipped for what is left of the objects (Snodgrass & Carry 2013, The Messenger 152, 14).

    Parameters
    ----------
    frames : sequence of 2-D float32 arrays [y, x]
        At least three, bias subtracted and flat-fielded, ADU; `strips.Rows` will do: they are then worked out four
        times, and one at a time is held.
    goods : sequence of 2-D maps or None, optional
        1 good, 0 bad, for each frame; None where all is good. Default: all good in all.
    nsigma : float
        Half width of clipping, in robust sigma. Default: 3.

    Returns
    -------
    2-D float32 array
        ADU of fringe per ADU of sky; median 0; exactly 0 where no frame has a usable pixel. It holds no NaN.

    Raises
    ------
    ValueError
        When there are fewer than three frames, shapes differ, or a frame's sky is not above 0.
    """
    if len(frames) < 3:
        raise ParameterError(f'{len(frames)} frame(s) given, but with fewer than three a star cannot be told from a fringe: '
                             'select more dithered science frames of this filter')
    goods = [None] * len(frames) if goods is None else list(goods)
    for number, (frame, good) in enumerate(zip(frames, goods, strict=True)):
        require_same_shape(**{f'frame {number}': frame, f'map {number}': good})
    levelled = [_levelled(frame, good) for frame, good in zip(frames, goods, strict=True)]
    first = np.nan_to_num(combine_median(levelled), copy=False)
    pattern = combine_clipped([_without_objects(frame, first) for frame in levelled], nsigma)
    known = np.isfinite(pattern)
    middle = np.median(pattern[known]) if known.any() else 0
    return np.where(known, pattern - middle, 0).astype(np.float32)


def fringe_scale(image: Frame, pattern: Frame, good: Frame | None = None, low: float = 3.0, high: float = 3.0) -> float:
    """Return the factor by which a fringe pattern is in an image: subtract this factor times the pattern.

    One factor for the image, and a plane of sky for each 256 x 256 pixels, are fitted to the pixels near to both, again
    and again (as IRAF's rmfringe does with an object mask). The noise of a pattern makes the factor of least squares
    too small, and, if the pattern was made from this image among others, too large. So the image in one half of
    each 4 x 4 bin is compared with the pattern in the other half, whose noise is its own (an instrumental variable:
    Fuller 1987, Measurement Error Models, 1.4). Of large images only every n-th band of rows is taken.

    Parameters
    ----------
    image : 2-D array [y, x]
        Bias subtracted and flat-fielded, ADU.
    pattern : 2-D array [y, x]
        From `fringe_pattern`; pixels where it is 0 or not finite do not count.
    good : 2-D map, optional
        1 good, 0 bad. Default: all good.
    low, high : float
        Pixels further than this below, or above, sky and fringes do not count; robust sigma. Default: 3.

    Returns
    -------
    float
        ADU of sky that the fringes stand for, not below 0; 0.0 where there is no pattern, or nothing usable.

    Raises
    ------
    ValueError
        When shapes differ or a threshold is not positive.
    """
    require_same_shape(image=image, pattern=pattern, good=good)
    if not (low > 0 and high > 0):
        raise ParameterError(f'low is {low} and high {high}, but thresholds must be positive: use about 3')
    bands = Bands(np.shape(image))
    if not bands.bins.size:
        return 0.0
    values, fringes = bands.of(image), bands.of(pattern)
    usable = good_pixels(values, None if good is None else bands.of(good)) & np.isfinite(fringes) & (fringes != 0)
    values, fringes = (np.where(usable, part, 0).astype(np.float32) for part in (values, fringes))
    sky, scale = bands.medians(values, usable), 0.0
    for number in range(_ROUNDS):
        residuals = values - bands.spread(sky) - np.float32(scale) * fringes
        sigma = MAD_TO_SIGMA * _median(np.abs(bands.sampled(residuals)[bands.sampled(usable)]))
        kept = usable & (residuals >= -low * sigma) & (residuals <= high * sigma)
        before = scale
        sky, scale = bands.fitted(values, fringes, kept)
        if number and abs(scale - before) <= _CONVERGED * scale:
            break
    return scale


def _levelled(frame: Frame, good: Frame | None) -> Rows:
    """Return a frame less its sky, in units of the level of the sky, NaN where it is bad."""
    image = np.asarray(frame)
    step = max(1, int(np.sqrt(image.size / _SKY_SAMPLE)))
    places = (slice(step // 2, None, step),) * 2
    usable = good_pixels(image[places], None if good is None else np.asarray(good)[places])
    values = image[places][usable].astype(np.float64)
    level = clipped_statistics(values)[1]
    if not level > 0:
        raise ParameterError(f'the sky of a frame is {level} ADU over {values.size} good pixels, but fringes are in '
                             'proportion to the sky, which must be above 0: leave this frame out, or look at its bias')
    y, x = (np.arange(length)[places[0]] / length for length in image.shape)
    fitted = basis(x, y[:, None], _SKY_DEGREE)[:, usable]
    coefficients, _ = clipped_fit(fitted, values, _OBJECT)

    def rows_of(rows: slice) -> Array:
        sky = evaluated(coefficients, frame.shape, rows)
        part = ((frame[rows] - sky) / level).astype(np.float32)
        if good is not None:
            part[np.asarray(good[rows]) == 0] = np.nan
        return part
    return Rows(image.shape, rows_of)


def _without_objects(levelled: Rows, pattern: Array) -> Rows:
    """Return a frame from `_levelled`, NaN in the bins where objects stand out of it, and in the bins next to these."""
    from scipy.ndimage import binary_dilation

    residuals = levelled[:] - pattern
    known = np.isfinite(residuals)
    most = _SINGLE * MAD_TO_SIGMA * _median(np.abs(residuals[::BIN, ::BIN][known[::BIN, ::BIN]]))
    counts, sums = (_binned(part) for part in (known, np.where(known, np.minimum(residuals, most), 0)))
    significance = sums / np.sqrt(np.maximum(counts, 1))
    sigma = MAD_TO_SIGMA * _median(np.abs(significance[counts > 0]))
    objects = binary_dilation(significance > _OBJECT * sigma, np.ones((3, 3)), iterations=2)
    columns = np.arange(residuals.shape[1]) // BIN

    def rows_of(rows: slice) -> Array:
        part = levelled[rows]
        part[objects[np.arange(rows.start, rows.stop) // BIN][:, columns]] = np.nan
        return part
    return Rows(levelled.shape, rows_of)


def _binned(image: Array) -> Array:
    """Return the sums over bins of 4 x 4 pixels; bins at the far edges can have fewer."""
    image = np.pad(image, [(0, -length % BIN) for length in image.shape])
    rows = sum((image[row::BIN].astype(np.float32) for row in range(BIN)), np.zeros((), np.float32))
    return sum((rows[:, column::BIN] for column in range(BIN)), np.zeros((), np.float32))


def _median(values: Array) -> float:
    """Return the median, 0 of nothing."""
    return float(np.median(values)) if values.size else 0.0

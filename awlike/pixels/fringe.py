"""Fringes: the pattern that night-sky lines make by interference in a thin detector, and how strong it is in an image."""

import numpy as np

from awlike.errors import ParameterError
from awlike.pixels.combine import combine_clipped, combine_median
from awlike.pixels.filters import good_pixels
from awlike.pixels.geometry import require_same_shape
from awlike.pixels.statistics import MAD_TO_SIGMA, clipped_statistics
from awlike.pixels.strips import Rows
from awlike.pixels.surface import basis, clipped_fit, terms

_BIN = 4  # pixels: narrower than any fringe, and the noise is down to a quarter
_CELL = 256  # pixels within which the sky is a plane
_SAMPLE = 1 << 20  # pixels that scale a pattern: what is left of it is then about the noise of one / 1000
_SKY_DEGREE = 2
_SKY_SAMPLE = 1 << 17
_OBJECT = 3.0  # sigma of a bin above the sky
_SINGLE = 4.0  # sigma at most that one pixel adds to a bin: a cosmic ray alone is no object
_ROUNDS = 20
_CONVERGED = 1e-3


def fringe_pattern(frames, goods=None, nsigma=3.0):
    """The fringe pattern, from dithered science frames of one filter.

    Each frame, less its sky (a polynomial of degree 2, so that gradients do not enter) and divided by the level of that
    sky, to which fringes are taken to be proportional, shows the same pattern; stars are elsewhere in each. The median
    of the frames is a first pattern. With it taken off, objects stand out in 4 x 4 bins; without them, and clipped for
    what is left of them, the frames are averaged (Snodgrass & Carry 2013, The Messenger 152, 14).

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
        ADU of fringe per ADU of sky; median 0; exactly 0 where no frame tells. It holds no NaN.

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
    levelled = [_levelled(frame, good) for frame, good in zip(frames, goods)]
    first = np.nan_to_num(combine_median(levelled), copy=False)
    pattern = combine_clipped([_without_objects(frame, first) for frame in levelled], nsigma)
    known = np.isfinite(pattern)
    middle = np.median(pattern[known]) if known.any() else 0
    return np.where(known, pattern - middle, 0).astype(np.float32)


def fringe_scale(image, pattern, good=None, low=3.0, high=3.0):
    """The factor by which a fringe pattern is in an image: subtract this times the pattern.

    One factor for the image, and a plane of sky for each 256 x 256 pixels, are fitted to the pixels near to both, again
    and again (as IRAF's rmfringe does with an object mask). A pattern has noise, of which least squares would make too
    small a factor, and if the image is one of those it was made from, too large a one. So the image in one half of
    each 4 x 4 bin is compared with the pattern in the other half, whose noise is its own (an instrumental variable:
    Fuller 1987, Measurement Error Models, 1.4). Of large images every so many rows are taken.

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
    bands = _Bands(np.shape(image))
    if not bands.bins.size:
        return 0.0
    values, fringes = bands.of(image), bands.of(pattern)
    usable = good_pixels(values, None if good is None else bands.of(good)) & np.isfinite(fringes) & (fringes != 0)
    values, fringes = (np.where(usable, part, 0).astype(np.float32) for part in (values, fringes))
    sky, scale = bands.medians(values, usable), 0.0
    for _ in range(_ROUNDS):
        residuals = values - bands.spread(sky) - np.float32(scale) * fringes
        sigma = MAD_TO_SIGMA * _median(np.abs(bands.sampled(residuals)[bands.sampled(usable)]))
        kept = usable & (residuals >= -low * sigma) & (residuals <= high * sigma)
        before = scale
        sky, scale = bands.fitted(values, fringes, kept)
        if abs(scale - before) <= _CONVERGED * scale:
            break
    return scale


class _Bands:
    """Bands of 4 rows, evenly over an image, as arrays [band, row, x], and their bins of 4 x 4 pixels, [band, bin]."""

    def __init__(self, shape):
        step = _BIN * max(1, shape[0] * shape[1] // _SAMPLE)
        tops, self._width = np.arange(0, shape[0] - _BIN + 1, step), shape[1] // _BIN * _BIN
        self._rows = tops[:, None] + np.arange(_BIN)
        y, x = np.meshgrid(tops, np.arange(0, self._width, _BIN), indexing='ij')
        self._across = -(-shape[1] // _CELL)
        self.bins = y // _CELL * self._across + x // _CELL  # the cell that each is in
        self._cells = -(-shape[0] // _CELL) * self._across
        self._planes = np.array([np.ones(y.shape), y % _CELL / _CELL - 0.5, x % _CELL / _CELL - 0.5])

    def of(self, image):
        """The bands of an image."""
        return np.asarray(image)[self._rows, :self._width]

    def spread(self, binned):
        """Values of bins for each column of their bands, [band, 1, x]."""
        return np.repeat(binned.astype(np.float32), _BIN, axis=1)[:, None]

    def sampled(self, bands):
        """One pixel of each bin."""
        return bands[:, 0, ::_BIN]

    def medians(self, values, usable):
        """About the median of the values in each cell, for its bins; 0 where nothing is usable."""
        usable = self.sampled(usable)
        values, cells = self.sampled(values)[usable], self.bins[usable]
        counts = np.bincount(cells, minlength=self._cells)
        middles = np.cumsum(counts) - counts + counts // 2
        ordered = np.append(values[np.lexsort((values, cells))], 0)
        return np.where(counts > 0, ordered[np.minimum(middles, values.size)], 0)[self.bins]

    def fitted(self, values, fringes, kept):
        """The planes of sky, for the bins, and the scale of the fringes that fit best to what is kept."""
        counts = self._halved(kept)
        full = (counts >= _BIN * _BIN // 4).all(axis=0)  # half of each half
        image, pattern = (self._halved(np.where(kept, part, 0))[:, full] / counts[:, full] for part in (values, fringes))
        plane_through = self._planes_of(full)
        other = np.array([half - plane_through(half)[full] for half in pattern[::-1]])
        strength = float(np.sum(pattern * other))
        scale = max(0.0, float(np.sum(image * other)) / strength) if strength > 0 else 0.0
        return plane_through((image - scale * pattern).mean(axis=0)), scale

    def _halved(self, values):
        """Sums over the upper and the lower half of each bin, [half, band, bin]."""
        rows = values.reshape(len(self._rows), 2, _BIN // 2, self._width).sum(axis=2, dtype=np.float32)
        return sum(rows[..., column::_BIN] for column in range(_BIN)).swapaxes(0, 1)

    def _planes_of(self, full):
        """Function from a value for each full bin to the plane through those of each cell, at all its bins."""
        cells, planes = self.bins[full], self._planes[:, full]

        def sums(numbers):
            return np.bincount(cells, numbers, self._cells)
        products = np.array([[sums(one * other) for other in planes] for one in planes])
        inverse = np.linalg.pinv(np.moveaxis(products, 2, 0), hermitian=True)

        def plane_through(values):
            coefficients = inverse @ np.array([sums(one * values) for one in planes]).T[..., None]
            return sum(plane * number[self.bins] for plane, number in zip(self._planes, coefficients[..., 0].T))
        return plane_through


def _levelled(frame, good):
    """A frame less its sky, in units of the level of that sky, as `Rows`; NaN where it is bad."""
    image = np.asarray(frame)
    step = max(1, int(np.sqrt(image.size / _SKY_SAMPLE)))
    places = (slice(step // 2, None, step),) * 2
    usable = good_pixels(image[places], None if good is None else np.asarray(good)[places])
    values = image[places][usable].astype(np.float64)
    level = clipped_statistics(values)[1]
    if not level > 0:
        raise ParameterError(f'the sky of a frame is {level} ADU over {values.size} good pixels, but fringes are in proportion '
                             'to the sky, which must be above 0: leave this frame out, or look at its bias and its map')
    y, x = (np.arange(length)[places[0]] / length for length in image.shape)
    fitted = basis(x, y[:, None], _SKY_DEGREE)[:, usable]
    coefficients = np.zeros((_SKY_DEGREE + 1,) * 2)
    for (i, j), number in zip(terms(_SKY_DEGREE), clipped_fit(fitted, values, _OBJECT)[0]):
        coefficients[j, i] = number
    across = np.arange(image.shape[1]) / image.shape[1]

    def rows_of(rows):
        sky = np.polynomial.polynomial.polygrid2d(np.arange(rows.start, rows.stop) / frame.shape[0], across, coefficients)
        part = ((frame[rows] - sky) / level).astype(np.float32)
        if good is not None:
            part[np.asarray(good[rows]) == 0] = np.nan
        return part
    return Rows(image.shape, rows_of)


def _without_objects(levelled, pattern):
    """A frame from `_levelled`, NaN in the bins where objects stand out of it, and in those next to them; as `Rows`."""
    from scipy.ndimage import binary_dilation

    residuals = levelled[:] - pattern
    known = np.isfinite(residuals)
    most = _SINGLE * MAD_TO_SIGMA * _median(np.abs(residuals[::_BIN, ::_BIN][known[::_BIN, ::_BIN]]))
    counts, sums = (_binned(part) for part in (known, np.where(known, np.minimum(residuals, most), 0)))
    significance = sums / np.sqrt(np.maximum(counts, 1))
    sigma = MAD_TO_SIGMA * _median(np.abs(significance[counts > 0]))
    objects = binary_dilation(significance > _OBJECT * sigma, np.ones((3, 3)), iterations=2)
    columns = np.arange(residuals.shape[1]) // _BIN

    def rows_of(rows):
        part = levelled[rows]
        part[objects[np.arange(rows.start, rows.stop) // _BIN][:, columns]] = np.nan
        return part
    return Rows(levelled.shape, rows_of)


def _binned(image):
    """Sums over bins of 4 x 4 pixels; those at the far edges can be of fewer."""
    image = np.pad(image, [(0, -length % _BIN) for length in image.shape])
    rows = sum(image[row::_BIN].astype(np.float32) for row in range(_BIN))
    return sum(rows[:, column::_BIN] for column in range(_BIN))


def _median(values):
    """Median, 0 of nothing."""
    return float(np.median(values)) if values.size else 0.0

"""One straight line across an image, measured at full resolution: whether it is a track, its exact position and its width."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from awlike.pixels.arrays import Array
from awlike.pixels.statistics import MAD_TO_SIGMA
from awlike.pixels.straightness import bow

_REACH = 40  # pixels to either side of the line that are looked at
_FEWEST, _SEGMENTS, _SEGMENT = 8, 16, 64  # a line has 8 to 16 segments, of 64 pixels or more if it is long enough
_SIGMAS = 0.5 * 1.25 ** np.arange(15)  # pixels: widths of Gaussian profiles that are tried
_TYPICAL = 1.7  # pixels: sigma of a track of FWHM 4 pixels
_NARROW = 0.65  # pixels: no PSF makes a track this narrow, but a bad column is
_BROAD = 6.0  # pixels: a line of a larger sigma is the rim of a reflection or the like
_WIDTHS = 3.0  # sigma: half a track's width at least
_SHIFTS, _TILTS = np.arange(-12, 12.5, 0.5), np.arange(-20, 20.5, 0.5)  # pixels by which a line is moved
_BOW, _CURVED = 1.0, 5.0  # pixels, and sigma: a larger bow makes a line a curve
_STRAIGHT = 1e5  # pixels: a larger radius of curvature may be the distortion of a camera
_BESIDE = 12  # pixels to either side of a line that tell whether it is the edge of something
_DARK, _FAINT = 0.25, 0.5  # share of the segments of a track that may be dark; least light of the others, of the median


class Track(NamedTuple):
    """A straight track: a point on it, its direction and half its width."""

    y: float  # pixels
    x: float  # pixels
    angle: float  # radians, from the x axis towards the y axis
    half_width: float = 0.0  # pixels

    @classmethod
    def through(cls, y0: float, x0: float, y1: float, x1: float) -> 'Track':
        """Return the line through two points, pixels."""
        return cls(y0, x0, float(np.arctan2(y1 - y0, x1 - x0)))

    def pixels(self, shape: tuple[int, int]) -> tuple[Array, Array]:
        """Return the pixels [y, x] of an image that the track covers: a span of each column, or of each row if it is steep."""
        sine, cosine = np.sin(self.angle), np.cos(self.angle)
        steep = abs(sine) > abs(cosine)
        along, across, slope, (size, most) = (self.y, self.x, cosine / sine, shape) if steep else (
            self.x, self.y, sine / cosine, shape[::-1])
        lines = np.arange(size)
        middle, reach = across + (lines - along) * slope, self.half_width / max(abs(sine), abs(cosine))
        first, last = np.ceil(middle - reach).astype(int), np.floor(middle + reach).astype(int)
        there = first[:, None] + np.arange(int(2 * reach) + 2)
        line, place = np.nonzero((there <= last[:, None]) & (there >= 0) & (there < most))
        return (line, there[line, place]) if steep else (there[line, place], line)

    def moved(self, across: float, turn: float) -> 'Track':
        """Return the track moved across its direction, pixels, and turned, radians."""
        y, x = self.y + across * np.cos(self.angle), self.x - across * np.sin(self.angle)
        return self._replace(y=float(y), x=float(x), angle=float(self.angle + turn))


def measure_line(significance_at: Callable[[Array, Array], Array], brightness_at: Callable[[Array, Array], Array],
                 shape: tuple[int, int], line: Track, threshold: float) -> tuple[Track, bool]:
    """Refine a line and judge whether it is a track: straight, lit throughout, and not the edge of a shadow or of a light.

    Parameters
    ----------
    significance_at : function
        Returns the significances of the pixels [y, x]; NaN where they do not count.
    brightness_at : function
        Returns the values of the pixels themselves, so that a step of the level is one.
    shape : tuple
        Rows and columns of the image.
    line : Track
        The line, a few pixels off.
    threshold : float
        Significance, in sigma, that a line must reach if all of it were as bright as its dim segments, of which a
        quarter may be dimmer.

    Returns
    -------
    tuple
        The `Track`, and whether it is one.
    """
    for _ in range(3):
        line, length = _centred(line, shape)
        if length < _FEWEST:
            return line, False
        places, profiles = _profiles(significance_at, line, length)
        if len(places) < _FEWEST / 2:
            return line, False
        across, tilt = _best_move(places, profiles)
        line = line.moved(across, tilt / length)
    sigma = _best_sigma(profiles.mean(axis=0))
    lit = (_NARROW < sigma < _BROAD and _shines_throughout(profiles, sigma, threshold)
           and not _is_curved(places, profiles, sigma, length)
           and not _is_edge(_profiles(brightness_at, line, length)[1], sigma))
    return line._replace(half_width=_half_width(profiles.mean(axis=0), sigma)), lit


def _centred(line: Track, shape: tuple[int, int]) -> tuple[Track, int]:
    """Return the line with its point in the middle of its part inside the image, and the length of this part, pixels."""
    reach = int(np.hypot(*shape)) + 1
    along = np.arange(-reach, reach + 1)
    y, x = line.y + along * np.sin(line.angle), line.x + along * np.cos(line.angle)
    inside = along[(y > -0.5) & (y < shape[0] - 0.5) & (x > -0.5) & (x < shape[1] - 0.5)]
    if not inside.size:
        return line, 0
    y, x = (start + inside.mean() * step for start, step in ((line.y, np.sin(line.angle)), (line.x, np.cos(line.angle))))
    return line._replace(y=float(y), x=float(x)), len(inside)


def _profiles(significance_at: Callable[[Array, Array], Array], line: Track, length: int) -> tuple[Array, Array]:
    """Return profiles across the line, one for each segment of it that has sky to both sides.

    The result is the place of each segment, -0.5 to 0.5 of the length, and its medians, sigma of a pixel, [segment, pixel
    across] less the median of all across, so that wider structure does not count.
    """
    number = max(_FEWEST, min(_SEGMENTS, length // _SEGMENT))
    along = np.arange(number * (length // number)) - (length - 1) / 2
    across = np.arange(-_REACH, _REACH + 1)[:, None]
    y, x = (np.rint(start + along * step + across * aside).astype(int) for start, step, aside in (
        (line.y, np.sin(line.angle), np.cos(line.angle)), (line.x, np.cos(line.angle), -np.sin(line.angle))))
    values = np.sort(significance_at(y, x).reshape(len(across), number, -1), axis=-1)  # NaN last
    count = np.isfinite(values).sum(axis=-1)
    middle = np.maximum(count - 1, 0)[..., None] // 2
    medians = np.take_along_axis(values, middle, axis=-1)[..., 0].T
    medians[values.shape[-1] > count.T * 3] = np.nan
    seen = np.isfinite(medians)
    counts = np.minimum(seen[:, :_REACH].mean(axis=1), seen[:, _REACH + 1:].mean(axis=1)) >= 0.5
    level = np.array([np.nanmedian(one) for one in medians[counts]])
    filled = [np.interp(across[:, 0], across[ok, 0], one[ok] - zero, left=0, right=0)  # over a dead column, too
              for one, ok, zero in zip(medians[counts], seen[counts], level, strict=True)]
    places = (np.arange(number) + 0.5) / number - 0.5
    return places[counts], np.array(filled)


def _matched(profiles: Array, sigma: float) -> Array:
    """Return the profiles filtered with a Gaussian such that noise keeps its size."""
    from scipy.ndimage import correlate1d

    reach = min(int(4 * sigma) + 1, _REACH)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    return correlate1d(profiles, kernel / np.sqrt(np.sum(kernel ** 2)), axis=-1, mode='constant')


def _best_move(places: Array, profiles: Array) -> tuple[float, float]:
    """Return by how many pixels to move the line across, and by how many more at its end than at its beginning."""
    matched = _matched(profiles, _TYPICAL)
    matched = np.minimum(matched, 3 * np.median(matched.max(axis=1)))  # no segment decides alone
    at = _REACH + _SHIFTS[:, None] + _TILTS[:, None, None] * places  # [tilt, shift, segment]
    below, segment = at.astype(int), np.arange(len(places))
    share = at - below
    light = (1 - share) * matched[segment, below] + share * matched[segment, below + 1]
    tilt, shift = np.unravel_index(np.argmax(light.sum(axis=-1)), light.shape[:2])
    return _SHIFTS[shift], _TILTS[tilt]


def _best_sigma(profile: Array) -> float:
    """Return the width of the Gaussian that stands out most from the noise where the line is."""
    return _SIGMAS[np.argmax([_matched(profile, sigma)[_REACH] for sigma in _SIGMAS])]


def _half_width(profile: Array, sigma: float) -> float:
    """Return the pixels to either side of the line in which light is seen above the noise, and at least 3 sigma."""
    dark = profile < 3 * MAD_TO_SIGMA * np.median(np.abs(profile))
    sides = np.argmax(dark[_REACH:]), np.argmax(dark[_REACH::-1])
    return float(max(_WIDTHS * sigma, *sides))


def _shines_throughout(profiles: Array, sigma: float, threshold: float) -> bool:
    """Return whether three in four segments have similar light, enough for a line of them to reach the threshold."""
    matched = _matched(profiles, sigma)
    noise, light = MAD_TO_SIGMA * np.median(np.abs(matched)), matched[:, _REACH]
    dim = np.quantile(light, _DARK)
    return bool(dim * np.sqrt(len(light)) > threshold * noise and dim > _FAINT * np.median(light))


def _is_curved(places: Array, profiles: Array, sigma: float, length: int) -> bool:
    """Return whether the line has a bow: it is the rim of a disc, a ring, or a fringe."""
    size, error = bow(places, _matched(profiles, sigma), sigma)
    return abs(size) > max(_BOW, length ** 2 / 8 / _STRAIGHT, _CURVED * error)


def _is_edge(profiles: Array, sigma: float) -> bool:
    """Return whether the line is where the level steps from one side to the other, rather than light on one level."""
    if not len(profiles):
        return False
    clear = min(int(2.5 * sigma) + 2, _REACH - _BESIDE)
    sides = profiles[:, _REACH - clear - _BESIDE:_REACH - clear], profiles[:, _REACH + clear + 1:_REACH + clear + 1 + _BESIDE]
    along = np.arange(_BESIDE) - (_BESIDE - 1) / 2
    slope = sum(side @ along for side in sides) / 2 / (along @ along)
    left, right = (side.mean(axis=1) for side in sides)
    step = right - left - slope * (2 * clear + 1 + _BESIDE - 1)
    light = profiles[:, _REACH - 1:_REACH + 2].mean(axis=1) - (left + right) / 2
    return bool(abs(np.median(step)) > abs(np.median(light)))

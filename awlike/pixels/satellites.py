"""Tracks of satellites: straight lines of light from one side of an image to another."""

from collections.abc import Callable

import numpy as np

from awlike.errors import ParameterError
from awlike.pixels.arrays import Array, Image, Image32, Map, Mask
from awlike.pixels.filters import fill_bad, good_pixels, local_level
from awlike.pixels.geometry import require_same_shape
from awlike.pixels.radon import DIRECTIONS, strongest_line
from awlike.pixels.statistics import MAD_TO_SIGMA
from awlike.pixels.strips import for_strips
from awlike.pixels.track import Track, measure_line

_BIN = 5  # pixels: a bin collects most of a track of FWHM 4 pixels, and little more noise
_WINDOW = 21  # bins: the surroundings that tell level and noise
_CLIP = 3.0  # sigma that a bin counts for at most, so that neither stars nor cosmic rays make a line
_SOLID = 4.0  # sigma: 3 x 3 bins that are all above it belong to a star or a galaxy
_ELONGATED = 4.0  # length over width from which on bright bins belong to a track rather than to a galaxy
_SHORTEST = 0.25  # of the shorter side: lines that only cut a corner are not looked for
_ALONG, _EDGE = 0.01, 0.04  # radians from an edge, and share of the side, within which a line follows the edge
_LINES, _PARALLEL, _TILTED = 4, 0.02, 0.1  # so many parallel lines, to so many radians, as near to an axis, are a spectrum
_EXACT = np.deg2rad(0.3)  # radians within which lines follow each other and an axis exactly: two of these are a spectrum
_ROUNDS = 20  # lines that are looked at, at most


def satellite_tracks(image: Image, good: Image, threshold: float) -> tuple[Map, list[Track]]:
    """Return a map of the tracks that satellites have left, and the tracks.

    The image, less its local level and over its local noise, is binned 5 x 5 and clipped. A Radon transform finds the line
    along which it adds up most significantly, as acstools' `findsat_mrt` does (Stark et al. 2022, ACS
    ISR 2022-08). There, position and angle are refined and the width is measured at full resolution. The line is a
    track when it shines along nearly all its length, not in places, as stars, galaxies and diffraction spikes do, and
    when it is wider than a bad column. A curve is none, nor is the edge of a shadow or of a light, a ridge that follows the
    edge of the image, or one of four and more parallel lines near an axis, or of two and more exactly along it, as in a
    spectrum. This is repeated until no line is significant. A track of 0.3 sigma a pixel and a FWHM of 4 pixels has about
    15 sigma on 2,000 pixels of length.

    Parameters
    ----------
    image : 2-D array [y, x]
        Bias subtracted and flat-fielded, any unit, with or without the sky.
    good : 2-D map
        1 good, 0 bad: hot, cold and above all saturated pixels.
    threshold : float
        Significance, in sigma, from which on a line is a track. Chance makes 5; 7 is a good choice.

    Returns
    -------
    tuple
        The map, 2-D uint8 array: 1 good, 0 in a track, whatever the pixel is; and the list of the `Track`.

    Raises
    ------
    ValueError
        When shapes differ, or the threshold is not positive.
    """
    require_same_shape(image=image, good=good)
    if not threshold > 0:
        raise ParameterError(f'threshold is {threshold}, but must be above 0: use about 7')
    usable = good_pixels(image, good)
    sky = _Sky(image, usable)
    tracks: list[Track] = []
    for _ in range(_ROUNDS):
        significance, *line = sky.strongest_line()
        if significance < threshold:
            break
        line = Track.through(*((end + 0.5) * _BIN - 0.5 for end in line))
        track, is_one = measure_line(sky.significance_at, sky.brightness_at, usable.shape, line, threshold)
        if is_one:
            tracks.append(track)
            sky.forget(track)
        sky.forget(line)
    tracks = [track for track in tracks if not _follows_edge(track, usable.shape)]
    tracks = [track for track in tracks if not _is_of_spectrum(track, tracks)]
    clear = np.ones(usable.shape, np.uint8)
    for track in tracks:
        clear[track.pixels(usable.shape)] = 0
    return clear, tracks


def _follows_edge(track: Track, shape: tuple[int, int]) -> bool:
    """Return whether a track runs along an edge of the image, where vignetting and the flat leave ridges."""
    for turned, place, length in ((track.angle, track.y, shape[0]), (track.angle - np.pi / 2, track.x, shape[1])):
        if abs(np.sin(turned)) < _ALONG and min(place, length - 1 - place) < _EDGE * length:
            return True
    return False


def _is_of_spectrum(track: Track, tracks: list[Track]) -> bool:
    """Return whether a track is one of several that are parallel to each other and to an axis: the lines of a spectrum.

    Two are enough where they follow the axis exactly. More may be tilted a little.
    """
    for number, parallel, tilted in ((_LINES, _PARALLEL, _TILTED), (2, _EXACT, _EXACT)):
        alike = [other for other in tracks if abs(np.sin(other.angle - track.angle)) < parallel
                 and abs(np.sin(2 * other.angle)) < 2 * tilted]
        if track in alike and len(alike) >= number:
            return True
    return False


class _Sky:
    """An image as significances, of bins and of single pixels."""

    def __init__(self, image: Image, usable: Mask) -> None:
        self._image, self._usable = image, usable
        number = _binned(usable.astype(np.float32))
        self._filled = number > _BIN ** 2 / 2
        sums = _binned(np.where(usable, image, 0).astype(np.float32, copy=False))
        means = np.divide(sums, number, out=np.zeros_like(sums), where=self._filled)
        means = fill_bad(means, self._filled)
        self._level = local_level(means, _WINDOW)
        self._level += local_level(means - self._level, _WINDOW)  # at edges a slope leaves a trace in the first one
        deviations = (means - self._level) * np.sqrt(number)
        spread = local_level(fill_bad(np.abs(deviations), self._filled), _WINDOW)
        self._noise = np.float32(MAD_TO_SIGMA) * spread  # of a pixel
        self._filled &= self._noise > 0
        significances = np.divide(deviations, self._noise, out=np.zeros_like(means), where=self._filled)
        self._filled &= ~_sources(significances)
        self.weights = self._filled.astype(np.float32)
        self.values = np.clip(significances, -_CLIP, _CLIP)
        self.values -= self.values[self._filled].mean() if self._filled.any() else 0
        self.values *= self.weights
        self._lines = [(np.inf, 0, 0, 0, 0)] * len(DIRECTIONS)  # the strongest in each direction, as far as is known
        self._known = [False] * len(DIRECTIONS)

    def strongest_line(self) -> tuple[float, int, int, int, int]:
        """Return the strongest line of all directions, as `radon.strongest_line` does.

        When a line is forgotten, no other becomes stronger, but for the noise where they cross. So a direction is searched
        again only while its line was the strongest, two directions at a time.
        """
        least = _SHORTEST * min(self.values.shape)

        def search(which: int) -> None:
            self._lines[which] = strongest_line(self.values, self.weights, least, DIRECTIONS[which])
            self._known[which] = True

        while True:
            first, second = sorted(range(len(DIRECTIONS)), key=lambda which: -self._lines[which][0])[:2]
            if self._known[first]:
                return self._lines[first]
            unknown = [first] if self._known[second] else [first, second]
            for_strips(len(unknown), 1, lambda strip, unknown=unknown: search(unknown[strip.start]), 1)

    def significance_at(self, y: Array, x: Array) -> Array:
        """Return the significances of the pixels [y, x]; NaN where they do not count or lie outside."""
        return self._at(y, x, lambda values, bins: (values - self._level.take(bins)) / self._noise.take(bins))

    def brightness_at(self, y: Array, x: Array) -> Array:
        """Return the values of the pixels [y, x] themselves; NaN where they do not count or lie outside."""
        return self._at(y, x, lambda values, bins: values)

    def _at(self, y: Array, x: Array, of: Callable[[Array, Array], Array]) -> Array:
        height, width = self._usable.shape
        inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
        pixel = np.where(inside, y * width + x, 0)
        bins = np.where(inside, y // _BIN * self.weights.shape[1] + x // _BIN, 0)
        counts = inside & self._usable.take(pixel) & (self.weights.take(bins) > 0)
        with np.errstate(all='ignore'):
            return np.where(counts, of(self._image.take(pixel), bins), np.nan)

    def forget(self, track: Track) -> None:
        """Exclude the bins that a track touches from all later lines."""
        y, x = ((place + 0.5) / _BIN - 0.5 for place in (track.y, track.x))
        touched = Track(y, x, track.angle, track.half_width / _BIN + 1).pixels(self.values.shape)
        self.values[touched] = self.weights[touched] = 0
        self._known = [False] * len(DIRECTIONS)


def _binned(image: Array) -> Array:
    """Return sums over _BIN x _BIN pixels; the last bins of a line may hold fewer."""
    rows = image[::_BIN].copy()  # to add slices one after the other takes a tenth of the time of numpy.add.reduceat
    for first in range(1, _BIN):
        more = image[first::_BIN]
        rows[:len(more)] += more
    sums = rows[:, ::_BIN].copy()
    for first in range(1, _BIN):
        more = rows[:, first::_BIN]
        sums[:, :more.shape[1]] += more
    return sums


def _sources(significances: Image32) -> Mask:
    """Return the bins in stars and galaxies: bright, several together, and not as elongated as a track."""
    from scipy.ndimage import binary_dilation, binary_opening, label

    around = np.ones((3, 3), bool)
    labels, number = label(binary_opening(significances > _SOLID, around), around)
    y, x = np.nonzero(labels)
    which = labels[y, x]
    count = np.bincount(which, minlength=number + 1)

    def mean(values: Array) -> Array:
        return np.bincount(which, values, number + 1) / np.maximum(count, 1)

    dy, dx = y - mean(y)[which], x - mean(x)[which]
    yy, xx, xy = mean(dy * dy), mean(dx * dx), mean(dx * dy)
    root = np.sqrt((yy - xx) ** 2 / 4 + xy ** 2)
    long, wide = (yy + xx) / 2 + root, (yy + xx) / 2 - root  # variances along the axes
    round_ = long < _ELONGATED ** 2 * np.maximum(wide, 1 / 12)
    round_[0] = False
    return binary_dilation(round_[labels], around, iterations=2)

"""Detectors that several amplifiers read: assemble their parts to one image, and subtract their crosstalk.

An amplifier reads its part of the detector towards its own corner, so that parts lie mirrored in the raw frame. It has a
level and a gain of its own. A little of what the other amplifiers read at the same instant is added to what it reads: the
ghost of a bright star stands in every part, as far from the amplifier's corner as the star is from its own. Ghosts are
subtracted in proportion to the measured values; this first order suffices for coefficients of 1e-3 and below.
"""

import functools
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import numpy as np

from awlike.errors import ParameterError
from awlike.pixels.arrays import Array, Image, Image32, Mask
from awlike.pixels.geometry import Amplifier, Geometry, Section, require_same_shape
from awlike.pixels.strips import Frame, Rows

Crosstalk = Mapping[str, Mapping[str, float]]  # name of an amplifier with ghosts -> {name of their source: coefficient}


def light_sensitive(image: Image, geometry: Geometry) -> Image:
    """Return the light-sensitive part of a raw frame, values as they were read; assembled where several amplifiers read it.

    Parameters
    ----------
    image : 2-D array [y, x]
        Raw frame.
    geometry : Geometry
        Its regions.

    Returns
    -------
    2-D array of the same type
        Of shape `geometry.shape`; 0 where no amplifier reads the detector.
    """
    if not geometry.amplifiers:
        return image[geometry.trim.slices]
    assembled = np.zeros(geometry.shape, image.dtype)
    for amplifier in geometry.amplifiers:
        assembled[amplifier.place.slices] = _flipped(image[amplifier.trim.slices], amplifier.flips)
    return assembled


def unread_pixels(geometry: Geometry, edge: int = 0, names: Collection[str] = ()) -> Mask | None:
    """Return which pixels of the assembled image no amplifier reads, as gaps between cells; None where all are read.

    Parameters
    ----------
    geometry : Geometry
        The regions of the raw frame.
    edge : int
        So many pixels at each edge of what an amplifier reads count as not read, too. Default: 0.
    names : collection of str
        The amplifiers that count; what others read counts as not read. Default: all.

    Returns
    -------
    2-D bool array of shape `geometry.shape`, or None
    """
    if not geometry.amplifiers and not edge:
        return None
    empty = np.ones(geometry.shape, bool)
    parts = {one.name: one.place for one in geometry.amplifiers} or {'': Section(0, geometry.shape[1], 0, geometry.shape[0])}
    for name, place in parts.items():
        if not names or name in names:
            empty[place.y0 + edge:max(place.y1 - edge, 0), place.x0 + edge:max(place.x1 - edge, 0)] = False
    return empty if empty.any() else None


def subtract_crosstalk(victim: Frame, sources: Iterable[tuple[float, Image, Sequence[bool]]]) -> Image32:
    """Return an image without the ghosts of others that were read at the same time: victim - sum of coefficient x source.

    This works for amplifiers of a detector as well as for chips of an exposure. Each image is in its own ADU, less its own
    level.

    Parameters
    ----------
    victim : 2-D float32 array [y, x] or `Rows`
        The image that has the ghosts.
    sources : sequence of (coefficient, image, flips)
        The part of an image that is seen in the victim, the image, and along which axes, (y, x), it is flipped so that
        pixels that were read at the same instant lie upon each other. Values that are not finite are not subtracted.

    Returns
    -------
    2-D float32 array

    Raises
    ------
    ValueError
        When a source does not have the shape of the victim.
    """
    result = np.array(victim, np.float32)
    for coefficient, source, flips in sources:
        require_same_shape(victim=victim, source=source)
        ghost = np.float32(coefficient) * _flipped(source, flips)
        result -= np.where(np.isfinite(ghost), ghost, np.float32(0))
    return result


class Assembled(Rows):
    """The parts of a raw frame assembled to one image in float32, worked out when sliced.

    Each part is less its own level, without the ghosts of the others, and brought to the mean gain of all amplifiers where
    the gain of each is known. The image is NaN where no amplifier reads the detector.

    Parameters
    ----------
    raw : 2-D array or `Rows`
        Raw frame, ADU.
    geometry : Geometry
        With its amplifiers.
    levels : sequence of pairs
        Levels of the rows and of the columns of the light-sensitive part of each amplifier, float32.
    crosstalk : dict
        Names of amplifiers that have ghosts -> {name of the amplifier that causes them: coefficient}.
    factors : 1-D array, optional
        What each amplifier is multiplied by once the ghosts are subtracted. Default: 1.
    """

    def __init__(self, raw: Frame, geometry: Geometry, levels: Sequence[tuple[Array, Array]], crosstalk: Crosstalk,
                 factors: Array | None = None) -> None:
        super().__init__(geometry.shape, self._assembled)
        self.raw, self.amplifiers, self.levels = raw, geometry.amplifiers, levels
        self.sources = ghost_sources(geometry, crosstalk)
        self.scales = relative_gains(geometry)
        if factors is not None:
            self.scales = (self.scales * factors).astype(np.float32)

    def _assembled(self, rows: slice) -> Image32:
        image = np.full((rows.stop - rows.start, self.shape[1]), np.nan, np.float32)

        @functools.cache  # amplifiers side by side lie in the same rows of the raw frame
        def read(start: int, stop: int) -> Image:
            return self.raw[start:stop]

        @functools.cache
        def part(number: int, start: int, stop: int) -> Image32:
            return self._subtracted(read, number, slice(start, stop))

        for number, amplifier in enumerate(self.amplifiers):
            place = amplifier.place
            first, last = max(rows.start, place.y0), min(rows.stop, place.y1)
            if first >= last:
                continue
            within = _mirrored(slice(first - place.y0, last - place.y0), place.shape[0], amplifier.flips[0])
            values = self._without_ghosts(part, number, within) * self.scales[number]
            image[first - rows.start:last - rows.start, place.x0:place.x1] = _flipped(values, amplifier.flips)
        return image

    def _without_ghosts(self, part: Callable[[int, int, int], Image32], number: int, rows: slice) -> Image32:
        """Return these rows of the light-sensitive part of an amplifier, as they lie in the raw frame, without crosstalk."""
        amplifier = self.amplifiers[number]
        ghosts: list[tuple[float, Image32, tuple[bool, ...]]] = []
        for coefficient, source in self.sources[number]:
            flips = tuple(np.not_equal(amplifier.reversed, self.amplifiers[source].reversed))
            at_once = _mirrored(rows, amplifier.trim.shape[0], flips[0])
            ghosts.append((coefficient, part(source, at_once.start, at_once.stop), flips))
        return subtract_crosstalk(part(number, rows.start, rows.stop), ghosts)

    def parts_as_read(self) -> dict[str, Image32]:
        """Return the light-sensitive part of each amplifier by name, less its level, ghosts included, as it was read.

        Each is in its own ADU, and its first pixel is the one that was read first: pixels of the same place in two parts
        were read at the same instant.
        """
        found = {}
        for number, one in enumerate(self.amplifiers):
            part = self._subtracted(lambda start, stop: self.raw[start:stop], number, slice(0, one.trim.shape[0]))
            found[one.name] = np.ascontiguousarray(_flipped(part, one.reversed))
        return found

    def _subtracted(self, read: Callable[[int, int], Image], number: int, rows: slice) -> Image32:
        """Return these rows of the light-sensitive part of an amplifier, as they lie in the raw frame, less its level."""
        trim, (row_levels, column_levels) = self.amplifiers[number].trim, self.levels[number]
        part = read(trim.y0 + rows.start, trim.y0 + rows.stop)[:, trim.x0:trim.x1].astype(np.float32)
        part -= row_levels[rows, None]
        part -= column_levels
        return part


def relative_gains(geometry: Geometry) -> Array:
    """Return the factors from the ADU of each amplifier to ADU of the mean gain, float32; 1 where a gain is not known."""
    mean = geometry.mean_gain
    if mean is None:
        return np.ones(len(geometry.amplifiers), np.float32)
    return (np.array([amplifier.gain for amplifier in geometry.amplifiers]) / mean).astype(np.float32)


def ghost_sources(geometry: Geometry, crosstalk: Crosstalk) -> list[list[tuple[float, int]]]:
    """Return for each amplifier a list of (coefficient, number of the amplifier whose ghost it has).

    Amplifiers whose pixels show no sky have no ghosts, and cause none.

    Raises
    ------
    ValueError
        When the crosstalk names an amplifier that the frame does not have, one with itself, or two of different shapes.
    """
    amplifiers, unused = geometry.amplifiers, geometry.unused
    numbers = {one.name: number for number, one in enumerate(amplifiers)}
    sources: list[list[tuple[float, int]]] = [[] for _ in amplifiers]
    for victim, coefficients in sorted(crosstalk.items()):
        for source, coefficient in sorted(coefficients.items()):
            if victim in unused or source in unused:
                continue
            _refuse_wrong_pair(amplifiers, numbers, victim, source)
            sources[numbers[victim]].append((coefficient, numbers[source]))
    return sources


def _refuse_wrong_pair(amplifiers: Sequence[Amplifier], numbers: Mapping[str, int], victim: str, source: str) -> None:
    for name in (victim, source):
        if name not in numbers:
            raise ParameterError(f'crosstalk names the amplifier {name!r}, but this frame has '
                                 f'{", ".join(numbers) or "none"}: correct the parameter CROSSTALK, or the description of '
                                 'the camera')
    if victim == source:
        raise ParameterError(f'crosstalk of the amplifier {victim!r} with itself: leave it out, the gain has it')
    shapes = [amplifiers[numbers[name]].trim.shape for name in (victim, source)]
    if shapes[0] != shapes[1]:
        raise ParameterError(f'crosstalk of the amplifiers {victim!r} and {source!r}, of shapes {shapes[0]} and '
                             f'{shapes[1]}: pixels that were read at the same time are known for equal shapes alone; '
                             'leave the pair out')


def _flipped(image: Image, flips: Sequence[bool]) -> Image:
    """Return the image, reversed along those of the axes (y, x) for which `flips` is True."""
    return image[::-1 if flips[0] else 1, ::-1 if flips[1] else 1]


def _mirrored(rows: slice, length: int, flipped: bool) -> slice:
    """Return where these rows of an image of `length` rows lie once it is turned upside down, if it is."""
    return slice(length - rows.stop, length - rows.start) if flipped else rows

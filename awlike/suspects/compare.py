"""Compare frames that should be alike, and say in words which stand out."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from awlike.errors import DefinitionError
from awlike.pixels.arrays import Array, Flags
from awlike.pixels.frame_signs import Signs
from awlike.pixels.statistics import MAD_TO_SIGMA
from awlike.suspects.transparency import transparencies

FEWEST = 4  # frames that can be compared: each has three others
_NEAR = 6  # frames nearest in time that say what a frame should be like
_SIGMAS = 5.0  # of the scatter from frame to frame by which a frame stands out
_LEVEL, _NOISE = 1.4, 1.5  # factors by which level and noise of exposures to light differ at least
_DARK_NOISE = 1.3  # the same for the noise of biases and darks
_UNEVEN = 0.1  # share of the level by which light falls off differently at least
_TYPICAL = 4.0  # times what is typical of the others by which a frame is uneven
_STARS = 0.6  # share of the expected stars that a frame has at least
_CLEAR = 0.7  # share of the light of stars in the clearest frame that a frame has at least
_EXTINCTION = 0.5  # mag per airmass that clear air takes at most, in the ultraviolet


class Seen(NamedTuple):
    """A frame: when it was observed and how long, and its signs."""

    seconds: float  # since any moment that all have in common
    exposure_time: float  # s
    signs: Signs
    airmass: float | None = None


class Sign(NamedTuple):
    """A reason to look at a frame."""

    text: str  # 'level 312 ADU, others 201 +- 3 ADU'
    weight: float  # how far it is out, 1 at the limit


def stand_out(frames: Sequence[Seen], compared: str, fewest: int = FEWEST) -> list[list[Sign]]:
    """Return for each of several frames that should be alike the reasons to look at it, none for most.

    What a frame should be like follows from the six that are nearest in time, without the frame itself: their median, or
    the line through them, so that moonlight and twilight that change smoothly raise no suspicion.

    Parameters
    ----------
    frames : sequence of Seen
        All of one chip, setup and filter.
    compared : {'level', 'light', 'sky', 'shape'}
        How they are compared, see `awlike.products.raw.RawFrame.COMPARED`.
    fewest : int
        Of fewer frames nothing can be said. Default: 4.

    Returns
    -------
    list of list of Sign
        In the order of the frames, the strongest reason of each first.
    """
    if compared not in _RULES:
        raise DefinitionError(f'COMPARED is {compared!r}, but frames are compared by one of {", ".join(_RULES)}: '
                              'correct the class')
    found: list[list[Sign]] = [[] for _ in frames]
    sound = [number for number, one in enumerate(frames) if np.isfinite([one.signs.level, one.signs.noise]).all()]
    for number in set(range(len(frames))) - set(sound):
        found[number].append(Sign('no pixel has a finite value', np.inf))
    if len(sound) >= max(fewest, 3):
        group = _Group(sorted((frames[number] for number in sound), key=lambda one: one.seconds))
        order = sorted(sound, key=lambda number: frames[number].seconds)
        for rule in _RULES[compared]:
            for number, sign in zip(order, rule(group), strict=True):
                if sign is not None:
                    found[number].append(sign)
    return [sorted(some, key=lambda sign: -sign.weight) for some in found]


class _Group:
    """Frames in order of time, as arrays."""

    def __init__(self, frames: Sequence[Seen]) -> None:
        self.seconds = np.array([one.seconds for one in frames])
        exposed = np.array([one.exposure_time or 0.0 for one in frames])
        self.exposed = exposed if (exposed > 0).all() else np.ones(len(frames))
        self.level = np.array([one.signs.level for one in frames])
        self.noise = np.array([max(one.signs.noise, 1e-3) for one in frames])
        self.signs = [one.signs for one in frames]
        self.stars = np.array([one.stars for one in self.signs])
        self.airmass = np.array([np.nan if one.airmass is None else one.airmass for one in frames])
        shapes = {one.signs.grid.shape for one in frames}
        self.grids = np.array([one.signs.grid for one in frames]) if len(shapes) == 1 else None
        self.many = len(frames) > _NEAR  # else each frame is compared with all, itself among them: one of three is not two
        self.typical_noise = float(np.median(self.noise))

    def expected(self, values: Array) -> Array:
        """Return for each frame what the frames nearest in time say: their median or their line, whichever is nearer."""
        found = np.empty(len(values))
        for number in range(len(values)):
            near = self.nearest(number)
            time, value = self.seconds[near] - self.seconds[number], values[near]
            guesses = [np.median(value if self.many else values)]
            first, second = np.triu_indices(len(near), 1)
            apart = time[second] != time[first]
            if apart.any() and len(near) > 3:
                slope = np.median((value[second] - value[first])[apart] / (time[second] - time[first])[apart])
                guesses.append(np.median(value - slope * time))
            found[number] = min(guesses, key=lambda guess: abs(values[number] - guess))
        return found

    def nearest(self, number: int) -> Array:
        """Return the numbers of the other frames that are nearest in time."""
        distance = np.abs(self.seconds - self.seconds[number])
        distance[number] = np.inf
        return np.argsort(distance, kind='stable')[:min(_NEAR, len(distance) - 1)]


def _out(values: Array, expected: Array, least: float) -> tuple[Array, float]:
    """Return by how many times the limit each value is out, and the scatter."""
    away = np.abs(values - expected)
    scatter = MAD_TO_SIGMA * float(np.median(away))
    return away / max(_SIGMAS * scatter, least), scatter


def _leads_to_an_end(values: Array) -> Flags:
    """Return which values are on a slope to the end, or from the beginning, of the night: it dawns, or the moon rises."""
    steps = np.diff(values)
    falls = np.cumprod(np.append(steps < 0, False)).astype(bool)  # from the beginning on
    rises = np.cumprod(np.append(steps > 0, False)[-2::-1])[::-1].astype(bool)  # up to the end
    found = np.zeros(len(values), bool)
    if falls[:2].all():
        found[:int(falls.sum())] = True
    if rises[-2:].all():
        found[len(values) - int(rises.sum()):] = True
    return found


def _level(group: _Group) -> list[Sign | None]:
    expected = group.expected(group.level)
    out, scatter = _out(group.level, expected, group.typical_noise)
    return [Sign(f'level {_adu(level)}, others {_adu(other, scatter)}', weight) if weight > 1 else None
            for level, other, weight in zip(group.level, expected, out, strict=True)]


def _light(group: _Group) -> list[Sign | None]:
    least = group.typical_noise / np.median(group.exposed)  # below this a level is noise
    rates = np.log(np.maximum(group.level / group.exposed, least))
    expected = group.expected(rates)
    out, scatter = _out(rates, expected, np.log(_LEVEL))
    smooth = _leads_to_an_end(rates)
    scaled = len(set(np.round(group.exposed, 3))) > 1
    return [Sign(f'level {_adu(level)}, others {_adu(np.exp(other) * time, scatter * np.exp(other) * time)}'
                 f'{f" in {time:g} s" if scaled else ""}', weight) if weight > 1 and not on_slope else None
            for level, other, time, weight, on_slope in zip(group.level, expected, group.exposed, out, smooth, strict=True)]


def _dark_noise(group: _Group) -> list[Sign | None]:
    return _noise_beside(group, np.ones(len(group.noise)), _DARK_NOISE)


def _light_noise(group: _Group) -> list[Sign | None]:
    return _noise_beside(group, np.sqrt(np.maximum(group.level, 0) + group.typical_noise ** 2), _NOISE)


def _noise_beside(group: _Group, unit: Array, factor: float) -> list[Sign | None]:
    relative = np.log(group.noise / unit)
    expected = group.expected(relative)
    out, scatter = _out(relative, expected, np.log(factor))
    others = np.exp(expected) * unit
    return [Sign(f'noise {_adu(noise)}, others {_adu(other, scatter * other)}', weight) if weight > 1 else None
            for noise, other, weight in zip(group.noise, others, out, strict=True)]


def _dark_shape(group: _Group) -> list[Sign | None]:
    return _shape(group, np.ones(len(group.level)), group.typical_noise,
                  lambda range_, others: f'its level varies by {_adu(range_)} across the frame otherwise than in others, '
                                         f'which vary by {_adu(others)}')


def _light_shape(group: _Group) -> list[Sign | None]:
    bright = group.level > 3 * group.typical_noise
    if not bright.all():
        return [None] * len(group.level)
    return _shape(group, group.level, _UNEVEN, lambda range_, others: (
        f'light falls on it otherwise than on others, by {100 * range_:.0f} % across the frame (others {100 * others:.1f} %)'))


def _shape(group: _Group, unit: Array, least: float, told: Callable[[float, float], str]) -> list[Sign | None]:
    """Compare how the level runs across the frames, in `unit`."""
    if group.grids is None:
        return [None] * len(unit)
    shapes = (group.grids - group.level[:, None, None]) / unit[:, None, None]
    ranges = np.array([_range(shapes[number] - np.median(shapes[group.nearest(number)] if group.many else shapes, axis=0))
                       for number in range(len(shapes))])
    typical = float(np.median(ranges))
    weights = ranges / max(_TYPICAL * typical, least)
    return [Sign(told(range_, typical), weight) if weight > 1 else None for range_, weight in zip(ranges, weights, strict=True)]


def _range(values: Array) -> float:
    """Return the range of the cells, without those of bright stars and galaxies."""
    values = values[np.isfinite(values)]
    return float(np.ptp(np.quantile(values, (0.05, 0.95)))) if values.size else 0.0


def _clouds(group: _Group) -> list[Sign | None]:
    """Compare the light of the stars with that in the clearest frame; where it is not known, the number of stars."""
    clear = transparencies([one.bright for one in group.signs], group.exposed)
    least = np.full(len(clear), _CLEAR)
    if np.isfinite(clear).any():
        deeper = np.maximum(group.airmass - group.airmass[np.nanargmax(clear)], 0)
        least *= 10 ** (-0.4 * _EXTINCTION * np.nan_to_num(deeper))
    dim = [Sign(f'stars have {100 * share:.0f} % of the light that they have in the clearest frame', (1 - share) / (1 - limit))
           if share < limit else None for share, limit in zip(clear, least, strict=True)]
    few = _few_stars(group, np.isnan(clear), clear >= least)
    return [few[number] if np.isnan(share) else dim[number] for number, share in enumerate(clear)]


def _few_stars(group: _Group, asked: Flags, known_clear: Flags) -> list[Sign | None]:
    """Compare the number of stars of the frames that are `asked` with that of frames that are known to be clear, or of all."""
    found: list[Sign | None] = []
    for number, (stars, noise, time) in enumerate(zip(group.stars, group.noise, group.exposed, strict=True)):
        alike = np.abs(group.exposed - time) <= 0.2 * time
        alike[number] = False
        if (alike & known_clear).any():
            alike &= known_clear
        elif alike.sum() < FEWEST - 1:
            alike[:] = False
        if not asked[number] or not alike.any():
            found.append(None)
            continue
        expected = float(np.median(group.stars[alike] * np.minimum(group.noise[alike] / noise, 1)))
        weight = (expected - stars) / max((1 - _STARS) * expected, 3 * np.sqrt(expected), 1)
        found.append(Sign(f'{stars} stars, others {np.median(group.stars[alike]):.0f}', weight) if weight > 1 else None)
    return found


_RULES: dict[str, list[Callable[[_Group], list[Sign | None]]]] = {
    'level': [_level, _dark_noise, _dark_shape],
    'light': [_light, _light_shape],
    'shape': [_light_shape],
    'sky': [_light, _light_shape, _light_noise, _clouds],
}


def _adu(value: float, scatter: float | None = None) -> str:
    """Return a number of ADU in words, to the digits that its scatter leaves."""
    size = abs(value) if scatter is None else max(scatter, abs(value) / 1e3)
    digits = max(0, min(2, 1 - int(np.floor(np.log10(size))))) if size > 0 else 0
    if scatter is None:
        return f'{value:.{digits}f} ADU'
    return f'{value:.{digits}f} +- {scatter:.{digits}f} ADU'

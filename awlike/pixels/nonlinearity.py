"""Gain, linearity and full scale of each amplifier of a detector, from a ramp of flats."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from awlike.errors import ParameterError
from awlike.pixels.arrays import Array, Flags
from awlike.pixels.gain import Linearity, Pair, linearity, measure_pair, transfer_of
from awlike.pixels.geometry import Geometry, Section
from awlike.pixels.parts import part_of, places, scales
from awlike.pixels.statistics import clipped_statistics
from awlike.pixels.strips import Frame

_CLIP, _ROUNDS = 5.0, 10
_DIFFERS = 0.01  # a level that differs so much from what lower ones predict holds pixels that are full
_DEPARTURE = 0.3  # by which the slope of the ramp is less than that of half its height where an amplifier saturates


class Response(NamedTuple):
    """What a ramp tells of one amplifier, in its own ADU."""

    gain: float | None  # e-/ADU, by photon transfer
    coefficients: list[float]  # c1, c2 ... of true = counts (1 + c1 counts + c2 counts^2 ...); none where not measured
    rms: float | None  # what is left of the deviation from proportionality, a fraction
    seconds_per_count: float | None  # s/ADU at a low level
    saturation: float | None  # ADU; None where the ramp does not reach it


def responses(flats: Sequence[tuple[Frame, float]], read_noise: float, geometry: Geometry, order: int) -> dict[str, Response]:
    """Measure each amplifier from flats of a steady lamp and several exposure times; two of one time tell the gain.

    Parameters
    ----------
    flats : sequence of (image, exposure time)
        Flat fields in order of time, overscan and bias subtracted, 2-D [y, x], ADU, and seconds; `strips.Rows` will do, of
        which two are held.
    read_noise : float
        Of one exposure, ADU.
    geometry : Geometry
        Of the raw frames.
    order : int
        Number of coefficients of linearity.

    Returns
    -------
    dict
        By name of the amplifier. One is not in it that has no light in any flat, as one that is broken.
    """
    ramps = {name: _Ramp([], [], [], []) for name in places(geometry)}
    before: tuple[Array, float] | None = None
    for frame, time in sorted(flats, key=lambda one: one[1]):
        image = np.asarray(frame)
        for name, place in places(geometry).items():
            ramps[name].take(image, None if before is None or before[1] != time else before[0], time, place, read_noise)
        before = None if before is not None and before[1] == time else (image, time)
    own = scales(geometry)
    return {name: _in_own_adu(_response(ramp, read_noise, order), own[name]) for name, ramp in ramps.items() if ramp.levels}


class _Ramp(NamedTuple):
    """The levels of an amplifier in single flats, and what pairs of them tell."""

    levels: list[float]
    times: list[float]
    pairs: list[Pair]
    times_of_pairs: list[float]

    def take(self, image: Array, partner: Array | None, time: float, place: Section, read_noise: float) -> None:
        """Measure the part `place` of a flat, and of the pair that it makes with its `partner`, if it has one."""
        level = clipped_statistics(image[place.slices], _CLIP, _ROUNDS)[0]
        if not level > 0:
            return
        self.levels.append(float(level))
        self.times.append(time)
        if partner is not None:
            try:
                self.pairs.append(measure_pair(part_of(partner, place), part_of(image, place), read_noise))
            except ParameterError:  # no light in the partner
                return
            self.times_of_pairs.append(time)


def measurable(exposure_times: Sequence[float] | Array, order: int) -> bool:
    """Return whether levels of these exposure times tell the linearity: `linearity` would not refuse them."""
    times = sorted({time for time in exposure_times if time > 0})
    return len(times) >= order + 2 and times[-1] >= 2 * times[0]


def saturation_level(levels: Sequence[float] | Array, exposure_times: Sequence[float] | Array) -> float | None:
    """Return the level from which on a ramp rises much slower than it does at half its height; None where it never does.

    Parameters
    ----------
    levels : sequence of float
        ADU, of a steady lamp.
    exposure_times : sequence of float
        Seconds, in the same order; those that come more than once count by their mean level.
    """
    times = np.unique(np.asarray(exposure_times, float))
    ramp = np.array([np.mean(np.asarray(levels, float)[np.asarray(exposure_times) == time]) for time in times])
    low = (ramp > 0) & (ramp <= ramp.max(initial=0) / 2) & (times > 0)
    if not low.any():
        return None
    slope = float(np.median(ramp[low] / times[low]))
    rises = np.diff(ramp) / np.diff(times)
    slow = np.flatnonzero(rises < (1 - _DEPARTURE) * slope)
    slow = slow[ramp[slow + 1] > ramp.max() / 2]
    return float(ramp[slow[0]]) if slow.size else None


def relative_gains_of(found: dict[str, Response]) -> dict[str, float]:
    """Return by what the counts of each amplifier are multiplied so that the same light makes the same counts; median 1."""
    slopes = {name: one.seconds_per_count for name, one in found.items() if one.seconds_per_count is not None}
    middle = float(np.median(list(slopes.values()))) if slopes else 1.0
    return {name: slope / middle for name, slope in slopes.items()}


def _response(ramp: _Ramp, read_noise: float, order: int) -> Response:
    """Return the response of an amplifier in ADU of the assembled image."""
    levels, times = np.array(ramp.levels), np.array(ramp.times)
    full = saturation_level(levels, times)
    used = (times > 0) & (times < (np.inf if full is None else times[np.argmin(np.abs(levels - full))]))
    used, linear = _linear(levels, times, used, order)
    slope = linear.seconds_per_count if linear else float(np.median(times[used] / levels[used])) if used.any() else None
    coefficients = list(linear.coefficients) if linear else []
    return Response(_gain(ramp, read_noise, full, coefficients), coefficients, linear.rms if linear else None, slope, full)


def _linear(levels: Array, times: Array, used: Flags, order: int) -> tuple[Flags, Linearity | None]:
    """Return which levels tell the linearity, and the linearity; None where too few do.

    Where some pixels are full and others are not, a level is too low, and yet its slope may be no sign of it: so the highest
    level is left out as long as it does not follow from the others.
    """
    while measurable(times[used], order):
        last = used & (times == times[used].max())
        rest = used & ~last
        if not measurable(times[rest], order) or _departure(levels, times, rest, last, order) < _DIFFERS:
            return used, linearity(levels[used], times[used], order)
        used = rest
    return used, None


def _departure(levels: Array, times: Array, rest: Flags, last: Flags, order: int) -> float:
    """Return by which fraction the levels `last` differ from what the `rest` predicts."""
    found = linearity(levels[rest], times[rest], order)
    level = levels[last]
    true = level * (1 + sum(number * level**power for power, number in enumerate(found.coefficients, 1)))
    return float(np.max(np.abs(true * found.seconds_per_count / times[last] - 1)))


def _gain(ramp: _Ramp, read_noise: float, full: float | None, coefficients: Sequence[float]) -> float | None:
    """Return the gain that the pairs of a ramp below the level `full`, made linear, tell; None where they tell none."""
    below = [number for number, pair in enumerate(ramp.pairs) if full is None or pair.level < full]
    try:
        return transfer_of([_straight(ramp.pairs[n], coefficients) for n in below],
                           [ramp.times_of_pairs[n] for n in below], read_noise).gain
    except ParameterError:  # there are none, or the noise does not grow with the light
        return None


def _straight(pair: Pair, coefficients: Sequence[float]) -> Pair:
    """Return a pair as a linear amplifier would have recorded it, whose noise grows with the slope of the correction."""
    rise = 1 + sum((power + 1) * number * pair.level**power for power, number in enumerate(coefficients, 1))
    factor = 1 + sum(number * pair.level**power for power, number in enumerate(coefficients, 1))
    return pair._replace(level=pair.level * factor, variance=pair.variance * rise**2, rms_diff=pair.rms_diff * rise,
                         median_sum=pair.median_sum * factor)


def _in_own_adu(found: Response, scale: float) -> Response:
    """Return a response in the amplifier's own ADU, which `scale` brought to those of the assembled image."""
    def times(value: float | None, factor: float) -> float | None:
        return None if value is None else value * factor
    return found._replace(gain=times(found.gain, scale), seconds_per_count=times(found.seconds_per_count, scale),
                          saturation=times(found.saturation, 1 / scale),
                          coefficients=[value * scale**power for power, value in enumerate(found.coefficients, 1)])

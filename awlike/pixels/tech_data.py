"""Gain and read noise of each amplifier of a detector, from pairs of flats and pairs of biases."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from awlike.errors import ParameterError
from awlike.pixels.gain import measure_pair
from awlike.pixels.geometry import Geometry
from awlike.pixels.parts import part_of, places, scales
from awlike.pixels.statistics import clipped_statistics
from awlike.pixels.strips import Frame


class TechValues(NamedTuple):
    """The result of `tech_data`: values by the name of the amplifier, which is empty where a detector has one alone."""

    gains: dict[str, float]  # electrons per ADU of the amplifier
    read_noises: dict[str, float]  # electrons


def tech_data(flats: Sequence[tuple[Frame, Frame]], biases: Sequence[tuple[Frame, Frame]], geometry: Geometry) -> TechValues:
    """Measure gain and read noise of each amplifier.

    The read noise is the scatter of the difference of two biases over sqrt(2). The gain is the level of two flats over what
    light adds to the variance of one of them; `gain.measure_pair` takes the shape and the drift of the light out. Of several
    pairs it is the median.

    Parameters
    ----------
    flats : sequence of (image, image)
        Pairs of flat fields of equal exposure, overscan subtracted, 2-D [y, x], ADU; `strips.Rows` will do.
    biases : sequence of (image, image)
        Pairs of biases, likewise.
    geometry : Geometry
        Of the raw frames.

    Returns
    -------
    TechValues
        An amplifier is not in it that has no light, or no pixels, as one that is broken.

    Raises
    ------
    ParameterError
        When there is no pair of flats or of biases, or no amplifier can be measured.
    """
    if not len(flats) or not len(biases):
        raise ParameterError(f'gain and read noise need two flats of one exposure time and two biases: there are {len(flats)} '
                             f'pairs of flats and {len(biases)} of biases; take more of them')
    noises = _noises(biases, geometry)
    found: dict[str, list[float]] = {}
    for pair in flats:
        first, second = (np.asarray(one) for one in pair)
        for name, place in places(geometry).items():
            gain = _gain(part_of(first, place), part_of(second, place), noises.get(name, np.nan))
            if np.isfinite(gain):
                found.setdefault(name, []).append(gain)
    if not found:
        raise ParameterError('no amplifier has light in a pair of flats, and noise that grows with it: look at the flats and '
                             'the biases')
    own = scales(geometry)
    gains = {name: float(np.median(values)) for name, values in found.items()}
    return TechValues({name: gain * own[name] for name, gain in gains.items()},
                      {name: noises[name] * gain for name, gain in gains.items()})


def _noises(biases: Sequence[tuple[Frame, Frame]], geometry: Geometry) -> dict[str, float]:
    """Return the read noise of each amplifier that has finite pixels, in ADU of the assembled image."""
    found: dict[str, list[float]] = {}
    for first, second in biases:
        difference = np.subtract(np.asarray(first), np.asarray(second), dtype=np.float32)
        for name, place in places(geometry).items():
            stdev = clipped_statistics(difference[place.slices], 5.0, 10)[2]
            if np.isfinite(stdev):
                found.setdefault(name, []).append(float(stdev))
    return {name: float(np.median(values) / np.sqrt(2)) for name, values in found.items()}


def _gain(first: Frame, second: Frame, noise: float) -> float:
    """Return the gain that a pair of flats of one amplifier tells, e-/ADU; NaN where it tells none."""
    if not noise >= 0:
        return float('nan')
    try:
        pair = measure_pair(first, second, noise)
    except ParameterError:
        return float('nan')
    light = pair.variance - noise**2
    return pair.level / light if light > 0 else float('nan')

"""GainLinearity: electrons per count, and the deviation of counts from proportionality to light."""

from typing import Any

from awlike.declare import (
    CalibrationFrame,
    FromRawFrames,
    FromRawPixels,
    Input,
    Inputs,
    Panel,
    against_time,
    attribute,
    change_of,
    choosing,
    declared,
    disagreements,
    light,
    limit,
    panels,
    parameter,
    reach,
)
from awlike.frames.bias import BiasFrame
from awlike.frames.crosstalk import CrosstalkInput
from awlike.frames.raw import RawDomeFlatFrame
from awlike.frames.read_noise import ReadNoise


class GainLinearity(CalibrationFrame):
    """Gain by photon transfer, from pairs of dome flats; and, from their exposure times, the linearity of the counts.

    The raw flats are of one filter and a steady lamp; two of one exposure time are a pair. Linearity needs pairs of two
    more exposure times than it has coefficients, the longest at least twice the shortest; with fewer only the gain is
    measured. Where BY_AMPLIFIER says so, each of several amplifiers is measured by itself, too.
    """

    raw_dome_flat_frames = Input(RawDomeFlatFrame, 'raw flats of one filter, pairs of one exposure time', many=True)
    bias = Input(BiasFrame, 'master bias that is subtracted')
    read_noise = Input(ReadNoise, 'the noise without light')
    crosstalk_matrix = CrosstalkInput()
    gain = attribute(float, 'electrons per count', unit='electron/adu')
    gain_error = attribute(float, 'its standard error', unit='electron/adu')
    exposure_times = attribute(list, 'exposure time of each pair [s]')
    exposure_levels = attribute(list, 'level of each pair [adu]')
    median_sum = attribute(list, 'median of the sum of each pair [adu]')
    rms_diff = attribute(list, 'scatter of the difference of each pair [adu]')
    coefficients = attribute(list, 'c1, c2 ... of true = counts (1 + c1 counts + c2 counts^2 ...) [1/adu, 1/adu^2 ...]; '
                             'empty where linearity was not measured')
    amplifiers = attribute(dict, 'by amplifier, in its own adu: gain, coefficients, linearity_rms, relative_gain, saturation; '
                           'empty where they were not measured')
    linearity_rms = attribute(float, 'remaining deviations of the levels from proportionality, a fraction')

    IMPORTABLE = True

    class Parameters(FromRawFrames, FromRawPixels):
        MINIMUM_NUMBER: int = choosing(2, 'at least so many raw flats are needed', ge=2)
        PLAN_NIGHTS: int = reach('plan', 30)
        ACCEPTABLE_NIGHTS: int = reach('acceptable', 90)
        LAST_RESORT_NIGHTS: int = reach('last resort', 365)
        POLYNOMIAL_DEGREE: int = parameter(2, 'number of coefficients of linearity', ge=1, le=4)
        BY_AMPLIFIER: bool = parameter(False, 'each amplifier is measured by itself, too, and made linear by its own '
                                       'coefficients', later=True)
        MINIMUM_GAIN: float = limit(0.01, 'the gain is at least', unit='electron/adu')
        MAXIMUM_GAIN: float = limit(100.0, 'the gain is at most', unit='electron/adu')
        MAXIMUM_LINEARITY_RMS: float = limit(0.01, 'levels made linear are proportional to exposure times to this fraction')
        MAXIMUM_NONLINEARITY: float = limit(0.2, 'levels are made linear by at most this fraction')
        MAXIMUM_GAIN_DIFFERENCE: float = limit(1.0, 'the gain has changed since the one before by at most', unit='electron/adu')

    LIMITS = {'MINIMUM_GAIN': lambda made: made.gain, 'MAXIMUM_GAIN': lambda made: made.gain,
              'MAXIMUM_LINEARITY_RMS': lambda made: made.linearity_rms or 0.0,
              'MAXIMUM_NONLINEARITY': lambda made: made.nonlinearity}
    DIFFERENCES = {'MAXIMUM_GAIN_DIFFERENCE': change_of('MAXIMUM_GAIN')}

    @property
    def nonlinearity(self) -> float:
        """The largest fraction by which the correction of linearity changes a level."""
        return max((abs(sum(c * level**power for power, c in enumerate(self.coefficients, 1)))
                    for level in self.exposure_levels or ()), default=0.0)

    @staticmethod
    def make(inputs: Inputs, params: Parameters) -> dict:
        from awlike.pixels.gain import linearity, photon_transfer
        found = photon_transfer([((_light(first, inputs, params), _light(second, inputs, params)), first.EXPTIME)
                                 for first, second in pairs(inputs.raw_dome_flat_frames)], inputs.read_noise.read_noise)
        counted = found.used & (found.exposure_times > 0)
        times, levels = found.exposure_times[counted], found.levels[counted]
        measurable = len(set(times)) >= params.POLYNOMIAL_DEGREE + 2 and max(times) >= 2 * min(times)
        linear = linearity(levels, times, params.POLYNOMIAL_DEGREE) if measurable else None
        return {'gain': found.gain, 'gain_error': found.gain_error, 'exposure_times': found.exposure_times.tolist(),
                'exposure_levels': found.levels.tolist(), 'median_sum': found.median_sum.tolist(),
                'rms_diff': found.rms_diff.tolist(), 'coefficients': list(linear.coefficients) if linear else [],
                'linearity_rms': linear.rms if linear else None,
                'amplifiers': _by_amplifier(inputs, params) if params.BY_AMPLIFIER else None}

    def remarks(self) -> list[str]:
        said = declared(self, 'gain', next(iter(self.raw_dome_flat_frames), None))
        return list(disagreements((said, self.gain), (None, None)))

    def panels(self) -> list[Panel]:
        if not self.exposure_times:  # of one that was imported
            return [against_time(self, 'gain')]
        return [panels.photon_transfer(self.median_sum, self.rms_diff, self.gain),
                panels.linearity(self.exposure_times, self.exposure_levels, self.coefficients),
                against_time(self, 'gain')]


class RelativeGainInput(Input[GainLinearity | None]):
    """The relative gains that make electrons: each class whose light can be in electrons has it."""

    def __init__(self) -> None:
        super().__init__(GainLinearity, 'the relative gains that make electrons, where they are asked for', existing=True,
                         asked_by={'GAIN_CORRECTION': ('relative',)})


def pairs(raws: list) -> list[tuple]:
    """Return pairs of `raws`, which are in order of time: first and second of one exposure time, third and fourth ..."""
    by_time: dict[float, list] = {}
    for raw in raws:
        by_time.setdefault(raw.EXPTIME, []).append(raw)
    return [pair for same in by_time.values() for pair in zip(same[::2], same[1::2])]  # noqa: B905


def of_one_filter(raws: tuple) -> tuple:
    """Return the `raws` of the filter with the most exposure times or, of equal filters, the most frames."""
    groups: dict[str, list] = {}
    for raw in raws:
        groups.setdefault(raw.filter.name, []).append(raw)
    return tuple(max(groups.values(), key=lambda group: (len({raw.EXPTIME for raw in group}), len(group))))


def _light(raw: Any, inputs: Inputs, params: GainLinearity.Parameters) -> Any:
    """Return a flat without overscan, crosstalk and bias."""
    return light(raw, inputs.bias, params, crosstalk=inputs.crosstalk_matrix)


def _by_amplifier(inputs: Inputs, params: GainLinearity.Parameters) -> dict[str, dict]:
    """Return gain, linearity and full scale of each amplifier."""
    from awlike.pixels.nonlinearity import relative_gains_of, responses
    raws = inputs.raw_dome_flat_frames
    found = responses([(_light(raw, inputs, params), raw.EXPTIME) for raw in raws], inputs.read_noise.read_noise,
                      raws[0].geometry, params.POLYNOMIAL_DEGREE)
    relative = relative_gains_of(found)
    return {name: {'gain': one.gain, 'coefficients': one.coefficients, 'linearity_rms': one.rms,
                   'relative_gain': relative.get(name), 'saturation': one.saturation} for name, one in found.items()}

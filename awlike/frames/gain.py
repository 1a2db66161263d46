"""GainLinearity: how many electrons a count is, and how far counts are from proportional to light."""

from awlike.frames.bias import BiasFrame
from awlike.frames.raw import RawDomeFlatFrame
from awlike.frames.read_noise import ReadNoise
from awlike.persist.dbobject import Input, attribute
from awlike.products.calibration import CalibrationFrame
from awlike.products.parameters import FromRawFrames, FromRawPixels, limit, parameter
from awlike.products.quality import change_of
from awlike.products.signal import light
from awlike.products.trend import against_time
from awlike.views.image import panels


class GainLinearity(CalibrationFrame):
    """Gain by photon transfer, from pairs of dome flats; and, from their exposure times, the linearity of the counts.

    The raw flats are of one filter and a steady lamp; two of one exposure time are a pair. Linearity takes pairs of two
    more exposure times than it has coefficients, the longest at least twice the shortest; of fewer the gain alone is
    measured.
    """

    raw_dome_flat_frames = Input(RawDomeFlatFrame, 'raw flats of one filter, pairs of one exposure time', many=True)
    bias = Input(BiasFrame, 'master bias that is subtracted')
    read_noise = Input(ReadNoise, 'the noise without light')
    gain = attribute(float, 'electrons a count', unit='electron/adu')
    gain_error = attribute(float, 'its standard error', unit='electron/adu')
    exposure_times = attribute(list, 'exposure time of each pair [s]')
    exposure_levels = attribute(list, 'level of each pair [adu]')
    median_sum = attribute(list, 'median of the sum of each pair [adu]')
    rms_diff = attribute(list, 'scatter of the difference of each pair [adu]')
    coefficients = attribute(list, 'c1, c2 ... of true = counts (1 + c1 counts + c2 counts^2 ...) [1/adu, 1/adu^2 ...]; '
                             'empty where linearity was not measured')
    linearity_rms = attribute(float, 'what is left of the deviations of the levels from proportionality, a fraction')

    class Parameters(FromRawFrames, FromRawPixels):
        MINIMUM_NUMBER: int = parameter(2, 'at least so many raw flats are needed', in_key=False, ge=2)
        VALIDITY_DAYS: float = parameter(180.0, 'it serves for the nights of its raw frames, noon to noon, and for so long '
                                         'before and after', unit='d', in_key=False, ge=0)
        POLYNOMIAL_DEGREE: int = parameter(2, 'number of coefficients of linearity', ge=1, le=4)
        MINIMUM_GAIN: float = limit(0.01, 'the gain is at least', unit='electron/adu')
        MAXIMUM_GAIN: float = limit(100.0, 'the gain is at most', unit='electron/adu')
        MAXIMUM_LINEARITY_RMS: float = limit(0.01, 'levels are proportional to exposure times, once made linear, to this fraction')
        MAXIMUM_NONLINEARITY: float = limit(0.2, 'levels are made linear by at most this fraction')
        MAXIMUM_GAIN_DIFFERENCE: float = limit(1.0, 'the gain has changed since the one before by at most', unit='electron/adu')

    LIMITS = {'MINIMUM_GAIN': lambda made: made.gain, 'MAXIMUM_GAIN': lambda made: made.gain,
              'MAXIMUM_LINEARITY_RMS': lambda made: made.linearity_rms or 0.0,
              'MAXIMUM_NONLINEARITY': lambda made: made.nonlinearity}
    DIFFERENCES = {'MAXIMUM_GAIN_DIFFERENCE': change_of('MAXIMUM_GAIN')}

    @property
    def nonlinearity(self) -> float:
        """The largest fraction by which one of the levels is changed when counts are made linear."""
        return max(abs(sum(c * level**power for power, c in enumerate(self.coefficients, 1))) for level in self.exposure_levels)

    @staticmethod
    def make(inputs, params):
        from awlike.pixels.gain import linearity, photon_transfer
        raws = inputs.raw_dome_flat_frames
        found = photon_transfer([((light(first, inputs.bias, params), light(second, inputs.bias, params)), first.EXPTIME)
                                 for first, second in pairs(raws)], inputs.read_noise.read_noise)
        counted = found.used & (found.exposure_times > 0)
        times, levels = found.exposure_times[counted], found.levels[counted]
        measurable = len(set(times)) >= params.POLYNOMIAL_DEGREE + 2 and max(times) >= 2 * min(times)
        linear = linearity(levels, times, params.POLYNOMIAL_DEGREE) if measurable else None
        return {'gain': found.gain, 'gain_error': found.gain_error, 'exposure_times': found.exposure_times.tolist(),
                'exposure_levels': found.levels.tolist(), 'median_sum': found.median_sum.tolist(),
                'rms_diff': found.rms_diff.tolist(), 'coefficients': list(linear.coefficients) if linear else [],
                'linearity_rms': linear.rms if linear else None}

    def panels(self):
        return [panels.photon_transfer(self.median_sum, self.rms_diff, self.gain),
                panels.linearity(self.exposure_times, self.exposure_levels, self.coefficients),
                against_time(self, 'gain')]


def pairs(raws) -> list:
    """Pairs of `raws`, which are in time: the first and second of one exposure time, the third and fourth ..."""
    by_time = {}
    for raw in raws:
        by_time.setdefault(raw.EXPTIME, []).append(raw)
    return [pair for same in by_time.values() for pair in zip(same[::2], same[1::2])]

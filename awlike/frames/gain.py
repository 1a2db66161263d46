"""GainLinearity: how many electrons a count is, and how far counts are from proportional to light."""

from awlike.frames.bias import BiasFrame
from awlike.frames.light import light
from awlike.frames.parameters import FromRawFrames, limit, parameter
from awlike.frames.product import CalibrationFrame, Input
from awlike.frames.quality import change_of
from awlike.frames.raw import RawDomeFlatFrame
from awlike.frames.read_noise import ReadNoise
from awlike.persist.dbobject import attribute


class GainLinearity(CalibrationFrame):
    """Gain by photon transfer, from pairs of dome flats; and, from their exposure times, the linearity of the counts.

    The raw flats are of one filter and a steady lamp. Two that follow each other with one exposure time are a pair. With
    fewer than three exposure times, or such that span less than a factor of two, the gain alone is measured.
    """

    raw_dome_flat_frames = Input(RawDomeFlatFrame, 'raw flats of one filter, pairs of one exposure time', many=True)
    bias = Input(BiasFrame, 'master bias that is subtracted')
    read_noise = Input(ReadNoise, 'the noise without light')
    gain = attribute(float, 'electrons a count', unit='electron/adu')
    gain_error = attribute(float, 'its standard error', unit='electron/adu')
    exposure_times = attribute(list, 'exposure time of each pair [s]')
    exposure_levels = attribute(list, 'level of each pair [adu]')
    coefficients = attribute(list, 'c1, c2 ... of true = counts (1 + c1 counts + c2 counts^2 ...) [1/adu, 1/adu^2 ...]; '
                             'none where linearity was not measured')
    rms_diff = attribute(float, 'scatter of the levels about proportionality once they are made linear, relative')

    class Parameters(FromRawFrames):
        MINIMUM_NUMBER: int = parameter(2, 'at least so many raw flats are needed', in_key=False, ge=2)
        VALIDITY_DAYS: float = parameter(180.0, 'it serves for the nights of its raw frames, noon to noon, and for so long '
                                         'before and after', unit='d', in_key=False, ge=0)
        OVERSCAN_CORRECTION: int = parameter(6, 'overscan mode, 0-10', ge=0, le=10)
        POLYNOMIAL_DEGREE: int = parameter(2, 'number of coefficients of linearity', ge=1, le=4)
        MINIMUM_GAIN: float = limit(0.01, 'the gain is at least', unit='electron/adu')
        MAXIMUM_GAIN: float = limit(100.0, 'the gain is at most', unit='electron/adu')
        MAXIMUM_GAIN_DIFFERENCE: float = limit(1.0, 'the gain has changed since the one before by at most', unit='electron/adu')

    LIMITS = {'MINIMUM_GAIN': lambda made: made.gain, 'MAXIMUM_GAIN': lambda made: made.gain}
    DIFFERENCES = {'MAXIMUM_GAIN_DIFFERENCE': change_of('MAXIMUM_GAIN')}

    @staticmethod
    def make(inputs, params):
        from awlike.pixels.photon_transfer import linearity, photon_transfer
        pairs = pairs_of(inputs.raw_dome_flat_frames)
        transfer = photon_transfer([((light(a, inputs.bias, params), light(b, inputs.bias, params)), a.EXPTIME)
                                    for a, b in pairs], inputs.read_noise.read_noise)
        raise NotImplementedError

"""BiasFrame: the electronic pedestal that is left when the overscan is subtracted."""

from awlike.frames.parameters import FromRawFrames, FromRawPixels, parameter
from awlike.frames.product import CalibrationFrame, Input
from awlike.frames.raw import RawBiasFrame
from awlike.frames.read_noise import ReadNoise


class BiasFrame(CalibrationFrame):
    """A master bias: clipped mean of raw biases, overscan subtracted and trimmed."""

    raw_bias_frames = Input(RawBiasFrame, 'raw biases that are averaged', many=True)
    read_noise = Input(ReadNoise, 'what is clipped is measured in units of this')

    UNIT = 'adu'

    class Parameters(FromRawFrames, FromRawPixels):
        SIGMA_CLIP: float = parameter(3.0, 'values further from the median are left out', unit='read noise', gt=0)
        MAXIMUM_ABS_MEAN: float = parameter(10.0, 'quality: its mean is at most so far from 0', unit='adu',
                                            in_key=False, gt=0)
        MAXIMUM_STDEV: float = parameter(10.0, 'quality: its robust scatter is at most', unit='adu', in_key=False, gt=0)

    LIMITS = {'MAXIMUM_ABS_MEAN': lambda result: abs(_clipped(result['data'])[0]),
              'MAXIMUM_STDEV': lambda result: _clipped(result['data'])[2]}

    @staticmethod
    def make(inputs, params):
        from awlike.pixels.combine import combine_clipped
        from awlike.pixels.overscan import overscan_subtracted
        frames = [overscan_subtracted(raw.pixels, raw.geometry, params.OVERSCAN_CORRECTION, params.CROSSTALK)
                  for raw in inputs.raw_bias_frames]
        return {'data': combine_clipped(frames, params.SIGMA_CLIP, inputs.read_noise.read_noise)}


def _clipped(data):
    from awlike.pixels.statistics import clipped_statistics
    return clipped_statistics(data)

"""ReadNoise: the noise of the read-out electronics."""

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
    counts,
    declared,
    disagreements,
    limit,
    parameter,
    size_of,
)
from awlike.frames.crosstalk import CrosstalkInput
from awlike.frames.raw import RawBiasFrame


class ReadNoise(CalibrationFrame):
    """The read noise, from differences of pairs of raw biases."""

    raw_bias_frames = Input(RawBiasFrame, 'raw biases, compared in pairs', many=True)
    crosstalk_matrix = CrosstalkInput()
    read_noise = attribute(float, 'read noise of one pixel of one frame', unit='adu')
    mean_diff = attribute(float, 'mean difference within the pairs', unit='adu')
    median_diff = attribute(float, 'median difference within the pairs', unit='adu')

    class Parameters(FromRawFrames, FromRawPixels):
        MINIMUM_NUMBER: int = choosing(2, 'at least so many raw biases are needed', ge=2)
        REJECTION_THRESHOLD: float = parameter(5.0, 'differences further out are rejected', unit='sigma', gt=0)
        MAXIMUM_ITERATIONS: int = parameter(10, 'rounds of rejection', ge=1)
        MAXIMUM_READ_NOISE: float = limit(50.0, 'the read noise is at most', unit='adu')
        MAXIMUM_BIAS_DIFFERENCE: float = limit(100.0, 'the levels of two biases in turn differ by at most', unit='adu')
        MAXIMUM_READ_NOISE_DIFFERENCE: float = limit(10.0, 'the read noise has changed since the one before by at most',
                                                     unit='adu')

    LIMITS = {'MAXIMUM_READ_NOISE': lambda noise: noise.read_noise,
              'MAXIMUM_BIAS_DIFFERENCE': size_of('median_diff')}
    DIFFERENCES = {'MAXIMUM_READ_NOISE_DIFFERENCE': change_of('MAXIMUM_READ_NOISE')}

    @staticmethod
    def make(inputs: Inputs, params: Parameters) -> dict:
        from awlike.pixels.read_noise import read_noise
        frames = [counts(raw, params, inputs.crosstalk_matrix) for raw in inputs.raw_bias_frames]
        return read_noise(frames, params.REJECTION_THRESHOLD, params.MAXIMUM_ITERATIONS)

    def remarks(self) -> list[str]:
        raw = next(iter(self.raw_bias_frames), None)
        gain, noise = declared(self, 'gain', raw), declared(self, 'read_noise', raw)
        return list(disagreements((None, None), (noise, gain and gain * self.read_noise)))

    def panels(self) -> list[Panel]:
        return [against_time(self, 'read_noise')]

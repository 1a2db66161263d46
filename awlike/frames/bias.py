"""BiasFrame: the electronic pedestal that remains after the overscan is subtracted."""

import functools

from awlike.declare import (
    CalibrationFrame,
    FromRawFrames,
    FromRawPixels,
    Input,
    Inputs,
    Panel,
    change_of,
    counts,
    limit,
    panels,
    parameter,
)
from awlike.frames.crosstalk import CrosstalkInput
from awlike.frames.raw import RawBiasFrame
from awlike.frames.read_noise import ReadNoise
from awlike.pixels.subwindows import largest_scatter, unevenness


class BiasFrame(CalibrationFrame):
    """A master bias: clipped mean of raw biases, overscan subtracted and trimmed."""

    raw_bias_frames = Input(RawBiasFrame, 'raw biases that are averaged', many=True)
    read_noise = Input(ReadNoise, 'unit of the clipping')
    crosstalk_matrix = CrosstalkInput()

    IMPORTABLE = True
    UNIT = 'adu'

    class Parameters(FromRawFrames, FromRawPixels):
        SIGMA_CLIP: float = parameter(3.0, 'values further from the median are left out', unit='read noise', gt=0)
        MAXIMUM_ABS_MEAN: float = limit(10.0, 'its clipped mean is at most so far from 0', unit='adu')
        MAXIMUM_STDEV: float = limit(10.0, 'its clipped standard deviation is at most', unit='adu')
        MAXIMUM_SUBWIN_FLATNESS: float = limit(100.0, 'the median of any of 8 x 8 sub-windows is at most so far from that '
                                               'of all', unit='adu')
        MAXIMUM_SUBWIN_STDEV: float = limit(50.0, 'the robust scatter in any of 8 x 8 sub-windows is at most', unit='adu')
        MAXIMUM_STDEV_DIFFERENCE: float = limit(10.0, 'its clipped standard deviation has changed since the one before by '
                                                'at most', unit='adu')

    LIMITS = {'MAXIMUM_ABS_MEAN': lambda bias: abs(bias._clipped[0]),
              'MAXIMUM_STDEV': lambda bias: bias._clipped[2],
              'MAXIMUM_SUBWIN_FLATNESS': lambda bias: unevenness(bias.data),
              'MAXIMUM_SUBWIN_STDEV': lambda bias: largest_scatter(bias.data)}
    DIFFERENCES = {'MAXIMUM_STDEV_DIFFERENCE': change_of('MAXIMUM_STDEV')}

    @staticmethod
    def make(inputs: Inputs, params: Parameters) -> dict:
        from awlike.pixels.combine import combine_clipped
        frames = [counts(raw, params, inputs.crosstalk_matrix) for raw in inputs.raw_bias_frames]
        return {'data': combine_clipped(frames, params.SIGMA_CLIP, inputs.read_noise.read_noise)}

    @functools.cached_property
    def _clipped(self) -> tuple[float, float, float]:
        """Clipped mean, median and standard deviation."""
        from awlike.pixels.statistics import clipped_statistics
        image = self.data
        assert image is not None
        return clipped_statistics(image)

    def panels(self) -> list[Panel]:
        image = self.data
        if image is None:
            return []
        if self.read_noise is None:  # as of an imported one
            return [panels.means(image, self.UNIT), panels.histogram(image, self.UNIT)]
        noise = self.read_noise.read_noise / len(self.raw_bias_frames)**0.5
        return [panels.means(image, self.UNIT), panels.histogram(image, self.UNIT, noise, 'read noise of the mean')]

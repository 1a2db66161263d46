"""HotPixelMap: pixels that are too bright in the dark."""

import numpy as np

from awlike.declare import CalibrationFrame, Input, Inputs, PixelMap, ProcessParameters, attribute, change_of, limit, parameter
from awlike.frames.bias import BiasFrame


class HotPixelMap(PixelMap, CalibrationFrame):
    """Map of the hot pixels: 1 good, 0 bad."""

    bias = Input(BiasFrame, 'the master bias in which they stand out')
    count = attribute(int, 'number of hot pixels, of those that are read')

    class Parameters(ProcessParameters):
        REJECTION_THRESHOLD: float = parameter(6.0, 'further from the local level a pixel is hot', unit='sigma', gt=0)
        MAXIMUM_ITERATIONS: int = parameter(5, 'rounds in which the scatter is measured anew', ge=1)
        MAXIMUM_HOTPIXEL_COUNT: int = limit(1_000_000, 'hot pixels are at most', unit='pixel')
        MAXIMUM_HOTPIXEL_COUNT_DIFFERENCE: int = limit(200_000, 'hot pixels are more, or fewer, than in the one before '
                                                       'by at most', unit='pixel')

    LIMITS = {'MAXIMUM_HOTPIXEL_COUNT': lambda hot: hot.count}
    DIFFERENCES = {'MAXIMUM_HOTPIXEL_COUNT_DIFFERENCE': change_of('MAXIMUM_HOTPIXEL_COUNT')}

    @staticmethod
    def make(inputs: Inputs, params: Parameters) -> dict:
        from awlike.pixels.hot_pixels import hot_pixels
        bias = inputs.bias.data
        good = hot_pixels(bias, params.REJECTION_THRESHOLD, params.MAXIMUM_ITERATIONS)
        return {'data': good, 'count': int(((good == 0) & np.isfinite(bias)).sum())}

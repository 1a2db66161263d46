"""HotPixelMap: pixels that are too bright in the dark."""

from awlike.frames.bias import BiasFrame
from awlike.frames.parameters import ProcessParameters, parameter
from awlike.frames.product import CalibrationFrame, Input
from awlike.persist.dbobject import attribute


class HotPixelMap(CalibrationFrame):
    """Map of the hot pixels: 1 good, 0 bad."""

    bias = Input(BiasFrame, 'the master bias in which they stand out')
    count = attribute(int, 'number of hot pixels')

    class Parameters(ProcessParameters):
        REJECTION_THRESHOLD: float = parameter(6.0, 'further from the local level a pixel is hot', unit='sigma', gt=0)
        MAXIMUM_ITERATIONS: int = parameter(5, 'rounds in which the scatter is measured anew', ge=1)
        MAXIMUM_HOTPIXEL_COUNT: int = parameter(1_000_000, 'quality: at most so many', in_key=False, ge=0)

    LIMITS = {'MAXIMUM_HOTPIXEL_COUNT': lambda result: result['count']}

    @staticmethod
    def make(inputs, params):
        from awlike.pixels.maps import hot_pixels
        good = hot_pixels(inputs.bias.data, params.REJECTION_THRESHOLD, params.MAXIMUM_ITERATIONS)
        return {'data': good, 'count': int((good == 0).sum())}

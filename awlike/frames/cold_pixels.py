"""ColdPixelMap: pixels that hardly see light, or see too much of it."""

import numpy as np

from awlike.declare import (
    CalibrationFrame,
    Filter,
    Input,
    Inputs,
    PixelMap,
    ProcessParameters,
    Reference,
    attribute,
    change_of,
    limit,
    parameter,
)
from awlike.frames.flat import FlatFrame


class ColdPixelMap(PixelMap, CalibrationFrame):
    """Map of the cold pixels: 1 good, 0 bad."""

    flat = Input(FlatFrame, 'the flat in which they stand out')
    filter = Reference(Filter, 'the filter')
    count = attribute(int, 'number of cold pixels, of those that are read')

    class Parameters(ProcessParameters):
        THRESHOLD_LOW: float = parameter(0.75, 'less of the local level than this is cold', gt=0, lt=1)
        THRESHOLD_HIGH: float = parameter(1.25, 'more of the local level than this is bad too', gt=1)
        MAXIMUM_COLDPIXEL_COUNT: int = limit(1_000_000, 'cold pixels are at most', unit='pixel')
        MAXIMUM_COLDPIXEL_COUNT_DIFFERENCE: int = limit(200_000, 'cold pixels are more, or fewer, than in the one before '
                                                        'by at most', unit='pixel')

    LIMITS = {'MAXIMUM_COLDPIXEL_COUNT': lambda cold: cold.count}
    DIFFERENCES = {'MAXIMUM_COLDPIXEL_COUNT_DIFFERENCE': change_of('MAXIMUM_COLDPIXEL_COUNT')}

    @staticmethod
    def make(inputs: Inputs, params: Parameters) -> dict:
        from awlike.pixels.cold_pixels import cold_pixels
        flat = inputs.flat.data
        good = cold_pixels(flat, params.THRESHOLD_LOW, params.THRESHOLD_HIGH)
        return {'data': good, 'count': int(((good == 0) & np.isfinite(flat)).sum())}

"""FlatFrame: the flat by which science frames are divided."""

from awlike.declare import (
    CalibrationFrame,
    Filter,
    Input,
    Inputs,
    Panel,
    ProcessParameters,
    Reference,
    data_of,
    limit,
    parameter,
)
from awlike.frames.dome_flat import FLAT_DIFFERENCES, DomeFlatFrame, flat_panels
from awlike.frames.twilight_flat import TwilightFlatFrame


class FlatFrame(CalibrationFrame):
    """The master flat, median 1, of the dome flat, the twilight flat, or both."""

    twilight_flat = Input(TwilightFlatFrame, 'flat of the sky: right at large scales', optional=True)
    dome_flat = Input(DomeFlatFrame, 'flat of a lamp: low in noise at small scales', optional=True)
    filter = Reference(Filter, 'the filter')

    IMPORTABLE = True

    class Parameters(ProcessParameters):
        COMBINE_TYPE: int = parameter(3, '1 dome flat, 2 twilight flat, 3 small scale of the dome flat with the large '
                                      'scale of the twilight flat; where there is only one, that', ge=1, le=3)
        MEDIAN_FILTER_SIZE: float = parameter(32.0, 'where large and small scale part', unit='pixel', gt=0)
        MAXIMUM_SUBWIN_DIFF: float = limit(0.5, 'the median of any of 8 x 8 sub-windows has changed since the one before by '
                                           'at most, relative to it')

    DIFFERENCES = FLAT_DIFFERENCES

    @staticmethod
    def make(inputs: Inputs, params: Parameters) -> dict:
        from awlike.pixels.flat import join_flats
        dome, twilight = data_of(inputs.dome_flat), data_of(inputs.twilight_flat)
        return {'data': join_flats(dome, twilight, params.COMBINE_TYPE, params.MEDIAN_FILTER_SIZE)}

    def panels(self) -> list[Panel]:
        return flat_panels(self)

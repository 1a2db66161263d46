"""PersistencyMap: pixels that charge of full pixels has reached, in the exposure itself and in earlier ones."""

from awlike.declare import (
    Filter,
    Input,
    Inputs,
    PixelMap,
    ProcessParameters,
    ProcessTarget,
    Reference,
    attribute,
    parameter,
)
from awlike.frames.raw import RawScienceFrame
from awlike.frames.saturated_pixels import SaturatedPixelMap


class ChargeParameters(ProcessParameters):
    """Parameters that say which pixels count as touched by the charge of full ones; both are off by default."""

    SATURATION_TRAILS: bool = parameter(False, 'pixels from a full one to the end of its column that is read last have no '
                                        'weight', later=True, shared=True)
    PERSISTENCY_TIME: float = parameter(0.0, 'full pixels of earlier exposures of the chip leave charge, from the output up to '
                                        'them, for so long after the end of the exposure; 0: for no time', unit='s', later=True,
                                        shared=True, ge=0)


class PersistencyMap(PixelMap, ProcessTarget):
    """Map of the trails of charge in a science frame, and of what earlier exposures of the chip left: 1 good, 0 bad.

    Full pixels are those of the `SaturatedPixelMap`. The process parameters SATURATION_TRAILS and PERSISTENCY_TIME say which
    of both are mapped; without either, frames have no such map.
    """

    raw = Input(RawScienceFrame, 'the raw frame')
    saturated = Input(SaturatedPixelMap, 'its full pixels', asked_by={'SATURATION_TRAILS': ()})
    saturated_before = Input(SaturatedPixelMap, 'the full pixels of earlier exposures', earlier='PERSISTENCY_TIME')
    filter = Reference(Filter, 'the filter')
    trail_count = attribute(int, 'number of pixels in trails of the exposure itself')
    persistency_count = attribute(int, 'number of pixels in which earlier exposures can have left charge')

    class Parameters(ChargeParameters):
        pass

    @staticmethod
    def make(inputs: Inputs, params: Parameters) -> dict:
        import numpy as np

        from awlike.pixels.persistency import left_behind, trails_after
        geometry = inputs.raw.geometry
        none = np.ones(geometry.shape, np.uint8)
        trails = none if inputs.saturated is None else trails_after(inputs.saturated.data, geometry)
        left = left_behind([one.data for one in inputs.saturated_before], geometry)
        return {'data': trails & left, 'trail_count': int((trails == 0).sum()), 'persistency_count': int((left == 0).sum())}

"""WeightFrame: the weight of each pixel of a science frame."""

import numpy as np

from awlike.declare import (
    Filter,
    Input,
    Inputs,
    Panel,
    ProcessParameters,
    ProcessTarget,
    Reference,
    attribute,
    data_of,
    panels,
)
from awlike.frames.cold_pixels import ColdPixelMap
from awlike.frames.cosmics import CosmicMap
from awlike.frames.dark import DarkFrame
from awlike.frames.flat import FlatFrame
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.illumination_frame import IlluminationCorrectionFrame
from awlike.frames.raw import RawScienceFrame
from awlike.frames.satellites import SatelliteMap
from awlike.frames.saturated_pixels import SaturatedPixelMap


class WeightFrame(ProcessTarget):
    """Weight of the pixels: flat, and illumination correction where there is one, times the maps; 0 where a pixel is bad."""

    flat = Input(FlatFrame, 'the flat: a pixel that sees more light has more weight')
    hot = Input(HotPixelMap, 'hot pixels')
    cold = Input(ColdPixelMap, 'cold pixels')
    saturated = Input(SaturatedPixelMap, 'saturated pixels')
    cosmic = Input(CosmicMap, 'cosmic rays')
    satellite = Input(SatelliteMap, 'satellite tracks')
    illumination = Input(IlluminationCorrectionFrame, 'illumination correction, where one was measured', optional=True)
    dark = Input(DarkFrame, 'dark current, where there are darks: pixels that it makes too hot, or whose dark current is '
                 'unknown, have no weight', optional=True)
    raw = Input(RawScienceFrame, 'the raw frame, whose exposure time says which pixels are too hot', optional=True,
                beside='dark')
    filter = Reference(Filter, 'the filter')
    dark_hot_count = attribute(int, 'number of pixels whose dark current is too high for the exposure')

    PRINCIPAL = 'saturated'

    @staticmethod
    def make(inputs: Inputs, params: ProcessParameters) -> dict:
        from awlike.pixels.hot_pixels import hot_in_exposure
        from awlike.pixels.weight import weight_image
        maps = [m.data for m in (inputs.hot, inputs.cold, inputs.saturated, inputs.cosmic, inputs.satellite)]
        dark, count = inputs.dark, None
        if dark is not None:
            maps.append(np.isfinite(dark.data))
        if dark is not None and inputs.raw is not None:
            maps.append(hot_in_exposure(dark.data, inputs.raw.EXPTIME, dark.frame_noise))
            count = int((maps[-1] == 0).sum())
        return {'data': weight_image(inputs.flat.data, maps, data_of(inputs.illumination)), 'dark_hot_count': count}

    def panels(self) -> list[Panel]:
        counts = {'hot': 'count', 'cold': 'count', 'saturated': 'count', 'cosmic': 'cosmic_count', 'satellite': 'count'}
        bad = {role: getattr(found, name) for role, name in counts.items() if (found := getattr(self, role)) is not None}
        if self.dark_hot_count is not None:
            bad['hot in the dark'] = self.dark_hot_count
        weight = np.asarray(self.data)
        return [panels.histogram(np.where(weight > 0, weight, np.nan), 'weight'),
                panels.shares(bad | {'all, weight 0': int((weight == 0).sum())}, 'pixels without weight, by map')]

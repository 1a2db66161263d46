"""WeightFrame: the weight of each pixel of a science frame."""

import numpy as np

from awlike.declare import Filter, Input, Inputs, Panel, ProcessParameters, ProcessTarget, Reference, data_of, panels
from awlike.frames.cold_pixels import ColdPixelMap
from awlike.frames.cosmics import CosmicMap
from awlike.frames.dark import DarkFrame
from awlike.frames.flat import FlatFrame
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.illumination_frame import IlluminationCorrectionFrame
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
    dark = Input(DarkFrame, 'dark current, where there are darks: pixels of unknown dark current have no weight', optional=True)
    filter = Reference(Filter, 'the filter')

    PRINCIPAL = 'saturated'

    @staticmethod
    def make(inputs: Inputs, params: ProcessParameters) -> dict:
        from awlike.pixels.weight import weight_image
        maps = [m.data for m in (inputs.hot, inputs.cold, inputs.saturated, inputs.cosmic, inputs.satellite)]
        if inputs.dark is not None:
            maps.append(np.isfinite(inputs.dark.data))
        return {'data': weight_image(inputs.flat.data, maps, data_of(inputs.illumination))}

    def panels(self) -> list[Panel]:
        counts = {'hot': 'count', 'cold': 'count', 'saturated': 'count', 'cosmic': 'cosmic_count', 'satellite': 'count'}
        bad = {role: getattr(found, name) for role, name in counts.items() if (found := getattr(self, role)) is not None}
        weight = np.asarray(self.data)
        return [panels.histogram(np.where(weight > 0, weight, np.nan), 'weight'),
                panels.shares(bad | {'all, weight 0': int((weight == 0).sum())}, 'pixels without weight, by map')]

"""WeightFrame: the weight of each pixel of a science frame."""

from typing import Any

import numpy as np

from awlike.declare import (
    Filter,
    Input,
    Inputs,
    Panel,
    ProcessTarget,
    Reference,
    attribute,
    data_of,
    light_of_stars,
    panels,
    parameter,
    switch,
)
from awlike.frames.cold_pixels import ColdPixelMap
from awlike.frames.cosmics import CosmicMap
from awlike.frames.dark import DarkFrame
from awlike.frames.flat import FlatFrame
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.illumination_frame import IlluminationCorrectionFrame
from awlike.frames.persistency import ChargeParameters, PersistencyMap
from awlike.frames.photometric_flat import PhotometricFlat
from awlike.frames.raw import RawScienceFrame
from awlike.frames.satellites import SatelliteMap
from awlike.frames.saturated_pixels import SaturatedPixelMap


def bad_pixel_boxes() -> Any:
    """Declare the process parameter BAD_PIXELS."""
    return parameter({}, 'boxes of bad pixels beside the maps of hot and cold ones, as region files of ds9 have them: {chip, '
                     'or * for all: [[x, y of the centre from 1 on, width, height], ...]}', unit='pixel', shared=True)


class WeightFrame(ProcessTarget):
    """Weight of the pixels: flat, and illumination correction where there is one, times the maps; 0 where a pixel is bad."""

    flat = Input(FlatFrame, 'the flat: a pixel that sees more light has more weight', switch='FLAT_FIELD')
    hot = Input(HotPixelMap, 'hot pixels', switch='HOT_PIXELS')
    cold = Input(ColdPixelMap, 'cold pixels', switch=('COLD_PIXELS', 'FLAT_FIELD'))
    saturated = Input(SaturatedPixelMap, 'saturated pixels')
    cosmic = Input(CosmicMap, 'cosmic rays', switch='COSMIC_RAYS')
    satellite = Input(SatelliteMap, 'satellite tracks', switch='SATELLITE_TRACKS')
    illumination = Input(IlluminationCorrectionFrame, 'illumination correction, where one was measured', optional=True,
                         switch='ILLUMINATION_CORRECTION')
    photometric_flat = Input(PhotometricFlat, 'photometric flat, where one was imported', existing=True,
                             switch='PHOTOMETRIC_FLAT')
    dark = Input(DarkFrame, 'dark current, where there are darks: pixels that it makes too hot, or whose dark current is '
                 'unknown, have no weight', optional=True, switch='DARK_CORRECTION')
    raw = Input(RawScienceFrame, 'the raw frame, whose exposure time says which pixels are too hot', optional=True,
                beside='dark')
    persistency = Input(PersistencyMap, 'trails of charge, and what earlier exposures left, where they are asked for',
                        asked_by={'SATURATION_TRAILS': (), 'PERSISTENCY_TIME': ()})
    filter = Reference(Filter, 'the filter')
    dark_hot_count = attribute(int, 'number of pixels whose dark current is too high for the exposure')

    PRINCIPAL = 'saturated'

    class Parameters(ChargeParameters):
        FLAT_FIELD: bool = switch('it follows the flat, and cold pixels have no weight')
        DARK_CORRECTION: bool = switch('pixels of unknown dark current have no weight')
        ILLUMINATION_CORRECTION: bool = switch('it follows the illumination correction')
        PHOTOMETRIC_FLAT: bool = switch('it follows the photometric flat')
        HOT_PIXELS: bool = switch('hot pixels have no weight')
        COLD_PIXELS: bool = switch('cold pixels have no weight')
        COSMIC_RAYS: bool = switch('pixels hit by cosmic rays have no weight')
        SATELLITE_TRACKS: bool = switch('pixels in tracks of satellites have no weight')
        HOT_CHARGE: float = parameter(5.0, 'pixels whose dark current collects more than this in the exposure are hot: '
                                      'the sigma is that of the noise that all pixels have', unit='sigma', later=True, gt=0)
        BAD_PIXELS: dict[str, list[list[float]]] = bad_pixel_boxes()

    @staticmethod
    def make(inputs: Inputs, params: Parameters) -> dict:
        from awlike.pixels.bad_regions import good_outside
        from awlike.pixels.hot_pixels import hot_in_exposure
        from awlike.pixels.weight import weight_image
        found = inputs.hot, inputs.cold, inputs.saturated, inputs.cosmic, inputs.satellite, inputs.persistency
        maps = [one.data for one in found if one is not None]
        chip = inputs.saturated.detector[1]
        maps += [good_outside(maps[0].shape, boxes) for name, boxes in params.BAD_PIXELS.items() if name in (chip, '*')]
        dark, count = inputs.dark, None
        if dark is not None:
            maps.append(np.isfinite(dark.data))
        if dark is not None and inputs.raw is not None and params.HOT_PIXELS:
            maps.append(hot_in_exposure(dark.data, inputs.raw.EXPTIME, dark.frame_noise, params.HOT_CHARGE))
            count = int((maps[-1] == 0).sum())
        return {'data': weight_image(data_of(inputs.flat), maps, light_of_stars(inputs)), 'dark_hot_count': count}

    def panels(self) -> list[Panel]:
        counts = {'hot': 'count', 'cold': 'count', 'saturated': 'count', 'cosmic': 'cosmic_count', 'satellite': 'count'}
        bad = {role: getattr(found, name) for role, name in counts.items() if (found := getattr(self, role)) is not None}
        if self.persistency is not None:
            bad['trails and persistency'] = self.persistency.trail_count + self.persistency.persistency_count
        if self.dark_hot_count is not None:
            bad['hot in the dark'] = self.dark_hot_count
        weight = np.asarray(self.data)
        return [panels.histogram(np.where(weight > 0, weight, np.nan), 'weight'),
                panels.shares(bad | {'all, weight 0': int((weight == 0).sum())}, 'pixels without weight, by map')]

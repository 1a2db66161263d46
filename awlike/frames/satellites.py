"""SatelliteMap: pixels in the tracks of satellites."""

import numpy as np

from awlike.declare import (
    Filter,
    Input,
    Inputs,
    Panel,
    PixelMap,
    ProcessTarget,
    Reference,
    attribute,
    counted,
    panels,
    parameter,
)
from awlike.frames.bias import BiasFrame
from awlike.frames.cold_pixels import ColdPixelMap
from awlike.frames.cosmics import SearchParameters, searched_image
from awlike.frames.crosstalk import CrosstalkInput
from awlike.frames.dark import DarkFrame
from awlike.frames.flat import FlatFrame
from awlike.frames.gain import RelativeGainInput
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.raw import RawScienceFrame
from awlike.frames.saturated_pixels import SaturatedPixelMap
from awlike.frames.tech_data import TechDataInput


class SatelliteMap(PixelMap, ProcessTarget):
    """Map of the satellite tracks in a science frame: 1 good, 0 bad. Found as straight lines (Radon transform)."""

    raw = Input(RawScienceFrame, 'the raw frame')
    bias = Input(BiasFrame, 'master bias that is subtracted', switch='BIAS_CORRECTION')
    flat = Input(FlatFrame, 'master flat that it is divided by', switch='FLAT_FIELD')
    hot = Input(HotPixelMap, 'pixels that do not count', switch='HOT_PIXELS')
    cold = Input(ColdPixelMap, 'pixels that do not count', switch=('COLD_PIXELS', 'FLAT_FIELD'))
    saturated = Input(SaturatedPixelMap, 'pixels that do not count')
    dark = Input(DarkFrame, 'dark current that is subtracted, where there are darks', optional=True,
                 switch='DARK_CORRECTION')
    crosstalk_frames = Input(RawScienceFrame, 'other chips of the exposure, of which it has ghosts', of_chips='CHIP_CROSSTALK')
    crosstalk_matrix = CrosstalkInput()
    techdata = TechDataInput()
    relative = RelativeGainInput()
    filter = Reference(Filter, 'the filter')
    track_count = attribute(int, 'number of tracks')
    count = attribute(int, 'number of pixels in tracks')

    class Parameters(SearchParameters):
        DETECTION_THRESHOLD: float = parameter(7.0, 'a track stands out by at least, all of it taken together; 0: tracks are '
                                                'not looked for, as in spectra', unit='sigma', ge=0)

    @staticmethod
    def make(inputs: Inputs, params: Parameters) -> dict:
        from awlike.pixels.satellites import satellite_tracks
        if not params.DETECTION_THRESHOLD:
            return {'data': np.ones(inputs.saturated.data.shape, np.uint8), 'track_count': 0, 'count': 0}
        image, usable = searched_image(inputs, params)
        good, tracks = satellite_tracks(image, usable, params.DETECTION_THRESHOLD)
        return {'data': good, 'track_count': len(tracks), 'count': int((good == 0).sum())}

    def panels(self) -> list[Panel]:
        return [panels.bad_pixels(self.data, f'{counted(self.track_count, "track")}: ')]

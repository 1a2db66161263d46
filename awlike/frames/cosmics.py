"""CosmicMap: pixels that a cosmic ray has hit."""

import numpy as np

from awlike.declare import (
    Filter,
    FromExposure,
    Input,
    Inputs,
    Panel,
    PixelMap,
    ProcessTarget,
    Reference,
    attribute,
    data_of,
    disagreements,
    exposed,
    gain_of,
    panels,
    parameter,
    response,
    switch,
    usable_pixels,
)
from awlike.frames.bias import BiasFrame
from awlike.frames.cold_pixels import ColdPixelMap
from awlike.frames.crosstalk import CrosstalkInput
from awlike.frames.dark import DarkFrame
from awlike.frames.flat import FlatFrame
from awlike.frames.gain import GainLinearity, RelativeGainInput
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.raw import RawScienceFrame
from awlike.frames.saturated_pixels import SaturatedPixelMap
from awlike.frames.tech_data import TechDataInput


class SearchParameters(FromExposure):
    """Parameters of the maps of what is searched in a reduced image: cosmic rays, and tracks of satellites."""

    BIAS_CORRECTION: bool = switch('the bias is subtracted')
    DARK_CORRECTION: bool = switch('the dark current is subtracted')
    FLAT_FIELD: bool = switch('the image is divided by the flat, and cold pixels do not count')
    HOT_PIXELS: bool = switch('hot pixels do not count')
    COLD_PIXELS: bool = switch('cold pixels do not count')
    HOT_CHARGE: float = parameter(5.0, 'pixels whose dark current collects more than this in the exposure are hot; the same as '
                                  'of the weight', unit='sigma', later=True, gt=0)


class CosmicMap(PixelMap, ProcessTarget):
    """Map of the cosmic rays in a science frame: 1 good, 0 bad. Found by their sharp edges (L.A.Cosmic)."""

    raw = Input(RawScienceFrame, 'the raw frame')
    bias = Input(BiasFrame, 'master bias that is subtracted', switch='BIAS_CORRECTION')
    flat = Input(FlatFrame, 'master flat that it is divided by', switch='FLAT_FIELD')
    hot = Input(HotPixelMap, 'pixels that do not count', switch='HOT_PIXELS')
    cold = Input(ColdPixelMap, 'pixels that do not count', switch=('COLD_PIXELS', 'FLAT_FIELD'))
    saturated = Input(SaturatedPixelMap, 'pixels that do not count')
    dark = Input(DarkFrame, 'dark current that is subtracted, where there are darks', optional=True,
                 switch='DARK_CORRECTION')
    gain = Input(GainLinearity, 'the gain, where it was measured', existing=True)
    crosstalk_frames = Input(RawScienceFrame, 'other chips of the exposure, of which it has ghosts', of_chips='CHIP_CROSSTALK')
    crosstalk_matrix = CrosstalkInput()
    techdata = TechDataInput()
    relative = RelativeGainInput()
    filter = Reference(Filter, 'the filter')
    cosmic_count = attribute(int, 'number of pixels hit')

    class Parameters(SearchParameters):
        DETECTION_THRESHOLD: float = parameter(5.0, 'a hit stands out by at least', unit='sigma', gt=0)
        GAIN: float = parameter(1.0, 'electrons per ADU, where no GainLinearity serves', unit='electron/adu', gt=0)
        READ_NOISE: float = parameter(5.0, 'read noise', unit='electron', gt=0)

    @staticmethod
    def make(inputs: Inputs, params: Parameters) -> dict:
        from awlike.pixels.cosmics import cosmic_rays
        image, usable = searched_image(inputs, params)
        gain = gain_of(inputs, params) or params.GAIN
        good = cosmic_rays(image, usable, gain, params.READ_NOISE, params.DETECTION_THRESHOLD)
        return {'data': good, 'cosmic_count': int((good == 0).sum())}

    def remarks(self) -> list[str]:
        said = self.process_params
        gain = None if self.gain is None else self.gain.gain
        in_adu = None if self.bias is None or self.bias.read_noise is None else self.bias.read_noise.read_noise
        noise = None if in_adu is None else in_adu * (gain or said.GAIN)
        return list(disagreements((said.GAIN, gain), (said.READ_NOISE, noise)))

    def panels(self) -> list[Panel]:
        return [panels.bad_pixels(self.data), panels.groups(self.data, 'cosmic rays')]


def searched_image(inputs: Inputs, params: SearchParameters) -> tuple[np.ndarray, np.ndarray]:
    """Return the reduced image in which cosmic rays and satellites are searched, and the map of its usable pixels."""
    from awlike.pixels.hot_pixels import hot_in_exposure
    from awlike.pixels.reduced import reduce_image
    usable = usable_pixels(inputs.hot, inputs.cold, inputs.saturated)
    assert usable is not None, 'the map of saturated pixels is always there'
    if inputs.dark is not None and params.HOT_PIXELS:
        usable = usable & hot_in_exposure(inputs.dark.data, inputs.raw.EXPTIME, inputs.dark.frame_noise, params.HOT_CHARGE)
    image = reduce_image(exposed(inputs, params), data_of(inputs.bias), response(inputs.raw, inputs, params), usable,
                         dark=data_of(inputs.dark), dark_scale=inputs.raw.EXPTIME)
    return image, usable

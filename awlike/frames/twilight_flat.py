"""TwilightFlatFrame: the response of the pixels to the light of the sky."""

from awlike.declare import CalibrationFrame, Filter, Input, Inputs, Panel, Reference, reach
from awlike.frames.bias import BiasFrame
from awlike.frames.crosstalk import CrosstalkInput
from awlike.frames.dome_flat import (
    FLAT_DIFFERENCES,
    FLAT_LIMITS,
    FlatParameters,
    flat_panels,
    master_flat,
)
from awlike.frames.gain import GainLinearity, RelativeGainInput
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.raw import RawTwilightFlatFrame
from awlike.frames.tech_data import TechDataInput


class TwilightFlatFrame(CalibrationFrame):
    """A master twilight flat, median 1: bias-subtracted, normalised, clipped mean, so that stars drop out."""

    raw_twilight_flat_frames = Input(RawTwilightFlatFrame, 'raw flats that are averaged', many=True)
    bias = Input(BiasFrame, 'master bias that is subtracted', switch='BIAS_CORRECTION')
    hot = Input(HotPixelMap, 'pixels that do not count for the level', switch='HOT_PIXELS')
    gain = Input(GainLinearity, 'makes the counts linear, where one was measured', existing=True, switch='LINEARITY_CORRECTION')
    crosstalk_matrix = CrosstalkInput()
    techdata = TechDataInput()
    relative = RelativeGainInput()
    filter = Reference(Filter, 'the filter')

    class Parameters(FlatParameters):
        PLAN_NIGHTS: int = reach('plan', 5)
        ACCEPTABLE_NIGHTS: int = reach('acceptable', 21)

    IMPORTABLE = True
    LIMITS, DIFFERENCES = FLAT_LIMITS, FLAT_DIFFERENCES

    @staticmethod
    def make(inputs: Inputs, params: FlatParameters) -> dict:
        return master_flat(inputs.raw_twilight_flat_frames, inputs, params)

    def panels(self) -> list[Panel]:
        return flat_panels(self)

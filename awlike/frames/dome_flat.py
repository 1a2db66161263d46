"""DomeFlatFrame: the response of the pixels to the light of a lamp in the dome."""

from collections.abc import Callable
from typing import Any

from awlike.declare import (
    CalibrationFrame,
    Filter,
    FromLight,
    FromRawFrames,
    Input,
    Inputs,
    Panel,
    Reference,
    data_of,
    in_electrons,
    light,
    limit,
    panels,
    parameter,
    reach,
    switch,
)
from awlike.frames.bias import BiasFrame
from awlike.frames.crosstalk import CrosstalkInput
from awlike.frames.gain import GainLinearity, RelativeGainInput
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.raw import RawDomeFlatFrame
from awlike.frames.tech_data import TechDataInput
from awlike.pixels.subwindows import largest_change, outliers, unevenness


class FlatParameters(FromRawFrames, FromLight):
    """Parameters of dome flats and twilight flats."""

    LAST_RESORT_NIGHTS: int = reach('last resort', 180)
    SIGMA_CLIP: float = parameter(3.0, 'values further from the median are left out', unit='sigma', gt=0)
    MAXIMUM_SUBWIN_FLATNESS: float = limit(0.9, 'the median of any of 8 x 8 sub-windows is at most so far from that of all, '
                                           'relative to it')
    MAXIMUM_NUMBER_OF_OUTLIERS: int = limit(1_000_000, 'pixels that are not finite, or more than half the level of their '
                                            'sub-window away from it, are at most', unit='pixel')
    MAXIMUM_SUBWIN_DIFF: float = limit(0.5, 'the median of any of 8 x 8 sub-windows has changed since the one before by at '
                                       'most, relative to it')
    BIAS_CORRECTION: bool = switch('the bias is subtracted')
    HOT_PIXELS: bool = switch('hot pixels do not count for the level')
    LINEARITY_CORRECTION: bool = switch('the counts are made linear')


FLAT_LIMITS: dict[str, Callable[[Any], float]] = {
    'MAXIMUM_SUBWIN_FLATNESS': lambda flat: unevenness(flat.data),
    'MAXIMUM_NUMBER_OF_OUTLIERS': lambda flat: outliers(flat.data, 0.5)}
FLAT_DIFFERENCES: dict[str, Callable[[Any, Any], float]] = {
    'MAXIMUM_SUBWIN_DIFF': lambda flat, previous: largest_change(flat.data, previous.data)}


class DomeFlatFrame(CalibrationFrame):
    """A master dome flat, median 1: bias-subtracted, normalised, clipped mean."""

    raw_dome_flat_frames = Input(RawDomeFlatFrame, 'raw flats that are averaged', many=True)
    bias = Input(BiasFrame, 'master bias that is subtracted', switch='BIAS_CORRECTION')
    hot = Input(HotPixelMap, 'pixels that do not count for the level', switch='HOT_PIXELS')
    gain = Input(GainLinearity, 'makes the counts linear, where one was measured', existing=True, switch='LINEARITY_CORRECTION')
    crosstalk_matrix = CrosstalkInput()
    techdata = TechDataInput()
    relative = RelativeGainInput()
    filter = Reference(Filter, 'the filter')

    IMPORTABLE = True
    Parameters, LIMITS, DIFFERENCES = FlatParameters, FLAT_LIMITS, FLAT_DIFFERENCES

    @staticmethod
    def make(inputs: Inputs, params: FlatParameters) -> dict:
        return master_flat(inputs.raw_dome_flat_frames, inputs, params)

    def panels(self) -> list[Panel]:
        return flat_panels(self)


def master_flat(raw_frames: list, inputs: Inputs, params: FlatParameters) -> dict:
    """Make a flat from `raw_frames`: the `make` of both kinds."""
    from awlike.pixels.flat import combine_flats
    frames = [in_electrons(light(raw, inputs.bias, params, inputs.gain, inputs.crosstalk_matrix), raw, inputs, params)
              for raw in raw_frames]
    return {'data': combine_flats(frames, params.SIGMA_CLIP, data_of(inputs.hot))}


def flat_panels(flat: Any) -> list[Panel]:
    """Return the panels of any flat: profiles, scatter of the pixels, and shape."""
    return [panels.means(flat.data, ''), panels.histogram(flat.data, 'relative response'), panels.contours(flat.data, '')]

"""DomeFlatFrame: the response of the pixels to the light of a lamp in the dome."""

from awlike.frames.bias import BiasFrame
from awlike.frames.hot import HotPixelMap
from awlike.frames.parameters import FromRawFrames, FromRawPixels, parameter
from awlike.frames.product import CalibrationFrame, Input
from awlike.frames.raw import RawDomeFlatFrame
from awlike.persist.dbobject import Reference
from awlike.persist.references import Filter


class FlatParameters(FromRawFrames, FromRawPixels):
    """Parameters of both kinds of flat."""

    SIGMA_CLIP: float = parameter(3.0, 'values further from the median are left out', unit='sigma', gt=0)


class DomeFlatFrame(CalibrationFrame):
    """A master dome flat, median 1: bias-subtracted, normalised, clipped mean."""

    raw_dome_flat_frames = Input(RawDomeFlatFrame, 'raw flats that are averaged', many=True)
    bias = Input(BiasFrame, 'master bias that is subtracted')
    hot = Input(HotPixelMap, 'pixels that do not count for the level')
    filter = Reference(Filter, 'the filter')

    Parameters = FlatParameters

    @staticmethod
    def make(inputs, params):
        return master_flat(inputs.raw_dome_flat_frames, inputs.bias, inputs.hot, params)


def master_flat(raw_frames, bias, hot, params) -> dict:
    """What both kinds of flat do with their raw frames."""
    from awlike.pixels.flat import combine_flats
    from awlike.pixels.overscan import overscan_subtracted
    level = bias.data
    frames = [overscan_subtracted(raw.pixels, raw.geometry, params.OVERSCAN_CORRECTION, params.CROSSTALK) - level
              for raw in raw_frames]
    return {'data': combine_flats(frames, params.SIGMA_CLIP, hot.data)}

"""DomeFlatFrame: the response of the pixels to the light of a lamp in the dome."""

from awlike.frames.bias import BiasFrame
from awlike.frames.gain import GainLinearity
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.raw import RawDomeFlatFrame
from awlike.persist.dbobject import Input, Reference
from awlike.persist.references import Filter
from awlike.pixels.subwindows import largest_change, outliers, unevenness
from awlike.products.calibration import CalibrationFrame
from awlike.products.parameters import FromRawFrames, FromRawPixels, limit, parameter
from awlike.products.signal import light
from awlike.views.image import panels


class FlatParameters(FromRawFrames, FromRawPixels):
    """Parameters of both kinds of flat."""

    SIGMA_CLIP: float = parameter(3.0, 'values further from the median are left out', unit='sigma', gt=0)
    MAXIMUM_SUBWIN_FLATNESS: float = limit(0.9, 'the median of any of 8 x 8 sub-windows is at most so far from that of all, '
                                           'relative to it')
    MAXIMUM_NUMBER_OF_OUTLIERS: int = limit(1_000_000, 'pixels that are not finite, or more than half the level of their '
                                            'sub-window away from it, are at most', unit='pixel')
    MAXIMUM_SUBWIN_DIFF: float = limit(0.5, 'the median of any of 8 x 8 sub-windows has changed since the one before by at '
                                       'most, relative to it')


FLAT_LIMITS = {'MAXIMUM_SUBWIN_FLATNESS': lambda flat: unevenness(flat.data),
               'MAXIMUM_NUMBER_OF_OUTLIERS': lambda flat: outliers(flat.data, 0.5)}
FLAT_DIFFERENCES = {'MAXIMUM_SUBWIN_DIFF': lambda flat, previous: largest_change(flat.data, previous.data)}


class DomeFlatFrame(CalibrationFrame):
    """A master dome flat, median 1: bias-subtracted, normalised, clipped mean."""

    raw_dome_flat_frames = Input(RawDomeFlatFrame, 'raw flats that are averaged', many=True)
    bias = Input(BiasFrame, 'master bias that is subtracted')
    hot = Input(HotPixelMap, 'pixels that do not count for the level')
    gain = Input(GainLinearity, 'makes the counts linear, where one was measured', existing=True)
    filter = Reference(Filter, 'the filter')

    Parameters, LIMITS, DIFFERENCES = FlatParameters, FLAT_LIMITS, FLAT_DIFFERENCES

    @staticmethod
    def make(inputs, params):
        return master_flat(inputs.raw_dome_flat_frames, inputs, params)

    def panels(self):
        return flat_panels(self)


def master_flat(raw_frames, inputs, params) -> dict:
    """What both kinds of flat do with their raw frames."""
    from awlike.pixels.flat import combine_flats
    frames = [light(raw, inputs.bias, params, inputs.gain) for raw in raw_frames]
    return {'data': combine_flats(frames, params.SIGMA_CLIP, inputs.hot.data)}


def flat_panels(flat) -> list:
    """What one wants to know of a flat: its profiles, the scatter of the pixels, and its shape."""
    return [panels.means(flat.data, ''), panels.histogram(flat.data, 'relative response'), panels.contours(flat.data, '')]

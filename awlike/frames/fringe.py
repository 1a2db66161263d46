"""FringeFrame: the pattern that the lines of the night sky make in a thin detector."""

from awlike.frames.bias import BiasFrame
from awlike.frames.cold import ColdPixelMap
from awlike.frames.dark import DarkFrame
from awlike.frames.flat import FlatFrame
from awlike.frames.gain import GainLinearity
from awlike.frames.hot import HotPixelMap
from awlike.frames.light import flat_fielded
from awlike.frames.parameters import FromRawFrames, parameter
from awlike.frames.product import CalibrationFrame, Input
from awlike.frames.raw import RawScienceFrame
from awlike.persist.dbobject import Reference
from awlike.persist.references import Filter


class FringeFrame(CalibrationFrame):
    """The fringes, ADU per ADU of sky, median 0: clipped mean of dithered science frames, each less its sky and over it.

    Only filters that are known to have fringes are concerned.
    """

    raw_science_frames = Input(RawScienceFrame, 'raw science frames whose sky is averaged', many=True)
    bias = Input(BiasFrame, 'master bias that is subtracted')
    flat = Input(FlatFrame, 'master flat that they are divided by')
    hot = Input(HotPixelMap, 'pixels that do not count')
    cold = Input(ColdPixelMap, 'pixels that do not count')
    dark = Input(DarkFrame, 'dark current that is subtracted, where there are darks', optional=True)
    gain = Input(GainLinearity, 'makes the counts linear, where one was measured', existing=True)
    filter = Reference(Filter, 'the filter')

    class Parameters(FromRawFrames):
        MINIMUM_NUMBER: int = parameter(5, 'at least so many raw frames are needed', in_key=False, ge=3)
        OVERSCAN_CORRECTION: int = parameter(6, 'overscan mode, 0-10', ge=0, le=10)
        SIGMA_CLIP: float = parameter(3.0, 'values further from the median are left out', unit='sigma', gt=0)

    @classmethod
    def concerns(cls, filter):
        return filter is not None and bool(filter.has_fringes)

    @staticmethod
    def make(inputs, params):
        from awlike.pixels.fringe import fringe_pattern
        good = inputs.hot.data & inputs.cold.data
        frames = [flat_fielded(raw, inputs, params) for raw in inputs.raw_science_frames]
        return {'data': fringe_pattern(frames, [good] * len(frames), params.SIGMA_CLIP)}

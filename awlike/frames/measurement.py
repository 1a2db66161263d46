"""FrameMeasurement: what all that is measured on the pixels of a science frame has in common."""

from awlike.declare import Filter, Input, ProcessTarget, Reference
from awlike.frames.background_model import BackgroundModel
from awlike.frames.saturated_pixels import SaturatedPixelMap
from awlike.frames.science import ScienceFrame
from awlike.frames.weight import WeightFrame


class FrameMeasurement(ProcessTarget):
    """Something that is measured on the pixels of one science frame, as `measurable` has them: its sky subtracted.

    The kinds are `InitialSourceList`, `PSFModel`, `ApertureCorrection`, `SourceList` and `CalibratedExposure`.
    """

    _shared = True
    frame = Input(ScienceFrame, 'the science frame')
    weight = Input(WeightFrame, 'its weight', optional=True)
    saturated = Input(SaturatedPixelMap, 'its saturated pixels', optional=True)
    background = Input(BackgroundModel, 'level and noise of its sky')
    filter = Reference(Filter, 'the filter')

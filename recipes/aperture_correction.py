"""Measure how much light of stars each kind of flux of science frames lacks; what is missing on the way is made, too."""

from awlike.declare import Task
from awlike.frames.aperture_correction import ApertureCorrection
from awlike.frames.raw import RawScienceFrame
from awlike.frames.science import ScienceFrame


class ApertureCorrectionTask(Task):
    """Measure how much light of stars each kind of flux of science frames lacks; what is missing on the way is made, too."""

    target = ApertureCorrection
    of = RawScienceFrame, ScienceFrame

"""Measure the point spread function of science frames; what is missing on the way is made, too."""

from awlike.declare import Task
from awlike.frames.psf_model import PSFModel
from awlike.frames.raw import RawScienceFrame
from awlike.frames.science import ScienceFrame


class PSFTask(Task):
    """Measure the point spread function of science frames; what is missing on the way is made, too."""

    target = PSFModel
    of = RawScienceFrame, ScienceFrame

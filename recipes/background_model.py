"""Measure level and noise of the sky in science frames; what is missing on the way is made, too."""

from awlike.declare import Task
from awlike.frames.background_model import BackgroundModel
from awlike.frames.raw import RawScienceFrame
from awlike.frames.science import ScienceFrame


class BackgroundTask(Task):
    """Measure level and noise of the sky in science frames; what is missing on the way is made, too."""

    target = BackgroundModel
    of = RawScienceFrame, ScienceFrame

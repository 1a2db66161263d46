"""Detect and measure the bright sources of science frames; what is missing on the way is made, too."""

from awlike.declare import Task
from awlike.frames.initial_sources import InitialSourceList
from awlike.frames.raw import RawScienceFrame
from awlike.frames.science import ScienceFrame


class InitialSourcesTask(Task):
    """Detect and measure the bright sources of science frames; what is missing on the way is made, too."""

    target = InitialSourceList
    of = RawScienceFrame, ScienceFrame

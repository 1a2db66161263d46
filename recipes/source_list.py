"""Make the catalogue of what science frames show; everything on the way that is missing is made, too."""

from awlike.declare import Task
from awlike.frames.raw import RawScienceFrame
from awlike.frames.science import ScienceFrame
from awlike.frames.source_list import SourceList


class SourceListTask(Task):
    """Make the catalogue of what science frames show; everything on the way that is missing is made, too."""

    target = SourceList
    of = RawScienceFrame, ScienceFrame

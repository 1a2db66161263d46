"""Report how good science frames are; what is missing on the way, as their catalogues, is made, too."""

from awlike.declare import Task
from awlike.frames.quality_report import QualityReport
from awlike.frames.raw import RawScienceFrame
from awlike.frames.science import ScienceFrame


class QualityTask(Task):
    """Report how good science frames are; what is missing on the way, as their catalogues, is made, too."""

    target = QualityReport
    of = RawScienceFrame, ScienceFrame

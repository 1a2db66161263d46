"""Make calibrated exposures of science frames; what is missing on the way is made, too."""

from awlike.declare import Task
from awlike.frames.calibrated_exposure import CalibratedExposure
from awlike.frames.raw import RawScienceFrame
from awlike.frames.science import ScienceFrame


class CalibratedExposureTask(Task):
    """Make calibrated exposures of science frames; what is missing on the way is made, too."""

    target = CalibratedExposure
    of = RawScienceFrame, ScienceFrame

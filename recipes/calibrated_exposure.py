"""Make calibrated exposures of science frames; what is missing on the way is made, too."""

from awlike.declare import Request, Task
from awlike.frames.calibrated_exposure import CalibratedExposure
from awlike.frames.raw import RawScienceFrame
from awlike.frames.science import ScienceFrame


class CalibratedExposureTask(Task):
    """Make calibrated exposures of science frames; what is missing on the way is made, too."""

    target = CalibratedExposure

    def requests(self) -> list[Request]:
        return self.one_for_each(self.raw_frames(RawScienceFrame, ScienceFrame))

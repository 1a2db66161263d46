"""Make the image of an illumination that was measured, for each chip, filter and night with science frames."""

from awlike.declare import Request, Task
from awlike.frames.illumination_frame import IlluminationCorrectionFrame
from awlike.frames.raw import RawScienceFrame


class IlluminationFrameTask(Task):
    """Make the image of an illumination that was measured, for each chip, filter and night with science frames."""

    target = IlluminationCorrectionFrame

    def requests(self) -> list[Request]:
        return self.one_for_each_night(self.raw_frames(RawScienceFrame), from_them=False)

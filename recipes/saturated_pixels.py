"""Map the saturated pixels of science frames."""

from awlike.declare import Request, Task
from awlike.frames.raw import RawScienceFrame
from awlike.frames.saturated_pixels import SaturatedPixelMap


class SaturatedPixelsTask(Task):
    """Map the saturated pixels of science frames."""

    target = SaturatedPixelMap

    def requests(self) -> list[Request]:
        return self.one_for_each(self.raw_frames(RawScienceFrame))

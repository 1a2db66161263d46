"""Map the saturated pixels of science frames."""

from awlike.frames.raw import RawScienceFrame
from awlike.frames.saturated_pixels import SaturatedPixelMap
from awlike.tasks.task import Task


class SaturatedPixelsTask(Task):
    """Map the saturated pixels of science frames."""

    target = SaturatedPixelMap

    def requests(self):
        return self.one_for_each(self.raw_frames(RawScienceFrame))

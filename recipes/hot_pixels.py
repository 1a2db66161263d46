"""Map the hot pixels, for each chip and night with biases."""

from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.raw import RawBiasFrame
from awlike.tasks.task import Task


class HotPixelsTask(Task):
    """Map the hot pixels, for each chip and night with biases."""

    target = HotPixelMap

    def requests(self):
        return self.one_for_each_night(self.raw_frames(RawBiasFrame), from_them=False)

"""Map the hot pixels, for each chip and night with biases."""

from awlike.declare import Request, Task
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.raw import RawBiasFrame


class HotPixelsTask(Task):
    """Map the hot pixels, for each chip and night with biases."""

    target = HotPixelMap

    def requests(self) -> list[Request]:
        return self.one_for_each_night(self.raw_frames(RawBiasFrame), from_them=False)

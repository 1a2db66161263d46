"""Map the cold pixels, for each chip, filter and night with raw flats."""

from awlike.declare import Request, Task
from awlike.frames.cold_pixels import ColdPixelMap
from awlike.frames.raw import RawDomeFlatFrame, RawTwilightFlatFrame


class ColdPixelsTask(Task):
    """Map the cold pixels, for each chip, filter and night with raw flats."""

    target = ColdPixelMap

    def requests(self) -> list[Request]:
        raws = self.raw_frames(RawDomeFlatFrame, RawTwilightFlatFrame)
        return self.one_for_each_night(raws, from_them=False)

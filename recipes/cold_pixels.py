"""Map the cold pixels, for each chip, filter and night with raw flats."""

from awlike.frames.cold_pixels import ColdPixelMap
from awlike.frames.raw import RawDomeFlatFrame, RawTwilightFlatFrame
from awlike.tasks.task import Task


class ColdPixelsTask(Task):
    """Map the cold pixels, for each chip, filter and night with raw flats."""

    target = ColdPixelMap

    def requests(self):
        raws = self.raw_frames(RawDomeFlatFrame, RawTwilightFlatFrame)
        return self.one_for_each_night(raws, from_them=False)

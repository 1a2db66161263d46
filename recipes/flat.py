"""Make the flats that science frames are divided by, one for each chip, filter and night with raw flats."""

from awlike.declare import Request, Task
from awlike.frames.flat import FlatFrame
from awlike.frames.raw import RawDomeFlatFrame, RawTwilightFlatFrame


class FlatTask(Task):
    """Make the flats that science frames are divided by, one for each chip, filter and night with raw flats."""

    target = FlatFrame

    def requests(self) -> list[Request]:
        raws = self.raw_frames(RawDomeFlatFrame, RawTwilightFlatFrame)
        return self.one_for_each_night(raws, from_them=False)

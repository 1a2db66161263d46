"""Make master twilight flats, one for each chip, filter and night."""

from awlike.declare import Request, Task
from awlike.frames.raw import RawTwilightFlatFrame
from awlike.frames.twilight_flat import TwilightFlatFrame


class TwilightFlatTask(Task):
    """Make master twilight flats, one for each chip, filter and night."""

    target = TwilightFlatFrame

    def requests(self) -> list[Request]:
        return self.one_for_each_night(self.raw_frames(RawTwilightFlatFrame))

"""Make master dome flats, one for each chip, filter and night."""

from awlike.declare import Request, Task
from awlike.frames.dome_flat import DomeFlatFrame
from awlike.frames.raw import RawDomeFlatFrame


class DomeFlatTask(Task):
    """Make master dome flats, one for each chip, filter and night."""

    target = DomeFlatFrame

    def requests(self) -> list[Request]:
        return self.one_for_each_night(self.raw_frames(RawDomeFlatFrame))

"""Make master darks, one for each chip and night."""

from awlike.declare import Request, Task
from awlike.frames.dark import DarkFrame
from awlike.frames.raw import RawDarkFrame


class DarkTask(Task):
    """Make master darks, one for each chip and night."""

    target = DarkFrame

    def requests(self) -> list[Request]:
        return self.one_for_each_night(self.raw_frames(RawDarkFrame))

"""Make master darks, one for each chip and night."""

from awlike.frames.dark import DarkFrame
from awlike.frames.raw import RawDarkFrame
from awlike.tasks.task import Task


class DarkTask(Task):
    """Make master darks, one for each chip and night."""

    target = DarkFrame

    def requests(self):
        return self.one_for_each_night(self.raw_frames(RawDarkFrame))

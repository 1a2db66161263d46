"""Make fringe frames, one for each chip, filter with fringes, and night."""

from awlike.frames.fringe import FringeFrame
from awlike.frames.raw import RawScienceFrame
from awlike.tasks.task import Task


class FringeTask(Task):
    """Make fringe frames, one for each chip, filter with fringes, and night."""

    target = FringeFrame

    def requests(self):
        return self.one_for_each_night([raw for raw in self.raw_frames(RawScienceFrame) if FringeFrame.concerns(raw.filter)])

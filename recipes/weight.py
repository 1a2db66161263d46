"""Weigh the pixels of science frames."""

from awlike.frames.raw import RawScienceFrame
from awlike.frames.weight import WeightFrame
from awlike.tasks.task import Task


class WeightTask(Task):
    """Weigh the pixels of science frames."""

    target = WeightFrame

    def requests(self):
        return self.one_for_each(self.raw_frames(RawScienceFrame))

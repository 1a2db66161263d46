"""Reduce raw science frames; calibrations that are missing are made on the way."""

from awlike.frames.raw import RawScienceFrame
from awlike.frames.reduced import ReducedScienceFrame
from awlike.tasks.task import Task


class ReduceTask(Task):
    """Reduce raw science frames; calibrations that are missing are made on the way."""

    target = ReducedScienceFrame

    def requests(self):
        return self.one_for_each(self.raw_frames(RawScienceFrame))

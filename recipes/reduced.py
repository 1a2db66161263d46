"""Reduce raw science frames; calibrations that are missing are made on the way."""

from awlike.declare import Request, Task
from awlike.frames.raw import RawScienceFrame
from awlike.frames.reduced import ReducedScienceFrame


class ReduceTask(Task):
    """Reduce raw science frames; calibrations that are missing are made on the way."""

    target = ReducedScienceFrame

    def requests(self) -> list[Request]:
        return self.one_for_each(self.raw_frames(RawScienceFrame))

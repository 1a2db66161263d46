"""Weigh the pixels of science frames."""

from awlike.declare import Request, Task
from awlike.frames.raw import RawScienceFrame
from awlike.frames.weight import WeightFrame


class WeightTask(Task):
    """Weigh the pixels of science frames."""

    target = WeightFrame

    def requests(self) -> list[Request]:
        return self.one_for_each(self.raw_frames(RawScienceFrame))

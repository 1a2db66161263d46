"""Measure the crosstalk between amplifiers, for each chip and night, from science frames with saturated stars."""

from awlike.declare import Request, Task
from awlike.frames.crosstalk import CrosstalkMatrix
from awlike.frames.raw import RawScienceFrame


class CrosstalkTask(Task):
    """Measure the crosstalk between amplifiers, for each chip and night, from science frames with saturated stars."""

    target = CrosstalkMatrix

    def requests(self) -> list[Request]:
        return self.one_for_each_night(self.raw_frames(RawScienceFrame))

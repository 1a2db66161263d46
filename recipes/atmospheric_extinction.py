"""Measure the atmospheric extinction by the standard fields of a night, for each chip and filter."""

from awlike.declare import Request, Task
from awlike.frames.atmospheric_extinction import AtmosphericExtinction
from awlike.frames.raw import RawScienceFrame


class ExtinctionTask(Task):
    """Measure the atmospheric extinction by the standard fields of a night, for each chip and filter."""

    target = AtmosphericExtinction

    def requests(self) -> list[Request]:
        return self.one_for_each_night(self.raw_frames(RawScienceFrame))

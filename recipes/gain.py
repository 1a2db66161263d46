"""Measure gain and linearity, for each chip and night, from dome flats of the filter with the most exposure times."""

import dataclasses

from awlike.declare import Request, Task
from awlike.frames.gain import GainLinearity, of_one_filter
from awlike.frames.raw import RawDomeFlatFrame


class GainTask(Task):
    """Measure gain and linearity, for each chip and night, from dome flats of the filter with the most exposure times."""

    target = GainLinearity

    def requests(self) -> list[Request]:
        nights = self.one_for_each_night(self.raw_frames(RawDomeFlatFrame))
        return [dataclasses.replace(night, of=of_one_filter(night.members)) for night in nights]

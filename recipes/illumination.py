"""Measure the illumination by the stars of dithered science frames, for each chip, filter and night."""

from awlike.declare import Request, Task
from awlike.frames.illumination import IlluminationCorrection
from awlike.frames.raw import RawScienceFrame


class IlluminationTask(Task):
    """Measure the illumination by the stars of dithered science frames, for each chip, filter and night."""

    target = IlluminationCorrection

    def requests(self) -> list[Request]:
        return self.one_for_each_night(self.raw_frames(RawScienceFrame))

"""Measure the colour term between a reference catalogue and a filter, for each chip, filter and night."""

from awlike.declare import Request, Task
from awlike.frames.phot_transformation import PhotTransformation
from awlike.frames.raw import RawScienceFrame


class ColourTermTask(Task):
    """Measure the colour term between a reference catalogue and a filter, for each chip, filter and night.

    The process parameter `PhotTransformation.COLOUR` names the colour, two bands of the catalogue, as ``g-r``.
    """

    target = PhotTransformation

    def requests(self) -> list[Request]:
        return self.one_for_each_night(self.raw_frames(RawScienceFrame))

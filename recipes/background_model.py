"""Measure level and noise of the sky in science frames; what is missing on the way is made, too."""

from awlike.declare import Request, Task
from awlike.frames.background_model import BackgroundModel
from awlike.frames.raw import RawScienceFrame
from awlike.frames.science import ScienceFrame


class BackgroundTask(Task):
    """Measure level and noise of the sky in science frames; what is missing on the way is made, too."""

    target = BackgroundModel

    def requests(self) -> list[Request]:
        return self.one_for_each(self.raw_frames(RawScienceFrame, ScienceFrame))

"""Solve the zero points of science frames together; what is missing on the way is made, too."""

from awlike.declare import Request, Task
from awlike.frames.photometric_parameters import PhotometricParameters
from awlike.frames.raw import RawScienceFrame
from awlike.frames.science import ScienceFrame


class GPhotomTask(Task):
    """Solve the zero points of science frames together: one solution of all, and from it the zero point of each."""

    target = PhotometricParameters

    def requests(self) -> list[Request]:
        return self.one_for_each(self.raw_frames(RawScienceFrame, ScienceFrame), together=True)

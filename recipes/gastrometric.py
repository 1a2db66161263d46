"""Solve the astrometry of science frames together; what is missing on the way is made, too."""

from awlike.declare import Request, Task
from awlike.frames.astrometric_parameters import AstrometricParameters
from awlike.frames.raw import RawScienceFrame
from awlike.frames.science import ScienceFrame


class GAstromTask(Task):
    """Solve the astrometry of science frames together: one solution of all, and from it the astrometry of each."""

    target = AstrometricParameters

    def requests(self) -> list[Request]:
        return self.one_for_each(self.raw_frames(RawScienceFrame, ScienceFrame), together=True)

"""Find where science frames are on the sky; what is missing on the way is made, too."""

from awlike.declare import Task
from awlike.frames.astrometric_parameters import AstrometricParameters
from awlike.frames.raw import RawScienceFrame
from awlike.frames.science import ScienceFrame


class AstrometryTask(Task):
    """Find where science frames are on the sky; what is missing on the way is made, too."""

    target = AstrometricParameters
    of = RawScienceFrame, ScienceFrame

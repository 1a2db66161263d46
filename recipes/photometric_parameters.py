"""Measure the zero point of science frames; what is missing on the way is made, too."""

from awlike.declare import Task
from awlike.frames.photometric_parameters import PhotometricParameters
from awlike.frames.raw import RawScienceFrame
from awlike.frames.science import ScienceFrame


class PhotomTask(Task):
    """Measure the zero point of science frames; what is missing on the way is made, too."""

    target = PhotometricParameters
    of = RawScienceFrame, ScienceFrame

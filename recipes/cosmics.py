"""Map the cosmic rays in science frames."""

from awlike.frames.cosmics import CosmicMap
from awlike.frames.raw import RawScienceFrame
from awlike.tasks.task import Task


class CosmicsTask(Task):
    """Map the cosmic rays in science frames."""

    target = CosmicMap

    def requests(self):
        return self.one_for_each(self.raw_frames(RawScienceFrame))

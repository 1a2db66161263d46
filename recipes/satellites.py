"""Map the satellite tracks in science frames."""

from awlike.frames.raw import RawScienceFrame
from awlike.frames.satellites import SatelliteMap
from awlike.tasks.task import Task


class SatellitesTask(Task):
    """Map the satellite tracks in science frames."""

    target = SatelliteMap

    def requests(self):
        return self.one_for_each(self.raw_frames(RawScienceFrame))

"""Map the satellite tracks in science frames."""

from awlike.declare import Request, Task
from awlike.frames.raw import RawScienceFrame
from awlike.frames.satellites import SatelliteMap


class SatellitesTask(Task):
    """Map the satellite tracks in science frames."""

    target = SatelliteMap

    def requests(self) -> list[Request]:
        return self.one_for_each(self.raw_frames(RawScienceFrame))

"""Map the cosmic rays in science frames."""

from awlike.declare import Request, Task
from awlike.frames.cosmics import CosmicMap
from awlike.frames.raw import RawScienceFrame


class CosmicsTask(Task):
    """Map the cosmic rays in science frames."""

    target = CosmicMap

    def requests(self) -> list[Request]:
        return self.one_for_each(self.raw_frames(RawScienceFrame))

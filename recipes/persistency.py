"""Map the trails of charge in science frames, and what earlier exposures left in them."""

from awlike.declare import Request, Task
from awlike.frames.persistency import PersistencyMap
from awlike.frames.raw import RawScienceFrame


class PersistencyTask(Task):
    """Map the trails of charge in science frames, and what earlier exposures left in them."""

    target = PersistencyMap

    def requests(self) -> list[Request]:
        return self.one_for_each(self.raw_frames(RawScienceFrame))

"""Make fringe frames, one for each chip, filter and night, in the filters asked for or known to have fringes."""

from awlike.declare import Request, Task, camera
from awlike.frames.fringe import FringeFrame
from awlike.frames.raw import RawScienceFrame


class FringeTask(Task):
    """Make fringe frames, one for each chip, filter and night, in the filters asked for or known to have fringes."""

    target = FringeFrame

    def requests(self) -> list[Request]:
        facts = camera(self.instrument).filter_facts
        return self.one_for_each_night([raw for raw in self.raw_frames(RawScienceFrame)
                                        if self.filter or facts(raw.filter.name).has_fringes])

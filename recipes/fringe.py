"""Make fringe frames, one for each chip, filter and night: of the filters that are asked for, or that are known to have fringes."""

from awlike.cameras.known import camera
from awlike.frames.fringe import FringeFrame
from awlike.frames.raw import RawScienceFrame
from awlike.tasks.task import Task


class FringeTask(Task):
    """Make fringe frames, one for each chip, filter and night: of the filters that are asked for, or that are known to have fringes."""

    target = FringeFrame

    def requests(self):
        facts = camera(self.instrument).filter_facts
        return self.one_for_each_night([raw for raw in self.raw_frames(RawScienceFrame)
                                        if self.filter or facts(raw.filter.name).has_fringes])

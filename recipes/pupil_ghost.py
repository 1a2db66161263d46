"""Find the pupil ghost of each filter in science frames of many exposures; what is missing on the way is made, too."""

from awlike.declare import Request, Task
from awlike.frames.pupil_ghost import PupilGhost
from awlike.frames.raw import RawScienceFrame
from awlike.frames.reduced import ReducedScienceFrame


class PupilGhostTask(Task):
    """Find the pupil ghost of each filter in science frames of many exposures; what is missing is made, too."""

    target = PupilGhost

    def requests(self) -> list[Request]:
        filters: dict[str, list] = {}
        for frame in self.raw_frames(RawScienceFrame, ReducedScienceFrame):
            filters.setdefault(frame.filter.name if frame.filter else '', []).append(frame)
        return [request for name in sorted(filters) for request in self.one_for_all(filters[name])]

"""Put the detectors of each exposure into one file; what is missing on the way is made, too."""

from awlike.declare import Request, Task
from awlike.frames.mosaic import MosaicFrame
from awlike.frames.raw import RawScienceFrame
from awlike.frames.reduced import ReducedScienceFrame


class MosaicTask(Task):
    """Put the detectors of each exposure into one file: a mosaic for each exposure; what is missing is made, too."""

    target = MosaicFrame

    def requests(self) -> list[Request]:
        exposures: dict[tuple, list] = {}
        for frame in self.raw_frames(RawScienceFrame, ReducedScienceFrame):
            exposures.setdefault((frame.DATE_OBS, frame.filter and frame.filter.object_id), []).append(frame)
        return [request for frames in exposures.values() for request in self.one_for_all(frames)]

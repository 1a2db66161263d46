"""Stack science frames on a grid of the sky; what is missing on the way is made, too."""

from awlike.declare import Frame, GriddedTask, Request
from awlike.frames.coadded import CoaddedRegriddedFrame
from awlike.frames.raw import RawScienceFrame
from awlike.frames.science import ScienceFrame


class CoaddTask(GriddedTask):
    """Stack science frames: one stack for each filter and grid, or tile that they touch; what is missing is made, too."""

    target = CoaddedRegriddedFrame

    def requests(self) -> list[Request]:
        return [request for grid, frames in self.on_grids(self.raw_frames(RawScienceFrame, ScienceFrame))
                for some in _by_filter(frames) for request in self.one_for_all(some, grid)]


def _by_filter(frames: list[Frame]) -> list[list[Frame]]:
    """Return the frames of each filter."""
    found: dict[str, list[Frame]] = {}
    for frame in frames:
        found.setdefault('' if frame.filter is None else frame.filter.name, []).append(frame)
    return [found[name] for name in sorted(found)]

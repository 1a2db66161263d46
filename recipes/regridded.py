"""Resample science frames onto a grid of the sky; what is missing on the way is made, too."""

from awlike.declare import GriddedTask, Request
from awlike.frames.raw import RawScienceFrame
from awlike.frames.regridded import RegriddedFrame
from awlike.frames.science import ScienceFrame


class RegridTask(GriddedTask):
    """Resample science frames onto a grid of the sky, or onto the tiles that they touch; what is missing is made, too."""

    target = RegriddedFrame

    def requests(self) -> list[Request]:
        placed = self.on_grids(self.raw_frames(RawScienceFrame, ScienceFrame))
        return [request for grid, frames in placed for request in self.one_for_each(frames, grid)]

"""Stack science frames on a grid of the sky; what is missing on the way is made, too."""

from awlike.declare import Frame, GriddedTask, ParameterError, Request
from awlike.frames.coadded import CoaddedRegriddedFrame
from awlike.frames.raw import RawScienceFrame
from awlike.frames.science import ScienceFrame


class CoaddTask(GriddedTask):
    """Stack science frames: one stack for each filter and grid, or tile that they touch; what is missing is made, too.

    Each exposure counts once: two frames of one raw frame are refused.
    """

    target = CoaddedRegriddedFrame

    def requests(self) -> list[Request]:
        members = self.raw_frames(RawScienceFrame, ScienceFrame)
        _check_each_once(members)
        return [request for grid, frames in self.on_grids(members)
                for some in _by_filter(frames) for request in self.one_for_all(some, grid)]


def _by_filter(frames: list[Frame]) -> list[list[Frame]]:
    """Return the frames of each filter."""
    found: dict[str, list[Frame]] = {}
    for frame in frames:
        found.setdefault('' if frame.filter is None else frame.filter.name, []).append(frame)
    return [found[name] for name in sorted(found)]


def _check_each_once(frames: list[Frame]) -> None:
    """Raise ParameterError where two of `frames` are made of one raw frame, or are a raw frame and what is made of it."""
    seen: dict[Frame, Frame] = {}
    for frame in frames:
        raw = _raw_of(frame)
        other = seen.setdefault(raw, frame)
        if other is not frame:
            raise ParameterError(f'{other} and {frame} are both of {raw}: a stack counts each exposure once, so leave one of '
                                 'them out')


def _raw_of(frame: Frame) -> Frame:
    """Return the raw frame that a frame was reduced from, also by way of a grid; the frame itself where there is none."""
    for role in ('frame', 'raw'):
        frame = getattr(frame, role, None) or frame
    return frame

"""The raw frames that a request names itself: the members of a set, or other chips of the same exposure."""

from collections.abc import Sequence

from awlike.cameras.known import camera
from awlike.errors import NoCalibration
from awlike.persist.links import Input
from awlike.planning.counting import Counting, in_chunks
from awlike.planning.raw_sets import in_time
from awlike.planning.request import Request
from awlike.products.parameters import FromRawFrames, ProcessParameters
from awlike.products.raw import RawFrame


def given(counting: Counting, link: Input, request: Request, params: FromRawFrames) -> list[RawFrame] | NoCalibration | None:
    """Return those members of `request` that `link` takes, or the error that they are too few; None where there are none."""
    frames = [raw for raw in request.members if isinstance(raw, link.target)]
    if not frames:
        return None
    if len(frames) >= params.MINIMUM_NUMBER:
        return sorted(frames[:params.MAXIMUM_NUMBER], key=in_time)
    place = ' '.join(name for name in request.names if name)
    night = camera(request.instrument.name).night(request.date)
    return NoCalibration(
        f'{len(frames)} valid {link.target.__name__} for {place} of the night of {night}{counting.limit_in_words()}, '
        f'{params.MINIMUM_NUMBER} are needed: ingest more of them, or change MINIMUM_NUMBER')


def of_chips(counting: Counting, link: Input, requests: list[Request],
             params: Sequence[ProcessParameters]) -> list[list[RawFrame] | NoCalibration | None]:
    """Return for each request the raw frames of its exposure of other chips, in the order of the names of the chips.

    A table among `params` names the chips. Where it is empty there is None, where a frame is lacking the error that says which.
    """
    table = link.of_chips or ''
    chips: list[list[str]] = [sorted(getattr(p, table)) for p in params]
    wanted = {(r.instrument, name) for r, names in zip(requests, chips, strict=True) for name in names}
    if not wanted:
        return [None] * len(requests)
    dates = sorted({r.date for r, names in zip(requests, chips, strict=True) if names})
    own = {r.raw.project_id for r in requests if r.raw is not None}  # of which the user named a frame
    frames = {}
    for some in in_chunks(dates):
        found = link.target.chip.name.in_(sorted({name for _, name in wanted})) & link.target.DATE_OBS.in_(some)
        frames |= {(frame.instrument, frame.chip.name, frame.DATE_OBS): frame for frame in counting.among(found)
                   if counting.trusted is None or frame.project_id in counting.trusted | own}
    return [_exposure(link, r, names, frames) for r, names in zip(requests, chips, strict=True)]


def _exposure(link: Input, request: Request, chips: list[str], frames: dict) -> list[RawFrame] | NoCalibration | None:
    if request.chip is not None and request.chip.name in chips:
        return NoCalibration(f'{request.chip.name} is in its own {link.of_chips}: leave it out, the gain has it')
    found = [frames.get((request.instrument, name, request.date)) for name in chips]
    there = [frame for frame in found if frame is not None]
    if len(there) == len(found):
        return there or None
    return NoCalibration(f'no valid {link.target.__name__} of {chips[found.index(None)]} of the exposure of {request.date}: '
                         f'ingest it, or leave that chip out of {link.of_chips}')

"""Earlier exposures: products of raw frames that the same chip saw shortly before, as inputs of a later one."""

import bisect
import collections
import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from awlike.persist.links import Input
from awlike.planning.counting import Counting
from awlike.planning.request import Request, of_frame
from awlike.planning.step import MemberInputs, error_of
from awlike.products.raw import RawFrame
from awlike.query.query import Query

if TYPE_CHECKING:
    from awlike.planning.inputs_wanted import Resolves
    from awlike.products.parameters import ProcessParameters

_LEAST = 1.0  # seconds between the starts of two exposures; less is the same exposure
_LONGEST = datetime.timedelta(hours=12)  # an exposure takes at most
_RANGES = 20  # of time that one statement asks for; more become one range


def of_earlier(resolver: 'Resolves', link: Input, parameter: str, requests: Sequence[Request],
               params: 'Sequence[ProcessParameters]') -> list[MemberInputs | None]:
    """Return for each of `requests` the products to which `link` leads of earlier exposures, in order of time.

    An exposure counts that begins at least a second before the exposure of the request, and ends at most as many seconds before
    it begins as the process parameter of the name `parameter` says. One statement reads the exposures of all requests.

    Returns
    -------
    list
        None where there is none. An exposure of which no product can be had is left out, and the inputs say so.
    """
    seconds = [float(getattr(its, parameter)) for its in params]
    frames = _frames(resolver.candidates.counting, link, requests, seconds)
    before = [_before(request, time, frames) for request, time in zip(requests, seconds, strict=True)]
    wanted = {raw.object_id: of_frame(raw) for some in before for raw in some}
    steps = dict(zip(wanted, resolver.resolve(link.target, list(wanted.values())), strict=True)) if wanted else {}
    return [_inputs([(raw, steps[raw.object_id]) for raw in some]) for some in before]


def _inputs(some: list[tuple[RawFrame, Any]]) -> MemberInputs | None:
    """Return the steps that can be had, with those left out that cannot; None without any exposure."""
    errors = {str(raw): str(error) for raw, step in some if (error := error_of(step)) is not None}
    return MemberInputs((step for _, step in some if error_of(step) is None), errors) if some else None


def _frames(counting: Counting, link: Input, requests: Sequence[Request],
            seconds: Sequence[float]) -> dict[tuple, list[RawFrame]]:
    """Return the raw frames that may count, by chip and setup, in order of time."""
    raw_kind = link.target.inputs()[link.target.principal_role()].target
    asking = [(request, time) for request, time in zip(requests, seconds, strict=True) if request.raw is not None and time > 0]
    if not asking:
        return {}
    spans = _merged([(request.date - datetime.timedelta(seconds=time) - _LONGEST, request.date) for request, time in asking])
    query: Query | None = None
    for first, last in spans:
        within = (raw_kind.DATE_OBS >= first) & (raw_kind.DATE_OBS <= last)
        query = within if query is None else query | within
    chips = sorted({request.chip.name for request, _ in asking if request.chip is not None})
    found = counting.among(query & raw_kind.chip.name.in_(chips))
    own = {request.raw.project_id for request, _ in asking if request.raw is not None}
    by_chip: dict[tuple, list[RawFrame]] = collections.defaultdict(list)
    for raw in sorted(found, key=lambda one: (one.DATE_OBS, one.object_id)):
        if counting.trusted is None or raw.project_id in counting.trusted | own:
            by_chip[_key(raw)].append(raw)
    return by_chip


def _key(frame: Any) -> tuple:
    """Return what frames have in common that lie pixel upon pixel, a raw frame or a request: chip and setup."""
    return frame.chip and frame.chip.object_id, frame.setup and frame.setup.object_id


def _before(request: Request, seconds: float, frames: dict[tuple, list[RawFrame]]) -> list[RawFrame]:
    """Return which of `frames` count for `request`, in order of time."""
    there = frames.get(_key(request), []) if request.raw is not None and seconds > 0 else []
    last = bisect.bisect_right(there, request.date - datetime.timedelta(seconds=_LEAST), key=lambda one: one.DATE_OBS)
    first = bisect.bisect_left(there, request.date - datetime.timedelta(seconds=seconds) - _LONGEST,
                               key=lambda one: one.DATE_OBS)
    return [one for one in there[first:last]
            if (request.date - one.DATE_OBS).total_seconds() - (one.EXPTIME or 0.0) <= seconds]


def _merged(spans: list[tuple[datetime.datetime, datetime.datetime]]) -> list[tuple[datetime.datetime, datetime.datetime]]:
    """Return spans of time that hold all of `spans`, few of them."""
    merged: list[tuple[datetime.datetime, datetime.datetime]] = []
    for first, last in sorted(spans):
        if merged and first <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(last, merged[-1][1])
        else:
            merged.append((first, last))
    return merged if len(merged) <= _RANGES else [(merged[0][0], merged[-1][1])]

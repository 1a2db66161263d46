"""Representatives: one request in place of all requests of a place and a night, which get the same calibration.

A night has hundreds of science frames of each chip, and awlike looks for the calibrations of one of them. The time of day of a
frame matters in few cases; then the frame stands for itself.
"""

import collections
import functools
from typing import TYPE_CHECKING

from awlike.cameras.camera import WINDOW
from awlike.planning.calibrations import lead_roles
from awlike.planning.request import Request
from awlike.products.calibration import CalibrationFrame

if TYPE_CHECKING:
    from awlike.planning.resolve import Resolver

Kind = type[CalibrationFrame]


class Representatives:
    """The representatives of the requests of one plan."""

    def __init__(self, resolver: 'Resolver') -> None:
        self._resolver = resolver
        self._first: dict[tuple, Request] = {}
        self._of: dict[int, tuple[Request, Request]] = {}  # by `id`: the request itself, which is kept, and its own
        self._known: dict[Kind, dict[int, Request | None]] = collections.defaultdict(dict)

    def of(self, cls: Kind, requests: list[Request]) -> list[Request]:
        """Return for each of `requests` the request for a calibration of class `cls` that stands for it."""
        if not _is_of_nights(cls):
            return [request.for_class(cls) for request in requests]
        known, of = self._known[cls], self._of
        firsts = [(of.get(id(request)) or self._enter(request))[1] for request in requests]
        for first in firsts:
            if id(first) not in known:
                known[id(first)] = None if self._time_matters(cls, first) else first.for_class(cls)
        return [known[id(first)] or request.for_class(cls) for request, first in zip(requests, firsts, strict=True)]

    def _enter(self, request: Request) -> tuple[Request, Request]:
        """Note what stands for `request`: the first request of its place, night and setup."""
        group = request.place, request.night, request.setup_id, request.grid, request.avoid
        self._of[id(request)] = entry = request, self._first.setdefault(group, request)
        return entry

    def _time_matters(self, cls: Kind, request: Request) -> bool:
        """Return whether two requests of the night of `request` can get different calibrations of class `cls`.

        They can where a person chose an interval, where an intervention lies in the night, and where windows of several sizes
        serve, so that a night has several sets.
        """
        if request.setup is not None and WINDOW in request.setup.settings:
            return True
        for kind in _kinds(cls):
            own = request.for_class(kind)
            if self._resolver.by_hand.of(kind, own):
                return True
            if any(own.nights_to(one.date) == 0 for one in self._resolver.chooser.eras.of(kind, own).interventions):
                return True
        return False


@functools.cache
def _kinds(cls: Kind) -> tuple[Kind, ...]:
    """Return `cls` and the kinds of calibrations that it follows, as far as they are chosen for the date of a request."""
    inputs = cls.inputs()
    leads = [inputs[role].target for role in lead_roles(cls)]
    found = {cls: None}
    for lead in leads:
        if issubclass(lead, CalibrationFrame):
            found |= dict.fromkeys(_kinds(lead))
    return tuple(found)


@functools.cache
def _is_of_nights(cls: Kind) -> bool:
    """Return whether the night of a frame says which calibration of class `cls` serves, and no exposure time or half night."""
    raw_kinds = [raw_kind for kind in _kinds(cls) if (raw_kind := kind.raw_kind()) is not None]
    return not any(kind.chosen_by() for kind in _kinds(cls)) and not any(kind.HALF_NIGHTS or kind.ALIKE for kind in raw_kinds)

"""Alike: science frames for which planning chooses the same, so that a check asks for a few of them alone."""

import bisect
import collections
import datetime
import functools
from collections.abc import Collection, Iterable, Sequence

from awlike.planning.request import Place, Request
from awlike.planning.resolve import Resolver
from awlike.products.calibration import CalibrationFrame


def alike(resolver: Resolver, frames: Sequence[Request], kinds: Iterable[type[CalibrationFrame]]) -> list[list[int]]:
    """Return the numbers of `frames` in groups: one night, place, setup and exposure time, no break between them.

    A break is an intervention, or a bound of an interval by hand, for a calibration of one of `kinds`.
    """
    breaks: dict[Place, list[datetime.datetime]] = {}
    groups: dict[tuple, list[int]] = collections.defaultdict(list)
    for number, one in enumerate(frames):
        if one.place not in breaks:
            breaks[one.place] = _breaks(resolver, one, kinds)
        groups[one.place, one.setup_id, one.night, rounded(one.EXPTIME), one.TEMPERATURE is None,
               bisect.bisect_right(breaks[one.place], one.date)].append(number)
    return list(groups.values())


def _breaks(resolver: Resolver, frame: Request, kinds: Iterable[type[CalibrationFrame]]) -> list[datetime.datetime]:
    """Return the dates at which planning may begin to choose another calibration for frames like `frame`."""
    dates = set()
    for cls in kinds:
        request = frame.for_class(cls)
        dates |= {one.date for one in resolver.chooser.eras.of(cls, request).interventions}
        dates |= {date for one in resolver.by_hand.of(cls, request) for date in (one.start, one.end)}
    return sorted(dates)


def rounded(exptime: float | None) -> float | None:
    """Return an exposure time [s] to three digits: shutters are no better."""
    return None if exptime is None else float(f'{exptime:.3g}')


def outermost(frames: Sequence[Request], group: Collection[int]) -> list[int]:
    """Return the first and the last of `group`, the coldest and the warmest, the shortest and the longest.

    What serves all of these serves the rest of the group.
    """
    def values(number: int) -> tuple:
        one = frames[number]
        return one.date, one.TEMPERATURE or 0.0, one.EXPTIME or 0.0

    found = [choose(group, key=functools.partial(lambda part, number: values(number)[part], part))
             for part in range(3) for choose in (min, max)]
    return list(dict.fromkeys(found))


def standing_for(frames: Sequence[Request], groups: Iterable[Collection[int]],
                 whole: Collection[int]) -> dict[Request, set[int]]:
    """Return requests and the numbers of the frames that each stands for.

    The outermost frames of a group stand for it; of a group that has a member in `whole` each frame stands for itself.
    """
    found: dict[Request, set[int]] = collections.defaultdict(set)
    for group in groups:
        if not set(whole).isdisjoint(group):
            for number in group:
                found[frames[number]].add(number)
            continue
        first, *others = outermost(frames, group)
        for number in others:
            found[frames[number]].add(number)
        found[frames[first]] |= set(group).difference(others)
    return found

"""Explain: why a calibration does not count, or serves no science frame."""

import bisect

from awlike.calibrations.asked import Asked
from awlike.calibrations.candidate import Candidate, Key, PlaceChoice, Served
from awlike.calibrations.leads import Kind, leads
from awlike.nights import in_nights
from awlike.planning.found import Found
from awlike.planning.request import Request
from awlike.planning.resolve import Resolver


def judge(resolver: Resolver, cls: Kind, answered: list[tuple[Asked, PlaceChoice]]) -> None:
    """Find which calibrations do not count and why; one that serves somewhere counts."""
    waiting = [(place, one, one.found) for place, choice in answered for one in choice.calibrations
               if not one.runs and one.found is not None]
    resolver.candidates.counting.look_at(found.object_id for _, _, found in waiting)
    counting: dict[Key, tuple[Request, Found]] = {}
    for place, one, found in waiting:
        one.reason = resolver.against(resolver.step(cls, place.request), found)
        if one.reason is None:
            counting[found.object_id] = place.request, found
    outdated = resolver.outdated(cls, {found.object_id: (request, found) for request, found in counting.values()})
    for _, one, found in waiting:
        one.reason = one.reason or outdated.get(found.object_id)


def explain(place: Asked, choice: PlaceChoice) -> None:
    """Say of each candidate that counts and serves no science frame what serves in its place, or what keeps it."""
    by_key = {one.key: one for one in choice.candidates}
    for one in choice.candidates:
        if one.reason is not None or one.frames:
            continue
        if not one.runs:
            one.rival, one.because = _never_chosen(place, one, by_key)
        elif choice.served and one.made:
            one.rival, one.because = _not_needed(place, one, _nearest(choice.served, one))


def _never_chosen(place: Asked, one: Candidate, by_key: dict[Key, Candidate]) -> tuple[Candidate | None, str]:
    """Return what serves in place of `one` at its own date, and why."""
    if one.by_hand is not None:
        return None, 'serves nothing in its interval by hand'
    answer = next((place.answer(place.at(own)) for own in place.own if own.date == one.date), None)
    rival = by_key.get(answer.key) if answer is not None and answer.key is not None else None
    if rival is None:
        return None, 'others fit better' if answer is None else answer.why_not
    if rival.by_hand is not None:
        return rival, 'serves by hand'
    if one.found is not None and rival.found is not None and \
            place.raws.get(one.found.object_id, one.key) == place.raws.get(rival.found.object_id):
        return rival, 'was made later from the same raw frames'
    return rival, 'serves in its place, from the raw frames that its night has now'


def _nearest(served: list[Served], one: Candidate) -> Served:
    """Return the science frames nearest to `one`."""
    after = bisect.bisect_left(served, one.date, key=lambda frames: frames.date)
    return min(served[max(after - 1, 0):after + 1], key=lambda frames: abs(frames.date - one.date))


def _not_needed(place: Asked, one: Candidate, frames: Served) -> tuple[Candidate | None, str]:
    """Return what serves the science frames that are nearest to `one`, and why `one` does not."""
    for lead in leads(place.cls):
        era = place.resolver.chooser.eras.of(lead, place.request.for_class(lead))
        between = era.between(era.number(one.date), era.number(frames.date))
        if between:
            return None, f'the science frames lie across the intervention of {between[0].date:%Y-%m-%d %H:%M} ' \
                         f'({between[0].reason})'
    distance = (one.night - frames.night).days
    if frames.candidate is None:
        return None, f'the nearest science frame is too far away: it is {in_nights(-distance)}'
    return frames.candidate, 'serves by hand' if frames.candidate.by_hand else 'is nearer to the science frames, or fits better'

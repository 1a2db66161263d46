"""Existing calibrations: kinds that are used where they exist, and made by their own task alone; the distance of an object."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from awlike.errors import NoCalibration
from awlike.planning import nearest
from awlike.planning.found import Found
from awlike.planning.nearest import LAST_RESORT, Chosen
from awlike.planning.outcome import Failed
from awlike.planning.reasons import BETTER, HEADER, PARAMETERS
from awlike.planning.request import Request
from awlike.planning.reuse import outcome_of
from awlike.planning.step import Step
from awlike.products.calibration import CalibrationFrame
from awlike.products.parameters import FromRawFrames

if TYPE_CHECKING:
    from awlike.planning.resolve import Resolver

Kind = type[CalibrationFrame]


def existing(resolver: 'Resolver', cls: Kind, requests: list[Request]) -> list[Step | None]:
    """Return for each of `requests` a step that reuses the nearest object that counts, or None.

    As it is not made on the way, code is no reason against it. What exists and was made from other inputs, or with
    other parameters, than would be used now gives the error that says so.
    """
    if not requests or cls.__name__ in resolver.candidates.counting.known.absent:
        return [None] * len(requests)
    params = [resolver.parameters.get(cls, *request.names) for request in requests]
    limits = [its if isinstance(its, FromRawFrames) else FromRawFrames() for its in params]
    by_place = resolver.candidates.calibrations(cls, requests, max(one.LAST_RESORT_NIGHTS for one in limits))
    if not by_place and not any(resolver.by_hand.of(cls, request) for request in requests):
        return [None] * len(requests)
    steps = [resolver.step(cls, request) for request in requests]
    near = [in_order(resolver, cls, step.request, its, by_place.get(step.request.place, []))
            for step, its in zip(steps, limits, strict=True)]
    best = [next(((found, chosen) for found, chosen in some if resolver.unfit(step, found) is None), None)
            for step, some in zip(steps, near, strict=True)]
    outdated = resolver.outdated(cls, {one[0].object_id: (step.request, one[0])
                                       for step, one in zip(steps, best, strict=True) if one})
    for step, some, one in zip(steps, near, best, strict=True):
        reason = outdated[one[0].object_id] if one else resolver.unfit(step, some[0][0]) if some else None
        if reason is not None and reason.kind in (BETTER, HEADER, PARAMETERS):
            name = (one or some[0])[0].name
            step.outcome = Failed(NoCalibration(f'{name} does not serve, {reason}: make another by its own task'))
        elif one:
            found, chosen = one
            step.own = step.request.at(found.DATE_OBS, resolver.chooser.setups.get(found.setup_id))
            step.outcome = outcome_of(step, found, resolver.candidates.counting, 'the nearest that exists')
            resolver.choose(cls, step.request, chosen)
    return [None if step.outcome is None else resolver.shared(step) for step in steps]


def in_order(resolver: 'Resolver', cls: Kind, request: Request, limits: FromRawFrames,
              found: Iterable[Found]) -> list[tuple[Found, Chosen]]:
    """Return which of `found` may serve `request`, the first choice first: by hand, by setup, by night."""
    by_hand = {one.found.object_id: one for one in resolver.by_hand.of(cls, request)}
    every = {object_id: one.found for object_id, one in by_hand.items() if one.covers(request.date)}
    every |= {one.object_id: one for one in found}
    if not every:
        return []
    ranked = []
    for object_id, one in every.items():
        hand, nights = by_hand.get(object_id), request.nights_to(one.DATE_OBS)
        same_setup = resolver.chooser.setups.same(request.setup, one.setup_id)
        outside = not hand.covers(request.date) if hand else nearest.level(nights, limits) is None
        if outside or not resolver.chooser.agrees(cls, request, one):
            continue
        note = 'by hand' if hand else '' if same_setup else 'its setup is not known to be the same'
        rank = not hand, not same_setup, abs(nights), (nights < 0) if cls.AFTER_FIRST else (nights > 0)
        ranked.append((rank, one, distance_of(request, one, note, None if hand else limits)))
    made_last = sorted(ranked, key=lambda entry: entry[1].creation_date, reverse=True)
    return [(one, chosen) for _, one, chosen in sorted(made_last, key=lambda entry: entry[0])]


def distance_of(request: Request, found: Found, note: str = '', params: Any = None) -> Chosen:
    """Return how far `found` is from `request`; what a person chose is of level plan, however far it is."""
    nights = request.nights_to(found.DATE_OBS)
    level = nearest.level(nights, params) if params is not None else nearest.PLAN
    return Chosen(nights, level or LAST_RESORT, note)

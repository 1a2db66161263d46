"""Calibrations of a plan: which set of raw frames serves each request, and what exists, or is made, from that set.

A calibration follows from its lead, the input from which its date and setup come: raw frames, or another calibration. All
other inputs are chosen for the date and the setup of the lead. So one set gives one calibration, whoever asks first.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from awlike.current import current
from awlike.errors import NoCalibration
from awlike.persist.links import Input, fetch, listed
from awlike.planning.existing import distance_of
from awlike.planning.found import Found
from awlike.planning.imported import best_imported, rank_of_lead
from awlike.planning.inputs_wanted import InputsFound, find_inputs, wanted
from awlike.planning.nearest import LAST_RESORT, LEVELS, Chosen
from awlike.planning.outcome import Failed
from awlike.planning.raw_sets import RawRow, mean_temperature
from awlike.planning.reasons import MISSING, Reason
from awlike.planning.request import Request
from awlike.planning.reuse import MissedLimits, outcome_of
from awlike.planning.step import Step, error_of
from awlike.products.calibration import CalibrationFrame
from awlike.products.making import mean_date
from awlike.products.parameters import FromRawFrames
from awlike.products.raw import RawFrame

if TYPE_CHECKING:
    from awlike.planning.resolve import Resolver

Kind = type[CalibrationFrame]


class Attempt(NamedTuple):
    """A step for a request, and how far its calibration is from what it serves; None where nothing was chosen."""

    step: Step
    chosen: Chosen | None


def resolved(resolver: 'Resolver', cls: Kind, requests: list[Request]) -> Iterator[tuple[Request, Step, Chosen | None]]:
    """Yield for each of `requests` its step, and how far the calibration is.

    What a person chose by an interval goes first. Then the nearest set is taken. Where what was made from it is bad, or
    serves by hand at other dates only, the next one is taken.
    """
    chosen_by_hand = _by_hand(resolver, cls, requests)
    asked = {request: chosen_by_hand.get(request, request) for request in requests}
    free = {request: one for request, one in asked.items() if isinstance(one, Request)}
    found = _attempts(resolver, cls, list(free.values()))
    first = {request: found[one] for request, one in free.items()}
    settled = {request: one for request, one in asked.items() if isinstance(one, Attempt)}
    settled |= _settled(resolver, cls, free, first)
    yield from ((request, settled[request].step, settled[request].chosen) for request in requests)


def nothing(resolver: 'Resolver', cls: Kind, requests: list[Request]) -> bool:
    """Return whether there is nothing, good or bad, from which a calibration for any of `requests` could be made."""
    places = {request.place: request for request in requests}
    if any(resolver.by_hand.of(cls, one) or resolver.imported.of(cls, place) for place, one in places.items()):
        return False
    raw_kind = cls.raw_kind()
    if raw_kind is not None:
        params = [resolver.parameters.get(cls, *request.names) for request in places.values()]
        resolver.chooser.raw_sets.look(raw_kind, requests, max(cast(FromRawFrames, its).LAST_RESORT_NIGHTS for its in params))
        return not any(resolver.chooser.raw_sets.rows(raw_kind, place) for place in places)
    links = [cls.inputs()[role] for role in lead_roles(cls)]
    return all(_is_absent(resolver, link, [request.for_class(link.target) for request in requests]) for link in links)


def _is_absent(resolver: 'Resolver', link: Input, requests: list[Request]) -> bool:
    if link.existing:
        return all(one is None for one in resolver.existing(link.target, requests))
    return nothing(resolver, link.target, requests)


def _settled(resolver: 'Resolver', cls: Kind, asked: dict[Request, Request],
             found: dict[Request, Attempt]) -> dict[Request, Attempt]:
    """Return `found` by request, with the next set in place of each that is rejected, as long as there is a next."""
    settled, asked, waiting = dict(found), dict(asked), dict(found)
    while True:
        rejected = {request: why_not for request, one in waiting.items()
                    if (why_not := _rejected(resolver, cls, request, one.step)) and one.step.raws}
        if not rejected:
            return settled
        for request in rejected:
            asked[request] = dataclasses.replace(asked[request], avoid=asked[request].avoid | {waiting[request].step.raws})
        attempts = _attempts(resolver, cls, [asked[request] for request in rejected])
        waiting = {}
        for request, why_not in rejected.items():
            step, chosen = attempts[asked[request]]
            if step.error is None:
                settled[request] = Attempt(step, chosen and chosen.noted(f'in place of {why_not}'))
            elif not isinstance(settled[request].step.error, MissedLimits):
                settled[request] = Attempt(_failed(resolver, cls, request, f'{why_not}, does not serve; {step.error}'), None)
            if step.error is None or isinstance(step.error, MissedLimits):
                waiting[request] = Attempt(step, chosen)


def _failed(resolver: 'Resolver', cls: Kind, request: Request, text: str) -> Step:
    """Return a step that fails for a reason."""
    step = resolver.step(cls, request)
    step.outcome = Failed(NoCalibration(text))
    return step


def _rejected(resolver: 'Resolver', cls: Kind, request: Request, step: Step) -> str:
    """Return what keeps the calibration of `step` from serving `request`, in words; empty where nothing does."""
    if resolver.bad and (cls, step.raws) in resolver.bad:
        step.give_up(resolver.bad[cls, step.raws])
    if request.members:
        return ''
    if isinstance(step.error, MissedLimits):
        return f'{step.error.name}, which missed its limits'
    for one in resolver.by_hand.of(cls, request):
        is_it = step.found is not None and step.found.object_id == one.found.object_id
        if not one.covers(request.date) and (is_it or (cls.raw_kind() and resolver.raws_of(cls, one.found) == step.raws)):
            return f'{one}, an interval by hand'
    return ''


# --- from the lead to the step ---

def _attempts(resolver: 'Resolver', cls: Kind, requests: list[Request]) -> dict[Request, Attempt]:
    """Return for each of `requests` the step of its nearest set; requests with the same lead share a step."""
    params = [resolver.parameters.get(cls, *request.names) for request in requests]
    roles = lead_roles(cls)
    values = {role: wanted(resolver, cls, role, requests, params) for role in roles}
    steps: dict[tuple, Step] = {}
    begun: dict[tuple, InputsFound] = {}
    keys, distances, imported = [], [], {}
    for number, request in enumerate(requests):
        lead, (value, chosen) = _best([(role, values[role][number]) for role in roles])
        failed = value is None or error_of(value) is not None
        one = _imported(resolver, cls, request, None if failed else value, chosen)
        if one is not None:
            imported[request] = one
            continue
        key = (request,) if failed else (id(params[number]), lead, _identity(value))
        keys.append(key)
        distances.append((request, None if failed else chosen))
        if key in steps:
            steps[key].asked = steps[key].asked or resolver.asked(cls, request)
            continue
        step, inputs = resolver.step(cls, request), InputsFound(cls)
        step.lead, step.own = lead, request if failed else own_request(resolver, request, value)
        for role in roles if failed else (lead,):
            inputs.add(role, values[role][number][0], None, LAST_RESORT)
        steps[key], begun[key] = step, inputs
    new = list(steps.values())
    find_inputs(resolver, cls, new, [step.own or step.request for step in new], list(begun.values()))
    shared = {key: resolver.shared(step) for key, step in steps.items()}
    for key, step in shared.items():
        step.stand_for(steps[key])
    resolver.decide(cls, [step for step in dict.fromkeys(shared.values()) if step.outcome is None])
    return imported | {request: Attempt(shared[key], chosen)
                       for key, (request, chosen) in zip(keys, distances, strict=True)}


def _imported(resolver: 'Resolver', cls: Kind, request: Request, lead: Any, chosen: Chosen | None) -> Attempt | None:
    """Return the attempt that uses an imported calibration, where one goes before what follows from `lead`, `chosen` far away.

    `lead` is None where nothing can be made. At equal distance what can be made goes first.
    """
    best = best_imported(resolver, cls, request)
    if best is None or (
            lead is not None and chosen is not None and best[2] >= rank_of_lead(resolver, cls, request, lead, chosen)):
        return None
    found, distance, _ = best
    known, step = found.imported or {}, resolver.step(cls, request)
    setup = resolver.chooser.setups.get(found.setup_id)
    step.own = request.at(found.DATE_OBS, setup, known.get('EXPTIME'), known.get('TEMPERATURE'))
    step.outcome = outcome_of(step, found, resolver.candidates.counting, f'imported from {known.get("name")}')
    return Attempt(resolver.shared(step), distance)


def lead_roles(cls: Kind) -> list[str]:
    """Return the roles of which one is the lead: the principal input, or all optional inputs where that is optional."""
    links, principal = cls.inputs(), cls.principal_role()
    if not links[principal].optional or links[principal].existing:
        return [principal]
    return [principal, *(role for role, link in links.items()
                         if link.optional and role != principal and issubclass(link.target, CalibrationFrame))]


def _best(found: Sequence[tuple[str, tuple[Any, Chosen | None]]]) -> tuple[str, tuple[Any, Chosen | None]]:
    """Return the role and the input of the best level; of equal levels the first."""
    def rank(one: tuple[str, tuple[Any, Chosen | None]]) -> int:
        value, chosen = one[1]
        if value is None or error_of(value) is not None:
            return len(LEVELS)
        return 0 if chosen is None else LEVELS.index(chosen.level)

    return min(found, key=rank)


def _identity(value: Any) -> tuple[int, ...]:
    """Return what is equal for leads that are the same: a step, or the list of raw frames of a set."""
    return (id(value),) if isinstance(value, Step) or isinstance(value[0], RawRow) else tuple(map(id, value))


def own_request(resolver: 'Resolver', request: Request, lead: Any) -> Request:
    """Return the request for the other inputs of a calibration at the place of `request` that follows from `lead`."""
    if isinstance(lead, Step):
        own = lead.own or lead.request
        return request.at(lead.date, own.setup, own.EXPTIME, own.TEMPERATURE)
    raws = listed(lead)
    setup = resolver.chooser.setups.get(raws[0].setup_id)
    return request.at(mean_date(raws), setup, sum(raw.EXPTIME for raw in raws) / len(raws), mean_temperature(raws))


# --- what was made before ---

def missing(step: Step) -> Reason:
    """Return the reason for which `step` makes something of which nothing was made before."""
    if step.own is None or not issubclass(step.cls.inputs()[step.lead].target, RawFrame):
        return Reason(MISSING)
    return Reason(MISSING, f'the night {step.own.night} has its own raw frames')


def made_before(resolver: 'Resolver', cls: Kind, steps: list[Step]) -> dict[Step, Found]:
    """Return for each of `steps` the latest object of its night, setup and, if it is made from raw frames, any of these."""
    own = [step.own or step.request for step in steps]
    by_place = resolver.candidates.calibrations(cls, own, reach=0)
    near = {step: [one for one in by_place.get(request.place, [])
                   if one.setup_id == request.setup_id and not one.imported
                   and request.nights_to(one.DATE_OBS) == 0]
            for step, request in zip(steps, own, strict=True)}
    if cls.raw_kind() is None:
        return {step: found[0] for step, found in near.items() if found}
    every = {one.object_id: one for found in near.values() for one in found}
    used = resolver.candidates.inputs_of(every.values(), [cls.principal_role()])
    raws = {object_id: {one.object_id for one in roles[cls.principal_role()]} for object_id, roles in used.items()}
    earlier = {}
    for step, found in near.items():
        mine = set(step.raws)
        same = next((one for one in found if mine & raws.get(one.object_id, set())), None)
        if same is not None:
            earlier[step] = same
    return earlier


# --- what a person chose ---

def _by_hand(resolver: 'Resolver', cls: Kind, requests: list[Request]) -> dict[Request, Attempt | Request]:
    """Return a step, or the request to make the same again, for the requests inside an interval that a person chose."""
    best: dict[Request, Found] = {}
    for request in requests:
        covering = [] if request.members or request.avoid else [
            one for one in resolver.by_hand.of(cls, request)
            if one.covers(request.date) and resolver.chooser.agrees(cls, request, one.found)]
        step = resolver.step(cls, request) if covering else None
        usable = [one.found for one in covering if step is not None and resolver.unfit(step, one.found) is None]
        if usable:
            best[request] = min(usable, key=lambda one: abs(request.nights_to(one.DATE_OBS)))
    outdated = resolver.outdated(cls, {one.object_id: (request, one) for request, one in best.items()}) if best else {}
    return {request: _chosen_by_hand(resolver, cls, request, one, outdated[one.object_id]) for request, one in best.items()}


def _chosen_by_hand(resolver: 'Resolver', cls: Kind, request: Request, found: Found,
                    outdated: Reason | None) -> Attempt | Request:
    """Return the attempt that reuses `found`; where that is out of date, the request that makes it again."""
    step = resolver.step(cls, request)
    if outdated is None and resolver.against(step, found) is None and not step.asked:
        step.own = request.at(found.DATE_OBS, resolver.chooser.setups.get(found.setup_id))
        step.outcome = outcome_of(step, found, resolver.candidates.counting, 'its interval was set by hand')
        return Attempt(resolver.shared(step), distance_of(request, found, 'by hand'))
    if cls.raw_kind() is None:
        return dataclasses.replace(request, date=found.DATE_OBS)
    raws = fetch(current().session(), RawFrame, resolver.raws_of(cls, found))
    return dataclasses.replace(request, date=found.DATE_OBS, of=tuple(raws.values()))

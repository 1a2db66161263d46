"""Inputs wanted: what the steps of a class would be made from, role by role."""

import dataclasses
from typing import Any, Protocol, cast

from awlike.errors import NoCalibration
from awlike.persist.links import Input
from awlike.planning.candidates import Candidates
from awlike.planning.counting import Counting
from awlike.planning.found import Found
from awlike.planning.outcome import Failed
from awlike.planning.raw_frames import enough, of_chips, raw_frames
from awlike.planning.reasons import BETTER, PARAMETERS, Reason
from awlike.planning.request import Request
from awlike.planning.reuse import outcome_of
from awlike.planning.step import InputValue, Step, error_of
from awlike.products.calibration import CalibrationFrame
from awlike.products.parameters import FromRawFrames
from awlike.products.product import ProcessTarget
from awlike.products.raw import RawFrame


class Resolves(Protocol):
    """A resolver, as the search for inputs needs it: inputs are resolved as requests are."""

    candidates: Candidates

    def resolve(self, cls: type[ProcessTarget], requests: list[Request]) -> list[Step]:
        """Return a step for each of `requests`."""

    def step(self, cls: type[ProcessTarget], request: Request) -> Step:
        """Return an empty step for `request`."""

    def unfit(self, step: Step, found: Found) -> Reason | None:
        """Return what speaks against `found` as a product that `step` could reuse, whoever's code made it."""

    def outdated(self, cls: type[ProcessTarget], calibrations: dict) -> dict:
        """Return by id which other input `calibrations`, (request, found) by id, would have today; or None."""

    def shared(self, step: Step) -> Step:
        """Return the step that stands for all that give the same as `step`."""


@dataclasses.dataclass(slots=True)
class _Inputs:
    """The inputs found for one step up to now, why it lacks optional ones, and the first error."""

    found: dict[str, InputValue] = dataclasses.field(default_factory=dict)
    without: dict[str, str] = dataclasses.field(default_factory=dict)
    error: NoCalibration | None = None

    def add(self, cls: type[ProcessTarget], role: str, link: Input, value: Any) -> None:
        """Take what was found for `role`, or an error."""
        error = error_of(value)
        if error is None:
            self.found[role] = value
        elif link.optional:
            self.without[role] = str(error)
        elif self.error is None:
            self.error = NoCalibration(f'{cls.__name__} needs {role}: {error}')

    def give_to(self, step: Step, roles: dict[str, Input]) -> None:
        """Let `step` be made from what was found, or fail."""
        error = self.error
        if error is None and not self.found:
            lacking = '; '.join(self.without.values()) or 'there are none, nor raw frames to make one from; ingest some'
            error = NoCalibration(f'{step.cls.__name__} needs one of {", ".join(roles)}: {lacking}')
        if error is None:
            step.take({role: self.found[role] for role in roles if role in self.found}, self.without)
        else:
            step.outcome = Failed(error)


def find_inputs(resolver: Resolves, cls: type[ProcessTarget], steps: list[Step]) -> None:
    """Set the inputs of each of `steps` by role, or the error that names the missing input."""
    roles, principal = cls.inputs(), cls.principal_role()
    inputs, requests = [_Inputs() for _ in steps], [step.request for step in steps]
    for role in sorted(roles, key=lambda role: role != principal):
        for one, value in zip(inputs, wanted(resolver, roles[role], requests, steps), strict=True):
            if value is not None:
                one.add(cls, role, roles[role], value)
        if role == principal and issubclass(cls, CalibrationFrame):  # the others are chosen for its own date
            requests = [dataclasses.replace(r, date=step.date_from(one.found))
                        for r, step, one in zip(requests, steps, inputs, strict=True)]
    for step, one in zip(steps, inputs, strict=True):
        one.give_to(step, roles)


def wanted(resolver: Resolves, link: Input, requests: list[Request], steps: list[Step]) -> list[Any]:
    """Return for each of `steps` one input, as of `requests`: raw frames, a step, None, or an error."""
    if not issubclass(link.target, RawFrame):
        return products(resolver, link, requests)
    if link.of_chips is not None:
        return of_chips(resolver.candidates.counting, link, requests, [step.params for step in steps])
    if not link.many:
        return [r.raw for r in requests]
    counting = resolver.candidates.counting
    given = [raw_frames_given(counting, link, r, step) for r, step in zip(requests, steps, strict=True)]
    free = [(r, step) for r, step, frames in zip(requests, steps, given, strict=True) if frames is None]
    found = raw_frames_looked_for(counting, link, free)
    return [found[r] if frames is None else frames for r, frames in zip(requests, given, strict=True)]


def raw_frames_given(counting: Counting, link: Input, request: Request, step: Step) -> list[RawFrame] | NoCalibration | None:
    """Return those members of `request` that `link` takes, or the error that they are too few; None where there are none."""
    frames = [raw for raw in request.members if isinstance(raw, link.target)]
    return enough(counting, link.target, request, frames, cast(FromRawFrames, step.params)) if frames else None


def raw_frames_looked_for(counting: Counting, link: Input,
                          free: list[tuple[Request, Step]]) -> dict[Request, list[RawFrame] | NoCalibration]:
    """Return by request the raw frames of the nearest nights, or the error that says why there are none."""
    params = {request: cast(FromRawFrames, step.params) for request, step in free}
    return raw_frames(counting, link.target, params) if params else {}


def products(resolver: Resolves, link: Input, requests: list[Request]) -> list[Step] | list[Step | None]:
    """Return for each of `requests` the step of the product to which `link` leads; None where it has none and needs none."""
    cls = link.target
    if not link.optional:
        return resolver.resolve(cls, [r.for_class(cls) for r in requests])
    if not (requests and resolver.candidates.anything(cls, requests, made=not link.existing)):
        return [None] * len(requests)
    wanted_of_class = [r.for_class(cls) for r in requests]
    return existing_products(resolver, cls, wanted_of_class) if link.existing else resolver.resolve(cls, wanted_of_class)


def existing_products(resolver: Resolves, cls: type[ProcessTarget], requests: list[Request]) -> list[Step | None]:
    """Return for each of `requests` a step that reuses the latest made of what counts and covers its date, or None.

    As it is not made on the way, code is no reason against it. What exists and was made from other inputs, or with
    other parameters, than would be used now gives the error that says so.
    """
    steps, covering = [resolver.step(cls, r) for r in requests], resolver.candidates.calibrations(cls, requests)
    best = [next((one for one in found if resolver.unfit(step, one) is None), None)
            for step, found in zip(steps, covering, strict=True)]
    found_by_id = {one.object_id: (step.request, one) for step, one in zip(steps, best, strict=True) if one}
    outdated = resolver.outdated(cls, found_by_id)
    for step, found, one in zip(steps, covering, best, strict=True):
        reason = outdated[one.object_id] if one else resolver.unfit(step, found[0]) if found else None
        if reason is not None and reason.kind in (BETTER, PARAMETERS):
            step.outcome = Failed(NoCalibration(
                f'{(one or found[0]).name} does not serve, {reason}: make another by its own task'))
        elif one:
            step.outcome = outcome_of(step, one, resolver.candidates.counting, 'the latest that covers the date')
    return [None if step.outcome is None else resolver.shared(step) for step in steps]

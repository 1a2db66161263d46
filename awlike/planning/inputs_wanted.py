"""Inputs wanted: what products of a class would be made from, role by role."""

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol, cast

from awlike.errors import NoCalibration
from awlike.persist.header_correction import ROLE
from awlike.persist.links import Input
from awlike.planning.chooser import Chooser, NothingThere
from awlike.planning.earlier import of_earlier
from awlike.planning.header_corrections import CorrectedHeaders
from awlike.planning.meaning import meaning
from awlike.planning.nearest import PLAN, Chosen, is_worse
from awlike.planning.outcome import Failed
from awlike.planning.raw_frames import given, of_chips
from awlike.planning.references import References, Undecided
from awlike.planning.request import Request, of_frame
from awlike.planning.sets import of_ensembles, of_members
from awlike.planning.step import InputValue, Step, error_of
from awlike.products.calibration import CalibrationFrame
from awlike.products.raw import RawFrame
from awlike.products.reference_catalogue import ReferenceCatalogue
from awlike.remedies import to_type

if TYPE_CHECKING:
    from awlike.planning.candidates import Candidates
    from awlike.planning.representatives import Representatives
    from awlike.products.parameters import FromRawFrames, ProcessParameters
    from awlike.products.product import ProcessTarget


class TooFar(NoCalibration):
    """A calibration exists, or can be made, and is of a worse level than the user allows."""


class NamedWrongly(NoCalibration):
    """A parameter names an input that is not there."""


class Resolves(Protocol):
    """A resolver, as the search for inputs needs it: inputs are resolved as requests are."""

    candidates: 'Candidates'
    chooser: Chooser
    worst_level: str
    representatives: 'Representatives'
    references: References
    headers: CorrectedHeaders
    answers: 'dict[tuple[type[ProcessTarget], bool], dict[int, tuple[Step | None, Chosen | None, Request]]]'

    def resolve(self, cls: 'type[ProcessTarget]', requests: list[Request]) -> list[Step]:
        """Return a step for each of `requests`."""

    def existing(self, cls: type[CalibrationFrame], requests: list[Request]) -> list[Step | None]:
        """Return for each of `requests` a step that reuses what exists and serves, or None."""

    def nothing(self, cls: type[CalibrationFrame], requests: list[Request]) -> bool:
        """Return whether there is nothing, good or bad, from which a calibration for any of `requests` could be made."""

    def chosen(self, cls: 'type[ProcessTarget]', request: Request) -> Chosen | None:
        """Return how far the calibration of class `cls` for `request`, which is resolved, is; None where it is not known."""


@dataclasses.dataclass(slots=True)
class InputsFound:
    """The inputs found for one step up to now, why it lacks optional ones, and the first error.

    Attributes
    ----------
    found : dict
        Raw frames and steps by role.
    without : dict
        Why optional inputs are absent, by role.
    levels : dict
        How far each calibration is, by role.
    """

    cls: 'type[ProcessTarget]'
    found: dict[str, InputValue] = dataclasses.field(default_factory=dict)
    without: dict[str, str] = dataclasses.field(default_factory=dict)
    levels: dict[str, Chosen] = dataclasses.field(default_factory=dict)
    error: NoCalibration | None = None

    def add(self, role: str, value: Any, chosen: Chosen | None, worst_level: str) -> None:
        """Take `value`, which was found for `role`: an input, None, or an error."""
        link = self.cls.inputs()[role]
        error = error_of(value)
        if error is None and value is not None and chosen is not None and is_worse(chosen, worst_level):
            error = TooFar(f'{link.target.__name__} is {chosen}, and {_asked(worst_level)} asks for a better one: '
                           'take raw frames nearer to it, or allow the level')
        if error is None:
            if value is not None:
                self.found[role] = value
                if chosen is not None:
                    self.levels[role] = chosen
        elif link.optional and not link.of_ensemble and isinstance(error, NothingThere):
            return  # nobody observed such frames: the product has no such input, and there is nothing to tell
        elif link.optional and not link.of_ensemble and not isinstance(error, TooFar | Undecided | NamedWrongly):
            self.without[role] = str(error)
        elif self.error is None:
            kind = NothingThere if isinstance(error, NothingThere) else NoCalibration
            self.error = kind(f'{self.cls.__name__} needs {role}: {error}{_or_switch_off(self.cls, link)}')

    def give_to(self, step: Step) -> None:
        """Let `step` be made from what was found, or fail."""
        error, roles = self.error or self._none_of_several(), self.cls.inputs()
        if error is None and not self.found:
            kind = NoCalibration if self.without else NothingThere
            lacking = '; '.join(self.without.values()) or 'there are none, nor raw frames to make one from; ingest some'
            ready_made = self.cls.or_import() if issubclass(self.cls, CalibrationFrame) else ''
            error = kind(f'{self.cls.__name__} needs one of {", ".join(roles)}: {lacking}{ready_made}')
        if error is None:
            found = self.found
            step.take({role: found[role] for role, link in roles.items() if role in found
                       and (link.beside is None or link.beside in found)}, self.without, self.levels)
        else:
            step.outcome = Failed(error)

    def _none_of_several(self) -> NoCalibration | None:
        """Return the error that the product has none of the inputs of which it needs one."""
        several = self.cls.NEEDS_ONE_OF
        if not several or any(role in self.found for role in several):
            return None
        first = several[0]
        why = self.without.get(first, 'there is none')
        return NoCalibration(f'{self.cls.__name__} needs {first}: {why}; nor is there an {" or ".join(several[1:])}')


def _or_switch_off(cls: 'type[ProcessTarget]', link: Input) -> str:
    """Return the end of an error that an input cannot be had: by which parameter it is done without, where there is one."""
    if link.switches:
        name = f'{cls.__name__}.{link.switches[0]}'
        return f', or switch it off: {to_type(f"{name} = False by Pars", f"--par {name}=False")}'
    return f', or do not ask for it: {cls.__name__}.{next(iter(link.asked_by))}' if link.asked_by else ''


def _asked(level: str) -> str:
    return to_type(f'calibration_level={level!r}', f'--calibration-level {level!r}')


def find_inputs(resolver: Resolves, cls: 'type[ProcessTarget]', steps: list[Step], requests: list[Request],
                begun: list[InputsFound]) -> None:
    """Set the inputs of each of `steps`, or the error that names the missing input.

    Parameters
    ----------
    requests : list of Request
        For each step, where and when its inputs serve.
    begun : list of InputsFound
        For each step, the inputs that are found already.
    """
    off = {key: switched_off(cls, its) for key, its in {id(step.params): step.params for step in steps}.items()}
    for step, one in zip(steps, begun, strict=True):
        one.without |= off[id(step.params)]
    for role in (role for role in cls.inputs() if role != ROLE):
        of = cls.inputs()[role].of
        waiting = [number for number, one in enumerate(begun) if role not in one.found and role not in one.without
                   and one.error is None and (of is None or of in one.found)
                   and cls.inputs()[role].is_asked_for(steps[number].params)]
        if not waiting:
            continue
        some = [requests[number] if of is None else of_frame(begun[number].found[of]) for number in waiting]
        values = _wanted(resolver, cls, role, some, [steps[number].params for number in waiting])
        for number, (value, chosen) in zip(waiting, values, strict=True):
            one = begun[number]
            if isinstance(value, Step) and value.error is None and (chosen is None or chosen.level == PLAN):
                one.found[role] = value  # as nearly always: what follows weighs all that can be
                if chosen is not None:
                    one.levels[role] = chosen
            elif value is not None:
                one.add(role, value, chosen, resolver.worst_level)
    resolver.headers.give(cls, begun)
    for step, one in zip(steps, begun, strict=True):
        one.give_to(step)


def switched_off(cls: 'type[ProcessTarget]', params: 'ProcessParameters') -> dict[str, str]:
    """Return which inputs of a product of class `cls` the parameters `params` switch off, by role, in words."""
    return {role: f'switched off by {cls.__name__}.{name}' for role, link in cls.inputs().items()
            if link.switches and (name := link.switched_off(params))}


def wanted(resolver: Resolves, cls: 'type[ProcessTarget]', role: str, requests: list[Request],
           params: 'Sequence[ProcessParameters]') -> list[tuple[Any, Chosen | None]]:
    """Return for each of `requests` the input `role` of a product of class `cls`, and how far it is if it is a calibration.

    The input is a list of raw frames, a step, None where there is none or `params` switch it off, or an error.
    """
    link = cls.inputs()[role]
    on = [number for number, its in enumerate(params) if not link.switched_off(its) and link.is_asked_for(its)]
    found: list[tuple[Any, Chosen | None]] = [(None, None)] * len(requests)
    values = _wanted(resolver, cls, role, [requests[n] for n in on], [params[n] for n in on]) if on else []
    for number, value in zip(on, values, strict=True):
        found[number] = value
    return found


def _wanted(resolver: Resolves, cls: 'type[ProcessTarget]', role: str, requests: list[Request],
            params: 'Sequence[ProcessParameters]') -> list[tuple[Any, Chosen | None]]:
    """Return the same for requests whose parameters do not switch the input off."""
    link = cls.inputs()[role]
    if issubclass(link.target, ReferenceCatalogue):
        return [(one, None) for one in resolver.references.serving(link, requests, params)]
    if link.named_by is not None:
        return [(one, None) for one in _named(resolver, link, link.named_by, params)]
    if link.earlier is not None:
        return [(one, None) for one in of_earlier(resolver, link, link.earlier, requests, params)]
    if not issubclass(link.target, RawFrame):
        made = _made(resolver, link, requests, params, f'{role} of {cls.__name__}')
        return made if link.optional or not link.existing else [
            (_lacking(link) if value is None else value, chosen) for value, chosen in made]
    if link.of_chips is not None:
        return [(value, None) for value in of_chips(resolver.candidates.counting, link, requests, params)]
    if not link.many:
        return [(request.raw, None) for request in requests]
    return _raw_frames(resolver, cast(type[CalibrationFrame], cls), link, requests, cast('Sequence[FromRawFrames]', params))


def _raw_frames(resolver: Resolves, cls: type[CalibrationFrame], link: Input, requests: list[Request],
                params: 'Sequence[FromRawFrames]') -> list[tuple[Any, Chosen | None]]:
    """Return for each of `requests` the raw frames that it names, or the raw frames of the set that is chosen for it."""
    found: list[tuple[Any, Chosen | None]] = [
        (given(resolver.candidates.counting, link, request, its), None) for request, its in zip(requests, params, strict=True)]
    free = [number for number, (value, _) in enumerate(found) if value is None]
    choices = resolver.chooser.choose(cls, [requests[n] for n in free], [params[n] for n in free]) if free else []
    for number, choice in zip(free, choices, strict=True):
        if isinstance(choice, tuple):
            raws, chosen = choice
            found[number] = raws.first(params[number].MAXIMUM_NUMBER), chosen
        else:
            found[number] = choice, None
    return found


def _lacking(link: Input) -> NoCalibration:
    """Return the error that an input which is asked for, and never made on the way, does not exist."""
    name = link.target.__name__
    return NoCalibration(f'no {name} exists that serves, and none is made on the way: make one by the task whose target is '
                         f'{name}{link.target.or_import()}')


def _named(resolver: Resolves, link: Input, parameter: str, params: 'Sequence[ProcessParameters]') -> list[Any]:
    """Return the frame that each of `params` names by `parameter`, None where it names none, or the error."""
    names = [getattr(its, parameter) for its in params]
    wanted_ones = set(filter(None, names))
    found = {one.filename: one for one in link.target.filename.in_(sorted(wanted_ones))} if wanted_ones else {}
    checked = dict(zip(found, resolver.candidates.counting.checked(list(found.values())), strict=True))
    missing = {name: NamedWrongly(f'{parameter} = {name!r}: no {link.target.__name__} that you may see is called so; look for '
                                  'its filename by a query') for name in wanted_ones - found.keys()}
    return [None if not name else (checked | missing)[name] for name in names]


def _made(resolver: Resolves, link: Input, requests: list[Request], params: 'Sequence[ProcessParameters]',
          label: str) -> list[tuple[Any, Chosen | None]]:
    """Return for each of `requests` the product of it, of its ensemble, or of each of its members."""
    def resolve(some: list[Request]) -> list[Any]:
        return [value for value, _ in _products(resolver, link, some, label)]

    if link.of_ensemble:
        return [(one, None) for one in of_ensembles(requests, resolve)]
    if link.many:
        return [(one, None) for one in of_members(resolver.candidates.counting, requests, params, label, resolve)]
    return _products(resolver, link, requests, label)


def _products(resolver: Resolves, link: Input, requests: list[Request], label: str) -> list[tuple[Any, Chosen | None]]:
    """Return for each of `requests` the product to which `link` leads, a step or a frame; None where there is none.

    `label` names the input in errors.
    """
    meanings = [meaning(link.target, request, label) for request in requests]
    found: list[tuple[Any, Chosen | None]] = [(one, None) for one in resolver.candidates.counting.checked(meanings)]
    for cls in dict.fromkeys(one for one in meanings if isinstance(one, type)):
        numbers = [number for number, one in enumerate(meanings) if one is cls]
        for number, value in zip(numbers, _of_kind(resolver, link, cls, [requests[n] for n in numbers]), strict=True):
            found[number] = value
    return found


def _of_kind(resolver: Resolves, link: Input, cls: Any, requests: list[Request]) -> list[tuple[Any, Chosen | None]]:
    """Return for each of `requests` the step of the product of class `cls`; None where nothing exists or is needed."""
    is_calibration = issubclass(cls, CalibrationFrame)
    of_class = resolver.representatives.of(cls, requests) if is_calibration else [one.for_class(cls) for one in requests]
    known = resolver.answers[cls, link.existing]
    new = [request for request in of_class if id(request) not in known]
    if new:
        if link.existing:
            steps: Sequence[Step | None] = resolver.existing(cls, new)
        else:
            nothing = is_calibration and link.optional and resolver.nothing(cls, new)
            steps = [None] * len(new) if nothing else resolver.resolve(cls, new)
        for request, step in zip(new, steps, strict=True):
            known[id(request)] = step, resolver.chosen(cls, request), request
    return [known[id(request)][:2] for request in of_class]

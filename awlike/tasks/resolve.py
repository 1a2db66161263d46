"""From what is wanted to a plan: which calibration serves, what is missing, and from what it can be made.

All requests for one class are resolved together, so that the number of statements grows with the number of kinds of
frames and not with the number of frames.
"""

import dataclasses

from awlike.errors import NoCalibration
from awlike.frames.product import CalibrationFrame
from awlike.frames.raw import RawFrame
from awlike.tasks.choose import Choice
from awlike.tasks.plan import Plan, Step
from awlike.tasks.request import Request, of_object


class Resolver:
    """Resolves requests; what was resolved once is shared by all that need it.

    Parameters
    ----------
    parameters : ParametersInForce
        The process parameters.
    commit : bool
        Whether what is made will be committed, so that its inputs must be seen by all who will see it.
    """

    def __init__(self, parameters, commit: bool):
        self._parameters = parameters
        self._choice = Choice(commit)
        self._resolved: dict[tuple, Step] = {}
        self._same: dict[tuple, Step] = {}

    def plan(self, cls, requests) -> Plan:
        """The plan to get an object of class `cls` for each of `requests`."""
        return Plan(self.resolve(cls, requests))

    def resolve(self, cls, requests: list[Request]) -> list[Step]:
        """A step for each of `requests`."""
        new = [r for r in dict.fromkeys(requests) if (cls, r) not in self._resolved]
        if new:
            params = {r: self._parameters.get(cls, *r.names()) for r in new}
            steps = self._choose(cls, [r for r in new if issubclass(cls, CalibrationFrame) and not r.raws], params)
            steps |= self._make(cls, [r for r in new if r not in steps], params)
            self._resolved.update({(cls, r): step for r, step in steps.items()})
        return [self._resolved[cls, r] for r in requests]

    # --- a calibration that exists ---

    def _choose(self, cls, requests, params) -> dict:
        """Steps for those requests that an existing calibration serves: of those that hold, the latest made wins."""
        if not requests:
            return {}
        serving = {r: [c for c in found if c.process_params.key() == params[r].key()]
                   for r, found in self._choice.calibrations(cls, requests).items()}
        chosen, candidates = {}, {r: found for r, found in serving.items() if found}
        while candidates:
            best = {r: found[0] for r, found in candidates.items()}
            holds = self._hold(cls, {c.object_id: c for c in best.values()})
            chosen |= {r: self._existing(cls, r, c) for r, c in best.items() if holds[c.object_id]}
            candidates = {r: found[1:] for r, found in candidates.items() if r not in chosen and found[1:]}
        return chosen

    def _hold(self, cls, calibrations: dict) -> dict:
        """By id, whether the products that `calibrations` were made from are still those that would be chosen."""
        holds = dict.fromkeys(calibrations, True)
        for role, link in cls.inputs().items():
            if issubclass(link.target, RawFrame):
                continue
            requests = {i: of_object(c).for_class(link.target) for i, c in calibrations.items()}
            steps = dict(zip(requests, self.resolve(link.target, list(requests.values())), strict=True))
            for object_id, step in steps.items():
                used = getattr(calibrations[object_id], role)
                absent = step.error is not None and link.optional
                same = used is None if absent else step.reused and used is not None and step.existing.digest == used.digest
                holds[object_id] &= same
        return holds

    def _existing(self, cls, request, obj) -> Step:
        return self._same.setdefault((cls, obj.object_id), Step(cls, request, existing=obj))

    # --- one to be made ---

    def _make(self, cls, requests, params) -> dict:
        """Steps that make an object for each request, or reuse one with the same identity, or say what is lacking."""
        if not requests:
            return {}
        inputs, errors, lacking = {r: {} for r in requests}, {}, {r: [] for r in requests}
        dated = {r: r for r in requests}
        roles = cls.inputs()
        for role in sorted(roles, key=lambda role: role != cls.principal_role()):
            open_requests = [r for r in requests if r not in errors]
            found = self._inputs(cls, roles[role], [dated[r] for r in open_requests], {dated[r]: params[r]
                                                                                      for r in open_requests})
            for r in open_requests:
                value = found[dated[r]]
                error = value if isinstance(value, Exception) else getattr(value, 'error', None)
                if error is None:
                    inputs[r][role] = value
                elif roles[role].optional:
                    lacking[r].append(str(error))
                else:
                    errors[r] = _because(cls, roles[role], error)
            if role == cls.principal_role() and issubclass(cls, CalibrationFrame):
                dated |= {r: _at_date_of(r, cls, inputs[r]) for r in open_requests if inputs[r]}
        for r in requests:
            if r not in errors and not inputs[r]:
                errors[r] = NoCalibration(f'{cls.__name__} needs one of {", ".join(roles)}: {"; ".join(lacking[r])}')
        steps = {r: Step(cls, r, error=errors[r]) for r in errors}
        return steps | self._shared(cls, {r: Step(cls, r, params=params[r], inputs={k: v for k in roles if (
            v := inputs[r].get(k)) is not None}, reason='missing') for r in requests if r not in errors})

    def _inputs(self, cls, link, requests, params) -> dict:
        """For each request the input of one role: raw frames, a step, or an error."""
        if not requests:
            return {}
        if issubclass(link.target, RawFrame):
            if not link.many:
                return {r: r.raw for r in requests}
            given = {r: [raw for raw in r.raws if isinstance(raw, link.target)] for r in requests}
            free = [r for r in requests if not given[r]]
            found = self._choice.raw_frames(link.target, free, params) if free else {}
            return {r: self._choice.enough(link.target, r, given[r], params[r]) if given[r] else found[r] for r in requests}
        wanted = [r.for_class(link.target) for r in requests]
        return dict(zip(requests, self.resolve(link.target, wanted), strict=True))

    def _shared(self, cls, steps: dict) -> dict:
        """`steps` with those that are the same made one, and those whose product exists made reuses of it."""
        by_identity = {}
        for r, step in steps.items():
            by_identity[r] = (cls, step.params.key().__repr__(), tuple(
                (role, tuple(_identity(one) for one in (value if isinstance(value, list) else [value])))
                for role, value in step.inputs.items()))
            self._same.setdefault(by_identity[r], step)
        merged = {r: self._same[by_identity[r]] for r in steps}
        ready = {id(step): step for step in merged.values() if step.to_make and all(s.reused for s in step.before())}
        keys = {i: key_of(step) for i, step in ready.items()}
        existing = self._choice.by_key(cls, set(keys.values())) if keys else {}
        for i, step in ready.items():
            if keys[i] in existing:
                reuse(step, existing[keys[i]])
        return merged


def key_of(step) -> str:
    """The identity of what `step` makes, when all its inputs exist."""
    return step.cls.key_for(actual_inputs(step), step.params)


def actual_inputs(step) -> dict:
    """The input objects of a step, by role; its earlier steps must be done."""
    def actual(one):
        return one.existing if isinstance(one, Step) else one
    return {role: [actual(one) for one in value] if isinstance(value, list) else actual(value)
            for role, value in step.inputs.items()}


def reuse(step, obj) -> None:
    """Let `step` reuse `obj`, which has its identity.

    A calibration that missed its limits does not serve; where other limits are in force now, it is made again.
    """
    if not (issubclass(step.cls, CalibrationFrame) and obj.quality_flags):
        step.existing = obj
    elif all(getattr(obj.process_params, name) == getattr(step.params, name) for name in obj.LIMITS):
        step.error = NoCalibration(f'{obj} is what can be made, and it missed its limits '
                                   f'{", ".join(obj.missed_limits())}: choose other raw frames by invalidating bad ones '
                                   '(context.update_is_valid(raw, 0)), or change the limits by Pars')


def _identity(one):
    return id(one) if isinstance(one, Step) else one.object_id


def _at_date_of(request, cls, inputs) -> Request:
    """The request at the date at which the product itself will be, so that its inputs are chosen for that date."""

    return dataclasses.replace(request, date=Step(cls, request, inputs=inputs).date)


def _because(cls, link, error) -> NoCalibration:
    return NoCalibration(f'{cls.__name__} needs {link.name}: {error}')

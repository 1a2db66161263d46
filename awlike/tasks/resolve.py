"""From what is wanted to a plan: which calibration serves, what is missing, and from what it can be made.

All requests for one class are resolved together, so that the number of statements grows with the number of kinds of
frames and not with the number of frames.
"""

import dataclasses

from awlike.errors import NoCalibration, ParameterError
from awlike.frames.product import CalibrationFrame
from awlike.frames.raw import RawFrame
from awlike.tasks.choose import Choice
from awlike.tasks.plan import Plan, Step
from awlike.tasks.reasons import ASKED, BETTER, LOST, MISSING, Reason, code_differs, input_differs, parameters_differ
from awlike.tasks.request import Request

REBUILD = ('missing', 'stale', 'all')


class Resolver:
    """Resolves requests; what was resolved once is shared by all that need it.

    Parameters
    ----------
    parameters : ParametersInForce
        The process parameters.
    commit : bool
        Whether what is made will be committed, so that its inputs must be seen by all who will see it.
    rebuild : {'missing', 'stale', 'all'}
        What is made again: what is missing or was made from other inputs or with other parameters than would be used
        now; also what was made by other code; also all that is asked for.
    recipe : str, optional
        A user's recipe that asks, if it counts as code.
    """

    def __init__(self, parameters, commit: bool, rebuild: str = 'missing', recipe: str | None = None):
        if rebuild not in REBUILD:
            raise ParameterError(f'rebuild {rebuild!r}: it is one of {", ".join(REBUILD)}')
        self._parameters, self._rebuild, self._recipe = parameters, rebuild, recipe
        self.choice = Choice(commit)
        self._resolved: dict[tuple, Step] = {}
        self._same: dict[tuple, Step] = {}
        self._targets: set[tuple] = set()

    def plan(self, cls, requests) -> Plan:
        """The plan to get an object of class `cls` for each of `requests`."""
        self._targets = {(cls, r) for r in requests}
        return Plan(self.resolve(cls, requests))

    def resolve(self, cls, requests: list[Request]) -> list[Step]:
        """A step for each of `requests`."""
        new = [r for r in dict.fromkeys(requests) if (cls, r) not in self._resolved]
        if new:
            params = {r: self._parameters.get(cls, *r.names()) for r in new}
            steps, latest = self._choose(cls, [r for r in new if issubclass(cls, CalibrationFrame)], params)
            steps |= self._make(cls, [r for r in new if r not in steps], params, latest)
            self._resolved.update({(cls, r): step for r, step in steps.items()})
        return [self._resolved[cls, r] for r in requests]

    def _is_target(self, cls, request) -> bool:
        return (cls, request) in self._targets

    def _asked(self, cls, request) -> bool:
        return self._rebuild == 'all' and self._is_target(cls, request)

    # --- a calibration that exists ---

    def _choose(self, cls, requests, params) -> tuple[dict, dict]:
        """Steps for those requests that an existing calibration serves: of those that hold, the latest made wins.

        Also, for each request, the latest made of all that cover its date, whether they serve or not.
        """
        if not requests:
            return {}, {}
        covering = self.choice.calibrations(cls, requests)
        chosen, open_ = {}, {r: [c for c in covering[r] if self.against(cls, c, params[r], self._is_target(cls, r)) is None]
                             for r in requests if not r.raws and not self._asked(cls, r)}
        while open_ := {r: found for r, found in open_.items() if found and r not in chosen}:
            best = {r: found[0] for r, found in open_.items()}
            outdated = self.outdated(cls, best)
            chosen |= {r: self._reused(cls, r, c, len(covering[r])) for r, c in best.items()
                       if outdated[c.object_id] is None}
            open_ = {r: found[1:] for r, found in open_.items()}
        return chosen, {r: found[0] for r, found in covering.items() if found}

    def against(self, cls, found, params, is_target=False) -> Reason | None:
        """What speaks against `found` on its own account."""
        return (self.choice.unusable(found) or parameters_differ(cls, found.process_parameters, params)
                or _limits_missed(cls, found)
                or (code_differs(cls, found, self._recipe if is_target else None) if self._rebuild != 'missing' else None))

    def outdated(self, cls, found: dict) -> dict:
        """By id, what would be another input today of the calibrations `found` (by request), or None."""
        reasons = {c.object_id: None for c in found.values()}
        roles = {role: link for role, link in cls.inputs().items() if not issubclass(link.target, RawFrame)}
        used = self.choice.inputs_of(found.values()) if roles else {}
        for role, link in roles.items():
            requests = {c.object_id: dataclasses.replace(r.for_class(link.target), date=c.DATE_OBS) for r, c in found.items()}
            steps = dict(zip(requests, self.resolve(link.target, list(requests.values())), strict=True))
            for object_id, step in steps.items():
                reasons[object_id] = reasons[object_id] or compare(role, link, step, used[object_id][role])
        return reasons

    def _reused(self, cls, request, found, number) -> Step:
        step = self._same.setdefault((cls, found.object_id), Step(cls, request))
        rule = f'the latest that serves of {number} that cover the date' if number > 1 else 'the only one that covers the date'
        settle(step, found, self.choice, rule)
        return step

    # --- one to be made ---

    def _make(self, cls, requests, params, latest) -> dict:
        """Steps that make an object for each request, or reuse one with the same identity, or say what is lacking."""
        if not requests:
            return {}
        inputs, errors = self.inputs(cls, requests, params)
        steps = {r: Step(cls, r, error=error) for r, error in errors.items()}
        merged = self._merged({r: Step(cls, r, params=params[r], inputs=inputs[r]) for r in requests if r not in errors})
        self._reuse_same(cls, merged)
        self._give_reasons(cls, {r: step for r, step in merged.items() if step.to_make and step.why is None}, latest)
        return steps | merged

    def inputs(self, cls, requests, params) -> tuple[dict, dict]:
        """For each request the inputs by role, and for those that lack one the error that says so."""
        inputs, errors, lacking = {r: {} for r in requests}, {}, {r: [] for r in requests}
        dated = {r: r for r in requests}
        roles, principal = cls.inputs(), cls.principal_role()
        for role in sorted(roles, key=lambda role: role != principal):
            open_ = [r for r in requests if r not in errors]
            found = self._input(cls, roles[role], [dated[r] for r in open_], {dated[r]: params[r] for r in open_})
            for r in open_:
                value = found[dated[r]]
                error = value if isinstance(value, Exception) else getattr(value, 'error', None)
                if error is None:
                    inputs[r][role] = value
                elif roles[role].optional:
                    lacking[r].append(str(error))
                else:
                    errors[r] = NoCalibration(f'{cls.__name__} needs {role}: {error}')
            if role == principal and issubclass(cls, CalibrationFrame):
                dated |= {r: _at_date_of(r, cls, inputs[r]) for r in open_ if inputs[r]}
        errors |= {r: NoCalibration(f'{cls.__name__} needs one of {", ".join(roles)}: {"; ".join(lacking[r])}')
                   for r in requests if r not in errors and not inputs[r]}
        return {r: {role: found[role] for role in roles if role in found} for r, found in inputs.items()}, errors

    def _input(self, cls, link, requests, params) -> dict:
        """For each request the input of one role: raw frames, a step, or an error."""
        if not requests:
            return {}
        if not issubclass(link.target, RawFrame):
            wanted = [r.for_class(link.target) for r in requests]
            return dict(zip(requests, self.resolve(link.target, wanted), strict=True))
        if not link.many:
            return {r: r.raw for r in requests}
        given = {r: [raw for raw in r.raws if isinstance(raw, link.target)] for r in requests}
        free = [r for r in requests if not given[r]]
        found = self.choice.raw_frames(link.target, free, params) if free else {}
        return {r: self.choice.enough(link.target, r, given[r], params[r]) if given[r] else found[r] for r in requests}

    def _merged(self, steps: dict) -> dict:
        """`steps` with those that would make the same made one."""
        merged = {}
        for r, step in steps.items():
            identity = (step.cls, str(step.params.key()), tuple(
                (role, tuple(_identity(one) for one in (value if isinstance(value, list) else [value])))
                for role, value in step.inputs.items()))
            merged[r] = self._same.setdefault(identity, step)
        return merged

    def _reuse_same(self, cls, steps: dict) -> None:
        """Let those steps reuse what exists whose inputs all exist and whose identity something has."""
        asked = {id(step): self._asked(cls, r) for r, step in steps.items()}
        ready = {id(step): step for step in steps.values()
                 if step.to_make and all(earlier.known for earlier in step.before()) and not asked[id(step)]}
        keys = {i: step.key() for i, step in ready.items()}
        existing = self.choice.by_key(cls, set(keys.values())) if keys else {}
        for i, step in ready.items():
            found = existing.get(keys[i])
            if found is None:
                continue
            reason = code_differs(cls, found, self._recipe) if self._rebuild != 'missing' else None
            if reason is None:
                settle(step, found, self.choice, 'made from the same, with the same parameters')
            else:
                step.why = reason

    def _give_reasons(self, cls, steps: dict, latest) -> None:
        """Say for each step, by request, why what was made before, the `latest`, does not do."""
        if steps and not issubclass(cls, CalibrationFrame):
            latest = self.choice.previous(cls, list(steps))
        used = self.choice.inputs_of([latest[r] for r in steps if r in latest])
        for r, step in steps.items():
            step.why = Reason(MISSING)
            if r in latest:
                step.why = Reason(ASKED) if self._asked(cls, r) else next(
                    self.reasons(cls, latest[r], step.params, step.inputs, used[latest[r].object_id]), step.why)

    def reasons(self, cls, found, params, inputs, used):
        """All that speaks against `found`, which was made from `used`, when `inputs` and `params` would be used now."""
        own = self.against(cls, found, params)
        if own is not None:
            yield own
        for role, link in cls.inputs().items():
            reason = compare(role, link, inputs.get(role), used[role])
            if reason is not None:
                yield reason


def compare(role, link, value, used) -> Reason | None:
    """What is different between an input as it was `used` and as it would be now, `value` (a step, or raw frames)."""
    error = getattr(value, 'error', None)
    if error is None:
        return input_differs(role, value, used)
    return None if link.optional and not used else Reason(BETTER, f'{role} can no longer be had: {error}')


def settle(step, found, choice, rule) -> None:
    """Let `step` reuse `found`, which serves by `rule`.

    A calibration that missed its limits does not serve; where other limits are in force now, it is made again. A file
    that is known to be lost is made again.
    """
    if issubclass(step.cls, CalibrationFrame) and found.quality_flags:
        recorded = found.process_parameters
        if all(recorded.get(name) == getattr(step.params, name) for name in step.cls.LIMITS):
            step.error = NoCalibration(f'{found.name} is what can be made, and {_limits_missed(step.cls, found).detail}: '
                                       'choose other raw frames by invalidating bad ones '
                                       '(context.update_is_valid(raw, 0)), or change the limits by Pars')
    else:
        step.found, step.rule = found, rule
        if found.object_id in choice.lost:
            step.why = Reason(LOST, f'{found.name} is not on the data server')


def _limits_missed(cls, found) -> Reason | None:
    if not found.quality_flags or not issubclass(cls, CalibrationFrame):
        return None
    missed = [name for bit, name in enumerate(cls.LIMITS) if found.quality_flags >> bit & 1]
    return Reason(MISSING, f'{found.name} missed its limits {", ".join(missed)}')


def _identity(one):
    return id(one) if isinstance(one, Step) else one.object_id


def _at_date_of(request, cls, inputs) -> Request:
    """The request at the date at which the product itself will be, so that its inputs are chosen for that date."""
    return dataclasses.replace(request, date=Step(cls, request, inputs=inputs).date)

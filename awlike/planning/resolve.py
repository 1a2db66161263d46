"""From what is wanted to a plan: which calibration serves, what is missing, and from what it can be made.

All requests for one class are resolved together, so that the number of statements grows with the number of kinds of
frames and not with the number of frames.
"""

import collections
import dataclasses

from awlike.errors import NoCalibration
from awlike.planning.candidates import Candidates
from awlike.planning.compare import code_differs, compare, limits_missed, of_another_raw, parameters_differ
from awlike.planning.plan import Plan
from awlike.planning.reasons import ASKED, BETTER, MISSING, PARAMETERS, Reason
from awlike.planning.request import Request
from awlike.planning.reuse import settle
from awlike.planning.step import Step, error_of
from awlike.products.calibration import CalibrationFrame
from awlike.products.raw import RawFrame
from awlike.progress import Progress

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
    progress : Progress, optional
        Is told of each class that is looked at, and when it is done.
    """

    def __init__(self, parameters, commit: bool, rebuild: str = 'missing', recipe: str | None = None,
                 progress: Progress | None = None):
        self._parameters, self._rebuild, self._recipe = parameters, rebuild, recipe
        self._progress = progress or Progress('', 0)
        self.choice = Candidates(commit)
        self._resolved = collections.defaultdict(dict)
        self._same: dict[tuple, Step] = {}
        self._against: dict[tuple, Reason | None] = {}
        self._target, self._wanted = None, frozenset()

    def plan(self, cls, requests) -> Plan:
        """The plan to get an object of class `cls` for each of `requests`."""
        self._target, self._wanted = cls, frozenset(requests)
        return Plan(self.resolve(cls, requests))

    def resolve(self, cls, requests: list[Request]) -> list[Step]:
        """A step for each of `requests`."""
        begun, resolved = cls in self._resolved, self._resolved[cls]
        new = [self.step(cls, r) for r in dict.fromkeys(requests) if r not in resolved]
        if new:
            self._progress.now(cls.__name__)
            if issubclass(cls, CalibrationFrame):
                self._choose(cls, new)
            self.find_inputs(cls, [step for step in new if not step.known])
            merged = self._merged(cls, new)
            to_make = [step for step in dict.fromkeys(merged.values()) if step.to_make and step.why is None]
            self._reuse_same(cls, to_make)
            self._give_reasons(cls, [step for step in to_make if step.to_make and step.why is None])
            resolved |= merged
        if not begun:
            self._progress.advance()
        return [resolved[r] for r in requests]

    def step(self, cls, request) -> Step:
        """An empty step for `request`, with its parameters."""
        step = Step(cls, request, self._parameters.get(cls, *request.names))
        step.asked = self._rebuild == 'all' and self._is_target(step)
        step.set_by_user = self._parameters.changes.get(cls.__name__, {}).keys()
        return step

    def _is_target(self, step) -> bool:
        return step.cls is self._target and step.request in self._wanted

    # --- a calibration that exists ---

    def _choose(self, cls, steps) -> None:
        """Let those of `steps` reuse a calibration that one serves: of those that hold, the latest made wins.

        Each also learns the latest made of all that cover its date, whether they serve or not.
        """
        covering = self.choice.calibrations(cls, [step.request for step in steps])
        waiting = []
        for step, found in zip(steps, covering, strict=True):
            step.previous = found[0] if found else None
            if found and not step.request.raws and not step.asked:
                waiting.append((step, len(found), [c for c in found if self.against(step, c) is None]))
        while waiting := [(step, number, found) for step, number, found in waiting if found and not step.known]:
            outdated = self.outdated(cls, {found[0].object_id: (step.request, found[0]) for step, _, found in waiting})
            for step, number, found in waiting:
                best = found.pop(0)
                if outdated[best.object_id] is None:
                    rule = f'the latest that serves of {number} that cover the date' if number > 1 else \
                        'the only one that covers the date'
                    settle(step, best, self.choice, rule)

    def against(self, step, found) -> Reason | None:
        """What speaks against `found` on its own account, as a product that `step` could reuse."""
        recipe = self._recipe if self._is_target(step) else None
        asked = found.object_id, id(step.params), recipe
        if asked not in self._against:
            self._against[asked] = self._unfit(step, found) or (
                code_differs(step.cls, found, recipe) if self._rebuild != 'missing' else None)
        return self._against[asked]

    def _unfit(self, step, found) -> Reason | None:
        """What speaks against `found` whoever's code made it."""
        return self.choice.unusable(found) or parameters_differ(step, found) or limits_missed(step.cls, found)

    def outdated(self, cls, calibrations: dict) -> dict:
        """By id, what would be another input today of `calibrations`, (request, found) by id; or None."""
        reasons = dict.fromkeys(calibrations)
        roles = {role: link for role, link in cls.inputs().items() if not issubclass(link.target, RawFrame)}
        used = self.choice.inputs_of([found for _, found in calibrations.values()], roles) if roles else {}
        for role, link in roles.items():
            now = self._products(link, [dataclasses.replace(request, date=found.DATE_OBS)
                                        for request, found in calibrations.values()])
            for object_id, step in zip(calibrations, now, strict=True):
                reasons[object_id] = reasons[object_id] or compare(role, link, step, used[object_id][role])
        return reasons

    # --- one to be made ---

    def find_inputs(self, cls, steps) -> None:
        """Give each of `steps` its inputs by role, or the error that says what it lacks."""
        roles, principal = cls.inputs(), cls.principal_role()
        inputs = [{} for _ in steps]
        requests = [step.request for step in steps]
        for role in sorted(roles, key=lambda role: role != principal):
            link = roles[role]
            for number, value in enumerate(self._input(link, requests, steps)):
                error = error_of(value)
                if value is None:
                    continue
                if error is None:
                    inputs[number][role] = value
                elif link.optional:
                    steps[number].without[role] = str(error)
                elif steps[number].error is None:
                    steps[number].error = NoCalibration(f'{cls.__name__} needs {role}: {error}')
            if role == principal and issubclass(cls, CalibrationFrame):  # the others are chosen for its own date
                requests = [dataclasses.replace(r, date=step.date_from(found))
                            for r, step, found in zip(requests, steps, inputs, strict=True)]
        for step, found in zip(steps, inputs, strict=True):
            if step.error is None and not found:
                lacking = '; '.join(step.without.values()) or 'there are none, nor raw frames to make one from; ingest some'
                step.error = NoCalibration(f'{cls.__name__} needs one of {", ".join(roles)}: {lacking}')
            if step.error is None:
                step.take({role: found[role] for role in roles if role in found})

    def _input(self, link, requests, steps) -> list:
        """For each of `steps` one input, as of `requests`: raw frames, a step, None, or an error."""
        if not issubclass(link.target, RawFrame):
            return self._products(link, requests)
        if link.of_chips is not None:
            return self.choice.of_chips(link, requests, [step.params for step in steps])
        if not link.many:
            return [r.raw for r in requests]
        given = [[raw for raw in r.raws if isinstance(raw, link.target)] for r in requests]
        free = {r: step.params for r, step, raws in zip(requests, steps, given, strict=True) if not raws}
        found = self.choice.raw_frames(link.target, free) if free else {}
        return [self.choice.enough(link.target, r, raws, step.params) if raws else found[r]
                for r, step, raws in zip(requests, steps, given, strict=True)]

    def _products(self, link, requests) -> list:
        """For each of `requests` the step of the product to which `link` leads; None where it has none and needs none."""
        cls = link.target
        if not link.optional:
            return self.resolve(cls, [r.for_class(cls) for r in requests])
        if not (requests and self.choice.anything(cls, requests, made=not link.existing)):
            return [None] * len(requests)
        return (self._existing if link.existing else self.resolve)(cls, [r.for_class(cls) for r in requests])

    def _existing(self, cls, requests) -> list:
        """For each of `requests` a step that reuses the latest made of what counts and covers its date; None where nothing does.

        As it is not made on the way, code is no reason against it. What is there and was made from other inputs, or with
        other parameters, than would be used now gives the error that says so.
        """
        steps, covering = [self.step(cls, r) for r in requests], self.choice.calibrations(cls, requests)
        best = [next((one for one in found if self._unfit(step, one) is None), None)
                for step, found in zip(steps, covering, strict=True)]
        outdated = self.outdated(cls, {one.object_id: (step.request, one) for step, one in zip(steps, best, strict=True) if one})
        for step, found, one in zip(steps, covering, best, strict=True):
            reason = outdated[one.object_id] if one else self._unfit(step, found[0]) if found else None
            if reason is not None and reason.kind in (BETTER, PARAMETERS):
                step.error = NoCalibration(f'{(one or found[0]).name} does not serve, {reason}: make another by its own task')
            elif one:
                settle(step, one, self.choice, 'the latest that covers the date')
        return [self._same.setdefault(step.identity(), step) if step.known or step.error else None for step in steps]

    def _merged(self, cls, steps) -> dict:
        """`steps` by request, those that give the same made one; products of raw frames are of one each."""
        if not issubclass(cls, CalibrationFrame):
            return {step.request: step for step in steps}
        merged = {}
        for step in steps:
            same = merged[step.request] = self._same.setdefault(step.identity(), step)
            same.asked |= step.asked
        return merged

    def _reuse_same(self, cls, steps) -> None:
        """Let those steps reuse what exists whose inputs all exist and whose identity something has."""
        ready = {step: step.key() for step in steps
                 if step.to_make and all(earlier.known for earlier in step.before()) and not step.asked}
        existing = self.choice.by_key(cls, set(ready.values())) if ready else {}
        for step, key in ready.items():
            found = existing.get(key)
            if found is not None:
                step.why = (parameters_differ(step, found) if step.set_by_user else None) or (
                    code_differs(cls, found, self._recipe) if self._rebuild != 'missing' else None)
                if step.why is None:
                    settle(step, found, self.choice, 'made from the same, with the same parameters')

    def _give_reasons(self, cls, steps) -> None:
        """Say for each of `steps` why what was made before does not do."""
        if steps and not issubclass(cls, CalibrationFrame):
            self.choice.find_previous(cls, steps)
        used = self.choice.inputs_of([step.previous for step in steps if step.previous is not None])
        for step in steps:
            step.why = Reason(MISSING)
            if step.previous is not None and not of_another_raw(step, used[step.previous.object_id]):
                step.why = Reason(ASKED) if step.asked else next(
                    self.reasons(step, step.previous, used[step.previous.object_id]), step.why)

    def reasons(self, step, found, used):
        """All that speaks against `found`, which was made from `used`, when the inputs of `step` would be used now."""
        own = self.against(step, found)
        if own is not None:
            yield own
        for role, link in step.cls.inputs().items():
            reason = compare(role, link, step.inputs.get(role), used[role])
            if reason is not None:
                yield reason

"""From what is wanted to a plan: which calibration serves, what is missing, and from what it can be made.

All requests for one class are resolved together, so that the number of statements grows with the number of kinds of
frames and not with the number of frames.
"""

import collections
import dataclasses
import uuid
from collections.abc import Iterable, Iterator

from awlike.planning.candidates import Candidates
from awlike.planning.compare import code_differs, compare, limits_missed, of_another_raw, parameters_differ
from awlike.planning.found import Found, Used
from awlike.planning.inputs_wanted import find_inputs, products
from awlike.planning.outcome import Make
from awlike.planning.parameters_in_force import ParametersInForce
from awlike.planning.plan import Plan
from awlike.planning.reasons import ASKED, MISSING, Reason
from awlike.planning.request import Request
from awlike.planning.reuse import outcome_of
from awlike.planning.step import Step
from awlike.products.calibration import CalibrationFrame
from awlike.products.product import ProcessTarget
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
        Shows each class that is looked at, and when that is done.
    """

    def __init__(self, parameters: ParametersInForce, commit: bool, rebuild: str = 'missing', recipe: str | None = None,
                 progress: Progress | None = None) -> None:
        self._parameters, self._rebuild, self._recipe = parameters, rebuild, recipe
        self._progress = progress or Progress('', 0)
        self.candidates = Candidates(commit)
        self._resolved: dict[type[ProcessTarget], dict[Request, Step]] = collections.defaultdict(dict)
        self._same: dict[tuple, Step] = {}
        self._against: dict[tuple, Reason | None] = {}
        self._target: type[ProcessTarget] | None = None
        self._wanted: frozenset[Request] = frozenset()

    def plan(self, cls: type[ProcessTarget], requests: Iterable[Request]) -> Plan:
        """Return the plan to get an object of class `cls` for each of `requests`."""
        requests = list(requests)
        self._target, self._wanted = cls, frozenset(requests)
        return Plan(self.resolve(cls, requests))

    def resolve(self, cls: type[ProcessTarget], requests: list[Request]) -> list[Step]:
        """Return a step for each of `requests`."""
        begun, resolved = cls in self._resolved, self._resolved[cls]
        new = [self.step(cls, r) for r in dict.fromkeys(requests) if r not in resolved]
        if new:
            self._progress.now(cls.__name__)
            latest = self._choose(cls, new) if issubclass(cls, CalibrationFrame) else {}
            find_inputs(self, cls, [step for step in new if step.outcome is None])
            merged = self._merged(cls, new)
            steps = [step for step in dict.fromkeys(merged.values()) if step.outcome is None]
            self._reuse_same(cls, steps)
            self._give_reasons(cls, [step for step in steps if step.outcome is None], latest)
            resolved |= merged
        if not begun:
            self._progress.advance()
        return [resolved[r] for r in requests]

    def step(self, cls: type[ProcessTarget], request: Request) -> Step:
        """Return an empty step for `request`, with its parameters."""
        asked = self._rebuild == 'all' and self._is_target(cls, request)
        return Step(cls, request, self._parameters.get(cls, *request.names), asked, self._parameters.changed(cls))

    def shared(self, step: Step) -> Step:
        """Return the step that stands for all that give the same as `step`."""
        return self._same.setdefault(step.identity(), step)

    def _is_target(self, cls: type[ProcessTarget], request: Request) -> bool:
        return cls is self._target and request in self._wanted

    # --- a calibration that exists ---

    def _choose(self, cls: type[CalibrationFrame], steps: list[Step]) -> dict[Step, Found]:
        """Let those of `steps` reuse a calibration that one serves: of those that hold, the latest made wins.

        Returns for each step the latest made of all that cover its date, whether they serve or not.
        """
        covering = self.candidates.calibrations(cls, [step.request for step in steps])
        waiting = [(step, len(found), [one for one in found if self.against(step, one) is None])
                   for step, found in zip(steps, covering, strict=True)
                   if found and not step.request.members and not step.asked]
        while waiting := [(step, number, found) for step, number, found in waiting if found and not step.known]:
            outdated = self.outdated(cls, {found[0].object_id: (step.request, found[0]) for step, _, found in waiting})
            for step, number, found in waiting:
                best = found.pop(0)
                if outdated[best.object_id] is None:
                    rule = f'the latest that serves of {number} that cover the date' if number > 1 else \
                        'the only one that covers the date'
                    step.outcome = outcome_of(step, best, self.candidates.counting, rule)
        return {step: found[0] for step, found in zip(steps, covering, strict=True) if found}

    def against(self, step: Step, found: Found) -> Reason | None:
        """Return what speaks against `found` on its own account, as a product that `step` could reuse."""
        recipe = self._recipe if self._is_target(step.cls, step.request) else None
        question = found.object_id, id(step.params), recipe
        if question not in self._against:
            self._against[question] = self.unfit(step, found) or (
                code_differs(step.cls, found, recipe) if self._rebuild != 'missing' else None)
        return self._against[question]

    def unfit(self, step: Step, found: Found) -> Reason | None:
        """Return what speaks against `found` as a product that `step` could reuse, whoever's code made it."""
        return self.candidates.counting.unusable(found) or parameters_differ(step, found) or limits_missed(step.cls, found)

    def outdated(self, cls: type[ProcessTarget],
                 calibrations: dict[uuid.UUID, tuple[Request, Found]]) -> dict[uuid.UUID, Reason | None]:
        """Return by id which other input `calibrations`, (request, found) by id, would have today; or None."""
        reasons: dict[uuid.UUID, Reason | None] = dict.fromkeys(calibrations)
        roles = {role: link for role, link in cls.inputs().items() if not issubclass(link.target, RawFrame)}
        used = self.candidates.inputs_of([found for _, found in calibrations.values()], roles) if roles else {}
        for role, link in roles.items():
            now = products(self, link, [dataclasses.replace(request, date=found.DATE_OBS)
                                        for request, found in calibrations.values()])
            for object_id, step in zip(calibrations, now, strict=True):
                reasons[object_id] = reasons[object_id] or compare(role, link, step, used[object_id][role])
        return reasons

    # --- a product to be made ---

    def _merged(self, cls: type[ProcessTarget], steps: list[Step]) -> dict[Request, Step]:
        """Return `steps` by request, with one step for all that give the same; products of raw frames are of one each."""
        if not issubclass(cls, CalibrationFrame):
            return {step.request: step for step in steps}
        merged = {}
        for step in steps:
            same = merged[step.request] = self.shared(step)
            same.stand_for(step)
        return merged

    def _reuse_same(self, cls: type[ProcessTarget], steps: list[Step]) -> None:
        """Let those steps reuse what exists whose inputs all exist and whose identity something has."""
        ready = {step: step.key() for step in steps if all(earlier.known for earlier in step.before()) and not step.asked}
        existing = self.candidates.by_key(cls, set(ready.values())) if ready else {}
        for step, key in ready.items():
            found = existing.get(key)
            if found is not None:
                reason = (parameters_differ(step, found) if step.set_by_user else None) or (
                    code_differs(cls, found, self._recipe) if self._rebuild != 'missing' else None)
                step.outcome = Make(reason) if reason is not None else outcome_of(
                    step, found, self.candidates.counting, 'made from the same, with the same parameters')

    def _give_reasons(self, cls: type[ProcessTarget], steps: list[Step], latest: dict[Step, Found]) -> None:
        """Say for each of `steps` why the `latest` product of those made before does not do."""
        if steps and not issubclass(cls, CalibrationFrame):
            made = self.candidates.latest_made(cls, [step.request for step in steps])
            latest = {step: found for step, found in zip(steps, made, strict=True) if found is not None}
        used = self.candidates.inputs_of([latest[step] for step in steps if step in latest])
        for step in steps:
            reason, found = Reason(MISSING), latest.get(step)
            if found is not None and not of_another_raw(step, used[found.object_id]):
                reason = Reason(ASKED) if step.asked else next(self.reasons(step, found, used[found.object_id]), reason)
            step.outcome = Make(reason)

    def reasons(self, step: Step, found: Found, used: dict[str, list[Used]]) -> Iterator[Reason]:
        """Yield all that speaks against `found`, which was made from `used`, when the inputs of `step` would be used now."""
        own = self.against(step, found)
        if own is not None:
            yield own
        for role, link in step.cls.inputs().items():
            reason = compare(role, link, step.inputs.get(role), used[role])
            if reason is not None:
                yield reason

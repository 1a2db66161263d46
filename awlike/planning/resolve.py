"""From what is wanted to a plan: which calibration serves, what is missing, and from what it can be made.

All requests for one class are resolved together, so that the number of statements grows with the number of kinds of
frames and not with the number of frames.
"""

import collections
import dataclasses
import uuid
from collections.abc import Iterable, Iterator

from awlike.current import current
from awlike.errors import NoCalibration
from awlike.persist.header_correction import ROLE, HeaderCorrections
from awlike.persist.links import fetch
from awlike.planning import calibrations
from awlike.planning.by_hand import IntervalsByHand
from awlike.planning.candidates import Candidates
from awlike.planning.chooser import Chooser
from awlike.planning.compare import code_differs, compare, limits_missed, of_another_frame, parameters_differ
from awlike.planning.eras import Eras
from awlike.planning.existing import existing
from awlike.planning.found import Found, Used
from awlike.planning.header_corrections import CorrectedHeaders, header_differs
from awlike.planning.imported import ImportedCalibrations
from awlike.planning.inputs_wanted import InputsFound, find_inputs, wanted
from awlike.planning.members_differ import made_before, members_differ, only_common
from awlike.planning.nearest import LAST_RESORT, Chosen
from awlike.planning.outcome import Make
from awlike.planning.parameters_in_force import ParametersInForce
from awlike.planning.plan import Plan
from awlike.planning.reasons import ASKED, Reason
from awlike.planning.references import References
from awlike.planning.representatives import Representatives
from awlike.planning.request import Request
from awlike.planning.reuse import MissedLimits, best_of, outcome_of
from awlike.planning.step import MemberInputs, Step
from awlike.products.calibration import CalibrationFrame
from awlike.products.frame import Frame
from awlike.products.product import ProcessTarget
from awlike.products.raw import RawFrame
from awlike.progress import Progress

Bad = dict[tuple[type[ProcessTarget], tuple[uuid.UUID, ...]], MissedLimits]

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
    worst_level : {'plan', 'acceptable', 'last resort'}
        The worst level of a calibration that the user allows.
    bad : dict, optional
        The errors of calibrations that were made just now and missed their limits, by class and ids of the raw frames.

    Attributes
    ----------
    chooser : Chooser
        Chooses raw frames for calibrations.
    by_hand : IntervalsByHand
        The calibrations whose interval a person changed.
    imported : ImportedCalibrations
        The calibrations that were made elsewhere.
    representatives : Representatives
        The requests that stand for others, which get the same calibrations.
    references : References
        Chooses reference catalogues.
    headers : CorrectedHeaders
        The corrections of headers that are in force.
    answers : dict
        By class, and whether only what exists counts, what was found for a request, by the `id` of the request, which is kept:
        a plan for thousands of frames asks again and again.
    """

    def __init__(self, parameters: ParametersInForce, commit: bool, rebuild: str = 'missing', recipe: str | None = None,
                 progress: Progress | None = None, worst_level: str = LAST_RESORT, bad: Bad | None = None) -> None:
        self.parameters, self._rebuild, self._recipe = parameters, rebuild, recipe
        self._progress, self.worst_level, self.bad = progress or Progress('', 0), worst_level, bad or {}
        self.candidates = Candidates(commit)
        self.chooser = Chooser(self.candidates.counting, Eras(self.candidates.counting))
        self.by_hand = IntervalsByHand(self.candidates.counting)
        self.imported = ImportedCalibrations(self.candidates.counting)
        self.representatives = Representatives(self)
        self.references = References(self.candidates.counting)
        self.headers = CorrectedHeaders(self.candidates.counting.known.corrections)
        self._resolved: dict[type[ProcessTarget], dict[Request, Step]] = collections.defaultdict(dict)
        self._chosen: dict[type[ProcessTarget], dict[Request, Chosen]] = collections.defaultdict(dict)
        self.answers: dict[tuple[type[ProcessTarget], bool], dict[int, tuple[Step | None, Chosen | None, Request]]] = \
            collections.defaultdict(dict)
        self._same: dict[tuple, Step] = {}
        self._against: dict[tuple, Reason | None] = {}
        self._raws: dict[uuid.UUID, tuple[uuid.UUID, ...]] = {}
        self._target: type[ProcessTarget] | None = None
        self._wanted: frozenset[Request] = frozenset()

    def plan(self, cls: type[ProcessTarget], requests: Iterable[Request]) -> Plan:
        """Return the plan to get an object of class `cls` for each of `requests`."""
        requests = list(requests)
        self._target, self._wanted = cls, frozenset(requests)
        steps = self.resolve(cls, requests)
        return Plan(steps, answers=dict(zip(requests, steps, strict=True)), left_out=self.candidates.counting.left_out)

    def resolve(self, cls: type[ProcessTarget], requests: list[Request]) -> list[Step]:
        """Return a step for each of `requests`."""
        begun, resolved = cls in self._resolved, self._resolved[cls]
        new = [request for request in dict.fromkeys(requests) if request not in resolved]
        if new:
            self._progress.now(cls.__name__)
            if issubclass(cls, CalibrationFrame):
                for request, step, chosen in calibrations.resolved(self, cls, new):
                    resolved[request] = step
                    if chosen is not None:
                        self._chosen[cls][request] = chosen
            else:
                resolved |= self._of_frames(cls, new)
        if not begun:
            self._progress.advance()
        return [resolved[request] for request in requests]

    def _of_frames(self, cls: type[ProcessTarget], requests: list[Request]) -> dict[Request, Step]:
        """Return by request the steps of products of one frame each."""
        steps = [self.step(cls, request) for request in requests]
        begun = [InputsFound(cls, error=_without_grid(cls, request)) for request in requests]
        find_inputs(self, cls, steps, requests, begun)
        self.decide(cls, [step for step in steps if step.outcome is None])
        return dict(zip(requests, steps, strict=True))

    def existing(self, cls: type[CalibrationFrame], requests: list[Request]) -> list[Step | None]:
        """Return for each of `requests` a step that reuses the nearest of what exists and serves, or None."""
        return existing(self, cls, requests)

    def nothing(self, cls: type[CalibrationFrame], requests: list[Request]) -> bool:
        """Return whether there is nothing, good or bad, from which a calibration for any of `requests` could be made."""
        return calibrations.nothing(self, cls, requests)

    def chosen(self, cls: type[ProcessTarget], request: Request) -> Chosen | None:
        """Return how far the calibration of class `cls` for `request`, which is resolved, is; None where it is not known."""
        return self._chosen[cls].get(request)

    def choose(self, cls: type[ProcessTarget], request: Request, chosen: Chosen) -> None:
        """Note how far the calibration of class `cls` for `request` is."""
        self._chosen[cls][request] = chosen

    def step(self, cls: type[ProcessTarget], request: Request) -> Step:
        """Return an empty step for `request`, with its parameters."""
        params = self.parameters.get(cls, *request.names)
        return Step(cls, request, params, self.asked(cls, request), self.parameters.changed(cls))

    def asked(self, cls: type[ProcessTarget], request: Request) -> bool:
        """Return whether a product is made for `request` whatever exists."""
        return self._rebuild == 'all' and cls is self._target and request in self._wanted

    def shared(self, step: Step) -> Step:
        """Return the step that stands for all that give the same as `step`."""
        return self._same.setdefault(step.identity(), step)

    def _is_target(self, step: Step) -> bool:
        return step.cls is self._target and step.request in self._wanted

    # --- an object that exists ---

    def against(self, step: Step, found: Found) -> Reason | None:
        """Return what speaks against `found` on its own account, as a product that `step` could reuse."""
        recipe = self._recipe if self._is_target(step) else None
        question = found.object_id, id(step.params), recipe
        if question not in self._against:
            self._against[question] = self.unfit(step, found) or (
                code_differs(step.cls, found, recipe) if self._rebuild != 'missing' else None)
        return self._against[question]

    def unfit(self, step: Step, found: Found) -> Reason | None:
        """Return what speaks against `found` as a product that `step` could reuse, whoever's code made it."""
        return self.candidates.counting.unusable(found) or parameters_differ(step, found) or limits_missed(step.cls, found)

    def outdated(self, cls: type[CalibrationFrame],
                 found: dict[uuid.UUID, tuple[Request, Found]]) -> dict[uuid.UUID, Reason | None]:
        """Return by id which other calibration each of `found`, (request, object) by id, would be made with today, or None."""
        reasons: dict[uuid.UUID, Reason | None] = dict.fromkeys(found)
        found = {object_id: one for object_id, one in found.items() if not one[1].imported}
        roles = {role: link for role, link in cls.inputs().items()
                 if not issubclass(link.target, RawFrame) and not isinstance(link, HeaderCorrections)}
        used = self.candidates.inputs_of([one for _, one in found.values()], roles) if roles else {}
        requests = [request.at(one.DATE_OBS, self.chooser.setups.get(one.setup_id)) for request, one in found.values()]
        if any(link.many for link in roles.values()):  # products of each of its raw frames
            requests = [dataclasses.replace(request, of=self._raw_frames_of(cls, one))
                        for request, (_, one) in zip(requests, found.values(), strict=True)]
        params = [self.parameters.get(cls, *request.names) for request in requests]
        for role, link in roles.items():
            for object_id, (value, _) in zip(found, wanted(self, cls, role, requests, params), strict=True):
                reasons[object_id] = reasons[object_id] or compare(role, link, value, used[object_id][role])
        return reasons | self._with_other_headers(cls, {key: one for key, (_, one) in found.items() if reasons[key] is None})

    def _with_other_headers(self, cls: type[CalibrationFrame], found: dict[uuid.UUID, Found]) -> dict[uuid.UUID, Reason | None]:
        """Return by id why products of `found` hold no longer: headers of their raw frames have changed since."""
        if cls.raw_kind() is None or not found:
            return {}
        used = self.candidates.inputs_of(found.values(), [ROLE])
        return {object_id: header_differs(self.headers.of(self.raws_of(cls, one)), used[object_id][ROLE])
                for object_id, one in found.items()}

    def raws_of(self, cls: type[CalibrationFrame], found: Found) -> tuple[uuid.UUID, ...]:
        """Return the ids of the raw frames that `found`, an object of class `cls`, was made from directly."""
        if found.object_id not in self._raws:
            role = cls.principal_role()
            used = self.candidates.inputs_of([found], [role])[found.object_id][role]
            self._raws[found.object_id] = tuple(one.object_id for one in used)
        return self._raws[found.object_id]

    def _raw_frames_of(self, cls: type[CalibrationFrame], found: Found) -> tuple[Frame, ...]:
        """Return the raw frames that `found` was made from, as objects."""
        return tuple(fetch(current().session(), RawFrame, self.raws_of(cls, found)).values())

    # --- to reuse, or to make ---

    def decide(self, cls: type[ProcessTarget], steps: list[Step]) -> None:
        """Let each of `steps`, whose inputs are found, reuse a product or make one, and say why."""
        self._reuse_same(cls, steps)
        self._give_reasons(cls, [step for step in steps if step.outcome is None])

    def _reuse_same(self, cls: type[ProcessTarget], steps: list[Step]) -> None:
        """Let those steps reuse what exists whose inputs all exist and whose identity something has."""
        ready = {step: step.key() for step in steps if all(earlier.known for earlier in step.before()) and not step.asked}
        existing = self.candidates.by_key(cls, set(ready.values())) if ready else {}
        for step, key in ready.items():
            found = best_of(step, existing.get(key, []))
            if found is not None:
                recipe = self._recipe if self._is_target(step) else None
                reason = (parameters_differ(step, found) if step.set_by_user else None) or (
                    code_differs(cls, found, recipe) if self._rebuild != 'missing' else None)
                step.outcome = Make(reason) if reason is not None else outcome_of(
                    step, found, self.candidates.counting, 'made from the same, with the same parameters')

    def _give_reasons(self, cls: type[ProcessTarget], steps: list[Step]) -> None:
        """Say for each of `steps` why what was made before, of the same raw frames, does not do."""
        if not steps:
            return
        if issubclass(cls, CalibrationFrame):
            earlier = calibrations.made_before(self, cls, steps)
        elif cls.is_of_members():
            earlier = made_before(self, cls, steps)
        else:
            made = self.candidates.latest_made(cls, [step.request for step in steps])
            earlier = {step: found for step, found in zip(steps, made, strict=True) if found is not None}
        used = self.candidates.inputs_of(list({found.object_id: found for found in earlier.values()}.values()))
        for step in steps:
            reason, found = calibrations.missing(step), earlier.get(step)
            if found is not None and not of_another_frame(step, used[found.object_id]):
                reason = Reason(ASKED) if step.asked else next(self.reasons(step, found, used[found.object_id]), reason)
            step.outcome = Make(reason)

    def reasons(self, step: Step, found: Found, used: dict[str, list[Used]]) -> Iterator[Reason]:
        """Yield all that speaks against `found`, which was made from `used`, when the inputs of `step` would be used now."""
        now, used = dict(step.inputs), {role: used[role] for role in step.cls.inputs()}
        for role, value in step.inputs.items():
            if isinstance(value, MemberInputs) and not step.cls.inputs()[role].may_be_empty:  # what each member must have
                reason = members_differ(self.candidates.counting, role, value, used[role])
                if reason is not None:
                    yield reason
                    now[role], used[role] = only_common(value, used[role])
        own = self.against(step, found)
        if own is not None:
            yield own
        for role, link in step.cls.inputs().items():
            reason = compare(role, link, now.get(role), used[role])
            if reason is not None:
                yield reason


def _without_grid(cls: type[ProcessTarget], request: Request) -> NoCalibration | None:
    """Return the error that `request` names no grid for a product that is resampled, or None."""
    if 'grid' not in cls.__properties__ or request.grid is not None:
        return None
    return NoCalibration(f'{cls.__name__} is on a grid of pixels, and none is asked for: name it by grid=')

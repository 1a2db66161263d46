"""Execution of a plan: each step is made, and committed when asked, as soon as its inputs are there.

Many processes may do the same at once. Each claims the product that it is about to make. A product that another process
makes is left for later, and found made at the next look.
"""

import contextlib
import logging
import time
import uuid
from collections.abc import Generator, Set
from typing import Protocol

from sqlalchemy import Connection

from awlike.context import context
from awlike.context.privileges import scope
from awlike.database.claims import Claims, TakenOver
from awlike.database.sessions import database
from awlike.digests import key_digest
from awlike.errors import NoCalibration, NotFound, ParameterError, ProcessingError
from awlike.persist.links import listed
from awlike.planning.candidates import Candidates
from awlike.planning.compare import code_differs, missed, parameters_differ
from awlike.planning.outcome import Failed, Made, Restore, Reuse
from awlike.planning.plan import Plan
from awlike.planning.predecessors import Predecessors
from awlike.planning.reasons import ASKED, CODE
from awlike.planning.reuse import MissedLimits, best_of, outcome_of
from awlike.planning.step import Step
from awlike.products.calibration import CalibrationFrame
from awlike.products.making import produce
from awlike.products.product import ProcessTarget
from awlike.products.quality import is_bad
from awlike.products.reproduce import restore
from awlike.progress import Progress
from awlike.remedies import by_parameter, judged_invalid
from awlike.store import server
from awlike.suspects.of_a_set import standing_out
from awlike.tasks.commit import Claim, NoClaim, commit_product
from awlike.tasks.own_code import placed

log = logging.getLogger('awlike')

_REFUSALS = NoCalibration, ParameterError, ProcessingError
_PAUSE = 0.1  # seconds between looks at what others are making


class Job(Protocol):
    """For whom a plan is executed, as `execute` needs it."""

    @property
    def made(self) -> Set[uuid.UUID]:
        """The ids of the products that were made for the job: those that are asked for are not made once more."""

    def begun(self, step: Step) -> None:
        """Note that `step` is being made."""

    def committing(self, connection: Connection, step: Step, product: ProcessTarget) -> None:
        """Note what is committed, in the transaction that commits it; an exception refuses it."""

    def ended(self, step: Step) -> None:
        """Note the outcome of `step`."""


class NoJob:
    """In place of a job where nobody else looks on."""

    made: Set[uuid.UUID] = frozenset()

    def begun(self, step: Step) -> None:
        """A job notes what is being made."""

    def committing(self, connection: Connection, step: Step, product: ProcessTarget) -> None:
        """A job notes what is committed."""

    def ended(self, step: Step) -> None:
        """A job notes the outcome."""


def execute(plan: Plan, commit: bool, progress: Progress | None = None, recipe: str = '', job: Job | None = None) -> list[Step]:
    """Make what `plan` says. A step that fails takes only those with it that need it.

    Parameters
    ----------
    plan : Plan
        Of many steps, or of one whose inputs exist.
    commit : bool
        Whether what is made is kept.
    progress : Progress, optional
        Shows each step.
    recipe : str
        The recipe that asks.
    job : Job, optional
        For whom the plan is executed.

    Returns
    -------
    list of Step
        The steps that made something, in order.
    """
    if not plan.to_make:
        return []
    with Claims(database(), context.account().object_id, scope(*context.audience())) if commit \
            else contextlib.nullcontext() as claims:
        return _Execution(plan, Candidates(commit), claims, recipe, progress or Progress('', 0), job or NoJob()).run()


class _Execution:
    """One plan that is executed; `claims` is None when nothing is committed."""

    def __init__(self, plan: Plan, candidates: Candidates, claims: Claims | None, recipe: str, progress: Progress,
                 job: Job) -> None:
        self._pending, self._candidates, self._claims, self._recipe = plan.to_make, candidates, claims, recipe
        self._progress, self._job = progress, job
        self._predecessors = Predecessors(candidates.counting, self._pending)
        self._made: list[Step] = []
        self._told: set[tuple] = set()

    def run(self) -> list[Step]:
        """Execute the plan; return the steps that made something, in order."""
        while self._pending:
            waiting = {}
            for step in self._pending:
                held_up = any(id(earlier) in waiting for earlier in step.before())
                if not held_up and self._try(step):
                    self._progress.advance()
                    self._job.ended(step)
                else:
                    waiting[id(step)] = step
            if len(waiting) == len(self._pending):
                time.sleep(_PAUSE)
            self._pending = list(waiting.values())
        return self._made

    def _try(self, step: Step) -> bool:
        """Do `step`, or find that it cannot be done. Returns False when somebody else is at it."""
        _fail_with_inputs(step)
        if step.error is not None:
            return True
        try:
            with self._claimed(step) as claim:
                if claim is None:
                    return not step.to_make
                self._make(step, claim)
        except TakenOver:
            return False  # the other process makes the product, which will be found made
        except Exception as error:  # whatever goes wrong with one target, its siblings go on
            log.debug('%s failed', step, exc_info=True)
            step.outcome = Failed(placed(error))
        return True

    @contextlib.contextmanager
    def _claimed(self, step: Step) -> Generator[NoClaim | None, None, None]:
        """Yield a claim on what `step` makes, among those who could reuse it; None when somebody else has it, or made it."""
        if self._claims is None:
            yield None if self._is_done(step) else NoClaim()
            return
        key = _file_name(step.outcome) if isinstance(step.outcome, Restore) else key_digest(step.key())
        won, left_behind = self._claims.acquire(key, lambda: self._is_done(step))
        if left_behind:
            server().remove(left_behind)
        if not won:
            yield None
            return
        claim = Claim(self._claims, key, self._job, step)
        try:
            yield claim
        finally:
            if not claim.released:
                self._claims.give_up(key)

    def _make(self, step: Step, claim: NoClaim) -> None:
        """Make the product of `step`, or its lost file."""
        self._progress.now(f'{step.cls.__name__} {step.place}')
        self._job.begun(step)
        outcome = step.outcome
        if isinstance(outcome, Restore):
            restore(step.existing)
            step.outcome = Reuse(outcome.found, outcome.rule)
        else:
            step.outcome = self._produced(step, claim)
        self._made.append(step)

    def _produced(self, step: Step, claim: NoClaim) -> Made | Failed:
        """Make the product of `step`; return the outcome."""
        assert step.why is not None, f'{step} makes nothing'
        product = produce(step.cls, step.input_objects(), step.params, self._predecessors.of(step), step.lead)
        product.recipe = self._recipe
        product.calibration_levels = {role: chosen.to_dict() for role, chosen in step.levels.items()}
        product.reference_choices = step.references or None
        if self._claims is not None:
            commit_product(product, claim)
        self._predecessors.add(step, product)
        for remark in product.remarks():
            if (step.cls, product.chip, remark) not in self._told:  # once for thousands of frames
                self._told.add((step.cls, product.chip, remark))
                log.warning('%s: %s', product, remark)
        if issubclass(step.cls, CalibrationFrame) and is_bad(product):
            worst = standing_out(product)
            found = f'{missed(step.cls, product)}{f" (of its raw frames stands out {worst})" if worst else ""}'
            return Failed(MissedLimits(str(product), f'{product} was made and {found}: '
                                       f'look at it, invalidate bad raw frames ({judged_invalid()}), '
                                       f'or change the limits {by_parameter()}'), product)
        if product.quality_flags:
            log.warning('%s %s: look at it', product, missed(step.cls, product))
        return Made(product, step.why)

    def _is_done(self, step: Step) -> bool:
        """Return whether the product was made meanwhile, or comes out of the new inputs as it was; then it is reused."""
        if isinstance(step.outcome, Restore) or (step.reason == ASKED and not self._job.made):
            return False
        key = step.key()
        found = best_of(step, self._candidates.by_key(step.cls, [key]).get(key, []))
        if found is not None and step.reason == ASKED and found.object_id not in self._job.made:
            return False
        if found is None or (step.reason == CODE and code_differs(step.cls, found) is not None) or \
                parameters_differ(step, found) is not None:
            return False
        rule = 'its inputs came out the same, or another process made it'
        step.outcome = outcome_of(step, found, self._candidates.counting, rule) or step.outcome
        return not step.to_make


def _fail_with_inputs(step: Step) -> None:
    """Let `step` fail when one of its inputs could not be made.

    The step does without an optional input that its raw frames or parameters do not allow, as if planning had known. It does
    not so where the input missed its limits: another set may serve in its place.
    """
    for role, value in list(step.inputs.items()):
        failed = next((one for one in listed(value) if isinstance(one, Step) and one.error is not None), None)
        if failed is None:
            continue
        may_lack = step.cls.inputs()[role].optional and len(step.inputs) > 1
        if may_lack and isinstance(failed.error, _REFUSALS) and not isinstance(failed.error, MissedLimits):
            log.warning('%s is made without %s: %s', step.place, role, failed.error)
            step.leave_out(role, str(failed.error))
        else:
            step.outcome = Failed(NotFound(
                f'{step.cls.__name__} needs {failed.cls.__name__} of {failed.request}: {failed.error}'))
            return


def _file_name(outcome: Restore) -> str:
    """Return the name of the file that is to be made again."""
    assert outcome.found.filename is not None, 'an object without a file loses none'
    return outcome.found.filename

"""Execution of a plan: each step is made, and committed when asked, as soon as its inputs are there.

Many processes may do the same at once. Each claims the product that it is about to make. A product that another process
makes is left for later, and found made at the next look.
"""

import contextlib
import logging
import time
from collections.abc import Generator

from awlike.context import context
from awlike.context.privileges import scope
from awlike.database.claims import Claims, TakenOver
from awlike.database.sessions import database
from awlike.digests import key_digest
from awlike.errors import AwlikeError, StoreError
from awlike.planning.candidates import Candidates
from awlike.planning.compare import code_differs, missed, parameters_differ
from awlike.planning.outcome import Failed, Made, Restore, Reuse
from awlike.planning.plan import Plan
from awlike.planning.predecessors import Predecessors
from awlike.planning.reasons import ASKED, CODE
from awlike.planning.reuse import MissedLimits, best_of, outcome_of
from awlike.planning.step import Step
from awlike.products.calibration import CalibrationFrame
from awlike.products.content import is_kept
from awlike.products.making import produce
from awlike.products.product import ProcessTarget
from awlike.products.quality import is_bad
from awlike.products.reproduce import restore
from awlike.progress import Progress
from awlike.remedies import by_parameter, judged_invalid
from awlike.store import server
from awlike.suspects.of_a_set import standing_out
from awlike.tasks.commit import Claim, NoClaim
from awlike.tasks.failed_inputs import fail_with_inputs
from awlike.tasks.job import Job, NoJob
from awlike.tasks.own_code import placed, told
from awlike.tasks.stores import Stores

log = logging.getLogger('awlike')

_PAUSE = 0.1  # seconds between looks at what others are making


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


class _InputsChanged(Exception):
    """An input of a product could not be stored, so that the product, made from it meanwhile, is not to be kept."""


class _Execution:
    """One plan that is executed; `claims` is None when nothing is committed."""

    def __init__(self, plan: Plan, candidates: Candidates, claims: Claims | None, recipe: str, progress: Progress,
                 job: Job) -> None:
        self._steps, self._candidates, self._claims, self._recipe = plan.to_make, candidates, claims, recipe
        self._progress, self._job = progress, job
        self._predecessors = Predecessors(candidates.counting, self._steps)
        self._stores = Stores(self._stored)
        self._waiting: set[int] = set()  # the ids of steps that are looked at again
        self._ended: list[Step] = []     # steps that are done, until those who look on are told
        self._made: list[Step] = []
        self._told: set[tuple] = set()

    def run(self) -> list[Step]:
        """Execute the plan; return the steps that made something, in order."""
        with self._stores:
            pending = self._steps
            while pending:
                self._waiting = set()
                for step in pending:
                    if any(id(earlier) in self._waiting for earlier in step.before()) or not self._try(step):
                        self._waiting.add(id(step))
                    self._tell()
                self._stores.finish()
                self._tell()
                if len(self._waiting) == len(pending):
                    time.sleep(_PAUSE)
                pending = [step for step in self._steps if id(step) in self._waiting]
        return self._made

    def _try(self, step: Step) -> bool:
        """Do `step`, or find that it cannot be done. Returns False when it is to be looked at again: somebody else is at it."""
        fail_with_inputs(step)
        if step.error is None:
            try:
                with self._claimed(step) as claim:
                    if claim is not None:
                        self._make(step, claim)
                    elif step.to_make:
                        return False
            except (TakenOver, _InputsChanged):
                return False
            except Exception as error:  # whatever goes wrong with one target, its siblings go on
                _fail(step, error)
        if step in self._stores or step in self._ended or id(step) in self._waiting:
            return True  # it is being stored, or was stored at once
        self._ended.append(step)
        return True

    def _tell(self) -> None:
        """Tell those who look on for which steps nothing is left to do."""
        while self._ended:
            step = self._ended.pop(0)
            self._progress.advance()
            self._job.ended(step)

    @contextlib.contextmanager
    def _claimed(self, step: Step) -> Generator[NoClaim | None, None, None]:
        """Yield a claim on what `step` makes, among those who could reuse it; None when somebody else has it, or made it.

        The claim of a product that is being stored ends with that.
        """
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
            if step not in self._stores:
                claim.give_up()

    def _make(self, step: Step, claim: NoClaim) -> None:
        """Make the product of `step`, or its lost file."""
        self._progress.now(f'{step.cls.__name__} {step.place}')
        self._job.begun(step)
        outcome = step.outcome
        if isinstance(outcome, Restore):
            self._stores.finish()
            restore(step.existing)
            step.outcome = Reuse(outcome.found, outcome.rule)
            self._made.append(step)
        else:
            self._produce(step, claim)

    def _produce(self, step: Step, claim: NoClaim) -> None:
        """Make the product of `step`, and begin to store it. Inputs may be stored meanwhile; they are committed first."""
        assert step.why is not None, f'{step} makes nothing'
        if step.cls.DIFFERENCES:
            self._stores.finish()  # the product is compared with those that are committed
        self._stores.finish_written()
        _insist_on_inputs(step)
        product = produce(step.cls, step.input_objects(), step.params, self._predecessors.of(step), step.lead,
                          step.grid)
        product.recipe, product.selection = self._recipe, step.selected_by or None
        product.calibration_levels = {role: chosen.to_dict() for role, chosen in step.levels.items()}
        product.reference_choices = step.references or None
        product.members_left_out = step.members_left_out or None
        made = Made(product, step.why)
        if self._claims is None:
            step.outcome = made
            self._judge(step, product)
            return
        self._stores.finish(step.before())
        _insist_on_inputs(step)
        self._stores.add(step, product, claim)
        step.outcome = made
        if not is_kept(product) or is_bad(product):
            self._stores.finish()

    def _stored(self, step: Step, error: Exception | None) -> None:
        """Go on after the product of `step` is committed, or not, because of `error`."""
        if isinstance(error, TakenOver):
            self._waiting.add(id(step))
            return
        try:
            if error is not None:
                raise error
            assert isinstance(step.outcome, Made)
            self._judge(step, step.outcome.product)
        except Exception as failure:
            _fail(step, failure)
        self._ended.append(step)

    def _judge(self, step: Step, product: ProcessTarget) -> None:
        """Note the product that `step` made; a calibration that missed its limits serves for nothing."""
        self._made.append(step)
        self._predecessors.add(step, product)
        for remark in product.remarks():
            if (step.cls, product.chip, remark) not in self._told:  # once for thousands of frames
                self._told.add((step.cls, product.chip, remark))
                log.warning('%s: %s', product, remark)
        if issubclass(step.cls, CalibrationFrame) and is_bad(product):
            worst = standing_out(product)
            found = f'{missed(step.cls, product)}{f" (of its raw frames stands out {worst})" if worst else ""}'
            step.outcome = Failed(MissedLimits(str(product), f'{product} was made and {found}: '
                                               f'look at it, invalidate bad raw frames ({judged_invalid()}), '
                                               f'or change the limits {by_parameter()}'), product)
        elif product.quality_flags:
            log.warning('%s %s: look at it', product, missed(step.cls, product))

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


def _insist_on_inputs(step: Step) -> None:
    """Raise `_InputsChanged` when an input of `step` was not committed after all."""
    if not all(earlier.known for earlier in step.before()):
        raise _InputsChanged


def _fail(step: Step, error: Exception) -> None:
    log.debug('%s failed', step, exc_info=error)
    of_machine = isinstance(error, OSError | MemoryError) and not isinstance(error, AwlikeError)
    step.outcome = Failed(StoreError(told(error)) if of_machine else placed(error))


def _file_name(outcome: Restore) -> str:
    """Return the name of the file that is to be made again."""
    assert outcome.found.filename is not None, 'an object without a file loses none'
    return outcome.found.filename

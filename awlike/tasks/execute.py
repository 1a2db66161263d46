"""Doing what a plan says: each step is made, and committed when asked, as soon as its inputs are there.

Many processes may do the same at once. Each claims what it is about to make; what another one is making is left for
later, and found made when it is looked at again.
"""

import contextlib
import logging
import time

from awlike.context import context
from awlike.context.privileges import scope
from awlike.database.claims import Claims, TakenOver
from awlike.database.sessions import database
from awlike.digests import key_digest
from awlike.errors import (
    AwlikeError,
    NoCalibration,
    NotFound,
    ParameterError,
    ProcessingError,
    said,
)
from awlike.persist.links import listed
from awlike.planning.candidates import Candidates
from awlike.planning.compare import code_differs, missed, parameters_differ
from awlike.planning.predecessors import Predecessors
from awlike.planning.reasons import ASKED, CODE, LOST
from awlike.planning.reuse import settle
from awlike.planning.step import Step
from awlike.products.calibration import CalibrationFrame
from awlike.products.making import produce
from awlike.products.reproduce import restore
from awlike.progress import Progress
from awlike.store import server
from awlike.tasks.commit import NoClaim, _Claim, commit_product

log = logging.getLogger('awlike')

_REFUSALS = NoCalibration, ParameterError, ProcessingError
_PAUSE = 0.1  # seconds between looks at what others are making


def execute(plan, commit: bool, progress: Progress | None = None, recipe: str = '', job=None) -> list:
    """Make what `plan` says; a step that fails takes only those with it that need it.

    Parameters
    ----------
    plan : Plan
        Of many steps, or of one whose inputs exist.
    commit : bool
        Whether what is made is kept.
    progress : Progress, optional
        Is told of each step.
    recipe : str
        Which recipe asks.
    job : optional
        For whom it is done: told as `NoJob` is. It can refuse by an exception in ``committing``, which is called in the
        transaction that commits a product; what was asked for and is one of its ``made``, ids, is not made once more.

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


class NoJob:
    """In place of a job where nobody else looks on."""

    made = frozenset()

    def begun(self, step) -> None:
        """A job notes what is being made."""

    def committing(self, connection, step, product) -> None:
        """A job notes what is committed."""

    def ended(self, step) -> None:
        """A job notes what became of it."""


class _Execution:
    """One plan being done; `claims` is None when nothing is committed."""

    def __init__(self, plan, choice, claims, recipe, progress, job):
        self._pending, self._choice, self._claims, self._recipe = plan.to_make, choice, claims, recipe
        self._progress, self._job = progress, job
        self._predecessors, self._made = Predecessors(choice, self._pending), []

    def run(self) -> list:
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

    def _try(self, step) -> bool:
        """Do `step`, or find that it cannot be done; False when somebody else is at it."""
        _fail_with_inputs(step)
        if step.error is not None:
            return True
        try:
            with self._claimed(step) as claim:
                if claim is None:
                    return not step.to_make
                self._make(step, claim)
        except TakenOver:
            return False  # the other one makes it; it will be found made
        except Exception as error:  # whatever goes wrong with one target, its siblings go on
            log.debug('%s failed', step, exc_info=True)
            step.error = error if isinstance(error, AwlikeError) else _with_type(error)
        return True

    @contextlib.contextmanager
    def _claimed(self, step):
        """A claim on what `step` makes, among those who could reuse it; None when somebody else has it, or made it."""
        if self._claims is None:
            yield None if self._is_done(step) else NoClaim()
            return
        key = step.found.filename if step.reason == LOST else key_digest(step.key())
        won, left_behind = self._claims.acquire(key, lambda: self._is_done(step))
        if left_behind:
            server().remove(left_behind)
        if not won:
            yield None
            return
        claim = _Claim(self._claims, key, self._job, step)
        try:
            yield claim
        finally:
            if not claim.released:
                self._claims.give_up(key)

    def _make(self, step, claim) -> None:
        """Make the product of `step`."""
        self._progress.now(f'{step.cls.__name__} {step.place}')
        self._job.begun(step)
        if step.reason == LOST:
            restore(step.existing)
            step.why = None
            self._made.append(step)
            return
        product = produce(step.cls, step.input_objects(), step.params, self._predecessors.of(step))
        product.recipe = self._recipe
        if self._claims is not None:
            commit_product(product, claim)
        step.product = product
        self._made.append(step)
        self._predecessors.add(step)
        if issubclass(step.cls, CalibrationFrame) and product.quality_flags:
            step.error = NoCalibration(f'{product} was made and {missed(step.cls, product)}: '
                                       'look at it, invalidate bad raw frames (context.update_is_valid(raw, 0)), '
                                       'or change the limits by Pars')

    def _is_done(self, step) -> bool:
        """Whether it was made meanwhile, or comes out of what was made now just as it was; then it is reused."""
        if step.reason == LOST or (step.reason == ASKED and not self._job.made):
            return False
        key = step.key()
        found = self._choice.by_key(step.cls, [key]).get(key)
        if found is not None and step.reason == ASKED and found.object_id not in self._job.made:
            return False
        if found is None or (step.reason == CODE and code_differs(step.cls, found) is not None) or \
                parameters_differ(step, found) is not None:
            return False
        why, step.why = step.why, None
        settle(step, found, self._choice, 'its inputs came out the same, or another process made it')
        if not step.known:
            step.why = why
        return not step.to_make


def _fail_with_inputs(step):
    """A step cannot be done when one of its inputs could not be made.

    But it does without an optional one that its raw frames or parameters do not allow, as if that had been known before.
    """
    for role, value in list(step.inputs.items()):
        failed = next((one for one in listed(value) if isinstance(one, Step) and one.error is not None), None)
        if failed is None:
            continue
        others = {name: other for name, other in step.inputs.items() if name != role}
        if step.cls.inputs()[role].optional and others and isinstance(failed.error, _REFUSALS):
            log.warning('%s is made without %s: %s', step.place, role, failed.error)
            step.without[role] = str(failed.error)
            step.take(others)
        else:
            step.error = NotFound(f'{step.cls.__name__} needs {failed.cls.__name__} of {failed.request}: {failed.error}')
            return


def _with_type(error):
    wrapped = AwlikeError(said(error))
    wrapped.__cause__ = error
    return wrapped

"""Failed inputs: what becomes of a step of which an input could not be made."""

import logging
from collections.abc import Iterator
from typing import Any

from awlike.errors import (
    Cancelled,
    NoCalibration,
    NotFound,
    ParameterError,
    ProcessingError,
    ServiceError,
    StoreError,
    Unreachable,
    WorkerDied,
)
from awlike.persist.links import listed
from awlike.planning.outcome import Failed
from awlike.planning.reuse import MissedLimits
from awlike.planning.sets import left_out_of, members_of, too_few
from awlike.planning.step import MemberInputs, Step, member_of

log = logging.getLogger('awlike')

_REFUSALS = NoCalibration, ParameterError, ProcessingError
_OF_THE_MACHINE = StoreError, ServiceError, WorkerDied, Unreachable, Cancelled  # the next attempt can go well
_NO_MEMBER_LESS = MissedLimits, *_OF_THE_MACHINE  # failures of a member that may be made all the same


def fail_with_inputs(step: Step) -> None:
    """Let `step` fail when one of its inputs could not be made.

    The step does without an optional input that its raw frames or parameters do not allow, as if planning had known, and
    without members of a set as long as enough remain. It does not so where an input missed its limits, since another set of
    raw frames may serve in its place; nor without a member because of the machine, as of a full disk.
    """
    for role, value in list(step.inputs.items()):
        link, failed = step.cls.inputs()[role], next(_failed(value), None)
        if isinstance(value, MemberInputs):
            failed = next((one for one in _failed(value) if isinstance(one.error, _NO_MEMBER_LESS)), failed)
        why = _why_not_of_ensemble(step, value) if link.of_ensemble else ''
        if failed is None and not why:
            continue
        error = failed.error if failed is not None else None
        may_lack = link.optional and not link.of_ensemble and len(step.inputs) > 1
        if isinstance(value, MemberInputs) and not isinstance(error, _NO_MEMBER_LESS):
            _leave_members_out(step, role, value)
        elif may_lack and isinstance(error, _REFUSALS) and not isinstance(error, MissedLimits):
            log.warning('%s is made without %s: %s', step.place, role, error)
            step.leave_out(role, str(error))
        else:
            _fail_for_want(step, f'{failed.cls.__name__} of {failed.request}: {error}' if failed is not None else why, error)
        if step.error is not None:
            return


def _failed(value: Any) -> Iterator[Step]:
    """Yield the steps among the input `value` that could not be done."""
    return (one for one in listed(value) if isinstance(one, Step) and one.error is not None)


def _why_not_of_ensemble(step: Step, value: Any) -> str:
    """Return why the frame of `step` was left out of the product of its ensemble, the input `value`; empty if it was not."""
    return left_out_of(value, members_of(step.request)) if isinstance(value, Step) else ''


def _fail_for_want(step: Step, want: str, error: Exception | None) -> None:
    """Let `step` fail because of `want`, in words; what is made of it learns whether `error` is of limits or of the machine."""
    text = f'{step.cls.__name__} needs {want}'
    step.outcome = Failed(MissedLimits(error.name, text) if isinstance(error, MissedLimits)
                          else StoreError(text) if isinstance(error, _OF_THE_MACHINE) else NotFound(text))


def _leave_members_out(step: Step, role: str, members: MemberInputs) -> None:
    """Take the `members` that could not be made out of the input `role` of `step`; the step fails if too few remain."""
    failed = {id(one): one for one in _failed(members)}
    left = MemberInputs((one for one in members if id(one) not in failed),
                        members.left_out | {member_of(one): str(one.error) for one in failed.values()})
    step.take(step.inputs | {role: left}, step.without, step.levels)
    error = too_few(step.params, left)
    if error is not None:
        if step.cls.inputs()[role].optional:
            log.warning('%s is made without %s: %s', step.place, role, error)
            step.leave_out(role, str(error))
        else:
            step.outcome = Failed(NoCalibration(f'{step.cls.__name__} needs {role}: {error}'))
        return
    for one in failed.values():
        log.warning('%s is made without %s: %s', step.place, member_of(one), one.error)

"""Reuse: an object that exists takes the place of a product that is wanted, or does not."""

from awlike.errors import NoCalibration
from awlike.planning.compare import missed, parameters_differ
from awlike.planning.counting import Counting
from awlike.planning.found import Found
from awlike.planning.outcome import Failed, Restore, Reuse
from awlike.planning.reasons import LOST, Reason
from awlike.planning.step import Step
from awlike.products.calibration import CalibrationFrame
from awlike.products.quality import is_bad
from awlike.remedies import by_parameter, judged_invalid


class MissedLimits(NoCalibration):
    """The calibration `name`, which is what can be made, missed its limits."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name


def best_of(step: Step, found: list[Found]) -> Found | None:
    """Return the one of `found`, which have the identity of `step`, the latest made first, that takes its place; or None.

    Those that were made under other limits than the user sets, and those that missed a limit, come last.
    """
    if len(found) < 2:
        return found[0] if found else None
    return min(found, key=lambda one: (bool(step.set_by_user) and parameters_differ(step, one) is not None, is_bad(one)))


def outcome_of(step: Step, found: Found, counting: Counting, rule: str) -> Reuse | Restore | Failed | None:
    """Return the outcome of `step` when it finds `found`, which serves by `rule`; None when the product is made all the same.

    A calibration that missed its limits does not serve; where other limits are in force now, it is made again. A file that is
    known to be lost is made again.
    """
    if issubclass(step.cls, CalibrationFrame) and is_bad(found):
        recorded = found.process_parameters or {}
        if any(recorded.get(name) != getattr(step.params, name) for name in step.cls.LIMITS):
            return None
        return Failed(MissedLimits(found.name, f'{found.name} is what can be made, and {missed(step.cls, found)}: '
                                   'choose other raw frames by invalidating bad ones '
                                   f'({judged_invalid()}), or change the limits {by_parameter()}'))
    if found.quality_flags:
        rule = f'{rule}; it {missed(step.cls, found)}'
    if found.object_id in counting.lost:
        return Restore(found, rule, Reason(LOST, f'{found.name} is not on the data server'))
    return Reuse(found, rule)

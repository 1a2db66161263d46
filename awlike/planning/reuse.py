"""Whether what exists is reused."""

from awlike.errors import NoCalibration
from awlike.planning.compare import missed
from awlike.planning.reasons import LOST, Reason
from awlike.products.calibration import CalibrationFrame
from awlike.products.quality import bits


def settle(step, found, choice, rule) -> None:
    """Let `step` reuse `found`, which serves by `rule`.

    A calibration that missed its limits does not serve; where other limits are in force now, or what it was compared with
    counts no more, it is made again. A file that is known to be lost is made again.
    """
    if issubclass(step.cls, CalibrationFrame) and found.quality_flags:
        recorded = found.process_parameters
        if all(recorded.get(name) == getattr(step.params, name) for name in bits(step.cls)) and choice.still_compares(found):
            step.error = NoCalibration(f'{found.name} is what can be made, and {missed(step.cls, found)}: '
                                       'choose other raw frames by invalidating bad ones '
                                       '(context.update_is_valid(raw, 0)), or change the limits by Pars')
    else:
        step.found, step.rule = found, rule
        if found.object_id in choice.lost:
            step.why = Reason(LOST, f'{found.name} is not on the data server')

"""What differs between a product that exists and one that would be made today."""

from awlike.persist.links import listed
from awlike.planning.reasons import BETTER, CODE, MISSING, PARAMETERS, Reason
from awlike.planning.step import Step, error_of
from awlike.products.calibration import CalibrationFrame
from awlike.products.code_digest import code_digest
from awlike.products.quality import as_judged


def parameters_differ(step, found) -> Reason | None:
    """Whether `found` was made with other parameters than those of `step`: which, from, to.

    Those count that can change the result, and those that the user set: who asks for other raw frames or stricter
    limits does not want what was made without.
    """
    recorded, wanted = found.process_parameters or {}, step.params.key()
    tables = [name for name, value in recorded.items() if isinstance(value, dict) and name in type(step.params).model_fields]
    wanted |= {name: getattr(step.params, name) for name in (*step.set_by_user, *tables)}  # an empty one has no part in the key
    changed = [f'{name} {recorded.get(name, "not there")} -> {value}' for name, value in wanted.items()
               if recorded.get(name) != value]
    return Reason(PARAMETERS, f'{step.cls.__name__} {", ".join(changed)}') if changed else None


def missed(cls, found) -> str:
    """Which limits `found`, an object of class `cls` or what a plan knows of it, missed when it was made."""
    quality = as_judged(cls, found)
    return f'missed its limits: {"; ".join(map(str, quality.missed))}' + (
        f' (compared with {quality.compared_with})' if any(one.name in cls.DIFFERENCES for one in quality.missed) else '')


def limits_missed(cls, found) -> Reason | None:
    """Whether `found` is a calibration that missed its limits, and so serves for nothing."""
    if not found.quality_flags or not issubclass(cls, CalibrationFrame):
        return None
    return Reason(MISSING, f'{found.name} {missed(cls, found)}')


def code_differs(cls, found, recipe: str | None = None) -> Reason | None:
    """Whether `found` was made by other code than that of `cls` here and now; `recipe` is the recipe that asks, if it counts."""
    if found.make_version != cls.MAKE_VERSION:
        return Reason(CODE, f'make_version of {cls.__name__} {found.make_version} -> {cls.MAKE_VERSION}')
    if found.code_digest != code_digest(cls):
        return Reason(CODE, f'the source that makes {cls.__name__} is not what it was')
    if recipe is not None and found.recipe != recipe:
        return Reason(CODE, f'asked for by recipe {recipe}, made by {found.recipe or "another"}')
    return None


def input_differs(role: str, value, used) -> Reason | None:
    """Whether the input `role`, which now would be `value`, was something else when what was `used` was chosen.

    Parameters
    ----------
    value : Step, raw frame, list of them, or None
        What would be used now.
    used : list of Used
        What was used.
    """
    now = listed(value)
    for one in now:
        if isinstance(one, Step) and not one.known:
            return one.why.of_input(role)
    there, then = {one.digest for one in now}, {one.digest for one in used}
    more = [one for one in now if one.digest not in then]
    less = [one for one in used if one.digest not in there]
    told = [f'{_name(one)} serves now{_rule(one)}' for one in more[:1]] + [f'{one.name} was used' for one in less[:1]]
    return Reason(BETTER, '; '.join(told), (role,)) if told else None


def compare(role, link, value, used) -> Reason | None:
    """What is different between an input as it was `used` and as it would be now, `value` (a step, or raw frames)."""
    error = error_of(value)
    if error is None:
        return input_differs(role, value, used)
    return None if link.optional and not used else Reason(BETTER, f'{role} can no longer be had: {error}')


def of_another_raw(step, used) -> bool:
    """Whether a product of the same place and instant, made from `used`, is of another raw frame."""
    raw = step.request.raw
    return raw is not None and 'raw' in used and used['raw'][0].object_id != raw.object_id


def _name(one) -> str:
    return one.found.name if isinstance(one, Step) else str(one)


def _rule(one) -> str:
    return f', {one.rule}' if isinstance(one, Step) else ''

"""Compare a product that exists with the one that would be made today."""

from typing import Any

from awlike.persist.header_correction import HeaderCorrections
from awlike.persist.links import Input, listed
from awlike.planning.found import Found, ReferenceChoice, Used
from awlike.planning.header_corrections import header_differs
from awlike.planning.reasons import BETTER, CODE, MISSING, PARAMETERS, Reason
from awlike.planning.step import Step, error_of
from awlike.products.calibration import CalibrationFrame
from awlike.products.code_digest import code_digest
from awlike.products.frame import Frame
from awlike.products.product import ProcessTarget
from awlike.products.quality import as_judged, is_bad


def parameters_differ(step: Step, found: Found) -> Reason | None:
    """Return which parameters of `found` differ from the parameters of `step`, from and to; None when none differs.

    Those count that can change the result, and those that the user set: who asks for stricter limits does not want what
    was made without. Those that only choose inputs do not count, since the inputs themselves do. Nor do those of an imported
    calibration, which were somebody else's.
    """
    if found.imported:
        return None
    cls, recorded = type(step.params), step.params.completed(found.process_parameters or {})
    by_user = frozenset(step.set_by_user) - cls.choosing()
    wanted = step.params.compared_with(recorded) | {name: getattr(step.params, name) for name in by_user}
    changed = [f'{name} {recorded.get(name, "not there")} -> {value}' for name, value in wanted.items()
               if recorded.get(name) != value]
    return Reason(PARAMETERS, f'{step.cls.__name__} {", ".join(changed)}') if changed else None


def missed(cls: type[ProcessTarget], found: Found | ProcessTarget) -> str:
    """Return which limits `found`, an object of class `cls` or what a plan knows of it, missed when it was made."""
    quality = as_judged(cls, found)
    return f'missed its limits: {"; ".join(map(str, quality.missed))}' + (
        f' (compared with {quality.compared_with})' if any(check.name in cls.DIFFERENCES for check in quality.missed) else '')


def limits_missed(cls: type[ProcessTarget], found: Found) -> Reason | None:
    """Return the limits that `found` missed, if it is a calibration, which then serves for nothing."""
    if not is_bad(found) or not issubclass(cls, CalibrationFrame):
        return None
    return Reason(MISSING, f'{found.name} {missed(cls, found)}')


def code_differs(cls: type[ProcessTarget], found: Found, recipe: str | None = None) -> Reason | None:
    """Return how the code that made `found` differs from that of `cls` here and now; None when it does not.

    `recipe` is the recipe that asks, if it counts as code. awlike knows nothing of the code of what was imported.
    """
    if found.imported:
        return None
    if found.make_version != cls.MAKE_VERSION:
        return Reason(CODE, f'make_version of {cls.__name__} {found.make_version} -> {cls.MAKE_VERSION}')
    if found.code_digest != code_digest(cls):
        return Reason(CODE, f'the source that makes {cls.__name__} is not what it was')
    if recipe is not None and found.recipe != recipe:
        return Reason(CODE, f'asked for by recipe {recipe}, made by {found.recipe or "another"}')
    return None


def input_differs(role: str, value: Any, used: list[Used]) -> Reason | None:
    """Return how the input `role` differs from what was used; None when it does not.

    Parameters
    ----------
    value : Step, raw frame, list of them, or None
        What would be used now.
    used : list of Used
        What was used.
    """
    now = listed(value)
    for one in now:
        if isinstance(one, Step) and one.why is not None and not one.known:
            return one.why.of_input(role)
    digests_now, digests_then = {one.digest for one in now}, {one.digest for one in used}
    more = [one for one in now if one.digest not in digests_then]
    less = [one for one in used if one.digest not in digests_now]
    texts = [f'{_name(one)} serves now{_rule(one)}' for one in more[:1]] + [f'{one.name} was used' for one in less[:1]]
    return Reason(BETTER, '; '.join(texts), (role,)) if texts else None


def compare(role: str, link: Input, value: Any, used: list[Used]) -> Reason | None:
    """Return how an input that was `used` differs from `value`, a step or raw frames, which would be used now."""
    if isinstance(link, HeaderCorrections):
        return header_differs(value, used)
    error = error_of(value)
    if error is None:
        return input_differs(role, value, used)
    return None if link.optional and not used else Reason(BETTER, f'{role} can no longer be had: {error}')


def of_another_frame(step: Step, used: dict[str, list[Used]]) -> bool:
    """Return whether a product of the same place and instant, made from `used`, is of another frame."""
    lead = step.inputs.get(step.lead)
    return isinstance(lead, Frame) and bool(used[step.lead]) and used[step.lead][0].object_id != lead.object_id


def _name(one: Any) -> str:
    return one.found.name if isinstance(one, Step) and one.found is not None else str(one)


def _rule(one: Any) -> str:
    return f', {one.rule}' if isinstance(one, Step | ReferenceChoice) else ''

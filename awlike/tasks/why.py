"""Why: tell whether a product still holds, and why it was made from this calibration and no other."""

import dataclasses
from typing import Any

from awlike.context import context
from awlike.errors import ParameterError
from awlike.planning.found import Found
from awlike.planning.inputs_wanted import find_inputs
from awlike.planning.parameters_in_force import ParametersInForce
from awlike.planning.reasons import CODE, LOST, Reason
from awlike.planning.request import Request, of_frame, of_object
from awlike.planning.resolve import Resolver
from awlike.planning.step import Step
from awlike.products.calibration import CalibrationFrame
from awlike.products.product import ProcessTarget
from awlike.products.raw import RawFrame
from awlike.products.reproduce import is_lost
from awlike.tasks.known import tasks
from awlike.terminal import Readable


class Verdict(Readable):
    """The answer whether a product still holds, and if not, what happened.

    Attributes
    ----------
    holds : bool
        Whether the same would be made today.
    reasons : list of str
        Why not, in words: invalid ancestor, better input, parameters differ, code differs, file lost.
    details : list of Reason
        The same reasons with the particulars.
    """

    def __init__(self, product: ProcessTarget, details: list[Reason]) -> None:
        self.product, self.details = product, details
        self.reasons = list(dict.fromkeys(reason.kind for reason in details))
        self.holds = not details

    def __bool__(self) -> bool:
        return self.holds

    def __str__(self) -> str:
        if self.holds:
            return f'{self.product} holds: the same inputs, parameters and code would be used today'
        return '\n'.join([f'{self.product} does not hold', *(f'  {reason}' for reason in self.details)])


def why(product: ProcessTarget, pars: dict[str, Any] | None = None) -> Verdict:
    """Tell whether `product` still holds under the parameters in force and `pars`."""
    if not product.is_committed:
        raise ParameterError(f'{product} is not committed: whether a product holds is told of what the database knows')
    resolver = Resolver(ParametersInForce(pars), commit=False, rebuild='stale')
    found, step = Found.of(product), _step_today(resolver, product)
    details = list(resolver.reasons(step, found, resolver.candidates.inputs_of([found])[product.object_id]))
    details = list({(reason.kind, reason.detail): reason for reason in reversed(details)}.values())[::-1]
    details += _recipe_differs(product)
    if is_lost(product):
        details.append(Reason(LOST, f'{product.filename} is not on the data server; it is made again when it is used'))
    return Verdict(product, details)


def _step_today(resolver: Resolver, product: ProcessTarget) -> Step:
    """Return a step for `product` with the inputs that it would have today, without any that cannot be had."""
    cls, request = type(product), _request(product)
    step = resolver.step(cls, request)
    number = {'MINIMUM_NUMBER': 1, 'MAXIMUM_NUMBER': len(request.members)} if request.members else {}  # all that are given
    seeker = Step(cls, request, step.params.model_copy(update=number))
    find_inputs(resolver, cls, [seeker])
    step.take(seeker.inputs, seeker.without)
    return step


def _recipe_differs(product: ProcessTarget) -> list[Reason]:
    """Return the reason that another recipe would ask for `product` now, where a user's own does, or did."""
    task = tasks().get((product.recipe or '').partition(' ')[0])
    if task is None or task.target is not type(product) or task.recipe() == product.recipe:
        return []
    return [Reason(CODE, f'recipe {product.recipe} asked for it, which is {task.recipe()} now')]


class Selection(Readable):
    """Why a product was made from this calibration: the calibration that was chosen, and why each of the others was not."""

    def __init__(self, product: ProcessTarget, role: str, chosen: CalibrationFrame, others: list[tuple[str, str]]) -> None:
        self.product, self.role, self.chosen, self.others = product, role, chosen, others

    def __str__(self) -> str:
        lines = [f'{self.role} of {self.product} is {self.chosen}']
        lines += [f'  {name}: {lost}' for name, lost in self.others]
        if not self.others:
            lines.append('  there was no other that covers the date')
        return '\n'.join(lines)


def chosen_because(product: ProcessTarget, role: str) -> Selection:
    """Tell why the calibration `role` of `product` was chosen of those that covered its date when it was made."""
    cls = type(product)
    link = cls.inputs().get(role)
    if link is None or link.many or not issubclass(link.target, CalibrationFrame):
        names = [name for name, one in cls.inputs().items() if not one.many and issubclass(one.target, CalibrationFrame)]
        raise ParameterError(f'{role!r} is no calibration that {product} was made from: ask for one of {", ".join(names)}')
    chosen = getattr(product, role)
    with context.acting(as_of=product.creation_date):
        resolver = Resolver(ParametersInForce(), commit=False)
        step = Step(link.target, _request(product).for_class(link.target), chosen.process_params)
        covering, = resolver.candidates.calibrations(link.target, [step.request])
        others = [(found.name, _lost_by(resolver, step, found, chosen)) for found in covering
                  if found.object_id != chosen.object_id]
    return Selection(product, role, chosen, others)


def _lost_by(resolver: Resolver, step: Step, found: Found, chosen: CalibrationFrame) -> str:
    """Return why the calibration `found` was not chosen."""
    reason = resolver.against(step, found) or \
        resolver.outdated(step.cls, {found.object_id: (step.request, found)})[found.object_id]
    if reason is not None:
        return f'did not serve, {reason}'
    if found.creation_date <= chosen.creation_date:
        return f'made earlier, {found.creation_date:%Y-%m-%d %H:%M:%S}'
    return 'served too, and was made later: the choice was made by hand, or before it was there'


def _request(product: ProcessTarget) -> Request:
    """Return the request that `product` answers: of its raw frame, or for a calibration of its very raw frames."""
    origin = getattr(product, type(product).principal_role())
    if isinstance(origin, RawFrame):
        return of_frame(origin)
    if isinstance(origin, ProcessTarget) and not isinstance(origin, CalibrationFrame):
        return _request(origin)
    raws = origin if isinstance(origin, list) and isinstance(origin[0], RawFrame) else []
    return dataclasses.replace(of_object(product), of=tuple(raws))

"""Why: tell whether a product still holds, and why it was made from this calibration and no other."""

import dataclasses
from typing import Any

from awlike.context import context
from awlike.errors import NotFound, ParameterError
from awlike.planning.calibrations import own_request
from awlike.planning.considered import considered
from awlike.planning.found import Found
from awlike.planning.inputs_wanted import InputsFound, find_inputs
from awlike.planning.kinds import takes_ensemble
from awlike.planning.parameters_in_force import ParametersInForce
from awlike.planning.reasons import BETTER, CODE, LOST, Reason
from awlike.planning.request import Request, of_frame, of_object, of_set
from awlike.planning.resolve import Resolver
from awlike.planning.step import Step
from awlike.products.calibration import CalibrationFrame
from awlike.products.frame import Frame
from awlike.products.product import ProcessTarget
from awlike.products.raw import RawFrame
from awlike.products.reference_catalogue import ReferenceCatalogue
from awlike.products.reproduce import is_lost
from awlike.tasks.known import tasks
from awlike.terminal import Readable


class Verdict(Readable):
    """The answer whether a product still holds, and if not, what happened.

    Attributes
    ----------
    holds : bool
        Whether the same would be made today; of an imported product, whether nothing speaks against it.
    reasons : list of str
        Why not, in words: members differ, invalid ancestor, better input, parameters differ, code differs, file lost.
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
        if self.holds and self.product.imported:
            return f'{self.product} holds: it was imported from {self.product.original_name}, and nothing speaks against it'
        if self.holds:
            return f'{self.product} holds: the same inputs, parameters and code would be used today'
        return '\n'.join([f'{self.product} does not hold', *(f'  {reason}' for reason in self.details)])


def why(product: ProcessTarget, pars: dict[str, Any] | None = None) -> Verdict:
    """Tell whether `product` still holds under the parameters in force and `pars`."""
    if not product.is_committed:
        raise ParameterError(f'{product} is not committed: whether a product holds is told of what the database knows')
    resolver = Resolver(ParametersInForce(pars), commit=False, rebuild='stale')
    if product.imported:  # a root of lineage: all that can speak against it is a judgement
        reason = resolver.unfit(resolver.step(type(product), of_object(product)), Found.of(product))
        return Verdict(product, [*([reason] if reason else []), *_lost(product)])
    found, step = Found.of(product), _step_today(resolver, product)
    details = _cannot_today(resolver, step, found) or list(
        resolver.reasons(step, found, resolver.candidates.inputs_of([found])[product.object_id]))
    details = list({(reason.kind, reason.detail): reason for reason in reversed(details)}.values())[::-1]
    details += _recipe_differs(product)
    return Verdict(product, details + _lost(product))


def _lost(product: ProcessTarget) -> list[Reason]:
    again = '' if product.imported else '; it is made again when it is used'
    return [Reason(LOST, f'{product.filename} is not on the data server{again}')] if is_lost(product) else []


def _step_today(resolver: Resolver, product: ProcessTarget) -> Step:
    """Return a step for `product` with the inputs that it would have today, or the error that one cannot be had."""
    cls, request = type(product), _request(product)
    step = resolver.step(cls, request)
    number = {'MINIMUM_MEMBERS': 1} if cls.is_of_members() else {
        'MINIMUM_NUMBER': 1, 'MAXIMUM_NUMBER': len(request.members)} if request.members else {}  # all that are given
    seeker = Step(cls, request, step.params.model_copy(update=number))
    if issubclass(cls, CalibrationFrame):
        own = own_request(resolver, request, list(request.members)) if request.members else request
        request = own.at(product.DATE_OBS, own.setup, own.EXPTIME, own.TEMPERATURE)
    find_inputs(resolver, cls, [seeker], [request], [InputsFound(cls)])
    step.take(seeker.inputs, seeker.without, seeker.levels)
    step.outcome = seeker.outcome
    return step


def _cannot_today(resolver: Resolver, step: Step, found: Found) -> list[Reason]:
    """Return what speaks against the product `found` if `step`, which would make it today, fails; nothing if it does not."""
    if step.error is None:
        return []
    own = resolver.against(step, found)
    return [*([own] if own else []), Reason(BETTER, f'it cannot be made today: {step.error}')]


def _recipe_differs(product: ProcessTarget) -> list[Reason]:
    """Return the reason that another recipe would ask for `product` now, where a user's own does, or did."""
    task = tasks().get((product.recipe or '').partition(' ')[0])
    if task is None or task.target is not type(product) or task.recipe() == product.recipe:
        return []
    return [Reason(CODE, f'recipe {product.recipe} asked for it, which is {task.recipe()} now')]


class Selection(Readable):
    """Why a product was made from this calibration or reference catalogue, and why each other one was not chosen.

    Attributes
    ----------
    chosen : CalibrationFrame, ReferenceCatalogue or None
        The calibration, or the reference catalogue, if the product has one.
    how : str
        The distance of a calibration in nights, and its level; the rule by which a reference catalogue was chosen.
    others : list of (str, str)
        What else was there, and why it lost.
    """

    def __init__(self, product: ProcessTarget, role: str, chosen: CalibrationFrame | ReferenceCatalogue | None, how: str,
                 others: list[tuple[str, str]]) -> None:
        self.product, self.role, self.chosen, self.how, self.others = product, role, chosen, how, others

    def __str__(self) -> str:
        lines = [f'{self.role} of {self.product} is {self.chosen}', f'  {self.how}' if self.how else '']
        lines += [f'  {name}: {lost}' for name, lost in self.others]
        if not self.others:
            near = ' as near as it may be' if isinstance(self.chosen, CalibrationFrame) else ''
            lines.append(f'  there was no other{near}')
        return '\n'.join(line for line in lines if line)


def chosen_because(product: ProcessTarget, role: str) -> Selection:
    """Tell why the calibration, or reference catalogue, `role` of `product` was chosen, of all that were there then."""
    cls = type(product)
    links = {name: one for name, one in cls.inputs().items()
             if not one.many and issubclass(one.target, CalibrationFrame | ReferenceCatalogue)}
    link = links.get(role)
    if link is None:
        raise ParameterError(f'{role!r} is no calibration that {product} was made from: ask for one of {", ".join(links)}')
    chosen = getattr(product, role)
    if issubclass(link.target, ReferenceCatalogue):
        return _reference_because(product, role, chosen)
    if chosen is None:
        raise NotFound(f'{product} was made without {role}, so none was chosen: awe plan, or task.plan(), says why it would be '
                       'made without today')
    with context.acting(as_of=product.creation_date):
        resolver = Resolver(ParametersInForce(), commit=False)
        request = _request(product)
        if issubclass(cls, CalibrationFrame) and request.members:
            request = own_request(resolver, request, list(request.members))
        how, others = considered(resolver, link, request.for_class(link.target), chosen)
    return Selection(product, role, chosen, how, others)


def _reference_because(product: ProcessTarget, role: str, chosen: ReferenceCatalogue | None) -> Selection:
    """Tell why the reference catalogue `role` of `product` was chosen, or why it has none."""
    how = (product.reference_choices or {}).get(role, '')
    with context.acting(as_of=product.creation_date):
        others = Resolver(ParametersInForce(), commit=False).references.considered(
            type(product).inputs()[role], _request(product), product.process_params, chosen)
    return Selection(product, role, chosen, how, others)


def _request(product: ProcessTarget) -> Request:
    """Return the request that `product` answers: of its raw or imported frame, of its members, or, for a calibration, of its
    very raw frames; on its grid, and with its ensemble.
    """
    request = _of_what(product)
    grid = product.grid if 'grid' in type(product).__properties__ else None
    return dataclasses.replace(request, grid=grid, ensemble=_ensemble(product))


def _of_what(product: ProcessTarget) -> Request:
    """Return the request for what `product` is of."""
    origin = getattr(product, type(product).principal_role())
    if isinstance(origin, RawFrame):
        return of_frame(origin)
    if isinstance(origin, ProcessTarget) and not isinstance(origin, CalibrationFrame):
        return of_frame(origin) if not origin.inputs() or _has_own_pixels(origin) else _of_what(origin)
    if type(product).is_of_members():
        lacking = product.members_left_out
        return of_set([*map(_as_member, origin), *(Frame.filename.in_(sorted(lacking)) if lacking else ())])
    raws = origin if isinstance(origin, list) and isinstance(origin[0], RawFrame) else []
    return dataclasses.replace(of_object(product), of=tuple(raws))


def _has_own_pixels(product: ProcessTarget) -> bool:
    """Return whether `product` lies on other pixels than what it was made from, so that no product of that is one of it."""
    return product.is_of_members() or 'grid' in type(product).__properties__


def _as_member(one: Frame) -> Frame:
    """Return the frame that is the member of a set for which `one` was made: a raw or imported frame, or `one` itself."""
    if not isinstance(one, ProcessTarget) or isinstance(one, CalibrationFrame) or not one.inputs():
        return one
    of = _of_what(one).of
    return of if isinstance(of, Frame) else one


def _ensemble(product: ProcessTarget) -> tuple[Frame, ...] | None:
    """Return the frames that were solved together with the frame of `product`; None where it was made without an ensemble."""
    if product.is_of_members() or isinstance(product, CalibrationFrame):
        return None  # the members are the ensemble, or there is none; a calibration has none
    for role, link in product.inputs().items():
        value = getattr(product, role) if link.of_ensemble or takes_ensemble(link.target) else None
        if value is not None:
            found = _of_what(value).members if link.of_ensemble else _ensemble(value)
            if found:
                return found
    return None

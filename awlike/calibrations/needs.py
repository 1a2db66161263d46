"""Needs: the calibrations that science frames need, and the calibrations that these need in turn, as planning chooses them."""

import collections
import dataclasses
import functools
import graphlib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from awlike.frames.reduced import ReducedScienceFrame
from awlike.planning.by_hand import ByHand
from awlike.planning.calibrations import lead_roles
from awlike.planning.nearest import Chosen
from awlike.planning.request import Request
from awlike.planning.resolve import Resolver
from awlike.planning.step import Step
from awlike.products.calibration import CalibrationFrame
from awlike.products.parameters import ProcessParameters
from awlike.products.product import ProcessTarget

Kind = type[CalibrationFrame]


class Wanted(NamedTuple):
    """An input, whether the product does without it, and whether it is wanted for what the product is wanted for."""

    cls: type[ProcessTarget]
    request: Request
    optional: bool
    as_product: bool


@dataclasses.dataclass(eq=False)
class Need:
    """A calibration that science frames need, directly or by way of other calibrations.

    Attributes
    ----------
    cls : type
        Its class.
    request : Request
        For what it is wanted.
    step : Step
        The step of planning that reuses or makes it, or says why nothing serves.
    chosen : Chosen or None
        How far it is; None where nothing serves.
    by_hand : ByHand or None
        The interval by which a person chose it, if a person did.
    frames : set of int
        The numbers of the science frames that need it.
    serves : set of type
        The calibrations that need it for the night of their own lead; none where only science frames need it.
    optional : bool
        True if products do without it where it is absent.
    """

    cls: Kind
    request: Request
    step: Step
    chosen: Chosen | None
    by_hand: ByHand | None
    frames: set[int]
    serves: set[Kind]
    optional: bool

    @property
    def has_lead(self) -> bool:
        """True if the input is there from which the date of the calibration comes, as its raw frames."""
        return self.chosen is not None or self.step.error is None

    @property
    def imported(self) -> str:
        """The name of the file from which what serves was imported; empty for what awlike makes, or made."""
        known = None if self.step.found is None else self.step.found.imported
        return (known or {}).get('name', '')

    def leads(self) -> list[tuple[Kind, Request]]:
        """Return the calibrations of which the product needs one, each with its request; none for a product of raw frames."""
        links = self.cls.inputs()
        roles = [] if self.cls.raw_kind() else [role for role in lead_roles(self.cls) if not links[role].existing]
        return [(links[role].target, self.request.for_class(links[role].target)) for role in roles]

    def inputs(self) -> Iterator[Wanted]:
        """Yield its inputs.

        The lead is wanted for what the calibration is wanted for, all else for the night of the lead. Where no lead is
        there, each kind that could be the lead is wanted. What a person chose is taken as it is; what was imported has none.
        """
        if self.by_hand is not None or self.imported:
            return
        leads = [] if self.cls.raw_kind() else [self.step.lead] if self.has_lead else lead_roles(self.cls)
        for role, target, optional in _links(self.cls, self.step.params):
            if role in leads:
                yield Wanted(target, self.request.for_class(target), optional, True)
            elif self.has_lead:
                yield Wanted(target, (self.step.own or self.request).for_class(target), optional, False)


@dataclasses.dataclass(slots=True)
class _Asked:
    """The science frames and the calibrations that ask for a product, and whether all of them do without it."""

    frames: set[int] = dataclasses.field(default_factory=set)
    serves: set[Kind] = dataclasses.field(default_factory=set)
    optional: bool = True


def needs(resolver: Resolver, frames: Mapping[Request, set[int]]) -> list[Need]:
    """Return the calibrations that reduced frames need; inputs come after what needs them.

    `frames` are requests for reduced frames, of one camera, and the numbers of the science frames for which each stands.
    All requests for one class are resolved together.
    """
    waiting: dict[type[ProcessTarget], dict[Request, _Asked]] = collections.defaultdict(dict)
    waiting[ReducedScienceFrame] = {request: _Asked(set(numbers), optional=False) for request, numbers in frames.items()}
    found = []
    for cls in _from_the_top():
        if not (asked := waiting[cls]):
            continue
        if issubclass(cls, CalibrationFrame):
            some = [_need(resolver, cls, request, step, asked[request])
                    for request, step in zip(asked, resolver.resolve(cls, list(asked)), strict=True)]
            found += some
            wanted = [(asked[need.request], need, need.inputs()) for need in some]
        else:
            wanted = [(by, None, _of_science(resolver, cls, request)) for request, by in asked.items()]
        for by, need, inputs in wanted:
            for target, request, optional, as_product in inputs:
                one = waiting[target].setdefault(request, _Asked())
                one.frames |= by.frames
                one.serves |= by.serves if need is None or as_product else {need.cls}
                one.optional &= by.optional or optional
    return found


@functools.cache
def _from_the_top() -> tuple[type[ProcessTarget], ...]:
    """Return the classes of products that are made on the way to a reduced frame, each before its inputs."""
    graph: dict[type[ProcessTarget], list[type[ProcessTarget]]] = {}
    waiting: list[type[ProcessTarget]] = [ReducedScienceFrame]
    while waiting:
        cls = waiting.pop()
        if cls not in graph:
            graph[cls] = [target for _, target, _ in _links(cls)]
            waiting += graph[cls]
    return tuple(graphlib.TopologicalSorter(graph).static_order())[::-1]


def kinds_needed() -> list[Kind]:
    """Return the classes of the calibrations that reduced frames may need."""
    return [cls for cls in _from_the_top() if issubclass(cls, CalibrationFrame)]


def _links(cls: type[ProcessTarget],
           params: ProcessParameters | None = None) -> Iterator[tuple[str, type[ProcessTarget], bool]]:
    """Yield role, class and `optional` of each product that planning makes on the way to a product of class `cls`.

    Those that the parameters `params` switch off are left out.
    """
    for role, link in cls.inputs().items():
        if not link.existing and issubclass(link.target, ProcessTarget) and not (
                params and (link.switched_off(params) or not link.is_asked_for(params))):
            yield role, link.target, link.optional


def _need(resolver: Resolver, cls: Kind, request: Request, step: Step, asked: _Asked) -> Need:
    chosen = resolver.chosen(cls, request)
    by_hand = None if step.error is not None else next((
        one for one in resolver.by_hand.of(cls, request) if one.covers(request.date) and (
            step.found.object_id == one.found.object_id if step.found else chosen is None)), None)
    return Need(cls, request, step, chosen, by_hand, asked.frames, asked.serves, asked.optional)


def _of_science(resolver: Resolver, cls: type[ProcessTarget], request: Request) -> Iterator[Wanted]:
    """Yield the inputs of a product of a science frame."""
    for _, target, optional in _links(cls, resolver.parameters.get(cls, *request.names)):
        yield Wanted(target, request.for_class(target), optional, True)

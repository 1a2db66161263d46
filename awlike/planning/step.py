"""Step: one product of a plan."""

import datetime
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from awlike.current import current
from awlike.errors import NotFound
from awlike.persist.header_correction import HeaderCorrection
from awlike.persist.links import fetch, listed
from awlike.planning.found import Found, ReferenceChoice
from awlike.planning.nearest import Chosen
from awlike.planning.outcome import Failed, Made, Make, Outcome, Restore, Reuse
from awlike.planning.raw_sets import RawRow
from awlike.planning.reasons import Reason
from awlike.planning.request import Request
from awlike.products.calibration import CalibrationFrame
from awlike.products.frame import Frame
from awlike.products.making import mean_of
from awlike.products.product import ProcessTarget
from awlike.products.raw import RawFrame
from awlike.products.reference_catalogue import ReferenceCatalogue
from awlike.terminal import Safe

if TYPE_CHECKING:
    from awlike.products.parameters import ProcessParameters

Given: TypeAlias = 'Frame | RawRow | ReferenceChoice | HeaderCorrection'
InputValue: TypeAlias = 'Given | Step | Sequence[Given | Step]'
"""An input of a step: frames that are given, raw ones perhaps as rows, a reference catalogue, and the step of what may yet be
made."""


class MemberInputs(list['Given | Step']):
    """The inputs of a product of a set, one a member.

    Attributes
    ----------
    left_out : dict
        The members that cannot be had, by name, and why.
    """

    def __init__(self, inputs: 'Iterable[Given | Step]' = (), left_out: Mapping[str, str] | None = None) -> None:
        super().__init__(inputs)
        self.left_out = dict(left_out or {})


class Step(Safe):
    """One product of a plan.

    Attributes
    ----------
    cls : type
        Its class.
    request : Request
        For what it was first wanted.
    params : ProcessParameters
        The process parameters of the product.
    outcome : Reuse, Make, Restore, Failed, Made or None
        What becomes of it; None until planning decides. All else that tells of it follows from this.
    inputs : dict
        By role, raw frames and the steps of products.
    without : dict
        The optional inputs that it lacks, by role, and why.
    levels : dict
        How far the calibrations among its inputs are, by role.
    members_left_out : dict
        The members that the product of a set lacks, by name, and why.
    lead : str
        The input from which date and setup of the product come.
    own : Request or None
        For a calibration, the request for inputs of its own date and setup.
    asked : bool
        Whether it is made whatever exists.
    set_by_user : set of str
        Which of its parameters the user set.
    selected_by : str
        The saved selection that chose the frames of a target, in words; empty where none did.
    """

    def __init__(self, cls: type[ProcessTarget], request: Request, params: 'ProcessParameters', asked: bool = False,
                 set_by_user: Iterable[str] = ()) -> None:
        self.cls, self.request, self.params = cls, request, params
        self.asked, self.set_by_user = asked, frozenset(set_by_user)
        self.outcome: Outcome | None = None
        self.inputs: dict[str, InputValue] = {}
        self.without: dict[str, str] = {}
        self.levels: Mapping[str, Chosen] = {}
        self.lead = cls.principal_role()
        self.own: Request | None = None
        self.selected_by = ''
        self.members_left_out: dict[str, str] = {}
        self._before: list[Step] = []

    def take(self, inputs: dict[str, InputValue], without: dict[str, str], levels: Mapping[str, Chosen] | None = None) -> None:
        """Let the product be made from `inputs`, by role.

        `without` says for each optional input that is absent why, `levels` for each calibration how far it is.
        """
        self.inputs, self.without, self.levels = inputs, without, levels or {}
        self._before, self.members_left_out = [], {}
        for role, value in inputs.items():
            if isinstance(value, Step):
                self._before.append(value)
            elif isinstance(value, list):
                self._before += [one for one in value if isinstance(one, Step)]
            if isinstance(value, MemberInputs) and not self.cls.inputs()[role].may_be_empty:
                self.members_left_out |= value.left_out  # a member without an optional input is there all the same

    def leave_out(self, role: str, why: str) -> None:
        """Let the product be made without its optional input `role`."""
        self.take({name: value for name, value in self.inputs.items() if name != role}, self.without | {role: why},
                  {name: one for name, one in self.levels.items() if name != role})

    def give_up(self, error: Exception) -> None:
        """Let the step fail because of `error`, and let nothing be made for it."""
        self.outcome, self._before = Failed(error), []

    def stand_for(self, other: 'Step') -> None:
        """Take the place of `other`, which gives the same product: if that is asked for, so is this."""
        self.asked = self.asked or other.asked

    # --- what the outcome says ---

    @property
    def to_make(self) -> bool:
        """True if the step makes a product or a lost file."""
        return isinstance(self.outcome, (Make, Restore))

    @property
    def reused(self) -> bool:
        """True if the product exists and holds."""
        return isinstance(self.outcome, Reuse)

    @property
    def found(self) -> Found | None:
        """The object that the step reuses, or whose lost file it makes again; None for a step that makes a product."""
        return self.outcome.found if isinstance(self.outcome, (Reuse, Restore)) else None

    @property
    def product(self) -> ProcessTarget | None:
        """The product that the step made, once the plan is executed."""
        return self.outcome.product if isinstance(self.outcome, (Made, Failed)) else None

    @property
    def error(self) -> Exception | None:
        """The reason for which there is no product."""
        outcome = self.outcome
        return outcome.error if isinstance(outcome, Failed) else None

    @property
    def why(self) -> Reason | None:
        """The reason for which the step makes the product, or made it."""
        return self.outcome.reason if isinstance(self.outcome, (Make, Restore, Made)) else None

    @property
    def reason(self) -> str | None:
        """The reason in a word: missing, invalid ancestor, better input ..."""
        return self.why.kind if self.why is not None else None

    @property
    def rule(self) -> str:
        """The rule by which the step reuses an object."""
        return self.outcome.rule if isinstance(self.outcome, (Reuse, Restore)) else ''

    @property
    def detail(self) -> str:
        """The reason in a sentence; for an object that is reused, the rule."""
        return self.why.detail if self.why is not None else self.rule

    # --- the content, and where it belongs ---

    @property
    def content(self) -> Found | ProcessTarget | None:
        """The object that was found or made; None before."""
        return self.product or self.found

    @property
    def known(self) -> bool:
        """True if the product exists, or was made, and serves."""
        return isinstance(self.outcome, (Reuse, Restore, Made))

    @property
    def digest(self) -> str:
        """The digest of the content, which must be known."""
        outcome = self.outcome  # a plan asks for the digest of each input of each step
        if isinstance(outcome, (Reuse, Restore)):
            return outcome.found.digest
        assert isinstance(outcome, Made), f'nothing is known yet of {self}'
        return outcome.product.digest

    @property
    def existing(self) -> Any:
        """The object that is reused, or was made; None as long as there is none."""
        if self.found is None:
            return self.product
        return fetch(current().session(), self.cls, [self.found.object_id])[self.found.object_id]

    @property
    def date(self) -> datetime.datetime:
        """The date of the product: the date of its principal input."""
        content = self.content
        return content.DATE_OBS if content is not None else self.date_from(self.inputs)

    def date_from(self, inputs: dict[str, InputValue]) -> datetime.datetime:
        """Return where in time the product belongs if it is made from `inputs`."""
        for role in [self.lead, *inputs]:
            value = inputs.get(role)
            if value:
                return mean_of([one.date if isinstance(one, Step) else one.DATE_OBS for one in listed(value)])
        return self.request.date

    @property
    def place(self) -> str:
        """The place of the product in words: its raw frame, or instrument, chip and filter."""
        if issubclass(self.cls, CalibrationFrame):
            return ' '.join(name for name in self.request.for_class(self.cls).names if name)
        return str(self.request)

    # --- what it is made from ---

    def before(self) -> list['Step']:
        """Return the steps of its inputs, which are done before it; none for a calibration that exists."""
        return [] if self.found is not None and issubclass(self.cls, CalibrationFrame) else self._before

    @property
    def raws(self) -> tuple[uuid.UUID, ...]:
        """The ids of the raw frames from which its lead follows; none for what was found without looking at them.

        An imported calibration stands for its own raw frames.
        """
        if self.found is not None and self.found.imported:
            return (self.found.object_id,)
        value = self.inputs.get(self.lead)
        if isinstance(value, Step):
            return value.raws
        return tuple(one.object_id for one in listed(value) if not isinstance(one, Step))

    @property
    def grid(self) -> str | None:
        """The grid of a product that is resampled, as text; None for any other."""
        return None if self.request.grid is None or 'grid' not in self.cls.__properties__ else str(self.request.grid)

    def key(self) -> str:
        """Return the identity of the product; the content of all inputs must be known."""
        return self.cls.key_for(self.inputs, self.params, self.grid)

    def identity(self) -> tuple:
        """Return what is equal for steps that reuse the same, or make the same: from the same, with the same parameters."""
        if self.found is not None:
            return self.cls, self.found.object_id
        if self.error is not None:
            return self.cls, self.request
        return self.cls, id(self.params), tuple(
            (role, tuple(id(one) if isinstance(one, Step) else one.object_id for one in listed(value)))
            for role, value in self.inputs.items())

    @property
    def references(self) -> dict[str, str]:
        """By role, the rule by which a reference catalogue was chosen, or why there is none."""
        roles = [role for role, link in self.cls.inputs().items() if issubclass(link.target, ReferenceCatalogue)]
        chosen = {role: self.inputs.get(role) for role in roles}
        return {role: one.rule if isinstance(one, ReferenceChoice) else self.without[role] for role, one in chosen.items()
                if isinstance(one, ReferenceChoice) or role in self.without}

    def input_objects(self) -> dict[str, Any]:
        """Return the objects that the product is made from, by role; the steps before it must be done."""
        given = [one for value in self.inputs.values() for one in listed(value)]
        raws = fetch(current().session(), RawFrame, [one.object_id for one in given if isinstance(one, RawRow)])

        def actual(one: Any) -> Any:
            if isinstance(one, ReferenceChoice):
                return _catalogue(one)
            return one.existing if isinstance(one, Step) else raws.get(one.object_id, one)
        return {role: [actual(one) for one in value] if isinstance(value, list) else actual(value)
                for role, value in self.inputs.items()}

    def __str__(self) -> str:
        if isinstance(self.outcome, Reuse):
            return f'reuse {self.cls.__name__} {self.outcome.found.name}: {self.outcome.rule}'
        return f'{"cannot make" if self.error else "make"} {self.cls.__name__} {self.place}: {self.error or self.why}'

    __repr__ = __str__


def _catalogue(choice: ReferenceChoice) -> ReferenceCatalogue:
    """Return the reference catalogue that was chosen."""
    found = fetch(current().session(), ReferenceCatalogue, [choice.object_id])
    if choice.object_id not in found:
        raise NotFound(f'the reference catalogue {choice} was removed meanwhile: run the task again, and another one is chosen')
    return found[choice.object_id]


def member_of(step: Step) -> str:
    """Return the name of the frame that the product of `step` is of."""
    of = getattr(step.request, 'of', None)
    return str(step.request if of is None else of)  # a calibration serves a place


def error_of(value: object) -> Exception | None:
    """Return why an input cannot be had, or None: `value` is a step, raw frames, or an error itself."""
    return value if isinstance(value, Exception) else value.error if isinstance(value, Step) else None

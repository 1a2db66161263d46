"""Step: one product of a plan."""

from awlike.current import current
from awlike.persist.links import fetch, listed
from awlike.products.calibration import CalibrationFrame
from awlike.products.making import mean_date


class Step:
    """One product of a plan.

    Attributes
    ----------
    cls : type
        Its class.
    request : Request
        For what it was first wanted.
    inputs : dict
        By role, raw frames and the steps of products.
    found : Found or None
        What exists of it and is reused; or whose lost file is made again.
    rule : str
        By which rule it is reused.
    why : Reason or None
        Why it is made.
    previous : Found or None
        The latest that exists for the same, whether it serves or not.
    asked : bool
        Whether it is made whatever exists.
    set_by_user : set of str
        Which of its parameters the user set.
    without : dict
        The optional inputs that it lacks, by role, and why.
    error : AwlikeError or None
        Why it cannot be made.
    product : ProcessTarget or None
        What was made of it, once the plan is executed.
    """

    def __init__(self, cls, request, params=None):
        self.cls, self.request, self.params = cls, request, params
        self.inputs, self._before = {}, []
        self.found = self.previous = self.why = self.error = self.product = None
        self.rule, self.asked, self.set_by_user, self.without = '', False, frozenset(), {}

    def take(self, inputs: dict) -> None:
        """Let it be made from `inputs`, by role."""
        self.inputs = inputs
        self._before = [one for value in inputs.values() for one in listed(value) if isinstance(one, Step)]

    @property
    def reason(self) -> str | None:
        """Why it is made, in a word: missing, invalid ancestor, better input ..."""
        return self.why.kind if self.why is not None else None

    @property
    def detail(self) -> str:
        """Why it is made, in a sentence; of what is reused, by which rule."""
        return self.why.detail if self.why is not None else self.rule

    @property
    def known(self) -> bool:
        """Whether its content is known: it exists, or was made."""
        return self.found is not None or self.product is not None

    @property
    def reused(self) -> bool:
        """Whether what it wants exists and holds."""
        return self.found is not None and self.why is None

    @property
    def to_make(self) -> bool:
        """Whether it makes something."""
        return self.error is None and not self.reused

    @property
    def digest(self) -> str:
        """The digest of the content of what it found or made."""
        return (self.product or self.found).digest

    @property
    def existing(self):
        """The object that is reused, or was made."""
        if self.product is None and self.found is not None:
            return fetch(current().session(), self.cls, [self.found.object_id])[self.found.object_id]
        return self.product

    def before(self) -> list['Step']:
        """The steps of its inputs."""
        return self._before

    def key(self) -> str:
        """The identity of what it makes, when all its inputs are known."""
        return self.cls.key_for(self.inputs, self.params)

    def identity(self) -> tuple:
        """Equal for steps that give the same: they reuse the same, or make it from the same with the same parameters."""
        if self.known:
            return self.cls, self.found.object_id
        if self.error is not None:
            return self.cls, self.request
        return self.cls, id(self.params), tuple(
            (role, tuple(id(one) if isinstance(one, Step) else one.object_id for one in listed(value)))
            for role, value in self.inputs.items())

    def input_objects(self) -> dict:
        """The objects that it is made from, by role; the steps before it must be done."""
        def actual(one):
            return one.existing if isinstance(one, Step) else one
        return {role: [actual(one) for one in value] if isinstance(value, list) else actual(value)
                for role, value in self.inputs.items()}

    @property
    def date(self):
        """Where in time it belongs: as its principal input."""
        return (self.product or self.found).DATE_OBS if self.known else self.date_from(self.inputs)

    def date_from(self, inputs: dict):
        """Where in time it belongs if it is made from `inputs`."""
        for role in [self.cls.principal_role(), *inputs]:
            value = inputs.get(role)
            if value:
                return value.date if isinstance(value, Step) else mean_date(listed(value))
        return self.request.date

    @property
    def place(self) -> str:
        """What it is of, in words."""
        if issubclass(self.cls, CalibrationFrame):
            return ' '.join(name for name in self.request.for_class(self.cls).names if name)
        return str(self.request)

    def __str__(self):
        if self.reused:
            return f'reuse {self.cls.__name__} {self.found.name}: {self.rule}'
        return f'{"make" if self.to_make else "cannot make"} {self.cls.__name__} {self.place}: {self.why or self.error}'

    __repr__ = __str__


def error_of(value):
    """Why an input cannot be had, or None: `value` is a step, raw frames, or an error itself."""
    return value if isinstance(value, Exception) else value.error if isinstance(value, Step) else None

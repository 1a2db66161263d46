"""The plan: what would be reused and what made, and why, before anything is done."""

import collections
import functools

from sqlalchemy import func, select, union_all

from awlike.frames.product import CalibrationFrame, mean_date
from awlike.persist.dataobject import DataObject
from awlike.persist.links import fetch
from awlike.progress import duration
from awlike.query.runtime import Runtime

_SHOWN = 3     # reasons that are spelt out for one class
_RECENT = 20   # products whose making tells how long the next will take


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
    error : AwlikeError or None
        Why it cannot be made.
    product : ProcessTarget or None
        What was made of it, once the plan is executed.
    """

    def __init__(self, cls, request, params=None):
        self.cls, self.request, self.params = cls, request, params
        self.inputs, self._before = {}, []
        self.found = self.previous = self.why = self.error = self.product = None
        self.rule, self.asked = '', False

    def take(self, inputs: dict) -> None:
        """Let it be made from `inputs`, by role."""
        self.inputs = inputs
        self._before = [one for value in inputs.values() for one in (value if isinstance(value, list) else [value])
                        if isinstance(one, Step)]

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
        return self.found is not None and self.why is None

    @property
    def to_make(self) -> bool:
        return self.error is None and not self.reused

    @property
    def digest(self) -> str:
        return (self.product or self.found).digest

    @property
    def existing(self):
        """The object that is reused, or was made."""
        if self.product is None and self.found is not None:
            return fetch(Runtime.session(), self.cls, [self.found.object_id])[self.found.object_id]
        return self.product

    def before(self) -> list['Step']:
        """The steps of its inputs."""
        return self._before

    def key(self) -> str:
        """The identity of what it makes, when all its inputs are known."""
        return self.cls.key_for(self.inputs, self.params)

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
                return value.date if isinstance(value, Step) else mean_date(value if isinstance(value, list) else [value])
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


class Plan:
    """The steps to the targets of a task, in an order in which they can be done; print it to see the tree.

    Attributes
    ----------
    targets : list of Step
        The steps that were asked for.
    steps : list of Step
        Those and all steps before them, inputs first.
    empty_because : str
        What emptied it, when nothing is asked for.
    """

    def __init__(self, targets, title='', empty_because=''):
        self.targets = list(dict.fromkeys(targets))
        self.steps = _in_order(self.targets)
        self.title, self.empty_because = title, empty_because

    @property
    def to_make(self) -> list[Step]:
        """The steps that make something, inputs first."""
        return [step for step in self.steps if step.to_make]

    @property
    def to_reuse(self) -> list[Step]:
        """The steps that find what exists."""
        return [step for step in self.steps if step.reused]

    @property
    def failed(self) -> list[Step]:
        """The targets that cannot be made; each has its `error`."""
        return [step for step in self.targets if step.error is not None]

    @functools.cached_property
    def _seconds_each(self) -> dict:
        """How long the making of the latest products of each class took, on average, where any was made before."""
        table = DataObject.__table__
        names = {step.cls.__name__ for step in self.to_make}
        if not names:
            return {}
        latest = [select(select(table.c.class_name, table.c.seconds).where(table.c.class_name == name)
                         .order_by(table.c.object_id.desc()).limit(_RECENT).subquery()) for name in sorted(names)]
        every = union_all(*latest).subquery()
        rows = Runtime.session().execute(select(every.c.class_name, func.avg(every.c.seconds)).group_by(every.c.class_name))
        return {name: seconds for name, seconds in rows if seconds is not None}

    @property
    def seconds(self) -> float | None:
        """About how long it will take [s], from what such products took before; None when there were none."""
        known = [self._seconds_each.get(step.cls.__name__) for step in self.to_make]
        return None if None in known else sum(known)

    # --- telling ---

    def __str__(self):
        if not self.targets:
            return f'{self.title}: nothing to do, no frames answer to what is asked for\n{self.empty_because}'.strip()
        to_make, impossible = len(self.to_make), len(self.failed)
        head = f'{self.title}: {len(self.targets)} targets; {to_make} to make{self._time(self.to_make)}, ' \
               f'{len(self.to_reuse)} to reuse' + (f', {impossible} targets cannot be made' if impossible else '')
        by_class = collections.defaultdict(list)
        for step in self.steps:
            by_class[step.cls].append(step)
        return '\n'.join([head, *self._branch(self.targets[0].cls, '', by_class, set())])

    __repr__ = __str__

    def _time(self, steps) -> str:
        known = [self._seconds_each.get(step.cls.__name__) for step in steps]
        return f' (about {duration(sum(known))})' if known and None not in known else ''

    def _branch(self, cls, role, by_class, shown):
        """The lines of one class, and below it those of its inputs."""
        steps = by_class[cls]
        make, reuse = ([s for s in steps if s.to_make], [s for s in steps if s.reused])
        counts = [f'make {len(make)}{self._time(make)}'] if make else []
        counts += [f'reuse {len(reuse)}'] if reuse else []
        counts += [f'cannot make {n}'] if (n := sum(s.error is not None for s in steps)) else []
        label = f'{role}: {cls.__name__}' if role else cls.__name__
        if cls in shown:
            yield f'{label} (above)'
            return
        shown.add(cls)
        kinds = ', '.join(sorted({s.reason for s in make}))
        yield f'{label}: {", ".join(counts)}{f"  [{kinds}]" if kinds else ""}'
        children = [(name, link.target) for name, link in cls.inputs().items() if by_class.get(link.target)]
        bar = '│    ' if children else '     '
        yield from (bar + line for line in _particulars(steps))
        for number, (name, target) in enumerate(children, 1):
            last, branch = number == len(children), self._branch(target, name, by_class, shown)
            yield ('└─ ' if last else '├─ ') + next(branch)
            yield from (('   ' if last else '│  ') + line for line in branch)

    def to_dict(self) -> dict:
        """The plan as JSON values, for machines."""
        return {
            'title': self.title, 'targets': len(self.targets), 'seconds': self.seconds,
            'make': [{'class': s.cls.__name__, 'of': s.place, 'date': s.date.isoformat(), 'reason': s.reason,
                      'detail': s.detail} for s in self.to_make],
            'reuse': [{'class': s.cls.__name__, 'object_id': str(s.found.object_id), 'filename': s.found.filename,
                       'detail': s.detail} for s in self.to_reuse],
            'cannot': [{'class': s.cls.__name__, 'of': s.place, 'lacks': str(s.error)} for s in self.failed],
            'empty_because': self.empty_because,
        }


def _particulars(steps):
    """The reasons of `steps`, each once, the most frequent first; and which few calibrations are reused."""
    reasons = collections.Counter(str(s.why or s.error) for s in steps if not s.reused)
    for text, number in reasons.most_common(_SHOWN):
        if ':' in text:
            yield f'{number} x {text}' if number > 1 else text
    if len(reasons) > _SHOWN:
        yield f'... and {len(reasons) - _SHOWN} other reasons'
    chosen = [s for s in steps if s.reused and issubclass(s.cls, CalibrationFrame)]
    yield from (f'{s.found.name}: {s.rule}' for s in chosen[:_SHOWN])
    if len(chosen) > _SHOWN:
        yield f'... and {len(chosen) - _SHOWN} more'


def _in_order(targets) -> list[Step]:
    """`targets` and all steps before them, each once, inputs first."""
    ordered, seen = [], set()

    def visit(step):
        if id(step) not in seen:
            seen.add(id(step))
            for earlier in step.before():
                visit(earlier)
            ordered.append(step)

    for target in targets:
        visit(target)
    return ordered



"""The plan: which products would be reused, which made, and why, before anything is done."""

import collections
import dataclasses
import functools
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, union_all

from awlike.current import current
from awlike.persist.dataobject import DataObject
from awlike.persist.links import listed
from awlike.pixels.kernels.kept import to_compile
from awlike.planning.left_out import LeftOut
from awlike.planning.nearest import LAST_RESORT, PLAN
from awlike.planning.other_projects import used_of_others
from awlike.planning.outcome import Reuse
from awlike.planning.request import Request
from awlike.planning.sets import in_words
from awlike.planning.step import Step
from awlike.products.calibration import CalibrationFrame
from awlike.products.product import ProcessTarget
from awlike.spelling import counted
from awlike.terminal import Readable, duration
from awlike.views.tree import Node

if TYPE_CHECKING:
    from awlike.views.graph import Graph

_SHOWN = 3     # reasons that are spelt out for one class
_RECENT = 20   # latest products of a class, from which the time for the next follows


class Plan(Readable):
    """The steps to the targets of a task, in an order in which they can be done. Print it to see the tree.

    Attributes
    ----------
    targets : list of Step
        The steps that were asked for.
    steps : list of Step
        The targets and all steps before them, inputs first.
    title : str
        The task, in words.
    empty_because : str
        Why nothing is asked for, where nothing is.
    answers : dict
        For each request its target; several requests may have the same.
    left_out : LeftOut
        What could serve but for its project or its level.
    """

    def __init__(self, targets: Iterable[Step], title: str = '', empty_because: str = '',
                 answers: Mapping[Request, Step] | None = None, left_out: LeftOut | None = None) -> None:
        self.targets, self.answers = list(dict.fromkeys(targets)), dict(answers or {})
        self._wanted = set(self.targets)
        self.steps = _in_order(self.targets)
        self.title, self.empty_because, self.left_out = title, empty_because, left_out or LeftOut()

    def followed_by(self, again: 'Plan') -> 'Plan':
        """Return the plan in which `again` stands for the targets that failed."""
        answers = self.answers | again.answers
        return Plan([*(step for step in self.targets if step.error is None), *again.targets], self.title, answers=answers,
                    left_out=again.left_out)

    @property
    def to_make(self) -> list[Step]:
        """The steps that make something, inputs first."""
        return [step for step in self.steps if step.to_make]

    @property
    def to_reuse(self) -> list[Step]:
        """The steps that reuse what exists."""
        return [step for step in self.steps if step.reused]

    @property
    def failed(self) -> list[Step]:
        """The targets that cannot be made; each has its `error`."""
        return [step for step in self.targets if step.error is not None]

    @functools.cached_property
    def _levels(self) -> dict[type[ProcessTarget], 'collections.Counter[str]']:
        """The calibrations that are not of the best level, or of which there is something to note, by class, in words."""
        found: dict[type[ProcessTarget], collections.Counter[str]] = collections.defaultdict(collections.Counter)
        for step in self.steps:
            for role, one in step.levels.items() if step.to_make or step in self._wanted else ():
                if one.level != PLAN or one.note:
                    found[step.cls.inputs()[role].target][str(one)] += 1
        return found

    @property
    def last_resorts(self) -> list[str]:
        """The calibrations that are the last resort for what is made, in words, each once."""
        found = {f'{role} of {step.cls.__name__}: {one}' for step in self.to_make for role, one in step.levels.items()
                 if one.level == LAST_RESORT}
        return sorted(found)

    @functools.cached_property
    def _seconds_each(self) -> dict[str, float]:
        """The mean time that the latest products of each class took to make [s], for classes of which any was made before."""
        table = DataObject.__table__
        names = {step.cls.__name__ for step in self.to_make}
        if not names:
            return {}
        latest = [select(select(table.c.class_name, table.c.seconds).where(table.c.class_name == name)
                         .order_by(table.c.object_id.desc()).limit(_RECENT).subquery()) for name in sorted(names)]
        every = union_all(*latest).subquery()
        rows = current().session().execute(select(every.c.class_name, func.avg(every.c.seconds)).group_by(every.c.class_name))
        return {name: seconds for name, seconds in rows if seconds is not None}

    @property
    def seconds(self) -> float | None:
        """About how long the plan will take [s], from the latest products of its classes; None where a class has none."""
        return self._seconds_for(self.to_make)

    @functools.cached_property
    def compiles_kernels(self) -> bool:
        """True if kernels are compiled first, which takes about a minute on a slow machine and is no part of `seconds`."""
        return bool(to_compile({one.__module__ for cls in {step.cls for step in self.to_make} for one in cls.__mro__}))

    def _seconds_for(self, steps: list[Step]) -> float | None:
        known = [self._seconds_each.get(step.cls.__name__) for step in steps]
        return None if None in known else sum(seconds for seconds in known if seconds is not None)

    # --- telling ---

    def __str__(self) -> str:
        if not self.targets:
            nothing = f'{self.title}: nothing to do, no frames answer to what is asked for'
            return '\n'.join(line for line in (nothing, self.empty_because, *self._left_out) if line)
        return '\n'.join([self.summary, *self.root().lines(), *self._notes])

    @functools.cached_property
    def of_others(self) -> list[str]:
        """What it uses of other projects than the current one, a line for each project."""
        return used_of_others(self.steps)

    @property
    def _notes(self) -> list[str]:
        return [*self.of_others, *self._left_out]

    @property
    def _left_out(self) -> list[str]:
        """What could serve but for its project or its level, a line for each group."""
        return [f'left out: {line}' for line in self.left_out.lines()]

    @property
    def summary(self) -> str:
        """The numbers of targets, of steps to make and to reuse, in a line."""
        impossible = len(self.failed)
        counts = [f'{len(self.to_make)} to make{self._time(self.to_make)}', f'{len(self.to_reuse)} to reuse',
                  *([f'{counted(impossible, "target")} cannot be made'] if impossible else [])]
        compiling = '; a minute more to compile kernels, once on this machine' if self.compiles_kernels else ''
        return f'{self.title}: {counted(len(self.targets), "target")}; {", ".join(counts)}{compiling}'

    def root(self) -> Node:
        """Return the tree of the classes of the steps, each unfolded once."""
        by_class = collections.defaultdict(list)
        for step in self.steps:
            by_class[step.cls].append(step)
        return self._node(self.targets[0].cls, '', by_class, set())

    def graph(self) -> 'Graph':
        """Return the same as a graph, each class once, which shows itself in a notebook.

        Returns
        -------
        awlike.views.graph.Graph
            Its `svg` is the drawing, ``save(path)`` writes it.
        """
        from awlike.views.graph import Graph
        return Graph(self.root(), self.summary)

    def _repr_html_(self) -> str | None:
        from awlike.views.html import tree_view
        if not self.targets:
            return None
        root = self.root()
        return tree_view(dataclasses.replace(root, notes=(*root.notes, *self._notes)), self.graph(), self.summary)

    def _time(self, steps: list[Step]) -> str:
        seconds = self._seconds_for(steps) if steps else None
        return '' if seconds is None else f' (about {duration(seconds)})'

    def _node(self, cls: type[ProcessTarget], role: str, by_class: dict[type[ProcessTarget], list[Step]],
              shown: set[type[ProcessTarget]]) -> Node:
        """Return the node of one class, and below it the nodes of its inputs."""
        steps, name = by_class[cls], cls.__name__
        if cls in shown:
            return Node(name, role, above=True, key=cls)
        shown.add(cls)
        reasons = {s.why.kind for s in steps if s.why is not None}
        make, reuse = [s for s in steps if s.why is not None], [s for s in steps if s.reused]
        counts = [f'make {len(make)}{self._time(make)}'] if make else []
        counts += [f'reuse {len(reuse)}'] if reuse else []
        counts += [f'cannot make {n}'] if (n := sum(s.error is not None for s in steps)) else []
        kinds = ', '.join(sorted(reasons))
        state = f': {", ".join(counts)}{f"  [{kinds}]" if kinds else ""}'
        levels = self._levels[cls].most_common()
        told = [f'{number} x {text}' if number > 1 else text for text, number in levels[:_SHOWN]]
        if len(levels) > _SHOWN:
            told.append(f'... and {counted(len(levels) - _SHOWN, "other distance")}')
        inputs = [self._node(kind, role, by_class, shown) for role in cls.inputs() for kind in _kinds(steps, role, by_class)]
        return Node(name, role, state, (*_particulars(steps), *told), inputs, key=cls,
                    kind='cannot be made' if n else 'to make' if make else 'to reuse',
                    box=(name, ', '.join(counts), *([kinds] if kinds else [])))

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as JSON values, for machines."""
        return {
            'title': self.title, 'targets': len(self.targets), 'seconds': self.seconds,
            'compiles_kernels': self.compiles_kernels,
            'make': [{'class': s.cls.__name__, 'of': s.place, 'date': s.date.isoformat(), 'reason': s.reason,
                      'detail': s.detail, 'without': s.without, 'references': s.references,
                      'members_left_out': s.members_left_out,
                      'levels': {role: one.to_dict() for role, one in s.levels.items()}} for s in self.to_make],
            'reuse': [{'class': s.cls.__name__, 'object_id': str(s.found.object_id), 'filename': s.found.filename,
                       'detail': s.detail} for s in self.to_reuse if s.found is not None],
            'cannot': [{'class': s.cls.__name__, 'of': s.place, 'lacks': str(s.error)} for s in self.failed],
            'empty_because': self.empty_because, 'of_other_projects': self.of_others,
            'left_out': self.left_out.to_dict(),
        }


def _kinds(steps: list[Step], role: str, kinds: Iterable[type[ProcessTarget]]) -> list[type[ProcessTarget]]:
    """Return which of `kinds` are input `role` of any of `steps`; an imported product has no inputs."""
    used = {one.cls for step in steps for one in listed(step.inputs.get(role)) if isinstance(one, Step)}
    return [kind for kind in kinds if kind in used]


def _particulars(steps: list[Step]) -> Iterator[str]:
    """Yield the reasons of `steps`, each once, the most frequent first; then some of the calibrations that are reused."""
    reasons = collections.Counter(str(s.why or s.error) for s in steps if not s.reused)
    for text, number in reasons.most_common(_SHOWN):
        if ':' in text:
            yield f'{number} x {text}' if number > 1 else text
    if len(reasons) > _SHOWN:
        yield f'... and {counted(len(reasons) - _SHOWN, "other reason")}'
    named = collections.Counter(f'{role} {s.inputs[role]}, {rule}' for s in steps
                                for role, rule in s.references.items() if role in s.inputs)
    yield from (text for text, _ in named.most_common(_SHOWN))
    lacking = collections.Counter(f'without {role}: {why}' for s in steps for role, why in s.without.items()
                                  if s.to_make or role in s.references)
    yield from (text for text, _ in lacking.most_common(_SHOWN))
    yield from _members_left_out([s for s in steps if s.members_left_out])
    chosen = [s.outcome for s in steps if isinstance(s.outcome, Reuse) and issubclass(s.cls, CalibrationFrame)]
    yield from (f'{reuse.found.name}: {reuse.rule}' for reuse in chosen[:_SHOWN])
    if len(chosen) > _SHOWN:
        yield f'... and {len(chosen) - _SHOWN} more'


def _members_left_out(steps: list[Step]) -> Iterator[str]:
    """Yield which members products of sets lack, and why, some of them."""
    for step in steps[:_SHOWN]:
        yield from (f'left out {text}' for text in in_words(step.members_left_out))


def _in_order(targets: list[Step]) -> list[Step]:
    """Return `targets` and all steps before them, each once, inputs first."""
    ordered, seen = [], set()

    def visit(steps: list[Step]) -> None:
        for step in steps:
            if id(step) not in seen:
                seen.add(id(step))
                visit(step.before())
                ordered.append(step)

    visit(targets)
    return ordered

"""The plan: what would be reused and what made, and why, before anything is done."""

import collections
import functools

from sqlalchemy import func, select, union_all

from awlike.current import current
from awlike.persist.dataobject import DataObject
from awlike.planning.step import Step
from awlike.products.calibration import CalibrationFrame
from awlike.terminal import Readable, duration
from awlike.views.tree import Node

_SHOWN = 3     # reasons that are spelt out for one class
_RECENT = 20   # products whose making tells how long the next will take


class Plan(Readable):
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
        rows = current().session().execute(select(every.c.class_name, func.avg(every.c.seconds)).group_by(every.c.class_name))
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
        return '\n'.join([self.summary, *self.root().lines()])

    @property
    def summary(self) -> str:
        """How many there are of what, in a line."""
        impossible = len(self.failed)
        return f'{self.title}: {len(self.targets)} targets; {len(self.to_make)} to make{self._time(self.to_make)}, ' \
               f'{len(self.to_reuse)} to reuse' + (f', {impossible} targets cannot be made' if impossible else '')

    def root(self) -> Node:
        """The tree of the classes of the steps, each unfolded once."""
        by_class = collections.defaultdict(list)
        for step in self.steps:
            by_class[step.cls].append(step)
        return self._node(self.targets[0].cls, '', by_class, set())

    def graph(self):
        """The same as a graph, each class once. It shows itself in a notebook.

        Returns
        -------
        awlike.views.graph.Graph
            Its `svg` is the drawing, ``save(path)`` writes it.
        """
        from awlike.views.graph import Graph
        return Graph(self.root(), self.summary)

    def _repr_html_(self):
        from awlike.views.html import tree_view
        return tree_view(self.root(), self.graph(), self.summary) if self.targets else None

    def _time(self, steps) -> str:
        known = [self._seconds_each.get(step.cls.__name__) for step in steps]
        return f' (about {duration(sum(known))})' if known and None not in known else ''

    def _node(self, cls, role, by_class, shown) -> Node:
        """One class, and below it those of its inputs."""
        steps, name = by_class[cls], cls.__name__
        if cls in shown:
            return Node(name, role, above=True, key=cls)
        shown.add(cls)
        make, reuse = ([s for s in steps if s.to_make], [s for s in steps if s.reused])
        counts = [f'make {len(make)}{self._time(make)}'] if make else []
        counts += [f'reuse {len(reuse)}'] if reuse else []
        counts += [f'cannot make {n}'] if (n := sum(s.error is not None for s in steps)) else []
        kinds = ', '.join(sorted({s.reason for s in make}))
        state = f': {", ".join(counts)}{f"  [{kinds}]" if kinds else ""}'
        inputs = [self._node(link.target, role, by_class, shown) for role, link in cls.inputs().items()
                  if by_class.get(link.target)]
        return Node(name, role, state, tuple(_particulars(steps)), inputs, key=cls,
                    kind='cannot be made' if n else 'to make' if make else 'to reuse',
                    box=(name, ', '.join(counts), *([kinds] if kinds else [])))

    def to_dict(self) -> dict:
        """The plan as JSON values, for machines."""
        return {
            'title': self.title, 'targets': len(self.targets), 'seconds': self.seconds,
            'make': [{'class': s.cls.__name__, 'of': s.place, 'date': s.date.isoformat(), 'reason': s.reason,
                      'detail': s.detail, 'without': s.without} for s in self.to_make],
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
    lacking = collections.Counter(f'without {role}: {why}' for s in steps if s.to_make for role, why in s.without.items())
    yield from (text for text, _ in lacking.most_common(_SHOWN))
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



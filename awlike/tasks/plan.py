"""The plan: what would be reused and what made, before anything is done."""

import collections

from awlike.frames.product import CalibrationFrame


class Step:
    """One product of a plan: reused (`existing`), made from `inputs`, or impossible (`error`).

    `inputs` holds, by role, raw frames and the steps of products; `reason` says why it is made.
    """

    def __init__(self, cls, request, *, params=None, inputs=None, existing=None, error=None, reason=None):
        self.cls, self.request, self.params, self.inputs = cls, request, params, inputs or {}
        self.existing, self.error, self.reason = existing, error, reason

    @property
    def reused(self) -> bool:
        return self.existing is not None

    @property
    def to_make(self) -> bool:
        return self.existing is None and self.error is None

    def before(self) -> list['Step']:
        """The steps of its inputs."""
        return [one for value in self.inputs.values() for one in (value if isinstance(value, list) else [value])
                if isinstance(one, Step)]

    @property
    def date(self):
        """Where in time it belongs: as its principal input."""
        if self.existing is not None:
            return self.existing.DATE_OBS
        from awlike.frames.product import mean_date
        for role in [self.cls.principal_role(), *self.inputs]:
            value = self.inputs.get(role)
            if value:
                return value.date if isinstance(value, Step) else mean_date(value if isinstance(value, list) else [value])
        return self.request.date

    def __str__(self):
        if self.reused:
            return f'reuse {self.existing}'
        where = str(self.request) if not issubclass(self.cls, CalibrationFrame) else \
            ' '.join(name for name in self.request.names() if name)
        return f'make {self.cls.__name__} {where}' if self.to_make else f'cannot make {self.cls.__name__} {where}'


class Plan:
    """The steps to the targets of a task, in an order in which they can be done.

    Parameters
    ----------
    targets : list of Step
        The steps that were asked for.
    """

    def __init__(self, targets):
        self.targets = list(dict.fromkeys(targets))
        self.steps = _in_order(self.targets)

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

    def __str__(self):
        if not self.targets:
            return 'nothing is asked for'
        lines = []
        for title, steps in (('make', self.to_make), ('reuse', self.to_reuse)):
            counts = collections.Counter(step.cls.__name__ for step in steps)
            lines.append(f'{title} {len(steps)}' + (': ' + ', '.join(f'{n} {name}' for name, n in counts.items())
                                                    if counts else ''))
        lines += [f'cannot make {step.cls.__name__} {step.request}: {step.error}' for step in self.failed]
        return '\n'.join(lines)

    __repr__ = __str__


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

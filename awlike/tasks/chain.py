"""Chains: steps one after the other, as ``Bias>Flat>Reduce``."""

from typing import Any

from awlike.errors import ParameterError, ProcessingError
from awlike.planning.plan import Plan
from awlike.tasks.known import task_class

_OF_SCIENCE = ('object', 'template', 'raw_filenames', 'frames', 'selection', 'group_by')
_OF_LAST = 'grid', 'scale', 'size', 'source_lists'  # arguments that some tasks alone have


class Chain:
    """Steps in order, each as its task does it.

    Parameters
    ----------
    steps : str
        Their names, as ``'Bias>Flat>Reduce'``.
    **arguments
        The arguments of each task; `object`, `template`, `raw_filenames`, `frames`, `selection` and `group_by` select
        what the last step works on, and go to that step alone, as `grid` and other arguments that some tasks alone have.
    """

    def __init__(self, steps: str, **arguments: Any) -> None:
        names = step_names(steps)
        common = {name: value for name, value in arguments.items() if name not in (*_OF_SCIENCE, *_OF_LAST)}
        last = task_class(names[-1])(**arguments)
        common['instrument'] = last.instrument
        self.tasks = [*(task_class(name)(**common) for name in names[:-1]), last]

    def plan(self) -> list[Plan]:
        """Return the plans of the steps, as things are now: what a step makes, the next step will find."""
        return [task.plan() for task in self.tasks]

    def execute(self) -> None:
        """Do the steps in order. One error at the end names all that failed.

        Raises
        ------
        ParameterError
            When there are several steps and commit is off: a step finds in the database alone what another made.
        """
        self.check()
        failures = []
        for task in self.tasks:
            try:
                task.execute()
            except ProcessingError as error:
                failures.append(str(error))
        if failures:
            raise ProcessingError('\n'.join(failures))

    def check(self) -> None:
        """Refuse several steps without commit."""
        if len(self.tasks) > 1 and not self.tasks[0].commit:
            raise ParameterError('steps hand on what they commit: say commit=True, '
                                 f'or run {self.tasks[-1].step()} alone, which makes what it needs')

    @property
    def made(self) -> list[Any]:
        """The products that were made, in order."""
        return [product for task in self.tasks for product in task.made]

    def to_dict(self) -> dict[str, Any]:
        """Return what was made, found and failed, as JSON values, for machines."""
        return {
            'products': [_named(product) for product in self.products],
            'made': [_named(product) for product in self.made],
            'failed': [{'task': str(task), 'of': of, 'reason': reason} for task in self.tasks for of, reason in task.failures],
            'committed': self.tasks[0].commit,
        }

    @property
    def products(self) -> list[Any]:
        """The products that the last step was asked for."""
        return self.tasks[-1].products


def step_names(steps: str) -> list[str]:
    """Return the names in ``'Bias>Flat>Reduce'``."""
    names = [name.strip() for name in steps.split('>')]
    if not all(names):
        raise ParameterError(f'{steps!r}: name steps with > between them, as Bias>Flat>Reduce')
    return names


def _named(product: Any) -> dict[str, Any]:
    return {'class': type(product).__name__, 'object_id': str(product.object_id), 'filename': product.filename}

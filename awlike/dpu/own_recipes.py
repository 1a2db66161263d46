"""Users' own recipes: a job keeps their sources in the database by digest, and workers load them from there."""

import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import select

from awlike.config import settings
from awlike.context import context
from awlike.current import current
from awlike.database.sessions import database
from awlike.digests import text_digest
from awlike.errors import ConfigError, DefinitionError, NotFound, ParameterError
from awlike.persist.tables import recipe_source
from awlike.planning.parameters_in_force import makers
from awlike.tasks.known import load, tasks
from awlike.tasks.own_code import USERS
from awlike.tasks.task import Task

_started_as = settings().user  # the user who started this process, which may act for others in its jobs
_loaded: dict[str, tuple[str, dict[str, type[Task]]]] = {}  # by name of the file: digest, tasks


def step_of(step: str | type[Task]) -> str:
    """Return the name of a step that is given by name or by its task.

    Raises
    ------
    ParameterError
        When the task was typed, or comes from a file that is no recipe: such a task cannot travel.
    """
    if isinstance(step, str):
        return step
    if not (isinstance(step, type) and issubclass(step, Task)):
        raise ParameterError(f'step {step!r}: give its name, as Reduce or Bias>Flat>Reduce')
    if tasks().get(step.step()) is not step:
        raise ParameterError(f'{step.__name__} was typed, or comes from a file that is no recipe, and cannot travel to '
                             f'workers: put it into a file of its own in {settings().recipe_folder}, and give its name, '
                             f'{step.step()}')
    return step.step()


def keep_recipes(task_classes: Iterable[type[Task]]) -> dict[str, str]:
    """Keep the sources of users' own recipes for `task_classes` and for all that goes into their targets.

    Returns
    -------
    dict
        The digests of the sources by the name of their file.
    """
    names = sorted({module for cls in task_classes for module in _modules(cls)})
    digests, db = {}, database()
    for module in names:
        name, path = module.rpartition('.')[2], sys.modules[module].__file__
        assert path is not None, 'a recipe has a file'
        source = Path(path).read_text('utf-8')
        digests[name] = digest = text_digest(source)
        with db.transaction() as connection:
            db.insert_row_absent(connection, recipe_source, {
                'digest': digest, 'name': name, 'source': source, 'user_id': context.account().object_id})
    return digests


def _modules(task: type[Task]) -> set[str]:
    """Return the users' recipe modules of a task, of its target, and of what goes into the target."""
    bases = {base for cls in (task, *makers(task.target)) for base in cls.__mro__}
    return {cls.__module__ for cls in bases if cls.__module__.startswith(f'{USERS}.')}


def check_own_code(user: str, recipes: Iterable[str], place: str) -> None:
    """Check that no code of one user runs, or has run, in a process that acts for another: such code could do anything there.

    Raises
    ------
    ConfigError
        When another user than `user` started this worker, and the worker is to run `recipes` or has run recipes.
    """
    if user == _started_as:
        return
    if recipes:
        raise ConfigError(f'{" and ".join(sorted(recipes))}: a recipe of {user}\'s own does not run on worker {place}, '
                          f'which was started as {_started_as} and acts for others: run it on a local cluster (AWLIKE_DPU '
                          f'empty), or on workers that {user} starts (AWLIKE_USER={user} there)')
    if _loaded:
        raise ConfigError(f'worker {place} has run recipes of {_started_as}\'s own and acts for nobody else: give {user} '
                          'other workers')


def load_recipes(recipes: dict[str, str]) -> None:
    """Let `recipes`, the digests by name that came with a job, and no other own recipes replace standard tasks in this job."""
    found = {}
    for name, digest in recipes.items():
        if _loaded.get(name, ('', {}))[0] != digest:
            _loaded[name] = digest, _load(name, digest)
        found |= _loaded[name][1]
    current().tasks = found


def _load(name: str, digest: str) -> dict[str, type[Task]]:
    row = database().session.execute(select(recipe_source).where(
        recipe_source.c.digest == digest, recipe_source.c.user_id == context.account().object_id)).first()
    if row is None or text_digest(row.source) != digest:
        raise ConfigError(f'the source of recipe {name} ({digest[:16]}) is not in the database as it was submitted: submit the '
                          'job again')
    from distributed import get_worker
    folder = get_worker().local_directory  # removed when the worker ends
    path = Path(tempfile.mkdtemp(prefix='recipe-', dir=folder)) / f'{name}.py'
    path.write_text(row.source, 'utf-8')
    try:
        return load(path)
    except NotFound as error:
        if not isinstance(error.__cause__, DefinitionError):
            raise
        raise ConfigError(f'recipe {name} declares a class that this worker knows from another version of the recipe: restart '
                          'the workers, a local cluster by dpu.close()') from error

"""Users' own recipes: kept by their digest when a job is submitted, and loaded from there by who works for it."""

import sys
import tempfile
from pathlib import Path

from sqlalchemy import select

from awlike.config import settings
from awlike.context import context
from awlike.current import current
from awlike.database.sessions import database
from awlike.digests import text_digest
from awlike.errors import ConfigError, DefinitionError, NotFound, ParameterError
from awlike.persist.tables import recipe_source
from awlike.tasks.known import USERS, load, tasks
from awlike.tasks.task import Task

_started_as = settings().user  # as whom a worker's process began; later it may act for others
_loaded = {}  # by name of the file: digest, tasks


def step_of(step) -> str:
    """The name of a step that is given by name or by its task.

    Raises
    ------
    ParameterError
        When it is a task that was typed, or comes from a file that is no recipe: that one could not travel.
    """
    if isinstance(step, str):
        return step
    if not (isinstance(step, type) and issubclass(step, Task)):
        raise ParameterError(f'step {step!r}: give its name, as Reduce or Bias>Flat>Reduce')
    if tasks().get(step.step()) is not step:
        raise ParameterError(f'{step.__name__} was typed, or comes from a file that is no recipe, and cannot travel to workers: '
                             f'put it into a file of its own in {settings().recipe_folder}, and give its name, {step.step()}')
    return step.step()


def keep_recipes(task_classes) -> dict:
    """Keep the sources of the recipes that `task_classes` come from, with all they take from each other; digests by name."""
    names = sorted({module for cls in task_classes for module in _modules(cls)})
    digests, db = {}, database()
    for name in names:
        source = Path(sys.modules[name].__file__).read_text('utf-8')
        digests[name.rpartition('.')[2]] = digest = text_digest(source)
        with db.transaction() as connection:
            db.insert_row_absent(connection, recipe_source, {
                'digest': digest, 'name': name.rpartition('.')[2], 'source': source, 'user_id': context.account().object_id})
    return digests


def _modules(task) -> set:
    """The users' recipe files that a task, what it makes and what goes into that come from."""
    from awlike.planning.parameters_in_force import makers
    bases = {base for cls in (task, *makers(task.target)) for base in cls.__mro__}
    return {cls.__module__ for cls in bases if cls.__module__.startswith(f'{USERS}.')}


def check_own_code(job, place: str) -> None:
    """See that no code of one user's runs, or did, in a process that acts for another: there it could do as it likes.

    Raises
    ------
    ConfigError
        When this worker was started as another than whose recipes it is to run, or did run.
    """
    if job.user == _started_as:
        return
    if job.recipes:
        raise ConfigError(f'{" and ".join(sorted(job.recipes))}: a recipe of {job.user}\'s own does not run on worker {place}, '
                          f'which was started as {_started_as} and acts for others: run it on a local cluster (AWLIKE_DPU '
                          f'empty), or on workers that {job.user} starts (AWLIKE_USER={job.user} there)')
    if _loaded:
        raise ConfigError(f'worker {place} has run recipes of {_started_as}\'s own and acts for nobody else: give {job.user} '
                          'other workers')


def load_recipes(job) -> None:
    """Let the recipes that came with `job`, and no others, stand for standard tasks here."""
    found = {}
    for name, digest in job.recipes.items():
        if _loaded.get(name, ('', {}))[0] != digest:
            _loaded[name] = digest, _load(name, digest)
        found |= _loaded[name][1]
    current().tasks = found


def _load(name, digest):
    row = database().session.execute(select(recipe_source).where(
        recipe_source.c.digest == digest, recipe_source.c.user_id == context.account().object_id)).first()
    if row is None or text_digest(row.source) != digest:
        raise ConfigError(f'the source of recipe {name} ({digest[:16]}) is not in the database as it was submitted: submit the '
                          'job again')
    from distributed import get_worker
    folder = get_worker().local_directory  # which goes with the worker
    path = Path(tempfile.mkdtemp(prefix='recipe-', dir=folder)) / f'{name}.py'
    path.write_text(row.source, 'utf-8')
    try:
        return load(path)
    except NotFound as error:
        if not isinstance(error.__cause__, DefinitionError):
            raise
        raise ConfigError(f'recipe {name} declares a class that this worker knows from another version of it: start the workers '
                          'anew, a local cluster by dpu.close()') from error

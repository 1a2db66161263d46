"""Users' own recipes: kept by their digest when a job is submitted, and loaded from there by who works for it."""

import sys
import tempfile
from pathlib import Path

from sqlalchemy import select

from awlike.config import settings
from awlike.context import context
from awlike.errors import ConfigError, DefinitionError, NotFound, ParameterError
from awlike.persist.database import database
from awlike.persist.tables import recipe_source
from awlike.store.digest import text_digest
from awlike.tasks.recipes import USERS, load, tasks, use_tasks
from awlike.tasks.task import Task

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
    from awlike.tasks.parameters import makers
    bases = {base for cls in (task, *makers(task.target)) for base in cls.__mro__}
    return {cls.__module__ for cls in bases if cls.__module__.startswith(f'{USERS}.')}


def load_recipes(job) -> None:
    """Let the recipes that came with `job`, and no others, stand for standard tasks here."""
    found = {}
    for name, digest in job.recipes.items():
        if _loaded.get(name, ('', {}))[0] != digest:
            _loaded[name] = digest, _load(name, digest)
        found |= _loaded[name][1]
    use_tasks(found)


def _load(name, digest):
    row = database().session.execute(select(recipe_source).where(
        recipe_source.c.digest == digest, recipe_source.c.user_id == context.account().object_id)).first()
    if row is None or text_digest(row.source) != digest:
        raise ConfigError(f'the source of recipe {name} ({digest[:16]}) is not in the database as it was submitted: submit the '
                          'job again')
    path = Path(tempfile.mkdtemp(prefix='awlike-recipe-')) / f'{name}.py'
    path.write_text(row.source, 'utf-8')
    try:
        return load(path)
    except NotFound as error:
        if not isinstance(error.__cause__, DefinitionError):
            raise
        raise ConfigError(f'recipe {name} declares a class that this worker knows from another version of it: start the workers '
                          'anew, a local cluster by dpu.close()') from error

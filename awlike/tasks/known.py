"""Recipes: find the tasks that they define. A file in the user's folder stands for the standard recipe of that name."""

import functools
import importlib
import importlib.util
import logging
import pkgutil
import sys
from pathlib import Path
from types import ModuleType

from awlike.config import settings
from awlike.current import current
from awlike.errors import NotFound
from awlike.spelling import unknown
from awlike.tasks.own_code import USERS, told
from awlike.tasks.task import Task

log = logging.getLogger('awlike')


@functools.cache
def standard_tasks() -> dict[str, type[Task]]:
    """Return the standard tasks by the identifier of their step (``'Reduce'``)."""
    recipes = importlib.import_module('awlike.recipes')
    found = {}
    for module in pkgutil.iter_modules(recipes.__path__):
        found |= _tasks_in(importlib.import_module(f'awlike.recipes.{module.name}'))
    return found


def _users_tasks(folder: Path) -> dict[str, type[Task]]:
    found = {}
    for path in sorted(folder.glob('*.py')) if folder.is_dir() else ():
        found |= _tasks_of_file(path, path.read_bytes())
    return found


@functools.cache
def _tasks_of_file(path: Path, content: bytes) -> dict[str, type[Task]]:
    """Return the tasks in the file `path`, loaded once as long as it has this `content`: an edit counts without a new start."""
    found = load(path)
    for name in set(found) & set(standard_tasks()):
        log.warning('%s stands for the standard recipe %s', path, name)
    return found


def tasks() -> dict[str, type[Task]]:
    """Return all tasks by the identifier of their step: the standard tasks, or the user's in their place."""
    of_job = current().tasks
    return standard_tasks() | (_users_tasks(settings().recipe_folder) if of_job is None else of_job)


def task_class(name: str) -> type[Task]:
    """Return the task of a step (``'Reduce'``, or ``'ReduceTask'``).

    Raises
    ------
    UnknownAttribute
        When there is no such step; the error names those that are spelt alike.
    """
    found = tasks().get(name.removesuffix('Task'))
    if found is None:
        raise unknown('awlike', name, tasks(), 'step')
    return found


def load(path: Path) -> dict[str, type[Task]]:
    """Return the tasks in the file `path`, which is read now, as a recipe of the user's."""
    found = _tasks_in(_load(path))
    for task in found.values():
        task.recipe()  # of what was read now, whatever the file says later
    return found


def _tasks_in(module: ModuleType) -> dict[str, type[Task]]:
    """Return the tasks that a module defines itself."""
    own = [value for value in vars(module).values()
            if isinstance(value, type) and issubclass(value, Task) and value.__module__ == module.__name__]
    return {task.step(): task for task in own}


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f'{USERS}.{path.stem}', path)
    assert spec is not None and spec.loader is not None, 'a path that ends in .py has a loader'
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise NotFound(f'recipe {path} cannot be read: {told(error)}. Mend it, or move it away') from error
    return module

"""Pages for the names of the prompt: tasks, functions, objects, and everything that they return."""

import inspect
import re
import sys
import typing
from collections.abc import Callable
from typing import Any

from awlike.cameras.camera import Camera
from awlike.errors import AwlikeError
from awlike.names import standard
from awlike.persist.dbobject import DBObject, attribute
from awlike.persist.links import Input, Reference
from awlike.planning.parameters_in_force import makers
from awlike.products.parameters import ProcessParameters, limit, parameter
from awlike.query.path import Path
from awlike.query.query import Query
from awlike.tasks.known import standard_tasks
from awlike.tasks.task import Task
from awlike_reference.persistent import classes, value_classes
from awlike_reference.rst import described, docstring, heading, indented, link, members, signature, summary, table

DECLARING = (attribute, Input, Reference, parameter, limit, ProcessParameters, Camera)
"""Everything with which users declare their own classes, recipes and cameras."""


def functions() -> dict[str, Callable]:
    """Return the functions among the standard names."""
    return {name: value for name, value in standard().items() if inspect.isfunction(value)}


def objects() -> dict[str, Any]:
    """Return the standard names that are neither classes nor functions, as `context`."""
    return {name: value for name, value in standard().items() if not isinstance(value, type) and not inspect.isfunction(value)}


def plain_classes() -> list[type]:
    """Return the classes that are not persistent, and the classes that methods and functions return."""
    typed = [value for value in standard().values() if isinstance(value, type)]
    tools = [cls for cls in typed if not issubclass(cls, DBObject | Task | AwlikeError)]
    waiting = [*classes(), Query, Path, Task, *tools, *(type(one) for one in objects().values()), *functions().values()]
    found, seen = dict.fromkeys(value_classes()), set()
    while waiting:
        one = waiting.pop(0)
        if one in seen:
            continue
        seen.add(one)
        if isinstance(one, type) and not issubclass(one, DBObject) and one not in DECLARING:
            found[one] = None
        waiting += _returned(one)
    return sorted(found, key=lambda cls: cls.__name__)


def _returned(one: Any) -> list[type]:
    """Return the classes of awlike, no exceptions, that a function or the methods of a class return."""
    if isinstance(one, type):
        parts = re.findall(r'[A-Z]\w+', _section(one, 'Attributes'))
        found = [getattr(sys.modules[one.__module__], name, None) for name in parts]
        found += [cls for value in members(one, ours(one)).values() for cls in _returned(_function(value))]
    else:
        named = re.findall(r'\bawlike(?:\.\w+)+\.[A-Z]\w*', _section(one, 'Returns'))
        parts = [name.rpartition('.') for name in named]
        found = _hint(one) + [getattr(sys.modules.get(module), name, None) for module, _, name in parts]
    return [cls for cls in found if isinstance(cls, type) and cls.__module__.startswith('awlike.')
            and not issubclass(cls, Exception) and not cls.__name__.startswith('_')]


def _hint(function: Callable) -> list:
    try:
        found = typing.get_type_hints(function).get('return')
    except (NameError, TypeError, AttributeError):
        return []
    return [found, *typing.get_args(found)]


def _section(function: object, title: str) -> str:
    return (inspect.getdoc(function) or '').partition(f'{title}\n---')[2].partition('\n\n')[0]


def _function(value: Any) -> Any:
    value = getattr(value, 'fget', None) or getattr(value, 'func', None) or value
    return getattr(value, '__func__', value)


def ours(cls: type) -> set[type]:
    """Return the class and its base classes, as far as awlike defines them."""
    return {base for base in cls.__mro__ if base.__module__.startswith('awlike.')}


# --- pages ---


def plain_page(cls: type, title: str = '', head: str = '') -> str:
    """Return the page of a class that is not persistent, with all its methods."""
    name = title or cls.__name__
    parts = [heading(name), head, _described_class(cls, name)]
    return '\n'.join([*parts, *(described(one, value, name) for one, value in members(cls, ours(cls)).items())])


def _described_class(cls: Any, name: str) -> str:
    made_by_users = cls in (Input, Reference, *standard().values()) and '__init__' in vars(cls)
    call = signature(cls) if made_by_users else ''
    kind = f'.. py:class:: {name}{call}' if isinstance(cls, type) and name == cls.__name__ else f'.. py:data:: {name}'
    return f'{kind}\n\n{indented(docstring(cls))}\n'


def task_page(task: Any) -> str:
    """Return the page of one task: what it is, its arguments, and its products."""
    first = heading(task.__name__) + f'\n.. py:class:: {task.__name__}{signature(task)}\n\n'
    made = _made_for(task.target)
    used = [cls.__name__ for cls in makers(task.target) if cls not in made]
    facts = [f':Step: ``{task.step()}``, as in ``awe run {task.step()}``', f':Makes: {link(task.target.__name__)}']
    if made[1:]:
        facts.append(f':On the way: {", ".join(link(cls.__name__) for cls in made[1:])}, where missing')
    if used:
        facts.append(f':Uses: {", ".join(map(link, used))}, where they exist; never made on the way')
    facts.append(f':Methods: as of {link("Task")}')
    own = [described(name, value, task.__name__) for name, value in members(task, {task}).items() if name != 'requests']
    return '\n'.join([first, indented(docstring(task)), '', *facts, '', *own])


def _made_for(cls: Any) -> list[type]:
    """Return `cls`, and the classes of products that awlike makes on the way where they are missing."""
    found = {cls: None}
    for one in cls.inputs().values():
        if hasattr(one.target, 'Parameters') and not one.existing:
            found |= dict.fromkeys(_made_for(one.target))
    return list(found)


def functions_page() -> str:
    """Return the page of the functions of the prompt."""
    return '\n'.join([heading('Functions'), *(described(name, value) for name, value in functions().items())])


def declaring_page() -> str:
    """Return the page of everything with which users declare their own classes."""
    parts = [heading('For classes of your own'),
             'How to use them: :doc:`/howto/your-frame-class` and :doc:`/howto/your-camera`.\n']
    for one in DECLARING:
        parts.append(heading(one.__name__, 1))
        if not isinstance(one, type):
            parts.append(described(one.__name__, one))
            continue
        parts.append(_described_class(one, one.__name__))
        shown = {name: value for name, value in members(one, {one}).items() if one is Camera or one is ProcessParameters}
        parts += [described(name, value, one.__name__) for name, value in shown.items()]
    return '\n'.join(parts)


def tasks() -> dict[str, type[Task]]:
    """Return the standard tasks, and their base."""
    return {task.__name__: task for task in (Task, *standard_tasks().values())}


def summary_table(title: str, named: dict[str, Any]) -> str:
    """Return a table of names, each with the first sentence of its docstring."""
    return table((title, 'What it is'), [(link(name), summary(value)) for name, value in named.items()], (32, 68))

"""The reference, written from the code at each build. Nothing of it is kept, so nothing is out of date.

`pages` returns the reference as text, for the build and for the tests. It has each persistent class, task, method, parameter,
command, setting, error and camera, and each class that a public method returns; an addition needs no change here.
"""

from typing import TYPE_CHECKING, Any

from awlike_reference.persistent import class_page, classes, groups, index_rows
from awlike_reference.pixels import modules, pixels_page
from awlike_reference.prompt import (
    declaring_page,
    functions_page,
    objects,
    plain_classes,
    plain_page,
    summary_table,
    task_page,
    tasks,
)
from awlike_reference.rst import heading, summary, table
from awlike_reference.tables import camera_file_page, cameras_page, commands_page, errors_page, settings_page

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def pages() -> dict[str, str]:
    """Return the pages by their path below ``docs/reference``."""
    found = {f'classes/{cls.__name__}.rst': class_page(cls) for cls in classes()}
    found |= {f'tasks/{name}.rst': task_page(task) for name, task in tasks().items() if name != 'Task'}
    found |= {f'objects/{name}.rst': plain_page(type(value), name) for name, value in objects().items()}
    shown = [cls for cls in plain_classes() if cls not in map(type, objects().values())]
    found |= {f'objects/{cls.__name__}.rst': plain_page(cls) for cls in shown}
    found |= {f'pixels/{name}.rst': pixels_page(module) for name, module in modules().items()}
    found |= {'functions.rst': functions_page(), 'declaring.rst': declaring_page(), 'commands.rst': commands_page(),
              'settings.rst': settings_page(), 'errors.rst': errors_page(), 'cameras.rst': cameras_page(),
              'camera-file.rst': camera_file_page()}
    return found | {'index.rst': _index(), 'classes/index.rst': _classes_index(), 'tasks/index.rst': _tasks_index(),
                    'objects/index.rst': _objects_index(shown),
                    'pixels/index.rst': _pixels_index()}


def _index() -> str:
    return '\n'.join([heading('Reference'), 'This site writes the reference from the code at each build.\n', _toctree(
        'classes/index', 'tasks/index', 'objects/index', 'functions', 'commands', 'settings', 'cameras', 'camera-file',
        'declaring', 'pixels/index', 'errors')])


def _classes_index() -> str:
    parts = [heading('Classes'), 'Frames and what they refer to. Their attributes are what you query.\n']
    for title, members in groups().items():
        parts += [heading(title, 1), table(('Class', 'What it is'), map(index_rows, members), (32, 68)),
                  _toctree(*(cls.__name__ for cls in members), hidden=True)]
    return '\n'.join(parts)


def _tasks_index() -> str:
    found = {name: task for name, task in tasks().items() if name != 'Task'}
    return '\n'.join([heading('Tasks'), 'Each task makes the products of one class, and their inputs.\n',
                      summary_table('Task', found), _toctree(*found, hidden=True)])


def _objects_index(shown: list[type]) -> str:
    found = {name: type(value) for name, value in objects().items()} | {cls.__name__: cls for cls in shown}
    return '\n'.join([heading('Queries, plans and answers'), 'The objects that you get at the prompt besides frames.\n',
                      summary_table('Object', found), _toctree(*found, hidden=True)])


def _pixels_index() -> str:
    rows = [(f':doc:`{name}`', summary(module)) for name, module in modules().items()]
    about = ('Functions from arrays to arrays, as ``awlike.pixels.overscan.subtract_overscan``: use them in your own '
             '``make``.\n')
    return '\n'.join([heading('Functions on pixels'), about, table(('Module', 'What for'), rows, (25, 75)),
                      _toctree(*modules(), hidden=True)])


def _toctree(*names: str, hidden: bool = False) -> str:
    options = ['   :maxdepth: 1', *(['   :hidden:'] if hidden else [])]
    return '\n'.join(['.. toctree::', *options, '', *(f'   {name}' for name in names), ''])


def setup(app: 'Sphinx') -> dict[str, Any]:
    """Connect the reference to Sphinx, which calls this function."""
    from awlike_reference import site
    return site.setup(app)

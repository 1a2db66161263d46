"""The reference, written from the code at each build: nothing of it is kept, so nothing of it is out of date.

`pages` gives it as text, for the build and for the tests alike. A new persistent class, task, method, parameter, command,
setting, error or camera is in it without a word here; so is each class that a public method returns.
"""

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


def pages() -> dict[str, str]:
    """The pages by their path below ``docs/reference``."""
    found = {f'classes/{cls.__name__}.rst': class_page(cls) for cls in classes()}
    found |= {f'tasks/{name}.rst': task_page(task) for name, task in tasks().items() if name != 'Task'}
    found |= {f'objects/{name}.rst': plain_page(type(one), name) for name, one in objects().items()}
    shown = [cls for cls in plain_classes() if cls not in map(type, objects().values())]
    found |= {f'objects/{cls.__name__}.rst': plain_page(cls) for cls in shown}
    found |= {f'pixels/{name}.rst': pixels_page(module) for name, module in modules().items()}
    found |= {'functions.rst': functions_page(), 'declaring.rst': declaring_page(), 'commands.rst': commands_page(),
              'settings.rst': settings_page(), 'errors.rst': errors_page(), 'cameras.rst': cameras_page(),
              'camera-file.rst': camera_file_page()}
    return found | {'index.rst': _index(), 'classes/index.rst': _classes_index(), 'tasks/index.rst': _tasks_index(),
                    'objects/index.rst': _objects_index(shown),
                    'pixels/index.rst': _pixels_index()}


def _index():
    return '\n'.join([heading('Reference'), 'All of it is written from the code when this site is built.\n', _toctree(
        'classes/index', 'tasks/index', 'objects/index', 'functions', 'commands', 'settings', 'cameras', 'camera-file',
        'declaring', 'pixels/index', 'errors')])


def _classes_index():
    parts = [heading('Classes'), 'Frames and what they refer to. Their attributes are what you query.\n']
    for title, members in groups().items():
        parts += [heading(title, 1), table(('Class', 'What it is'), map(index_rows, members), (32, 68)),
                  _toctree(*(cls.__name__ for cls in members), hidden=True)]
    return '\n'.join(parts)


def _tasks_index():
    found = {name: task for name, task in tasks().items() if name != 'Task'}
    return '\n'.join([heading('Tasks'), 'Each makes the products of one class, and what they need.\n',
                      summary_table('Task', found), _toctree(*found, hidden=True)])


def _objects_index(shown):
    found = {name: type(one) for name, one in objects().items()} | {cls.__name__: cls for cls in shown}
    return '\n'.join([heading('Queries, plans and answers'), 'What you hold at the prompt besides frames.\n',
                      summary_table('Object', found), _toctree(*found, hidden=True)])


def _pixels_index():
    rows = [(f':doc:`{name}`', summary(module)) for name, module in modules().items()]
    return '\n'.join([heading('Functions on pixels'), 'From arrays to arrays, as ``awlike.pixels.overscan.subtract_overscan``: '
                      'of use in a ``make`` of your own.\n', table(('Module', 'What for'), rows, (25, 75)),
                      _toctree(*modules(), hidden=True)])


def _toctree(*names, hidden=False):
    options = ['   :maxdepth: 1', *(['   :hidden:'] if hidden else [])]
    return '\n'.join(['.. toctree::', *options, '', *(f'   {name}' for name in names), ''])


def setup(app):
    """Called by Sphinx."""
    from awlike_reference import site
    return site.setup(app)

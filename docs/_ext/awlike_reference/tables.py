"""Pages of tables: the command line, settings, errors, cameras."""

import inspect
import re
from collections.abc import Iterator
from typing import Any

from awlike import errors
from awlike.cameras import described
from awlike.cameras.camera import Camera
from awlike.cameras.known import cameras
from awlike.config import Settings
from awlike_reference.rst import code, docstring, heading, indented, plain, table


def commands() -> dict[str, Any]:
    """Return all commands of Click by their words, as ``'awe project create'``."""
    import typer.main

    import awlike.cli
    found, waiting = {}, [('awe', typer.main.get_command(awlike.cli.app))]
    while waiting:
        words, command = waiting.pop(0)
        found[words] = command
        waiting += [(f'{words} {name}', one) for name, one in getattr(command, 'commands', {}).items() if not one.hidden]
    return found


def commands_page() -> str:
    """Return the page of the commands of `awe`, with their arguments and options."""
    found = commands()
    rows = [(f':ref:`{words} <{_label(words)}>`', _first(one)) for words, one in found.items()
            if not getattr(one, 'commands', None)]
    parts = [heading('Command line'), f'{plain(found["awe"].help)}\n', _STATUS,
             table(('Command', 'What it does'), rows, (35, 65))]
    for words, command in found.items():
        if not getattr(command, 'commands', None) or _parameters(words, command):
            parts += [f'.. _{_label(words)}:\n', heading(words, 1), *_command(words, command)]
    return '\n'.join(parts)


_STATUS = '''
Exit statuses, JSON and completion: :doc:`/howto/command-line`. How the commands are used together: :doc:`/first-hour`.
'''


def _label(words: str) -> str:
    return f'command-{words.replace(" ", "-")}'


def _first(command: Any) -> str:
    return plain(command.get_short_help_str(200))


def _command(words: str, command: Any) -> Iterator[str]:
    context = _context(words, command)
    usage = ' '.join(command.collect_usage_pieces(context))
    yield f'.. code-block:: text\n\n   {words} {usage}\n'
    yield f'{plain(inspect.cleandoc(command.help or ""))}\n'
    yield table(('Argument or option', 'Meaning'), _parameters(words, command), (40, 60))


def _context(words: str, command: Any) -> Any:
    return command.context_class(command, info_name=words)


def _parameters(words: str, command: Any) -> list[tuple[str, str]]:
    """Return each parameter but --help, as typed, with its meaning."""
    context, rows = _context(words, command), []
    for one in command.params:
        record = one.get_help_record(context)
        if record and '--help' not in one.opts:
            rows.append((' '.join(code(part.strip(',')) for part in record[0].split()), plain(' '.join(record[1].split()))))
    return rows


def settings_page() -> str:
    """Return the page of the settings."""
    prefix = Settings.model_config.get('env_prefix', '')
    rows = [(code(f'{prefix}{name}'.upper()), code(name), plain(field.description or ''))
            for name, field in Settings.model_fields.items()]
    return '\n'.join([heading('Settings'), docstring(Settings), '',
                      table(('Environment variable', 'Setting', 'Meaning'), rows, (35, 20, 45))])


def all_errors() -> list[type]:
    """Return the exceptions, their root first."""
    return [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.AwlikeError)]


_EACH_ERROR = '''
Each message names the thing, the rule that it breaks, and the next step. Each error is also the built-in exception that you
would expect: ``except LookupError`` catches :py:obj:`NotFound`.
'''


def errors_page() -> str:
    """Return the page of the tree of exceptions."""
    parts = [heading('Errors'), _EACH_ERROR]
    for one in all_errors():
        also = [base.__name__ for base in one.__bases__ if base.__module__ == 'builtins' and base is not Exception]
        parts += [f'.. py:exception:: {one.__name__}', '', indented(docstring(one)), '']
        parts += [indented(f'Is also a {code(name)}.\n') for name in also]
    return '\n'.join(parts)


def cameras_page() -> str:
    """Return the page of the known cameras, and how awlike recognises them."""
    rows = [(f':ref:`{name} <camera-{name.lower()}>`', plain(camera.telescope), _recognised(camera))
            for name, camera in cameras().items()]
    parts = [heading('Cameras'),
             'awlike knows these cameras. A short file describes another camera: :doc:`/howto/your-camera`.\n',
             table(('Name', 'Telescope', 'Recognised by'), rows, (20, 35, 45))]
    for name, camera in cameras().items():
        parts += [f'.. _camera-{name.lower()}:\n', heading(name, 1), *_camera(camera)]
    return '\n'.join(parts)


def _recognised(camera: Camera) -> str:
    return ', '.join(f'{code(key)} {_any(values)}' for key, values in camera.recognised_by.items())


def _any(words: str | tuple[str, ...]) -> str:
    """Return one or several keywords or patterns in a row."""
    return ' or '.join(map(code, (words,) if isinstance(words, str) else words))


def _camera(camera: Camera) -> Iterator[str]:
    yield f':Telescope: {plain(camera.telescope)}'
    yield f':Place: latitude {camera.latitude:g} deg, longitude {camera.longitude:g} deg east, {camera.elevation:g} m, ' \
          f'time zone {plain(camera.timezone)}'
    yield f':Chips: {", ".join(map(plain, camera.chips)) or "any name"}'
    named = ', '.join(plain(name) + (' (has fringes)' if facts.has_fringes else '') for name, facts in camera.filters.items())
    yield f':Filters: {named}{", " if named and camera.open_filters else ""}{"any name" if camera.open_filters else ""}'
    settings = ', '.join(f'{plain(name)} ({_any(keywords)})' for name, keywords in camera.setup.items())
    yield f':Setup: {settings or "none"}; darks serve within {camera.temperature_tolerance:g} deg C\n'
    parameters = [(code(name), plain(value)) for name, value in camera.parameters.items()]
    parameters += [(f'{code(name)} ({plain(place)})', plain(value)) for place, values in camera.overrides.items()
                   for name, value in values.items()]
    yield table(('Process parameter', 'Default with this camera'), parameters, (65, 35))


def camera_file_page() -> str:
    """Return the page of all entries of the file that describes a camera."""
    lines = (described.__doc__ or '').splitlines()[1:]
    text = [line if line.startswith(' ') else re.sub(r'`([^`]+)`|("\*[^"]*")', r'``\1\2``', line) for line in lines]
    return '\n'.join([heading('The file that describes a camera'), '.. highlight:: toml', *text])

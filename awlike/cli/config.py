"""The command config: the settings, and where each comes from."""

import json
from typing import Annotated, Any

import typer

from awlike.cli.options import JsonOption, command, write_json
from awlike.terminal import say


def add_to(app: typer.Typer) -> None:
    """Add this command to `app`."""
    command(app, 'Setting up', 'awe config', 'awe config --init', 'AWLIKE_PROJECT=NIGHT awe config')(config)


def config(init: Annotated[bool, typer.Option('--init', help='Write a file with all settings, explained and commented '
                                              'out; an existing file stays as it is.')] = False,
           as_json: JsonOption = False) -> None:
    """Show the settings, and where each comes from.

    A setting comes from an environment variable, as AWLIKE_PROJECT; else from the file awlike.toml in the folder
    AWLIKE_HOME; else it has its default.
    """
    from awlike.config import PREFIX, Settings, masked_hook, masked_options, origin, settings, settings_file
    from awlike.masking import masked
    if init:
        return _write()
    found = settings()
    values = {name: getattr(found, name) for name in Settings.model_fields}
    values |= {'database': found.database_url, 'store': found.store_place, 'cache': found.cache_folder,
               'store_options': json.dumps(masked_options(found.store_options)),
               'notice_webhook': masked_hook(found.notice_webhook),
               'notice_mail': ', '.join(found.notice_mail),
               'notice_command': ' '.join([*found.notice_command[:1], *('***' for _ in found.notice_command[1:])])}
    rows = [{'setting': name, 'value': value if isinstance(value, (int, float)) else masked(value), 'origin': origin(name),
             'environment': PREFIX + name.upper(), 'about': Settings.model_fields[name].description}
            for name, value in values.items()]
    if as_json:
        return write_json({'file': str(settings_file()), 'settings': rows})
    for row in rows:
        value = f'{row["value"]:g}' if isinstance(row['value'], float) else row['value']
        say(f'{row["setting"]:17} = {value}\n{"":20}{row["about"]}\n{"":20}from {_place(row)}')
    state = 'is read' if settings_file().exists() else 'does not exist: awe config --init writes one to fill in'
    say(f'\n{settings_file()} {state}')


def _place(row: dict[str, Any]) -> str:
    origin = row['origin']
    return f'the default; {row["environment"]} changes it' if origin == 'default' else \
        f'the environment, {origin}' if origin == row['environment'] else origin


def _write() -> None:
    from awlike.config import make_home, settings_file, template
    from awlike.errors import ConfigError
    file = settings_file()
    make_home()
    try:
        with open(file, 'x', encoding='utf-8') as new:
            new.write(template())
    except FileExistsError:
        raise ConfigError(f'{file} exists and stays as it is: edit it, or move it away first') from None
    say(f'{file} is written: remove the # before each setting that you change')

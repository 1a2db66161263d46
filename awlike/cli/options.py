"""Arguments and options that several commands have, and how a command is added."""

import json
from typing import Annotated, Optional

import typer

from awlike.cli import complete

ProjectOption = Annotated[str, typer.Option(
    metavar='NAME', show_default=False, autocompletion=complete.projects,
    help='Project to work in; by default what awe config shows.')]
PrivilegesOption = Annotated[Optional[int], typer.Option(
    metavar='LEVEL', min=1, max=5,
    help='1 MyDB, 2 Project, 3 Astro-WISE, 4 World, 5 VO; by default what awe config shows, or less where the project '
         'publishes less.')]
NameArgument = Annotated[str, typer.Argument(
    metavar='NAME', help='File name or object id.', autocompletion=complete.filenames)]
InstrumentOption = Annotated[Optional[str], typer.Option(
    metavar='NAME', help='Camera.', autocompletion=complete.instruments)]
DateOption = Annotated[Optional[str], typer.Option(
    metavar='NIGHT', help='The date of the local noon at which the night begins; or the first and the last, as '
                          '2012-05-31:2012-06-03.')]
ChipOption = Annotated[Optional[list[str]], typer.Option(
    metavar='NAME', help='Detector; may be repeated.', autocompletion=complete.chips)]
FilterOption = Annotated[Optional[list[str]], typer.Option(
    metavar='NAME', help='Filter; may be repeated.', autocompletion=complete.filters)]
ObjectOption = Annotated[Optional[str], typer.Option(metavar='PATTERN', help='What the frames show; * and ? are wild.')]
JsonOption = Annotated[bool, typer.Option('--json', help='Write JSON on standard output, and nothing else there.')]


def command(app, group, *examples, name=None):
    """Decorator: a command of `app`, in a group of its help, with `examples` under its help."""
    head = 'Example' if len(examples) == 1 else 'Examples'
    epilog = '\n'.join(['\b', f'{head}:', *(f'  {example}' for example in examples)])
    return app.command(name, rich_help_panel=group, epilog=epilog)


def write_json(value) -> None:
    """Write `value` on standard output; times as ISO 8601 has them."""
    print(json.dumps(value, indent=1, ensure_ascii=False,
                     default=lambda one: one.isoformat() if hasattr(one, 'isoformat') else str(one)))


def set_project(name, privileges) -> None:
    """Work in project `name`."""
    from awlike.context import context
    from awlike.errors import NotFound
    if not name:
        from awlike.config import settings
        name = settings().project
    if not name:
        raise NotFound('no project is set: give --project NAME, or set AWLIKE_PROJECT; awe project list shows which '
                       'there are')
    context.set_project(name)
    if privileges is not None:
        context.set_privileges(privileges)

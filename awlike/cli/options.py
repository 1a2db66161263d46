"""Arguments and options that several commands share, and the decorator that adds a command."""

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from awlike.cli import complete

if TYPE_CHECKING:
    from awlike.context import Context

F = TypeVar('F', bound=Callable[..., Any])

_WITHOUT_PROJECT = {'collectcells', 'config', 'db', 'doctor', 'explain', 'headers', 'makecalibrations', 'notices', 'process',
                    'process-ccd', 'process-file', 'project', 'refcat', 'simulate', 'user'}  # commands

ProjectOption = Annotated[str, typer.Option(
    metavar='NAME', show_default=False, autocompletion=complete.projects,
    help='Project to work in. Default: the project that awe config shows.')]
PrivilegesOption = Annotated[int | None, typer.Option(
    metavar='LEVEL', min=1, max=5,
    help='Who sees the data: 1 MyDB, 2 Project, 3 Astro-WISE, 4 World, 5 VO. Default: the level that awe config shows, or '
         'the highest level of the project, if lower.')]
NameArgument = Annotated[str, typer.Argument(
    metavar='NAME', help='File name or object id.', autocompletion=complete.filenames)]
InstrumentOption = Annotated[str | None, typer.Option(
    metavar='NAME', help='Name of the camera.', autocompletion=complete.instruments)]
DateOption = Annotated[str | None, typer.Option(
    metavar='NIGHT', help='Night, as the date of the local noon at which the night begins; or the first and the last '
                          'night, as 2012-05-31:2012-06-03.')]
ChipOption = Annotated[list[str] | None, typer.Option(
    metavar='NAME', help='Name of a detector; may be repeated.', autocompletion=complete.chips)]
FilterOption = Annotated[list[str] | None, typer.Option(
    metavar='NAME', help='Name of a filter; may be repeated.', autocompletion=complete.filters)]
ObjectOption = Annotated[str | None, typer.Option(
    metavar='PATTERN', help='Name of the observed object; * and ? are wildcards.')]
JsonOption = Annotated[bool, typer.Option('--json', help='Write only JSON on standard output.')]


def command(app: typer.Typer, group: str, *examples: str, name: str | None = None, **more: Any) -> Callable[[F], F]:
    """Decorate a function as a command of `app`, in a group of its help, with `examples` at the end of its own help.

    `more` are other arguments of Typer's.
    """
    head = 'Example' if len(examples) == 1 else 'Examples'
    epilog = '\n'.join(['\b', f'{head}:', *(f'  {example}' for example in examples)])
    return app.command(name, rich_help_panel=group, epilog=epilog, **more)


def write_json(value: Any) -> None:
    """Write `value` on standard output: strict JSON in ASCII, whatever the terminal can show or a file is called."""
    from awlike.views.plain_json import plain
    print(json.dumps(plain(value), indent=1, allow_nan=False))


def context_here() -> 'Context':
    """Return the context of the user of this process."""
    from awlike.garbage import no_collection
    with no_collection():
        import awlike.assembly  # noqa: F401 -- without it nobody asks
    from awlike.context import context
    return context


def set_project(name: str, privileges: int | None) -> None:
    """Work in project `name`, by default that of the settings, at `privileges`."""
    from awlike.errors import NotFound
    context = context_here()
    if not name:
        from awlike.config import settings
        name = settings().project
    if not name:
        raise NotFound('no project is set: give --project NAME, or set AWLIKE_PROJECT; awe project list shows all '
                       'projects')
    context.set_project(name)
    if privileges is not None:
        context.set_privileges(privileges)


def check_project(command: str, words: Sequence[str]) -> None:
    """Refuse a command that works in a project, when the settings name a project that does not exist.

    Parameters
    ----------
    command : str
        The command, as ``list``.
    words : list of str
        All that was typed; ``--project`` names another project, and ``--help`` works in none.

    Raises
    ------
    NotFound
        When there is no such project.
    """
    from awlike.config import origin, settings
    from awlike.errors import NotFound
    if command in _WITHOUT_PROJECT or any(word.partition('=')[0] in ('--project', '--help') for word in words):
        return
    name = settings().project
    if not name:
        return
    context_here()
    from awlike.persist.references import Project
    from awlike.spelling import near
    if not (Project.name == name).exists():
        known = [project.name for project in Project.select_all().order_by('name')]
        raise NotFound(f'there is no project {name}, which {origin("project")} names{near(name, known)}: '
                       f'awe project list shows all projects, awe project create {name} opens this one')

"""The commands for releases: named lists of objects that stay what they are."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from awlike.cli import complete
from awlike.cli.group import Commands
from awlike.cli.options import (
    JsonOption,
    PrivilegesOption,
    ProjectOption,
    command,
    context_here,
    set_project,
    write_json,
)
from awlike.spelling import counted
from awlike.terminal import say, tell

if TYPE_CHECKING:
    from awlike.context import Context
    from awlike.persist.release import Release

releases = typer.Typer(cls=Commands, no_args_is_help=True, rich_markup_mode=None,
                       help='Give a list of objects a name that can be cited.')
NameArgument = Annotated[str, typer.Argument(metavar='NAME', help='Name of the release.', autocompletion=complete.releases)]


def add_to(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    app.add_typer(releases, name='release', rich_help_panel='Processing')


def _context(project: str, privileges: int | None = None) -> 'Context':
    import awlike.frames  # noqa: F401 -- declares the classes that rules name
    from awlike.config import settings
    if project or settings().project or privileges is not None:
        set_project(project, privileges)
    return context_here()


@command(releases, 'Commands', "awe release make DR1 'ReducedScienceFrame.grade <= \"B\"' --comment 'the first year'",
         "awe release make DR1 \"selection('GOOD')\"")
def make(name: Annotated[str, typer.Argument(metavar='NAME', help='What to call the release.')],
         rule: Annotated[str, typer.Argument(metavar='RULE', help='What belongs to it, written as a query at the prompt.')],
         comment: Annotated[str, typer.Option('--comment', metavar='TEXT', help='What it is for.')] = '',
         project: ProjectOption = '', privileges: PrivilegesOption = None, as_json: JsonOption = False) -> None:
    """Make a release, which then stays what it is."""
    made = _context(project, privileges).release(name, rule, comment)
    write_json(_plain(made)) if as_json else _tell(made)


@command(releases, 'Commands', 'awe release list', name='list')
def list_(project: ProjectOption = '', as_json: JsonOption = False) -> None:
    """Show the releases that you see."""
    found = list(_context(project).releases())
    if as_json:
        return write_json([_plain(one) for one in found])
    for one in found:
        say(f'{one.name}: {counted(len(one), "member")}, {one.creator.name}, {one.creation_date:%Y-%m-%d}'
            + (f': {one.comment}' if one.comment else ''))
    if not found:
        say('no releases')


@command(releases, 'Commands', 'awe release show DR1')
def show(name: NameArgument, project: ProjectOption = '', as_json: JsonOption = False) -> None:
    """Show who made a release, and what belongs to it."""
    found = _context(project).release(name)
    write_json(_plain(found)) if as_json else _tell(found)


@command(releases, 'Commands', 'awe release compare DR1 DR2')
def compare(a: NameArgument,
            b: Annotated[str, typer.Argument(metavar='OTHER', help='Name of the other release.',
                                             autocompletion=complete.releases)],
            project: ProjectOption = '', as_json: JsonOption = False) -> None:
    """Show what differs between two releases, and why, by class."""
    _context(project)
    from awlike.tracing.releases import compare as run
    found = run(a, b)
    write_json(found.to_dict()) if as_json else tell(found)


@command(releases, 'Commands', 'awe release deliver DR1 --into DR1')
def deliver(name: NameArgument,
            into: Annotated[Path, typer.Option('--into', metavar='DIR', help='Folder to write, a new or an empty one.')],
            project: ProjectOption = '') -> None:
    """Write a release into a folder: files, lineage, checksums.

    The folder is an RO-Crate, and is written whole or not at all.
    """
    from awlike.processors.delivery import deliver as run
    say(counted(len(run(_context(project).release(name), into)), 'file'))


def _tell(release: 'Release') -> None:
    say(f'{release}, by {release.creator.name}, {release.creation_date:%Y-%m-%d %H:%M}')
    if release.comment:
        say(f'  {release.comment}')
    say(f'  {release.rule}')
    for name, number in release.kinds().items():
        say(f'  {number} {name}')


def _plain(release: 'Release') -> dict[str, object]:
    return {'name': release.name, 'object_id': release.object_id, 'comment': release.comment, 'rule': release.rule,
            'date': release.creation_date, 'user': release.creator.name, 'project': release.project.name,
            'privileges': release.privileges, 'digest': release.digest, 'number': len(release), 'kinds': release.kinds()}

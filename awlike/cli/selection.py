"""The commands for selections: named, saved rules that say which frames."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from awlike.cli import complete
from awlike.cli.group import Commands
from awlike.cli.options import JsonOption, ProjectOption, command, context_here, set_project, write_json
from awlike.spelling import counted
from awlike.terminal import say, tell

if TYPE_CHECKING:
    from awlike.context import Context

selections = typer.Typer(cls=Commands, no_args_is_help=True, rich_markup_mode=None,
                         help='Save rules that select frames, by name.')
NameArgument = Annotated[str, typer.Argument(metavar='NAME', help='Name of the selection.', autocompletion=complete.selections)]


def add_to(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    app.add_typer(selections, name='selection', rich_help_panel='Processing')


def _context(project: str) -> 'Context':
    import awlike.frames  # noqa: F401 -- declares the classes that rules name
    set_project(project, None)
    return context_here()


@command(selections, 'Commands', 'awe selection list', name='list')
def list_(project: ProjectOption = '', as_json: JsonOption = False) -> None:
    """Show the selections of a project."""
    found = _context(project).selections()
    write_json(found.to_dict()) if as_json else tell(found)


@command(selections, 'Commands', 'awe selection show GOOD', 'awe selection show GOOD --at 2012-06-01T12:00')
def show(name: NameArgument,
         at: Annotated[str | None, typer.Option('--at', metavar='TIME', help='Instant (UTC) as of which the members are '
                                                'listed, as 2012-06-01T12:00.')] = None,
         project: ProjectOption = '', as_json: JsonOption = False) -> None:
    """Show a selection: rule, history, uses and members."""
    found = _context(project).selection(name)
    members = found.members() if at is None else found.members_at(at)
    if as_json:
        return write_json(found.to_dict() | {
            'history': [one.to_dict() | {'ended': one.ended, 'ended_by': one.ended_by} for one in found.history()],
            'uses': [{'task': one.task, 'user': one.user, 'date': one.date, 'members': one.ids} for one in found.uses()],
            'members': [getattr(one, 'filename', None) or one.object_id for one in members]})
    tell(found)
    for one in found.history()[:-1]:
        say(f'  until {one.ended:%Y-%m-%d %H:%M}: {one.rule}')
    say(*members, sep='\n')


@command(selections, 'Commands', "awe selection create GOOD 'RawScienceFrame.EXPTIME > 60'",
         "awe selection create D1 'RawScienceFrame.within(36.5, -4.5, 2.5) & (RawScienceFrame.AIRMASS < 1.7)'",
         '''awe selection create D1-R "selection('D1') & (RawScienceFrame.filter.name == 'r_SDSS')"''')
def create(name: Annotated[str, typer.Argument(metavar='NAME', help='What to call the selection.')],
           rule: Annotated[str, typer.Argument(metavar='RULE', help='The rule, written as a query at the prompt.')],
           project: ProjectOption = '', as_json: JsonOption = False) -> None:
    """Save a rule under a name, or change it.

    The history keeps the earlier rule. selection('OTHER') in a rule refers to another selection.
    """
    made = _context(project).select(name, rule)
    write_json(made.to_dict()) if as_json else tell(made)


@command(selections, 'Commands', 'awe selection remove GOOD')
def remove(name: NameArgument, project: ProjectOption = '') -> None:
    """Remove a selection.

    What was made by it stays, and says so.
    """
    _context(project).remove_selection(name)
    say(f'selection {name} is removed')


@command(selections, 'Commands', 'awe selection export GOOD', 'awe selection export GOOD good.csv')
def export(name: NameArgument,
           path: Annotated[Path | None, typer.Argument(metavar='FILE', help='File to write; an existing file is replaced.',
                                                       show_default='standard output')] = None,
           format: Annotated[Literal['text', 'csv', 'json'] | None, typer.Option(
               '--format', help='Names as text, a line each; a table; or JSON.', show_default='by the suffix')] = None,
           project: ProjectOption = '') -> None:
    """Write the members of a selection."""
    written = _context(project).selection(name).export(path, format)
    if path is None:
        say(str(written).removesuffix('\n'))
    else:
        say(written)


@command(selections, 'Commands', 'awe selection import fields.xml',
         'awe selection import fields.xml --class ReducedScienceFrame', name='import')
def import_(path: Annotated[Path, typer.Argument(metavar='FILE', help='XML file of centres and radii.')],
            cls: Annotated[str, typer.Option('--class', metavar='CLASS', help='Class of the frames that point there.',
                                             autocompletion=complete.kinds)] = 'RawScienceFrame',
            project: ProjectOption = '', as_json: JsonOption = False) -> None:
    """Save a batch of selections, all or none.

    The file is <batch> of <selection>, each with <label>, <alpha>, <delta>, <radius> (degrees) and perhaps <filter>.
    """
    made = _context(project).import_selections(path, cls)
    if as_json:
        return write_json([one.to_dict() for one in made])
    say(f'{counted(len(made), "selection")} saved: {", ".join(one.name for one in made)}')

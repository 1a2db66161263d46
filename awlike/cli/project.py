"""The commands for projects: people who share data."""

import sys
from typing import Annotated

import typer

from awlike.cli import complete
from awlike.cli.group import Commands
from awlike.cli.options import JsonOption, command, context_here, write_json
from awlike.terminal import say

projects = typer.Typer(cls=Commands, no_args_is_help=True, rich_markup_mode=None,
                       help='Manage projects: people who share data.')
NameArgument = Annotated[str, typer.Argument(metavar='NAME', help='Name of the project.')]


def add_to(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    app.add_typer(projects, name='project', rich_help_panel='Setting up')


@command(projects, 'Commands', 'awe project create NIGHT --instrument OMEGACAM --description "One night"')
def create(name: NameArgument,
           description: Annotated[str, typer.Option(metavar='TEXT', help='Purpose of the project.')] = '',
           instrument: Annotated[str | None, typer.Option(metavar='NAME', help='Camera of the data in the project.',
                                                         autocompletion=complete.instruments)] = None,
           maximum_privileges: Annotated[int, typer.Option(
               metavar='LEVEL', min=1, max=5, help='Highest level of its data: 1 MyDB, 2 Project, 3 Astro-WISE, 4 World, '
                                                   '5 VO.')] = 5) -> None:
    """Open a project.

    You become its owner and first member.
    """
    from awlike.ingest import instrument_of
    context_here().create_project(name, description, instrument_of(instrument) if instrument else None, maximum_privileges)
    say(f'project {name} is open; you are its owner and first member')


@command(projects, 'Commands', 'awe project list', name='list')
def list_(as_json: JsonOption = False) -> None:
    """Show all projects.

    A star marks the projects of which you are a member.
    """
    from awlike.persist.references import Project
    mine, known = context_here().projects(), list(Project.select_all().order_by('name'))
    if as_json:
        return write_json([{'name': project.name, 'description': project.description or '', 'owner': project.owner.name,
                            'instrument': project.instrument.name if project.instrument else None,
                            'maximum_privileges': project.maximum_privileges, 'member': project in mine} for project in known])
    if not known:
        say('there are no projects: open a project by awe project create NAME', file=sys.stderr)
    for project in known:
        say(f'{"*" if project in mine else " "} {project.name:20} {project.description or ""}'.rstrip())


@command(projects, 'Commands', 'awe project add-member NIGHT bob')
def add_member(name: Annotated[str, typer.Argument(metavar='NAME', help='Name of the project.',
                                                   autocompletion=complete.projects)],
               user: Annotated[str, typer.Argument(metavar='USER', help='Account of the new member.')]) -> None:
    """Add a member to a project that you own."""
    context = context_here()
    context.set_project(name)
    context.add_member(user)
    say(f'{user} is a member of {name}')

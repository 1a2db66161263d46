"""Projects: people who share data."""

import sys
from typing import Annotated, Optional

import typer

from awlike.cli import complete
from awlike.cli.group import Commands
from awlike.cli.options import JsonOption, command, write_json

projects = typer.Typer(cls=Commands, no_args_is_help=True, rich_markup_mode=None, help='Projects: people who share data.')
NameArgument = Annotated[str, typer.Argument(metavar='NAME', help='Name of the project.')]


def add_to(app) -> None:
    """Add these commands to `app`."""
    app.add_typer(projects, name='project', rich_help_panel='Setting up')


@command(projects, 'Commands', 'awe project create NIGHT --instrument OMEGACAM --description "One night"')
def create(name: NameArgument,
           description: Annotated[str, typer.Option(metavar='TEXT', help='What it is for.')] = '',
           instrument: Annotated[Optional[str], typer.Option(metavar='NAME', help='Camera whose data it holds.',
                                                             autocompletion=complete.instruments)] = None,
           maximum_privileges: Annotated[int, typer.Option(
               metavar='LEVEL', min=1, max=5, help='Highest level of publication: 1 MyDB, 2 Project, 3 Astro-WISE, 4 World, '
                                                   '5 VO.')] = 5):
    """Open a project.

    You own it and are its first member.
    """
    from awlike.context import context
    from awlike.ingest import instrument_of
    context.create_project(name, description, instrument_of(instrument) if instrument else None, maximum_privileges)
    print(f'project {name} is open; you are its owner and first member')


@command(projects, 'Commands', 'awe project list', name='list')
def list_(as_json: JsonOption = False):
    """Show all projects.

    A star marks those that you are a member of.
    """
    from awlike.context import context
    from awlike.persist.references import Project
    mine, known = context.projects(), list(Project.select_all().order_by('name'))
    if as_json:
        return write_json([{'name': one.name, 'description': one.description or '', 'owner': one.owner.name,
                            'instrument': one.instrument.name if one.instrument else None,
                            'maximum_privileges': one.maximum_privileges, 'member': one in mine} for one in known])
    if not known:
        print('there are no projects; open one by awe project create NAME', file=sys.stderr)
    for project in known:
        print(f'{"*" if project in mine else " "} {project.name:20} {project.description or ""}'.rstrip())


@command(projects, 'Commands', 'awe project add-member NIGHT bob')
def add_member(name: Annotated[str, typer.Argument(metavar='NAME', help='Name of the project.',
                                                   autocompletion=complete.projects)],
               user: Annotated[str, typer.Argument(metavar='USER', help='Account name of who joins.')]):
    """Add a member to a project that you own."""
    from awlike.context import context
    context.set_project(name)
    context.add_member(user)
    print(f'{user} is a member of {name}')

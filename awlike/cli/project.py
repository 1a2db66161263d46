"""The commands for projects: people who share data."""

import sys
from typing import Annotated

import typer

from awlike.cli import complete
from awlike.cli.group import Commands
from awlike.cli.options import JsonOption, ProjectOption, command, context_here, set_project, write_json
from awlike.terminal import say

projects = typer.Typer(cls=Commands, no_args_is_help=True, rich_markup_mode=None,
                       help='Manage projects: people who share data.')
NameArgument = Annotated[str, typer.Argument(metavar='NAME', help='Name of the project.')]
KnownArgument = Annotated[str, typer.Argument(metavar='NAME', help='Name of the project.',
                                              autocompletion=complete.projects)]
OneOfMineArgument = Annotated[str, typer.Argument(
    metavar='NAME', show_default=False, autocompletion=complete.projects,
    help='Name of the project. Default: the project that awe config shows.')]
UserArgument = Annotated[str, typer.Argument(metavar='USER', help='Account of the member.')]
AllOption = Annotated[bool, typer.Option('--all', help='Name a source of all projects, as the owner of the database.')]


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
def add_member(name: KnownArgument, user: UserArgument) -> None:
    """Add a member to a project that you own.

    Whoever asked is a member from now on. Others are invited, and become members when they agree.
    """
    context = context_here()
    context.set_project(name)
    context.add_member(user)
    if context.members()[user] != 'invited':
        say(f'{user} is a member of {name}')
    else:
        say(f'{user} is invited to {name}, and becomes a member by context.set_project({name!r}) or awe project join {name}')


@command(projects, 'Commands', 'awe project remove-member NIGHT bob')
def remove_member(name: KnownArgument, user: UserArgument) -> None:
    """Remove a member from a project that you own.

    Or end an invitation. What the member made at level 2 stays with the project.
    """
    context = context_here()
    context.set_project(name)
    context.remove_member(user)
    say(f'{user} is no member of {name} any more')


@command(projects, 'Commands', 'awe project join NIGHT')
def join(name: KnownArgument) -> None:
    """Become a member of a project.

    If its owner invited you, you are a member from now on. Otherwise you ask, and the owner agrees by add-member.
    """
    if context_here().join(name):
        say(f'you are a member of {name}')
    else:
        say(f'you asked to be let into {name}: its owner agrees by awe project add-member {name} YOUR_ACCOUNT')


@command(projects, 'Commands', 'awe project leave NIGHT')
def leave(name: KnownArgument) -> None:
    """Leave a project, or decline an invitation.

    You see what the project shares no more. What you made at level 2 stays with the project.
    """
    context_here().leave(name)
    say(f'you are no member of {name} any more')


@command(projects, 'Commands', 'awe project members', 'awe project members NIGHT')
def members(name: OneOfMineArgument = '', as_json: JsonOption = False) -> None:
    """Show the members of a project of yours.

    As its owner you also see who is invited, and who asks to be let in.
    """
    set_project(name, None)
    people = context_here().members()
    if as_json:
        return write_json(people)
    for person, part in people.items():
        say(f'{person:20} {part}')


@command(projects, 'Sources', 'awe project sources', 'awe project sources NIGHT')
def sources(name: OneOfMineArgument = '', project: ProjectOption = '',
            withdrawn: Annotated[bool, typer.Option('--withdrawn', help='Show sources that were withdrawn, too.')] = False,
            as_json: JsonOption = False) -> None:
    """Show the sources of a project.

    They are other projects whose frames serve for its products unasked.
    """
    if name and project and name != project:
        raise typer.BadParameter(f'{project!r}: the argument names {name!r}; give one of the two', param_hint='--project')
    set_project(name or project, None)
    found = context_here().sources(withdrawn)
    if as_json:
        return write_json([vars(one) for one in found])
    for one in found:
        say(one)
    _tell_of_all_sources()


@command(projects, 'Sources', 'awe project add-source CALIB --project NIGHT', 'awe project add-source CALIB --all')
def add_source(source: KnownArgument, project: ProjectOption = '', for_all: AllOption = False) -> None:
    """Name a source of a project that you own.

    From now on the frames of the source serve for the products of the project.
    """
    of = _named(project, for_all)
    context_here().add_source(source, for_all)
    say(f'{source} is a source of {of}')
    _tell_of_all_sources()


@command(projects, 'Sources', 'awe project remove-source CALIB --project NIGHT')
def remove_source(source: KnownArgument, project: ProjectOption = '', for_all: AllOption = False) -> None:
    """Withdraw a source of a project that you own."""
    of = _named(project, for_all)
    context_here().remove_source(source, for_all)
    say(f'{source} is no source of {of} any more')
    _tell_of_all_sources()


@command(projects, 'Settings', 'awe project refcat', 'awe project refcat GAIA --project NIGHT', 'awe project refcat --none')
def refcat(name: Annotated[str, typer.Argument(metavar='NAME', show_default=False,
                                               help='Name of the catalogue; NAME@2 for another version than the first.')] = '',
           none: Annotated[bool, typer.Option('--none', help='Name no catalogue any more.')] = False,
           project: ProjectOption = '', as_json: JsonOption = False) -> None:
    """Show or name the reference catalogue of a project.

    The owner of the project names it. Where nobody did, the only one that covers a field serves.
    """
    if name and none:
        raise typer.BadParameter(f'{name!r} and --none: give one of the two', param_hint='--none')
    set_project(project, None)
    context = context_here()
    if name or none:
        context.set_reference_catalogue(name or None)
    named = context.reference_catalogue()
    if as_json:
        return write_json({'project': context.project.name, 'reference_catalogue': named})
    say(f'{named or "the only one that covers a field"} is the reference catalogue of {context.project.name}')


def _tell_of_all_sources() -> None:
    """Say where every project is a source anyway, so that naming one changes nothing."""
    if context_here().trusted() is None:
        say('every project is a source here, named or not, as always on SQLite; AWLIKE_SOURCES=named changes that',
            file=sys.stderr)


def _named(project: str, for_all: bool) -> str:
    """Set the current project to `project`, unless `for_all`; return in words whose sources the command changes."""
    if for_all:
        return 'all projects'
    set_project(project, None)
    return context_here().project.name

"""The commands for interventions: moments across which calibrations do not serve."""

from typing import Annotated

import typer

from awlike.cli import complete
from awlike.cli.group import Commands
from awlike.cli.options import (
    DateOption,
    InstrumentOption,
    JsonOption,
    PrivilegesOption,
    ProjectOption,
    command,
    context_here,
    set_project,
    write_json,
)
from awlike.terminal import say, tell

interventions = typer.Typer(cls=Commands, no_args_is_help=True, rich_markup_mode=None,
                            help='Tell of interventions, as a washed mirror.')
ChipOption = Annotated[str | None, typer.Option(metavar='NAME', help='Name of a detector. Default: all.',
                                                autocompletion=complete.chips)]


def add_to(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    app.add_typer(interventions, name='intervention', rich_help_panel='Processing')


@command(interventions, 'Commands', 'awe intervention add OMEGACAM 2012-06-01T15:00 --reason "mirror washed" --dry-run',
         'awe intervention add OMEGACAM 2012-06-01T15:00 --reason "lamp replaced" --kind DomeFlatFrame --filter r_SDSS')
def add(instrument: Annotated[str, typer.Argument(metavar='INSTRUMENT', help='Name of the camera.',
                                                  autocompletion=complete.instruments)],
        date: Annotated[str, typer.Argument(metavar='MOMENT', help='The moment, UTC, as 2012-06-01T15:00.')],
        reason: Annotated[str, typer.Option(metavar='TEXT', help='Description of the work, as "mirror washed".')] = '',
        kind: Annotated[list[str] | None, typer.Option(
            metavar='CLASS', help='Class of calibrations that do not serve across the moment; may be repeated. Default: all.',
            autocompletion=complete.kinds)] = None,
        chip: ChipOption = None,
        filter: Annotated[str | None, typer.Option(metavar='NAME', help='Name of a filter. Default: all.',
                                                   autocompletion=complete.filters)] = None,
        dry_run: Annotated[bool, typer.Option('--dry-run', help='Only show what would have to be made again.')] = False,
        project: ProjectOption = '', privileges: PrivilegesOption = None) -> None:
    """Tell of an intervention.

    From then on, no calibration of these classes serves across the moment. A class that is made from another class, as
    FlatFrame from DomeFlatFrame, names that one as well.
    """
    import awlike.frames  # noqa: F401 -- declares the classes
    context = context_here()
    if not dry_run:
        set_project(project, privileges)
    made = context.intervention(instrument, date, kind or None, chip=chip, filter=filter, reason=reason, commit=not dry_run)
    if dry_run:
        return tell(made.impact())
    number = list(context.interventions()).index(made)
    say(f'{made} has number {number}; no calibration serves across it: {made.kinds_in_words}')


@command(interventions, 'Commands', 'awe intervention list', 'awe intervention list --instrument OMEGACAM --json', name='list')
def list_(instrument: InstrumentOption = None, chip: ChipOption = None, date: DateOption = None,
          as_json: JsonOption = False) -> None:
    """Show interventions, with their numbers.

    Interventions that somebody withdrew are marked.
    """
    found = context_here().interventions(instrument, chip, date)
    write_json(found.to_dict()) if as_json else tell(found)


@command(interventions, 'Commands', 'awe intervention withdraw 3 --reason "the date was wrong"')
def withdraw(number: Annotated[int, typer.Argument(metavar='NUMBER', help='Number of the intervention, as in the list.')],
             reason: Annotated[str, typer.Option(metavar='TEXT', help='Reason for the withdrawal.')] = '') -> None:
    """Withdraw an intervention.

    Calibrations serve across it again. It stays in the list, marked.
    """
    context = context_here()
    context.withdraw(number, reason)
    say(f'{context.interventions()[number]} is withdrawn')

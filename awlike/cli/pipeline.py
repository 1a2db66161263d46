"""The commands for a pipeline: plan, run."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from awlike.cli import complete
from awlike.cli.options import (
    ChipOption,
    DateOption,
    FilterOption,
    JsonOption,
    ObjectOption,
    PrivilegesOption,
    ProjectOption,
    command,
    set_project,
    write_json,
)
from awlike.errors import ProcessingError
from awlike.terminal import say, tell

if TYPE_CHECKING:
    from awlike.tasks.chain import Chain

GROUP = 'Processing'
StepArgument = Annotated[str, typer.Argument(
    metavar='STEP', autocompletion=complete.steps,
    help="Step, as Bias, Flat or Reduce; or several in order, as 'Bias>Flat>Reduce'.")]
InstrumentOption = Annotated[str | None, typer.Option(
    metavar='NAME', help='Name of the camera.', autocompletion=complete.instruments,
    show_default='that of the frames or of the selection')]
TemplateOption = Annotated[str | None, typer.Option(
    metavar='TIME', help='Start of the template (UTC), as 2012-06-01T08:51:44.')]
RawOption = Annotated[list[str] | None, typer.Option(
    metavar='NAME', help='File name of a raw frame; may be repeated.', autocompletion=complete.filenames)]
FrameOption = Annotated[list[str] | None, typer.Option(
    metavar='NAME', help='File name of a raw or science frame; may be repeated.', autocompletion=complete.filenames)]
SelectionOption = Annotated[str | None, typer.Option(
    '--selection', metavar='NAME', help='Saved selection whose members are the frames: awe selection list.',
    autocompletion=complete.selections)]
GroupByOption = Annotated[str | None, typer.Option(
    '--group-by', metavar='ATTRIBUTE', help='Make one product of each group of frames with the same value, as OBJECT, where a '
    'step makes one product of many frames.', show_default='one of all')]
GridOption = Annotated[str | None, typer.Option(
    '--grid', metavar='RA,DEC', help='Centre of the projection of a resampled frame or a stack, degrees; or a grid as text.',
    show_default='the tiles of the sky that the frames touch')]
ScaleOption = Annotated[float | None, typer.Option('--scale', metavar='ARCSEC', help='Side of a pixel on the grid.',
                                                   show_default='that of the frames')]
ParOption = Annotated[list[str] | None, typer.Option(
    metavar='CHANGE', help='Class.PARAMETER=value, as BiasFrame.SIGMA_CLIP=4; may be repeated.')]
RebuildOption = Annotated[Literal['missing', 'stale', 'all'], typer.Option(
    help='Products to make: those that are missing or no longer hold (missing), also those that other code made (stale), '
         'also all targets (all).')]
LevelOption = Annotated[Literal['plan', 'acceptable', 'last resort'] | None, typer.Option(
    '--calibration-level', help='Worst level of a calibration that is accepted.', show_default='the setting calibration_level')]


def add_to(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    command(app, GROUP, 'awe plan Reduce --instrument OMEGACAM --date 2012-05-31')(plan)
    command(app, GROUP, 'awe run Reduce --instrument OMEGACAM --date 2012-05-31 --project NIGHT --commit',
            "awe run 'Bias>Flat>Reduce' --instrument OMEGACAM --par BiasFrame.SIGMA_CLIP=4 --project NIGHT --commit",
            'awe run SourceList --selection GOOD --project NIGHT --commit',
            'awe run Coadd --instrument OMEGACAM --group-by OBJECT --project NIGHT --commit',
            "awe run 'Reduce>SourceList' --instrument OMEGACAM --project NIGHT --commit --script night.sh",
            'awe run Reduce --instrument OMEGACAM --date 2012-05-31 --project NIGHT --commit --dpu')(run)


def run(step: StepArgument, instrument: InstrumentOption = None, date: DateOption = None, chip: ChipOption = None,
        filter: FilterOption = None, object: ObjectOption = None, template: TemplateOption = None,
        raw_filename: RawOption = None, frame: FrameOption = None, selection: SelectionOption = None,
        group_by: GroupByOption = None, grid: GridOption = None, scale: ScaleOption = None, par: ParOption = None,
        rebuild: RebuildOption = 'missing', calibration_level: LevelOption = None,
        commit: Annotated[bool, typer.Option('--commit', help='Keep the products.')] = False,
        dpu: Annotated[bool, typer.Option('--dpu', help='Submit a job to the cluster in AWLIKE_DPU; if this is empty, run '
                                          'the job on workers of this machine and wait.')] = False,
        wait: Annotated[bool, typer.Option('--wait', help='With --dpu: wait until the job has ended.')] = False,
        script: Annotated[Path | None, typer.Option('--script', metavar='FILE', help='Run nothing: write a shell script that '
                                                    'does, for the queue of your site.')] = None,
        project: ProjectOption = '', privileges: PrivilegesOption = None, as_json: JsonOption = False) -> None:
    """Make the products that are missing.

    The command runs a step of the pipeline, or several steps in order. It makes the missing inputs of a step, too, and
    prints the products, one per line. Targets that fail are listed at the end with the reason, and the exit status is 1;
    the other targets are made.
    """
    if project or commit or selection:
        set_project(project, privileges)
    arguments = _arguments(instrument, date, chip, filter, object, template, raw_filename, frame, par, rebuild, commit,
                           calibration_level, selection, group_by) | _on_grid(grid, scale)
    if script is not None:
        return _write_script(script, step, arguments)
    if dpu:
        return _submit(step, arguments, wait, as_json)
    chain = _chain(step, arguments)
    try:
        chain.execute()
    except ProcessingError as error:
        if commit:
            _tell_of_failure(chain, error, project)
        raise
    finally:
        if as_json:
            write_json(chain.to_dict())
        else:
            say(*chain.products, sep='\n')
        if chain.made and not commit:
            say('the products are not kept: give --commit to keep them', file=sys.stderr)


def _tell_of_failure(chain: 'Chain', error: Exception, project: str) -> None:
    """Tell of a run that failed to whom the settings name; of the same failure once a day."""
    from awlike.config import settings
    from awlike.nights import utcnow
    from awlike.notices import FAILED, tell_of
    tasks = '; '.join(map(str, chain.tasks))
    tell_of(FAILED, f'{tasks} failed', str(error), once=f'{utcnow():%Y-%m-%d} {tasks} {error}',
            project=project or settings().project)


def plan(step: StepArgument, instrument: InstrumentOption = None, date: DateOption = None, chip: ChipOption = None,
         filter: FilterOption = None, object: ObjectOption = None, template: TemplateOption = None,
         raw_filename: RawOption = None, frame: FrameOption = None, selection: SelectionOption = None,
         group_by: GroupByOption = None, grid: GridOption = None, scale: ScaleOption = None, par: ParOption = None,
         rebuild: RebuildOption = 'missing', calibration_level: LevelOption = None,
         project: ProjectOption = '', privileges: PrivilegesOption = None, as_json: JsonOption = False) -> None:
    """Show what a run would reuse and make, and why.

    The command changes nothing. The exit status is 1 when some targets cannot be made.
    """
    if project or selection:
        set_project(project, privileges)
    arguments = _arguments(instrument, date, chip, filter, object, template, raw_filename, frame, par, rebuild, bool(project),
                           calibration_level, selection, group_by) | _on_grid(grid, scale)
    plans = _chain(step, arguments).plan()
    write_json([step_plan.to_dict() for step_plan in plans]) if as_json else tell('\n\n'.join(map(str, plans)))
    if any(step_plan.failed for step_plan in plans):
        sys.exit(1)


def _arguments(instrument: str | None, date: str | None, chip: list[str] | None, filter: list[str] | None, object: str | None,
               template: str | None, raw_filename: list[str] | None, frame: list[str] | None, par: list[str] | None,
               rebuild: str, commit: bool, calibration_level: str | None, selection: str | None,
               group_by: str | None) -> dict[str, Any]:
    return {'instrument': instrument, 'date': date, 'chip': chip or None, 'filter': filter or None, 'object': object,
            'template': template, 'raw_filenames': raw_filename or None, 'frames': frame or None, 'pars': _pars(par),
            'rebuild': rebuild, 'commit': commit, 'calibration_level': calibration_level, 'selection': selection,
            'group_by': group_by}


def _on_grid(grid: str | None, scale: float | None) -> dict[str, Any]:
    """Return the arguments that tasks on grids alone have, as far as they are given."""
    from awlike.errors import ParameterError
    given: dict[str, Any] = {} if scale is None else {'scale': scale}
    if grid is None:
        return given
    try:
        ra, dec = map(float, grid.split(','))
    except ValueError:
        if not grid[:1].isalpha():
            raise ParameterError(f'--grid {grid}: give right ascension and declination in degrees, as 315,-31') from None
        return given | {'grid': grid}
    return given | {'grid': (ra, dec)}


def _write_script(path: Path, step: str, arguments: dict[str, Any]) -> None:
    from awlike.cli.job_script import write
    from awlike.errors import ParameterError
    if not arguments['commit']:
        raise ParameterError('a script without --commit would keep no products: give --commit as well')
    _chain(step, arguments).check()  # refuse now what the script could not do
    say(write(path, sys.argv[1:]))


def _submit(step: str, arguments: dict[str, Any], wait: bool, as_json: bool) -> None:
    from awlike.cli.job import submitted
    from awlike.errors import ParameterError
    from awlike.names import dpu
    if not arguments['commit']:
        raise ParameterError('a job without --commit keeps no products, and they are lost when this command ends: '
                             'give --commit as well')
    submitted(dpu.run(step, **arguments), wait, as_json)


def _chain(step: str, arguments: dict[str, Any]) -> 'Chain':
    import awlike.names  # noqa: F401 -- declares the classes of the products and of those they are compared with
    from awlike.tasks.chain import Chain
    return Chain(step, **arguments)


def _pars(items: list[str] | None) -> dict[str, str]:
    from awlike.errors import ParameterError
    pars = {}
    for item in items or ():
        name, equals, value = item.partition('=')
        if not equals or '.' not in name:
            raise ParameterError(f'--par {item}: write Class.PARAMETER=value, as BiasFrame.SIGMA_CLIP=4')
        pars[name] = value
    return pars

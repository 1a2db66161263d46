"""The commands that run a pipeline: run, plan."""

import sys
from typing import Annotated, Literal, Optional

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
from awlike.terminal import tell

GROUP = 'Processing'
StepArgument = Annotated[str, typer.Argument(
    metavar='STEP', autocompletion=complete.steps,
    help="Step, as Bias, Flat or Reduce; or several in order, as 'Bias>Flat>Reduce'.")]
InstrumentOption = Annotated[str, typer.Option(metavar='NAME', help='Camera.', autocompletion=complete.instruments)]
TemplateOption = Annotated[Optional[str], typer.Option(
    metavar='TIME', help='When the template began (UTC), as 2012-06-01T08:51:44.')]
RawOption = Annotated[Optional[list[str]], typer.Option(
    metavar='NAME', help='A raw frame, by file name; may be repeated.', autocompletion=complete.filenames)]
ParOption = Annotated[Optional[list[str]], typer.Option(
    metavar='CHANGE', help='Class.PARAMETER=value, as BiasFrame.SIGMA_CLIP=4; may be repeated.')]
RebuildOption = Annotated[Literal['missing', 'stale', 'all'], typer.Option(
    help='What is made again: what is missing or does not hold; also what other code made; also all that is asked for.')]


def add_to(app) -> None:
    """Add these commands to `app`."""
    command(app, GROUP, 'awe plan Reduce --instrument OMEGACAM --date 2012-05-31')(plan)
    command(app, GROUP, 'awe run Reduce --instrument OMEGACAM --date 2012-05-31 --project NIGHT --commit',
            "awe run 'Bias>Flat>Reduce' --instrument OMEGACAM --par BiasFrame.SIGMA_CLIP=4 --project NIGHT --commit",
            'awe run Reduce --instrument OMEGACAM --date 2012-05-31 --project NIGHT --commit --dpu')(run)


def run(step: StepArgument, instrument: InstrumentOption, date: DateOption = None, chip: ChipOption = None,
        filter: FilterOption = None, object: ObjectOption = None, template: TemplateOption = None,
        raw_filename: RawOption = None, par: ParOption = None, rebuild: RebuildOption = 'missing',
        commit: Annotated[bool, typer.Option('--commit', help='Keep what is made.')] = False,
        dpu: Annotated[bool, typer.Option('--dpu', help='As a job on the cluster that AWLIKE_DPU names; without one, on workers '
                                          'of this machine, until they are done.')] = False,
        wait: Annotated[bool, typer.Option('--wait', help='With --dpu: wait until the job has ended.')] = False,
        project: ProjectOption = '', privileges: PrivilegesOption = None, as_json: JsonOption = False):
    """Make what is missing.

    A step of the pipeline, or several in order; what a step needs and does not exist is made on the way. The products
    are printed, a line each. Targets that could not be made are named at the end, with the reason, and make the exit
    status 1; the others are made.
    """
    if project or commit:
        set_project(project, privileges)
    arguments = _arguments(instrument, date, chip, filter, object, template, raw_filename, par, rebuild, commit)
    if dpu:
        return _submit(step, arguments, wait, as_json)
    chain = _chain(step, arguments)
    try:
        chain.execute()
    finally:
        if as_json:
            write_json(chain.to_dict())
        else:
            sys.stdout.writelines(f'{product}\n' for product in chain.products)
        if chain.made and not commit:
            print('nothing of it is kept: give --commit to keep it', file=sys.stderr)


def plan(step: StepArgument, instrument: InstrumentOption, date: DateOption = None, chip: ChipOption = None,
         filter: FilterOption = None, object: ObjectOption = None, template: TemplateOption = None,
         raw_filename: RawOption = None, par: ParOption = None, rebuild: RebuildOption = 'missing',
         project: ProjectOption = '', privileges: PrivilegesOption = None, as_json: JsonOption = False):
    """Show what a run would reuse and make, and why.

    It changes nothing.
    """
    if project:
        set_project(project, privileges)
    arguments = _arguments(instrument, date, chip, filter, object, template, raw_filename, par, rebuild, bool(project))
    plans = _chain(step, arguments).plan()
    write_json([one.to_dict() for one in plans]) if as_json else tell('\n\n'.join(map(str, plans)))


def _arguments(instrument, date, chip, filter, object, template, raw_filename, par, rebuild, commit):
    return {'instrument': instrument, 'date': date, 'chip': chip or None, 'filter': filter or None, 'object': object,
            'template': template, 'raw_filenames': raw_filename or None, 'pars': _pars(par), 'rebuild': rebuild, 'commit': commit}


def _submit(step, arguments, wait, as_json):
    from awlike.cli.job import submitted
    from awlike.errors import ParameterError
    from awlike.names import dpu
    if not arguments['commit']:
        raise ParameterError('what a job does not keep is lost when this command ends: give --commit as well')
    submitted(dpu.run(step, **arguments), wait, as_json)


def _chain(step, arguments):
    import awlike.names  # noqa: F401 -- products, and what they are compared with
    from awlike.tasks.chain import Chain
    return Chain(step, **arguments)


def _pars(items):
    from awlike.errors import ParameterError
    pars = {}
    for item in items or ():
        name, equals, value = item.partition('=')
        if not equals or '.' not in name:
            raise ParameterError(f'--par {item}: write Class.PARAMETER=value, as BiasFrame.SIGMA_CLIP=4')
        pars[name] = value
    return pars

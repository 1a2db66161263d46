"""The commands of who operates a pipeline: run, plan, purge, fsck."""

import json
import sys
from typing import Annotated, Literal, Optional

import typer

from awlike.errors import NotFound, ParameterError
from awlike.text import tell

ProjectOption = Annotated[str, typer.Option(help='Project to work in.', envvar='AWLIKE_PROJECT', show_default=False)]
PrivilegesOption = Annotated[Optional[int], typer.Option(
    help='1 MyDB, 2 Project, 3 Astro-WISE, 4 World, 5 VO.  [default: 2, or less where the project publishes less]',
    min=1, max=5)]
StepArgument = Annotated[str, typer.Argument(help="Step, as Bias, Flat or Reduce; or several in order, as 'Bias>Flat>Reduce'.")]
InstrumentOption = Annotated[str, typer.Option(help='Camera.')]
DateOption = Annotated[Optional[str], typer.Option(
    help='Night: the date of the local noon at which it begins; or the first and the last, as 2012-05-31:2012-06-03.')]
ChipOption = Annotated[Optional[list[str]], typer.Option(help='Detector; may be repeated.')]
FilterOption = Annotated[Optional[list[str]], typer.Option(help='Filter; may be repeated.')]
ObjectOption = Annotated[Optional[str], typer.Option(help='What the frames show; * and ? are wild.')]
TemplateOption = Annotated[Optional[str], typer.Option(help='When the template began (UTC).')]
RawOption = Annotated[Optional[list[str]], typer.Option(help='A raw frame; may be repeated.')]
ParOption = Annotated[Optional[list[str]], typer.Option(help='Class.PARAMETER=value; may be repeated.')]
RebuildOption = Annotated[Literal['missing', 'stale', 'all'], typer.Option(
    help='What is made again: what is missing or does not hold; also what other code made; also all that is asked for.')]


def run(step: StepArgument, instrument: InstrumentOption, date: DateOption = None, chip: ChipOption = None,
        filter: FilterOption = None, object: ObjectOption = None, template: TemplateOption = None,
        raw_filename: RawOption = None, par: ParOption = None, rebuild: RebuildOption = 'missing',
        commit: Annotated[bool, typer.Option('--commit', help='Keep what is made.')] = False,
        project: ProjectOption = '', privileges: PrivilegesOption = None):
    """Run a pipeline step; what it needs and does not exist is made on the way."""
    if project or commit:
        set_project(project, privileges)
    chain = _chain(step, instrument, date, chip, filter, object, template, raw_filename, par, rebuild, commit)
    try:
        chain.execute()
    finally:
        for product in chain.products:
            print(product)
        if chain.made and not commit:
            print('nothing of it is kept: give --commit to keep it', file=sys.stderr)


def plan(step: StepArgument, instrument: InstrumentOption, date: DateOption = None, chip: ChipOption = None,
         filter: FilterOption = None, object: ObjectOption = None, template: TemplateOption = None,
         raw_filename: RawOption = None, par: ParOption = None, rebuild: RebuildOption = 'missing',
         as_json: Annotated[bool, typer.Option('--json', help='For machines.')] = False,
         project: ProjectOption = '', privileges: PrivilegesOption = None):
    """Show what a run would reuse and make, and why; changes nothing."""
    if project:
        set_project(project, privileges)
    chain = _chain(step, instrument, date, chip, filter, object, template, raw_filename, par, rebuild, bool(project))
    plans = chain.plan()
    if as_json:
        print(json.dumps([one.to_dict() for one in plans], indent=1))
    else:
        tell('\n\n'.join(map(str, plans)))


def purge(product: Annotated[str, typer.Argument(help='Class of the products, as ReducedScienceFrame.')],
          instrument: Annotated[Optional[str], typer.Option(help='Camera.')] = None, date: DateOption = None,
          chip: ChipOption = None, filter: FilterOption = None, object: ObjectOption = None,
          commit: Annotated[bool, typer.Option('--commit', help='Do it, rather than tell what it would free.')] = False,
          project: ProjectOption = ''):
    """Drop the files of products that can be made again; they are, when they are used."""
    from awlike.context import context
    from awlike.query.properties import classes
    cls = classes.get(product)
    if cls is None or not hasattr(cls, 'Parameters'):
        raise ParameterError(f'{product!r} is no class of products: name one as ReducedScienceFrame')
    if project:
        set_project(project, None)
    query = cls.select(instrument=instrument, chip=chip or None, filter=filter or None, date=date, object=object)
    print(context.purge(query.project_only() if project else query, commit=commit))


def fsck(digests: Annotated[bool, typer.Option(help='Read every file and compare its digest.')] = True,
         mend: Annotated[bool, typer.Option('--mend', help='Remove what nothing names; note what is to be made again.')] = False):
    """Compare the database with the data server; exit status 1 when something is not as it should be."""
    from awlike.tracing.fsck import fsck as check
    findings = check(digests, mend)
    for finding in findings:
        print(finding)
    print(f'{len(findings)} findings' if findings else 'all is well')
    if any(not finding.mended for finding in findings):
        sys.exit(1)


def _chain(step, instrument, date, chip, filter, object, template, raw_filename, par, rebuild, commit):
    from awlike.tasks.chain import Chain
    return Chain(step, instrument=instrument, date=date, chip=chip or None, filter=filter or None, object=object,
                 template=template, raw_filenames=raw_filename or None, pars=_pars(par), rebuild=rebuild, commit=commit)


def set_project(name, privileges):
    from awlike.context import context
    if not name:
        raise NotFound('no project is set: give --project NAME, or set AWLIKE_PROJECT; awe project list shows which '
                       'there are')
    context.set_project(name)
    if privileges is not None:
        context.set_privileges(privileges)


def _pars(items):
    pars = {}
    for item in items or ():
        name, equals, value = item.partition('=')
        if not equals or '.' not in name:
            raise ParameterError(f'--par {item}: write Class.PARAMETER=value, as BiasFrame.SIGMA_CLIP=4')
        pars[name] = value
    return pars

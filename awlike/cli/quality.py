"""The commands for quality reports: list, show, export."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from awlike.cli import complete
from awlike.cli.group import Commands
from awlike.cli.options import (
    ChipOption,
    DateOption,
    FilterOption,
    InstrumentOption,
    JsonOption,
    ObjectOption,
    ProjectOption,
    command,
    context_here,
    set_project,
    write_json,
)
from awlike.terminal import say, tell

if TYPE_CHECKING:
    from awlike.frames.quality_report import QualityReport

reports = typer.Typer(cls=Commands, no_args_is_help=True, rich_markup_mode=None,
                      help='Show how good frames are, by their quality reports.')
_EXAMPLE = 'ReducedScienceFrame_OMEGACAM_ESO_CCD_65_r_SDSS_2012-06-01T08-51-44_6f6f4b0a2d5e.fits'
FrameArgument = Annotated[str, typer.Argument(metavar='NAME', autocompletion=complete.filenames,
                                              help='File name or object id of a science frame, or object id of a report.')]


def add_to(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    app.add_typer(reports, name='quality', rich_help_panel='Looking')


@command(reports, 'Commands', 'awe quality list', 'awe quality list --instrument OMEGACAM --date 2012-05-31',
         name='list')
def list_(instrument: InstrumentOption = None, chip: ChipOption = None, filter: FilterOption = None, date: DateOption = None,
          object: ObjectOption = None, project: ProjectOption = '', as_json: JsonOption = False) -> None:
    """List reports, in order of date.

    A row has the verdict and the principal values. The verdict is that of the report by itself; awe quality show compares
    with earlier frames, too.
    """
    context_here()
    if project:
        set_project(project, None)
    from awlike.cli.look import print_rows
    from awlike.frames.quality_report import QualityReport
    from awlike.products.quality_view import PRINCIPAL, verdict_of
    query = QualityReport.select(instrument, chip or None, filter or None, date)
    if object is not None:
        query &= QualityReport.frame.OBJECT.like(object)
    made = list(query.order_by('DATE_OBS'))
    if as_json:
        return write_json([_brief(one, verdict_of(one)) for one in made])
    shown = [name for name in PRINCIPAL if name != 'transparency']
    rows = [(one.DATE_OBS, one.filter.name if one.filter else None, one.chip.name if one.chip else None,
             verdict_of(one).headline, *(getattr(one, name) for name in shown), str(one.frame)) for one in made]
    print_rows(f'{len(made)} QualityReport', ['DATE_OBS', 'filter', 'chip', 'verdict', *shown, 'filename'], rows)


def _brief(report: 'QualityReport', verdict: Any) -> dict[str, Any]:
    from awlike.products.quality_view import PRINCIPAL
    return {'object_id': report.object_id, 'frame': str(report.frame), 'frame_id': report.frame.object_id,
            'DATE_OBS': report.DATE_OBS, 'verdict': verdict.to_dict(), **{name: getattr(report, name) for name in PRINCIPAL}}


@command(reports, 'Commands', f'awe quality show {_EXAMPLE}')
def show(name: FrameArgument, as_json: JsonOption = False) -> None:
    """Show a report: verdict and values.

    Each value stands beside its limit and beside those of the last 30 frames of the chip and filter.
    """
    view = _report(name).show()
    write_json(view.to_dict()) if as_json else tell(view)


@command(reports, 'Commands', f'awe quality export {_EXAMPLE} pages', f'awe quality export {_EXAMPLE} report.html')
def export(name: FrameArgument,
           path: Annotated[Path, typer.Argument(metavar='FOLDER|FILE', help='Where to put the page.')] = Path('.'),
           as_json: JsonOption = False) -> None:
    """Write a report as one HTML page, which needs nothing else."""
    written = _report(name).export(path)
    write_json({'file': str(written)}) if as_json else say(written)


def _report(name: str) -> 'QualityReport':
    """Return the report that is called so, or the newest of the frame that is."""
    from awlike.cli.look import find
    from awlike.errors import NotFound, ParameterError
    from awlike.frames.quality_report import QualityReport, report_of
    from awlike.frames.science import ScienceFrame
    context_here()
    found = find(name)
    if not isinstance(found, QualityReport | ScienceFrame):
        raise ParameterError(f'{found} has no quality report: science frames have')
    report = report_of(found)
    if report is None:
        camera = '' if found.instrument is None else f' --instrument {found.instrument.name}'
        raise NotFound(f'{found} has no quality report that you see: awe run Quality{camera} --frame {found} --commit makes '
                       'one')
    return report

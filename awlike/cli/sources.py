"""The commands for sources: the rows of all source lists."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from awlike.cli.group import Commands
from awlike.cli.options import FilterOption, JsonOption, ProjectOption, command, context_here, set_project, write_json
from awlike.spelling import counted
from awlike.terminal import tell

if TYPE_CHECKING:
    from uuid import UUID

    from awlike.sky.regions import Cone

sources = typer.Typer(cls=Commands, no_args_is_help=True, rich_markup_mode=None,
                      help='Find sources in the source lists that you may see.')
_SHOWN = 'SID', 'RA', 'DEC', 'MAG_AUTO', 'MAGERR_AUTO', 'MAG_PSF', 'MAGERR_PSF', 'EXTENDEDNESS', 'FLAGS'
_OF_LIST = 'filter', 'DATE_OBS', 'list', 'frame'
_OF_CURVE = 'BJD_TDB', 'MJD', 'filter', 'MAG_PSF', 'MAGERR_PSF', 'FLUX', 'FLUXERR', 'FLAGS', 'frame'
_NEGATIVE = {'ignore_unknown_options': True}  # a declination may begin with a minus sign


class _Near(NamedTuple):
    """A source in a cone."""

    distance: float  # arcsec
    object_id: int
    source_list_id: 'UUID'


def add_to(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    app.add_typer(sources, name='sources', rich_help_panel='Looking')


@command(sources, 'Commands', 'awe sources cone 315.0 -31.0 0.01',
         'awe sources cone 10:12:13.2 -20:10:00 1arcmin --filter r_SDSS --limit 10', context_settings=_NEGATIVE)
def cone(ra: Annotated[str, typer.Argument(metavar='RA', help='Right ascension: degrees as 153.055, hours as 10:12:13.2 or '
                                                              '10h12m13.2s.')],
         dec: Annotated[str, typer.Argument(metavar='DEC', help='Declination: degrees as -20.1667, -20:10:00 or -20d10m.')],
         radius: Annotated[str, typer.Argument(metavar='RADIUS', help='Radius: degrees as 0.05, or with a unit as 1arcmin or '
                                                                      '30arcsec.')],
         filter: FilterOption = None, project: ProjectOption = '',
         valid: Annotated[bool, typer.Option('--valid', help='Only sources of usable lists: valid, with valid ancestors, and '
                                             'within their limits.')] = False,
         limit: Annotated[int, typer.Option(metavar='NUMBER', min=1, help='Show so many of the nearest.')] = 100,
         as_json: JsonOption = False) -> None:
    """List the sources around a position, nearest first.

    The sources are those of all source lists that you may see, so that a star has a row for each frame that shows it. A
    terminal shows as many columns as fit, a pipe gets all columns.
    """
    context_here()
    if project:
        set_project(project, None)
    from awlike.cli.look import print_rows
    from awlike.sky.angles import typed_angle
    from awlike.sky.regions import Cone
    place = Cone(typed_angle(ra, 'the right ascension', True), typed_angle(dec, 'the declination'),
                 typed_angle(radius, 'the radius'))
    near = _near(place, filter, project, valid)
    heads, rows = ['distance', *_SHOWN, *_OF_LIST], _rows(near[:limit])
    if as_json:
        return write_json([dict(zip(heads, row, strict=True)) for row in rows])
    more = f', the nearest {limit} are shown: --limit shows more' if len(near) > limit else ''
    print_rows(f'{counted(len(near), "source")}{more}', heads, rows)


@command(sources, 'Commands', 'awe sources curve 315.0 -31.0', 'awe sources curve 21:00:00 -31:00:00 --radius 0.5arcsec --json',
         context_settings=_NEGATIVE)
def curve(ra: Annotated[str, typer.Argument(metavar='RA', help='Right ascension: degrees as 153.055, hours as 10:12:13.2.')],
          dec: Annotated[str, typer.Argument(metavar='DEC', help='Declination: degrees as -20.1667, or -20:10:00.')],
          radius: Annotated[str, typer.Option(metavar='RADIUS', help='How far measurements may be from there.')] = '1arcsec',
          png: Annotated[Path | None, typer.Option('--png', metavar='FILE', help='Write a picture with errors, too.')] = None,
          as_json: JsonOption = False) -> None:
    """Show the light curve at a position.

    The terminal shows a small picture and the points, one for each frame that you may see.
    """
    context_here()
    from awlike.cli.look import print_rows
    from awlike.frames.forced_source_list import ForcedSource
    from awlike.sky.angles import typed_angle
    found = ForcedSource.light_curve(typed_angle(ra, 'the right ascension', True), typed_angle(dec, 'the declination'),
                                     typed_angle(radius, 'the radius'))
    if png is not None and len(found):
        found.inspect(png)
    heads = list(_OF_CURVE)
    rows = list(zip(*(found.table[name].tolist() for name in heads), strict=True))
    if as_json:
        return write_json([dict(zip(heads, row, strict=True)) for row in rows])
    tell(found)
    if rows:
        print_rows(counted(len(rows), 'point'), heads, rows)


def _near(place: 'Cone', filters: list[str] | None, project: str, valid: bool) -> list['_Near']:
    """Return the sources in a cone, the nearest first."""
    from awlike.frames.source_list import Source, SourceList
    from awlike.sky.sphere import separation
    query: Any = Source.within(place.ra, place.dec, place.radius)
    if filters:
        query &= Source.source_list.filter.name.in_(filters)
    if project:
        query &= Source.source_list.project.name == project
    found = query.columns('object_id', 'source_list_id', 'RA', 'DEC')
    if valid and found:
        usable = {one.object_id for one in SourceList.select_valid() & _lists(found)}
        found = [one for one in found if one.source_list_id in usable]
    distances = separation([one.RA for one in found], [one.DEC for one in found], place.ra, place.dec)
    return sorted(_Near(3600 * float(distance), one.object_id, one.source_list_id)
                  for distance, one in zip(distances, found, strict=True))


def _lists(found: Iterable[Any]) -> Any:
    """Return the query for the source lists of some sources."""
    from awlike.frames.source_list import SourceList
    return SourceList.object_id.in_(sorted({one.source_list_id for one in found}))


def _rows(near: list['_Near']) -> list[tuple]:
    """Return the rows of a list of sources: distance, own values, and what is known of the source list."""
    from awlike.frames.source_list import Source
    if not near:
        return []
    table = Source.object_id.in_([one.object_id for one in near]).table('object_id', *_SHOWN)
    own = {row[0]: row[1:] for row in zip(*(table[name].tolist() for name in table.colnames), strict=True)}
    lists = {one.object_id: (one.filter and one.filter.name, one.DATE_OBS, one.filename, one.frame and one.frame.filename)
             for one in _lists(near)}
    return [(round(one.distance, 4), *own[one.object_id], *lists[one.source_list_id]) for one in near]

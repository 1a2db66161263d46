"""The commands for reference catalogues: stars with known positions and magnitudes."""

from pathlib import Path
from typing import Annotated, Any

import typer

from awlike.cli.group import Commands
from awlike.cli.options import JsonOption, command, context_here, write_json
from awlike.spelling import counted
from awlike.terminal import say

refcats = typer.Typer(cls=Commands, no_args_is_help=True, rich_markup_mode=None,
                      help='Add, fetch, list and remove reference catalogues.')
NameArgument = Annotated[str, typer.Argument(metavar='NAME', help='Name of the catalogue; NAME@2 for another version than the '
                                                                  'first.')]


def _column(text: str) -> Any:
    return typer.Option(metavar='COLUMN', help=text)


RA = _column('Right ascension: degrees, unless the file says another unit.')
DEC = _column('Declination, likewise.')
BAND = typer.Option(metavar='FILTER=COLUMN[,COLUMN]', help='Magnitude in a filter, and its error; or fluxes, if the file says '
                                                           'their unit; may be repeated.')
RA_ERROR = _column('Error of the right ascension, along the circle: mas, unless the file says another unit.')
DEC_ERROR = _column('Error of the declination, likewise.')
PM_RA = _column('Proper motion in right ascension, times cos(Dec): mas/yr, unless the file says another unit.')
PM_DEC = _column('Proper motion in declination, likewise.')
EPOCH = typer.Option(metavar='YEAR|COLUMN', help='Julian year of the positions, as 2016.0, or the column that has it.')


def add_to(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    app.add_typer(refcats, name='refcat', rich_help_panel='Files in and out')


@command(refcats, 'Commands', 'awe refcat add STRIPE82 stars.fits --ra ra --dec dec --band g=g,g_err --band r=r,r_err',
         'awe refcat add GAIA gaia.parquet --ra ra --dec dec --ra-error ra_error --dec-error dec_error --pm-ra pmra '
         '--pm-dec pmdec --epoch 2016.0 --band G=phot_g_mean_mag')
def add(name: Annotated[str, typer.Argument(metavar='NAME', help='What to call the catalogue.')],
        files: Annotated[list[Path], typer.Argument(metavar='FILE', help='FITS, LDAC, Parquet, VOTable, ECSV or CSV files, or '
                                                                         'folders of them.')],
        ra: Annotated[str, RA], dec: Annotated[str, DEC], band: Annotated[list[str] | None, BAND] = None,
        ra_error: Annotated[str | None, RA_ERROR] = None, dec_error: Annotated[str | None, DEC_ERROR] = None,
        pm_ra: Annotated[str | None, PM_RA] = None, pm_dec: Annotated[str | None, PM_DEC] = None,
        epoch: Annotated[str | None, EPOCH] = None,
        as_json: JsonOption = False) -> None:
    """Add a reference catalogue.

    Everybody reads it. The same content under the same name changes nothing; other content is another version.
    """
    from awlike.ingest.refcat import add as run
    from awlike.ingest.stars_in_files import bands_of
    context_here()
    made = run(name, files, ra=ra, dec=dec, bands=bands_of(band), ra_error=ra_error, dec_error=dec_error, pm_ra=pm_ra,
               pm_dec=pm_dec, epoch=epoch)
    if as_json:
        return write_json(_as_dict(made))
    say(f'{made}: version {made.version}, {counted(made.number, "star")}')


@command(refcats, 'Commands', 'awe refcat fetch gaia --ra 315 --dec -31 --radius 1 --limit-mag 19')
def fetch(survey: Annotated[str, typer.Argument(metavar='SURVEY', help='The survey: gaia, its third data release.')],
          ra: Annotated[float, typer.Option(metavar='DEG', help='Right ascension of the centre of the field, degrees.')],
          dec: Annotated[float, typer.Option(metavar='DEG', help='Declination of the centre, degrees.')],
          radius: Annotated[float, typer.Option(metavar='DEG', help='Radius of the field, degrees.')],
          name: Annotated[str, typer.Option(metavar='NAME', help='What to call the catalogue.')] = 'GAIA',
          limit_mag: Annotated[float | None, typer.Option(metavar='MAG', help='Faintest magnitude in G.')] = None,
          url: Annotated[str, typer.Option(metavar='URL', show_default=False,
                                           help='A TAP service that has gaiadr3.gaia_source. Default: the Gaia archive.')] = '',
          as_json: JsonOption = False) -> None:
    """Fetch the stars of a field from an archive.

    They become a reference catalogue with G, BP and RP magnitudes, errors and proper motions. Another field under the same name
    is another version. Needs the package pyvo: pip install 'awlike[online]'.
    """
    from awlike.ingest.gaia import fetch as run
    if survey.lower() != 'gaia':
        raise typer.BadParameter(f'{survey!r}: awlike fetches gaia; add another survey from files by awe refcat add',
                                 param_hint='SURVEY')
    context_here()
    made = run(ra, dec, radius, name, limit_mag, url or None)
    if as_json:
        return write_json(_as_dict(made))
    say(f'{made}: version {made.version}, {counted(made.number, "star")}')


@command(refcats, 'Commands', 'awe refcat list', name='list')
def list_(as_json: JsonOption = False) -> None:
    """Show the reference catalogues."""
    context_here()
    from awlike.products.reference_catalogue import ReferenceCatalogue
    found = list(ReferenceCatalogue.select_all().order_by('name', 'version'))
    if as_json:
        return write_json([_as_dict(one) for one in found])
    if not found:
        return say('no reference catalogues: awe refcat add adds one')
    width = max(len(str(one)) for one in found)
    for one in found:
        invalid = '' if one.is_valid else '  invalid'
        say(f'{one!s:{width}}  {one.number:>11,} stars  {",".join(one.bands) or "-":12}  {one.creator.name}, '
            f'{one.creation_date:%Y-%m-%d}{invalid}')


@command(refcats, 'Commands', 'awe refcat remove STRIPE82@2')
def remove(name: NameArgument) -> None:
    """Remove a reference catalogue.

    You can remove your own, as long as nothing was made from it.
    """
    context_here()
    from awlike.ingest.refcat import remove as run
    run(name)
    say(f'{name} is removed')


def _as_dict(one: Any) -> dict[str, Any]:
    names = 'name', 'version', 'number', 'bands', 'fastest', 'digest', 'filename', 'files', 'creation_date', 'is_valid'
    return {name: getattr(one, name) for name in names} | {'creator': one.creator.name, 'object_id': one.object_id}

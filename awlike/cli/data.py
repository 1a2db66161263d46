"""The commands for files in and out: ingest, retrieve, export, deliver, simulate."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from awlike.cli import complete
from awlike.cli.options import (
    JsonOption,
    NameArgument,
    PrivilegesOption,
    ProjectOption,
    command,
    set_project,
    write_json,
)
from awlike.spelling import counted
from awlike.terminal import say

if TYPE_CHECKING:
    from awlike.products.frame import Frame

GROUP = 'Files in and out'


def add_to(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    command(app, GROUP, 'awe ingest --project NIGHT /data/2012-05-31',
            'awe ingest --project NIGHT --how link --json /data/2012-05-31',
            'awe ingest --project NIGHT --as BiasFrame combined_bias.fits',
            'awe ingest --project NIGHT --as ImportedScienceFrame reduced.fits')(ingest)
    command(app, GROUP, 'awe retrieve --into /data ReducedScienceFrame_NASA42_CCD_VR_2019-03-26T03-08-43_0a1b2c000000.fits',
            "awe list ReducedScienceFrame --valid --names | xargs awe retrieve --into /data/reduced")(retrieve)
    frame = 'ReducedScienceFrame_NASA42_CCD_VR_2019-03-26T03-08-43_0a1b2c000000.fits'
    command(app, GROUP, f'awe export {frame} red.fits', f'awe export --calexp {frame} calexp.fits',
            'awe export SourceList_SDSS_r4_r_2003-10-19T04-43-02_0a1b2c000000.fits sources.vot')(export)
    command(app, GROUP, 'awe deliver CoaddedRegriddedFrame_OMEGACAM_r_SDSS_2012-06-01T08-51-44_0a1b2c000000.fits '
            '--into field1')(deliver)
    command(app, GROUP, 'awe simulate night --chips 2 --shape 1024x512', 'awe simulate night --modes slow,fast',
            'awe simulate night --shape 1024x1024 --sky --centre 150.1 2.2',
            'awe simulate raw --instrument ODI --chips 2 --shape 48x48')(simulate)


def ingest(paths: Annotated[list[Path], typer.Argument(metavar='PATH', help='Files, or folders of files.')],
           project: ProjectOption = '', privileges: PrivilegesOption = None,
           how: Annotated[Literal['copy', 'link', 'refer'], typer.Option(
               help='Keep a copy, a hard link, or a reference to the place of the file.')] = 'copy',
           as_: Annotated[str | None, typer.Option(
               '--as', metavar='CLASS', help='The files are ready-made frames of this class: ImportedScienceFrame (reduced '
                                             'elsewhere), or a calibration: BiasFrame, DarkFrame (bias subtracted), FlatFrame, '
                                             'DomeFlatFrame or TwilightFlatFrame.')] = None,
           as_json: JsonOption = False) -> None:
    """Take in raw files, or frames that are ready-made.

    Science frames of cameras whose files are all reduced elsewhere, as those of SDSS, are imported without --as.

    Files that awlike knows already stay as they are. Files that awlike cannot use are listed with the reason, and the exit
    status is 1. Many files with one reason have one line; --json lists each.
    """
    from awlike.ingest import ingest as run
    set_project(project, privileges)
    report = run(paths, how, as_)
    if as_json:
        write_json(report.to_dict())
    else:
        if report.refused:
            say(*report.refusals(), sep='\n', file=sys.stderr)
        say('\n'.join([*report.told(), report.summary()]))
    if report.refused:
        sys.exit(1)


def retrieve(names: Annotated[list[str], typer.Argument(metavar='NAME', help='File names or object ids.',
                                                        autocompletion=complete.filenames)],
             into: Annotated[Path, typer.Option(metavar='FOLDER', help='Folder for the copies.')] = Path('.'),
             as_json: JsonOption = False) -> None:
    """Copy FITS files into a folder.

    Each copy is complete or absent. A purged file is made again first. Files that cannot be copied are listed with the
    reason, and the exit status is 1.
    """
    from awlike.cli.look import find
    from awlike.products.retrieve import retrieve as run
    done = run([cast('Frame', find(name)) for name in names], into)
    if as_json:
        write_json(done.to_dict())
    else:
        for name, reason in done.failed:
            say(f'{name}: {reason}', file=sys.stderr)
        say(*done.paths, sep='\n')
    if done.failed:
        sys.exit(1)


def export(name: NameArgument,
           path: Annotated[Path, typer.Argument(metavar='FILE', help='File to write; an existing file is replaced.')],
           calexp: Annotated[bool, typer.Option('--calexp', help='Of a science frame: write a calibrated exposure: sky '
                                                'subtracted, with mask, variance, PSF, astrometry and zero point.')] = False,
           table: Annotated[str | None, typer.Option('--table', metavar='NAME', help='Of a catalogue: the table to write.',
                                                     show_default='the first')] = None,
           as_json: JsonOption = False) -> None:
    """Write a frame or a catalogue for other programs.

    A science frame is written with its mask, variance and lineage, as FITS. The suffix of the file names the format of a
    catalogue: .fits, .vot, .parquet, .ecsv, .ldac. awe retrieve copies the file of any frame as it is.
    """
    from awlike.cli.look import find
    from awlike.products.export import exported
    written = exported(find(name), path, **({'calexp': True} if calexp else {}), **({} if table is None else {'table': table}))
    write_json({'path': written}) if as_json else say(written)


def deliver(name: NameArgument,
            into: Annotated[Path, typer.Option(metavar='FOLDER', help='New or empty folder for the files.',
                                               show_default=False)],
            as_json: JsonOption = False) -> None:
    """Write a stack and all that belongs to it into a folder.

    These are the stack, its weight by SWarp's name, its source list where one exists, how it was built (XML, a VOTable), a
    picture, and checksums (SHA256SUMS). The folder appears whole or not at all.
    """
    from awlike.cli.look import find
    from awlike.processors.delivery import deliver as run
    written = run(find(name), into)
    write_json({'paths': written}) if as_json else say(*written, sep='\n')


def simulate(folder: Annotated[Path, typer.Argument(metavar='FOLDER', help='New or empty folder for the files.')],
             instrument: Annotated[str, typer.Option(metavar='NAME', help='Name of the camera.',
                                                     autocompletion=complete.instruments)] = 'OMEGACAM',
             chips: Annotated[int, typer.Option(metavar='NUMBER', help='Number of detectors.', min=1)] = 1,
             shape: Annotated[str | None, typer.Option(metavar='ROWSxCOLUMNS', help='Size of each detector; of ODI, of a cell.',
                                                       show_default='512x256; of ODI 96x96')] = None,
             seed: Annotated[int, typer.Option(metavar='NUMBER', help='Seed; equal seeds make equal nights.')] = 0,
             modes: Annotated[str, typer.Option(metavar='NAME,...', help='Modes of read-out, with all in each.')] = '',
             sky: Annotated[bool, typer.Option('--sky', help='Observe one sky of stars and galaxies, dithered; write its truth '
                                               '(sky.fits) and a reference catalogue (reference.fits).')] = False,
             centre: Annotated[tuple[float, float] | None, typer.Option(
                 metavar='RA DEC', help='Middle of the chips on the sky, degrees.', show_default='315 -31')] = None,
             turbulence: Annotated[float | None, typer.Option(
                 metavar='MAS', help='Rms by which the air moves stars along each axis.', show_default='0')] = None,
             ramp: Annotated[bool, typer.Option('--ramp', help='Of ODI: also dome flats of rising exposure times.')] = False,
             without: Annotated[str, typer.Option(metavar='NAME,...', help='Of ODI: effects to leave out, as ghost.')] = '',
             compression: Annotated[Literal['', 'gz', 'fz'], typer.Option(help='Of ODI: compress the files.')] = '') -> None:
    """Write a simulated night of raw files.

    The truth (stars, cosmic rays and all else) is written beside the files. With --sky, headers are wrong as those of real
    nights are: the pointing by up to an arcminute, the rotation by up to 0.1 degree; the distortion is unknown.

    A night of ODI has a folder an exposure, in bias/, dark/, flat/ and science/, and always sees the one sky; --sky writes the
    truth about it, and the reference catalogue.
    """
    from awlike.simulate import simulate as run
    shape = shape or ('96x96' if instrument == 'ODI' else '512x256')
    rows, _, columns = shape.lower().partition('x')
    if not (rows.isdigit() and columns.isdigit()):
        raise typer.BadParameter(f'{shape!r}: write rows x columns, as 512x256', param_hint='--shape')
    files = run(folder, instrument=instrument, chips=chips, shape=(int(rows), int(columns)), seed=seed,
                modes=modes.split(',') if modes else (), sky=sky, centre=centre, turbulence=turbulence, ramp=ramp,
                without=without.split(',') if without else (), compression=compression)
    beside = ', beside them sky.fits (the truth) and reference.fits (for awe refcat add)' if sky else ''
    say(f'{counted(len(files), "file")} in {folder}{beside}')

"""Files in and out: simulate, ingest, retrieve."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from awlike.cli import complete
from awlike.cli.options import (
    JsonOption,
    PrivilegesOption,
    ProjectOption,
    command,
    set_project,
    write_json,
)

GROUP = 'Files in and out'


def add_to(app) -> None:
    """Add these commands to `app`."""
    command(app, GROUP, 'awe ingest --project NIGHT /data/2012-05-31',
            'awe ingest --project NIGHT --how link --json /data/2012-05-31')(ingest)
    command(app, GROUP, 'awe retrieve --into /data ReducedScienceFrame_NASA42_CCD_VR_2019-03-26T03-08-43_0a1b2c000000.fits',
            "awe list ReducedScienceFrame --valid --names | xargs awe retrieve --into /data/reduced")(retrieve)
    command(app, GROUP, 'awe simulate night --chips 2 --shape 1024x512')(simulate)


def ingest(paths: Annotated[list[Path], typer.Argument(metavar='PATH', help='Raw files, and folders with raw files.')],
           project: ProjectOption = '', privileges: PrivilegesOption = None,
           how: Annotated[Literal['copy', 'link', 'refer'], typer.Option(
               help='Keep a copy, a hard link, or a reference to where the file is.')] = 'copy',
           as_json: JsonOption = False):
    """Ingest raw files.

    What is known already stays as it is; what cannot be used is named, with the reason, and makes the exit status 1.
    """
    from awlike.ingest import ingest as run
    set_project(project, privileges)
    report = run(paths, how)
    if as_json:
        write_json(report.to_dict())
    else:
        for path, reason in report.refused:
            print(f'{path}: refused: {reason}', file=sys.stderr)
        print('\n'.join([*report.renamed(), report.summary()]))
    if report.refused:
        sys.exit(1)


def retrieve(names: Annotated[list[str], typer.Argument(metavar='NAME', help='File names or object ids.',
                                                            autocompletion=complete.filenames)],
             into: Annotated[Path, typer.Option(metavar='FOLDER', help='Folder that they are put into.')] = Path('.'),
             as_json: JsonOption = False):
    """Put FITS files into a folder.

    Copies, each whole or not at all. A file that was purged is made again first. What cannot be had is named, and makes
    the exit status 1.
    """
    from awlike.cli.look import find
    from awlike.products.retrieve import retrieve as run
    done = run([find(name) for name in names], into)
    if as_json:
        write_json(done.to_dict())
    else:
        for name, reason in done.failed:
            print(f'{name}: {reason}', file=sys.stderr)
        sys.stdout.writelines(f'{path}\n' for path in done.paths)
    if done.failed:
        sys.exit(1)


def simulate(folder: Annotated[Path, typer.Argument(metavar='FOLDER', help='Where to write: a new or empty folder.')],
             instrument: Annotated[str, typer.Option(metavar='NAME', help='Camera whose files are written.',
                                                     autocompletion=complete.instruments)] = 'OMEGACAM',
             chips: Annotated[int, typer.Option(metavar='NUMBER', help='Number of detectors.', min=1)] = 1,
             shape: Annotated[str, typer.Option(metavar='ROWSxCOLUMNS', help='Size of each detector.')] = '512x256',
             seed: Annotated[int, typer.Option(metavar='NUMBER', help='Equal seeds give equal nights.')] = 0):
    """Write a simulated night of raw files.

    The truth, stars, cosmic rays and all, is written beside it.
    """
    from awlike.simulate import simulate as run
    rows, _, columns = shape.lower().partition('x')
    if not (rows.isdigit() and columns.isdigit()):
        raise typer.BadParameter(f'{shape!r}: write rows x columns, as 512x256', param_hint='--shape')
    files = run(folder, instrument=instrument, chips=chips, shape=(int(rows), int(columns)), seed=seed)
    print(f'{len(files)} files in {folder}')

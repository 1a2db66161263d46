"""The commands for exposures of mosaic cameras: collectcells, makecalibrations."""

import inspect
from pathlib import Path
from typing import Annotated

import typer

from awlike.cli.one_dash import OneDash, plain, typed
from awlike.cli.options import InstrumentOption, command
from awlike.cli.shared_options import with_options
from awlike.processors.mosaic.options import CalibrationOptions, CollectOptions
from awlike.terminal import say

GROUP = 'Processing'
_EXIT = ('\n\nOptions may have one dash or two, as -cals=DIR and --cals DIR. Exit status: 0 all is well; 1 the time was up, or '
         'something failed; 2 wrong use, and nothing was done.')
_HELP = {'help_option_names': ['-h', '--help']}


def add_to(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    for function, examples in (
            (collectcells, ('awe collectcells o20130101T123456.0/ out.fits -cals=cals -gain -persistency=persist',
                            'awe collectcells o20130101T123456.0/ reduced/%OBJECT_%FILTER_%OBSSEQ.fits -cals=cals -noclobber',
                            'awe collectcells o20130101T123456.0.33.fits out.fits -cals=cals -nonsidereal=36,-18,56293.5')),
            (makecalibrations, ('awe makecalibrations raw --output cals -gain',
                                'awe makecalibrations raw/bias --output cals -only=bias'))):
        command(app, GROUP, *examples, cls=OneDash, help=inspect.cleandoc(function.__doc__ or '') + _EXIT,
                context_settings=_HELP)(function)


@with_options(typed(CollectOptions))
def collectcells(input: Annotated[Path, typer.Argument(metavar='INPUT', help='Folder of an exposure, or any file of it.')],
                 output: Annotated[str, typer.Argument(
                     metavar='OUTPUT', help='The file to write; %FILTER, %OBJECT, %OBSID, %OBSSEQ and %EXPTIME stand for what '
                                            'the exposure tells. A folder gets collectcells.fits.')],
                 instrument: InstrumentOption = None, *, options: CollectOptions) -> None:
    """Make one file of an exposure of a mosaic camera.

    All detectors are reduced together, without a project. The output has an image for each detector, tables of sources, sky and
    associations, and in its primary header what became of each step. It tells its lineage: awe explain OUTPUT. A step whose
    calibration is lacking is marked as failed, and the run goes on. No home is needed, and none is made.
    """
    from awlike.processors.mosaic.command import collect
    say(collect(input, output, plain(CollectOptions, options), instrument))


@with_options(typed(CalibrationOptions))
def makecalibrations(raw: Annotated[list[Path], typer.Argument(
                         metavar='RAW ...', help='Raw files, or folders of them, at any depth.')],
                     output: Annotated[Path, typer.Option(
                         metavar='DIR', help='Folder for the calibrations; it is made where it is absent.')],
                     instrument: InstrumentOption = None, *, options: CalibrationOptions) -> None:
    """Make the calibration files that collectcells looks for.

    Raw files are sorted by type, binning and filter. The output has bias_bin1.fits, dark_yes_bin1.fits, and for each filter
    dflat_FILTER_bin1.fits or tflat_FILTER_bin1.fits: an image for each detector. Each file appears whole or not at all.
    """
    from awlike.processors.mosaic.command import calibrations
    say(*calibrations(raw, output, plain(CalibrationOptions, options), instrument), sep='\n')

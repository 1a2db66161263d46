"""The options that `awe process-file` and `awe process-ccd` share."""

import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from awlike.cli import complete
from awlike.cli.logs import Logs, levels_of
from awlike.cli.refcat import BAND, DEC, DEC_ERROR, EPOCH, PM_DEC, PM_RA, RA, RA_ERROR

if TYPE_CHECKING:
    from awlike.processors.catalogue import Catalogue
    from awlike.processors.overrides import Override

INPUT_ROOT, CALIB_ROOT, OUTPUT_ROOT = 'AWLIKE_INPUT_ROOT', 'AWLIKE_CALIB_ROOT', 'AWLIKE_OUTPUT_ROOT'
_NOT_SAFE = 'Safe with -j, but not while another command writes into the same folder.'


@dataclasses.dataclass
class Options:
    """The options that both commands have."""

    output: Annotated[Path | None, typer.Option(
        metavar='DIR', help=f'Folder for the output, relative to {OUTPUT_ROOT}; it is made where it is absent.')] = None
    config: Annotated[list[str] | None, typer.Option(
        '-c', '--config', metavar='NAME=VALUE ...', help='Values of parameters, as -c gain=2 SourceList.THRESHOLD=5. '
        'gain, read_noise and saturation are facts of frames reduced elsewhere; doVariance=False leaves the variance '
        'out.')] = None
    configfile: Annotated[list[Path] | None, typer.Option(
        metavar='FILE ...', help='Files of parameters, a line NAME = VALUE each; or a folder of them, as DIR/config.')] = None
    show: Annotated[list[str] | None, typer.Option(
        metavar='[config|data|tasks|run] ...', help='Show the parameters, the frames, or the steps, and quit, unless run is '
        'among them.')] = None
    processes: Annotated[int, typer.Option('-j', '--processes', metavar='NUMBER', min=1, help='Number of processes.')] = 1
    clobber_output: Annotated[bool, typer.Option(
        '--clobber-output', help=f'Remove the output of earlier runs, and begin anew. {_NOT_SAFE}')] = False
    clobber_config: Annotated[bool, typer.Option(
        '--clobber-config', help='Keep the parameters of earlier runs as config.~1~, and write those of this run, in place of '
        f'checking that they agree. {_NOT_SAFE}')] = False
    instrument: Annotated[str | None, typer.Option(
        metavar='NAME', help='Camera that wrote the files. Default: the camera that claims their headers.',
        autocompletion=complete.instruments)] = None
    as_: Annotated[Literal['ImportedScienceFrame'] | None, typer.Option(
        '--as', metavar='CLASS', help='ImportedScienceFrame: the files were reduced elsewhere, whatever their camera '
        'says.')] = None
    calib: Annotated[Path | None, typer.Option(
        metavar='PATH', help=f'Calibrations for raw frames, raw or ready-made: a file or a folder, relative to {CALIB_ROOT}.',
        show_default=f'the folder {CALIB_ROOT}, if set')] = None
    refcat: Annotated[list[Path] | None, typer.Option(
        metavar='FILE', help='Reference catalogue, for astrometry and photometry; several files or folders are one catalogue. '
                             'The next options name its columns, as those of awe refcat add do.')] = None
    ra: Annotated[str | None, RA] = None
    dec: Annotated[str | None, DEC] = None
    band: Annotated[list[str] | None, BAND] = None
    ra_error: Annotated[str | None, RA_ERROR] = None
    dec_error: Annotated[str | None, DEC_ERROR] = None
    pm_ra: Annotated[str | None, PM_RA] = None
    pm_dec: Annotated[str | None, PM_DEC] = None
    epoch: Annotated[str | None, EPOCH] = None
    loglevel: Annotated[list[str] | None, typer.Option(
        '-L', '--loglevel', metavar='[COMPONENT=]LEVEL', help='Log from this level on: trace, debug, info, warn, error or '
        'fatal; may be repeated.', show_default='info')] = None
    trace: Annotated[list[str] | None, typer.Option(
        metavar='COMPONENT=NUMBER ...', help='Log all of a component, as awlike=1; 0 ends that.')] = None
    logdest: Annotated[Path | None, typer.Option(metavar='FILE', help='Append what is logged to this file, too.')] = None
    debug: Annotated[bool, typer.Option('--debug', help='Log all, and the place in the code where a frame failed.')] = False
    doraise: Annotated[bool, typer.Option(
        '--doraise', help='End at the first error. Default: log the error, go on, and end with the exit status 1.')] = False

    @property
    def calibrations(self) -> Path | None:
        """The calibrations, by default the root of calibrations."""
        if self.calib is None:
            return Path(os.environ[CALIB_ROOT]) if os.environ.get(CALIB_ROOT) else None
        return under(CALIB_ROOT, self.calib)

    @property
    def folder(self) -> Path:
        """The folder for the output. Raises ParameterError where nothing names one."""
        from awlike.errors import ParameterError
        if self.output is None and not os.environ.get(OUTPUT_ROOT):
            raise ParameterError(f'there is no folder for the output: give --output DIR, or set {OUTPUT_ROOT}')
        return under(OUTPUT_ROOT, self.output or Path())

    @property
    def shown(self) -> list[str]:
        """The things to show. Raises ParameterError for an unknown word."""
        from awlike.cli.many_values import SHOWN
        from awlike.errors import ParameterError
        for word in self.show or ():
            if word not in SHOWN:
                raise ParameterError(f'--show {word}: show one or several of {", ".join(SHOWN)}')
        return self.show or []

    @property
    def logs(self) -> Logs:
        """The levels of the log, and its file."""
        return Logs(levels_of(self.loglevel or [], self.trace or [], self.debug), self.logdest)

    def catalogue(self) -> 'Catalogue | None':
        """Return the reference catalogue, None where none is given. Raises ParameterError for columns that do not suffice."""
        from awlike.processors.catalogue import Catalogue
        return Catalogue.given(self.refcat or (), self.ra, self.dec, self.band, ra_error=self.ra_error,
                               dec_error=self.dec_error, pm_ra=self.pm_ra, pm_dec=self.pm_dec, epoch=self.epoch)


def overrides_of(given: list[tuple[str, str]]) -> 'list[Override]':
    """Return what ``-c`` and ``--configfile`` say, in the order in which they were typed."""
    from awlike.processors.overrides import from_file, from_word
    found: list[Any] = []
    for option, value in given:
        if option == '--config':
            found.append(from_word(value))
        elif option == '--configfile':
            found += from_file(Path(value))
    return found


def under(root: str, path: Path) -> Path:
    """Return `path`, relative to the folder in the environment variable `root`, where it is set."""
    return Path(os.environ.get(root) or '').expanduser() / path.expanduser()

"""The commands that process files outside the archive: process-file, process-ccd."""

import contextlib
import dataclasses
import inspect
import logging
import shlex
import sys
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from awlike.cli.many_values import ManyValued, given
from awlike.cli.options import command
from awlike.cli.processing_options import INPUT_ROOT, Options, overrides_of, under
from awlike.cli.shared_options import with_options
from awlike.terminal import say

if TYPE_CHECKING:
    from awlike.processors.inputs import Inputs
    from awlike.processors.output_folder import OutputFolder
    from awlike.processors.overrides import Override
    from awlike.processors.run import Planned

log = logging.getLogger('awlike')

GROUP = 'Processing'
_DETAILS = """

Options of several values take them without =, as -c gain=2 doVariance=True. Options may be repeated; all values count, from
left to right. @FILE stands for the words in a file: in any number of lines, quoted if need be, # begins a comment.

Exit status: 0 all is well; 1 some frames failed; 2 wrong use, and nothing was done."""


def add_to(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    _add(app, process_file, 'process-file',
         'awe process-file fpC-004192-r4-0300.fits --output output -c gain=2 doVariance=True',
         'awe process-file night/*.fits --output output -j 4 --refcat stars.fits --ra ra --dec dec --band r=r,r_err',
         'awe process-file frame.fits --output output --show config data')
    _add(app, process_ccd, 'process-ccd', 'awe process-ccd input --id run=4192^6377 camcol=4 filter=g^r --output calexp',
         'awe process-ccd input --show data')


def _add(app: typer.Typer, function: Callable[..., None], name: str, *examples: str) -> None:
    command(app, GROUP, *examples, name=name, cls=ManyValued, help=inspect.cleandoc(function.__doc__ or '') + _DETAILS,
            context_settings={'help_option_names': ['-h', '--help']})(function)


@with_options(Options)
def process_file(context: typer.Context,
                 files: Annotated[list[Path], typer.Argument(
                     metavar='FILE ...', help=f'Science frames, raw or reduced elsewhere, relative to {INPUT_ROOT}. Other raw '
                                              'files are calibrations for them.')], *, options: Options) -> None:
    """Make image and catalogue of files, without a project.

    The output has, for each file NAME, the calibrated image NAME.fits with mask and variance, and the tables NAME/src.fits (all
    sources), NAME/icSrc.fits (the bright ones, found first) and NAME/background.fits; besides schema/ with the columns of the
    tables, and config/ with all parameters. Each file tells its lineage: awe explain FILE. No home is needed, and none is made.
    """
    from awlike.processors.inputs import in_files
    from awlike.processors.own_home import own_home
    paths = [under(INPUT_ROOT, file) for file in files]
    _check_there(paths)
    overrides = _overrides(context, options)
    camera = _camera(options, overrides)
    inputs = in_files(paths, None, camera, options.as_ is not None)
    refused = [f'{path}: {reason}' for path, reason in inputs.refused if path in paths]
    _process(options, inputs, overrides, paths, refused, Place(own_home, camera))


@with_options(Options)
def process_ccd(context: typer.Context,
                input: Annotated[Path, typer.Argument(
                    metavar='INPUT', help=f'Folder of files, or a home of awlike; relative to {INPUT_ROOT}.')],
                id_: Annotated[list[str] | None, typer.Option(
                    '--id', metavar='KEY=VALUE[^VALUE ...] ...', help='Frames by the keys of their camera, all combinations of '
                    'the values, as run=4192^6377 filter=r; may be repeated. --id alone means all frames.')] = None,
                project: Annotated[str, typer.Option(
                    metavar='NAME', help='Project for the products, where INPUT is a home.', show_default='that of its '
                    'settings, or your only one')] = '',
                *, options: Options) -> None:
    """Make image and catalogue of frames named by data ids.

    INPUT is a folder of files, as the archive of the camera lays them out; its file _mapper can name the camera. awlike refers
    to the files from a home of its own, DIR/.awlike, and lays the output out as the input. Or INPUT is a home, in which the
    products are kept, too. The output is that of process-file; --show data lists the data ids.
    """
    from awlike.processors.inputs import camera_named_in, in_files, in_home
    from awlike.processors.own_home import OWN_HOME, existing_home, home_in, in_project, own_home
    folder = under(INPUT_ROOT, input)
    _check_there([folder])
    overrides, home = _overrides(context, options), home_in(folder)
    with contextlib.nullcontext() if home is None else existing_home(home):
        camera = _camera(options, overrides)
        if home is None:
            camera = camera or camera_named_in(folder)
            inputs = in_files([folder], folder, camera, options.as_ is not None)
            place = Place(lambda: own_home(options.folder / OWN_HOME), camera, is_in_output=True)
        else:
            inputs, place = in_home(camera), Place(lambda: in_project(project), camera)
        refused = [] if id_ is None and not _works(options) else _select(inputs, id_)
        _process(options, inputs, overrides, [folder], refused, place)


def _check_there(paths: Iterable[Path]) -> None:
    from awlike.errors import NotFound
    for path in paths:
        if not path.exists():
            raise NotFound(f'{path}: there is no such file or folder. A value of -c or --id is NAME=VALUE; all else that is no '
                           'option is an input')


def _overrides(context: typer.Context, options: Options) -> 'list[Override]':
    """Return what the user changes; refuse wrong values of other options before anything is done."""
    _ = options.shown, options.logs, options.catalogue()
    return overrides_of(given(context))


def _camera(options: Options, overrides: 'list[Override]') -> str | None:
    """Return the name of the camera that the user names, None where headers tell."""
    from awlike.cameras.known import camera
    from awlike.processors.overrides import instrument_of
    return camera(options.instrument).name if options.instrument else instrument_of(overrides)


def _works(options: Options) -> bool:
    """Return whether frames are processed, and not only things shown."""
    return not options.shown or 'run' in options.shown


def _select(inputs: 'Inputs', ids: list[str] | None) -> list[str]:
    """Remove from `inputs` the frames that no id names; return the values of ids that match nothing, and why."""
    from awlike.errors import ParameterError
    from awlike.processors.data_ids import asked, select
    if ids is None:
        raise ParameterError('no data id says what to process: give --id KEY=VALUE ..., as --show data lists them, or --id '
                             'alone for all frames')
    inputs.only_camera()
    inputs.frames, lacking = select(inputs.frames, [asked(shlex.split(one)) for one in ids])
    return lacking


def _process(options: Options, inputs: 'Inputs', overrides: 'list[Override]', read: list[Path], refused: list[str],
             place: 'Place') -> None:
    """Show what is to be shown; process `inputs` in the home of `place`.

    `read` are all files and folders that are read, `refused` the texts of what failed already.
    """
    from awlike.processors.run import plan
    planned = plan(inputs, overrides)
    _show(options.shown, planned)
    if not _works(options):
        return
    from awlike.processors.output_folder import OutputFolder
    from awlike.processors.run import calibrations_in
    output = OutputFolder(options.folder)
    others = [*inputs.others, *calibrations_in(options.calibrations)] if planned.from_raw else []
    output.check(planned.frames, planned.sections, [*read, *others, *(options.refcat or ())], options.clobber_output,
                 options.clobber_config)
    with options.logs.in_force():
        failures = _Failures(options)
        for text in refused:
            failures.add(text)
        _execute(options, output, planned, others, failures, place)
    if failures.number:
        sys.exit(1)


def _execute(options: Options, output: 'OutputFolder', planned: 'Planned', others: list[Path], failures: '_Failures',
             place: 'Place') -> None:
    """Process the frames of a run; say what became of each."""
    from awlike.processors.run import add_catalogue, execute, take_calibrations, write_schemas
    from awlike.processors.single_frame import Work
    catalogue = options.catalogue()
    if options.clobber_output and place.is_in_output:
        if catalogue is not None:
            _ = catalogue.stars  # what cannot be read is refused before anything is removed
        output.empty()
    with place.home():
        pars = add_catalogue(catalogue, planned)  # which may be refused: nothing was changed before
        if options.clobber_output and not place.is_in_output:
            output.empty()
        former = output.keep(planned.sections, options.clobber_config)
        if former is not None:
            log.info('the parameters of earlier runs are in %s', former)
        take_calibrations(others, place.camera)
        write_schemas(output)
        work = Work(output, pars, planned.changes.facts, place.camera, options.as_ is not None, planned.changes.variance)
        for outcome in execute(planned.frames, work, options.processes, options.logs.begin):
            if outcome.failed:
                failures.add(f'{outcome.name}: {outcome.text}', outcome.traceback)
            else:
                say(f'{output.path / outcome.name}: {outcome.text}')


@dataclasses.dataclass(frozen=True)
class Place:
    """The place of work: the context of a home, whether the home lies in the output, and the camera, if named."""

    home: Callable[[], AbstractContextManager[Any]]
    camera: str | None
    is_in_output: bool = False


class _Failures:
    """The frames that failed: each is logged, or ends all, as the user wants."""

    def __init__(self, options: Options) -> None:
        self.number, self._raise, self._debug = 0, options.doraise, options.debug

    def add(self, text: str, traceback: str = '') -> None:
        """Note a failure. Raises ProcessingError where the first is to end all."""
        from awlike.errors import ProcessingError
        self.number += 1
        if self._debug and traceback:
            log.debug('%s', traceback)
        if self._raise:
            raise ProcessingError(text)
        log.error('%s', text)


def _show(shown: Iterable[str], planned: 'Planned') -> None:
    """Show parameters, data ids and steps."""
    from awlike.processors.data_ids import in_words
    for what in dict.fromkeys(shown):
        if what == 'config':
            say('\n\n'.join(map(str, planned.sections)))
        elif what == 'data':
            say(*(in_words(frame.data_id) for frame in planned.frames), sep='\n')
        elif what == 'tasks':
            width = max(len(cls.__name__) for cls in planned.kinds)
            texts = ((cls.__name__, (cls.__doc__ or '').strip().split('\n')[0]) for cls in reversed(planned.kinds))
            say(*(f'{name:{width}}  {text}' for name, text in texts), sep='\n')

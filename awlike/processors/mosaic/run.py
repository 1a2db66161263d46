"""One exposure, from its raw files to the mosaic and its file, in a home of its own that is thrown away."""

import contextlib
import logging
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

from awlike.config import settings
from awlike.errors import ProcessingError
from awlike.frames.raw import RawScienceFrame
from awlike.ingest import ingest
from awlike.ingest.pupil_ghosts import import_pupil_ghost
from awlike.processors.inputs import name_of
from awlike.processors.mosaic.exposure import Exposure, exposure
from awlike.processors.mosaic.make_calibrations import binning
from awlike.processors.mosaic.masters import image_files, table_files, take_masters, template_files
from awlike.processors.mosaic.options import CollectOptions
from awlike.processors.mosaic.output_file import write_output
from awlike.processors.mosaic.output_name import check_not_read
from awlike.processors.mosaic.parameters import PERSISTENCY_TIME, of_exposure
from awlike.processors.mosaic.persistency import before, read_index, stand_ins, write_saturated
from awlike.processors.mosaic.plots import write_plots
from awlike.processors.mosaic.reference import known_stars
from awlike.processors.mosaic.wanted import Wanted, as_wanted
from awlike.processors.own_home import own_home
from awlike.processors.run_config import kinds_on_the_way
from awlike.spelling import counted
from awlike.tasks.known import task_class

log = logging.getLogger('awlike')

PERSISTENCY = '.persistency'
"""The folder, where the output is written, of what goes into the folder of saturated pixels."""
STEP = 'Mosaic'
"""The step of the pipeline that is run for the exposure."""


def reduce_to_file(path: Path, folder: Path, target: Path, options: CollectOptions, instrument: str | None) -> str:
    """Reduce the exposure at `path`; write the file that shall be `target`, and its plots, into `folder`; tell what was made.

    Raises
    ------
    AwlikeError
        Where no detector can be reduced, or `target` is a file that is read.
    """
    wanted = Wanted.of(options)
    of = exposure(path, options, instrument)
    with mosaic_of(of, options, wanted, target) as mosaic:
        _write(mosaic, of, folder, target.name, options, wanted)
        return f'{counted(len(mosaic.frames), "detector")} of {of.name}'


def _write(mosaic: Any, of: Exposure, folder: Path, name: str, options: CollectOptions, wanted: Wanted) -> None:
    """Write the file and the plots of a mosaic."""
    with tempfile.TemporaryDirectory(prefix='.', dir=folder) as made:
        write_output(mosaic.retrieve(made), folder / name, settings().home, options.fpack)
    if wanted.plots is not None:
        write_plots(mosaic, folder, name_of(Path(name)), wanted.plots)
    if options.persistency is not None:
        threshold = min(frame.weight.saturated.process_params.THRESHOLD_HIGH for frame in mosaic.frames)
        write_saturated(of, threshold, read_index(Path(options.persistency).expanduser()), folder / PERSISTENCY)


@contextlib.contextmanager
def mosaic_of(of: Exposure, options: CollectOptions, wanted: Wanted, target: Path) -> Generator[Any]:
    """Return a context with the mosaic that becomes the file `target`, in a home that is removed at its end.

    Raises
    ------
    AwlikeError
        Where no detector can be reduced, or `target` is a calibration.
    """
    for path, reason in of.refused:
        log.warning('%s: left out: %s', path, reason)
    known = known_stars(of, wanted)
    with as_wanted(options), own_home():
        raws = _raw_frames(of)
        earlier = [] if options.persistency is None else _take_earlier(of, Path(options.persistency).expanduser())
        place = of.facts.filter, binning(of.facts.setup)
        files = image_files(options, *place) | table_files(options, *place, of.facts.MJD_OBS)
        files |= template_files(options, of.facts.filter, of.facts.MJD_OBS)
        check_not_read(target, [*(one for one in files.values() if one is not None), Path(options.wcs or '')])
        ghost = files.pop('pupilghost', None)
        masters = take_masters(files, of.facts.DATE_OBS, of.facts.DATE_OBS, of.camera.name)
        pars = of_exposure(of, options, wanted, masters, earlier)
        if ghost is not None:
            pars['MosaicFrame.process_params.PUPIL_GHOST'] = import_pupil_ghost(ghost, of.camera.name, of.facts.filter).filename
        if known is not None:
            pars |= known.add(kinds_on_the_way(task_class(STEP).target, from_raw=True))
        task = task_class(STEP)(frames=raws, pars=pars, commit=True)
        try:
            task.execute()
        except ProcessingError:
            if not task.failures:
                raise
            raise ProcessingError(f'{of.name}: {"; ".join(reason for _, reason in task.failures)}') from None
        yield task.products[0]


def _take_earlier(of: Exposure, folder: Path) -> list[Path]:
    """Take in what stands for earlier exposures whose charge may still be there; return the files that tell them."""
    earlier = before(folder, of, PERSISTENCY_TIME)
    place = settings().home / 'earlier'
    place.mkdir()
    report = ingest(stand_ins(earlier, folder, of, place), 'refer', instrument=of.camera.name)
    for text in report.refusals():
        log.warning('%s', text)
    log.info('%s: %s may have left charge', folder, counted(len(earlier), 'earlier exposure'))
    return [folder / one.file for one in earlier]


def _raw_frames(of: Exposure) -> list[Any]:
    """Take the files of an exposure in by reference; return the raw frames of the chosen detectors."""
    report = ingest(of.files, 'refer', instrument=of.camera.name)
    for text in report.refusals():
        log.warning('%s', text)
    files: list[Any] = [*report.ingested, *(known for _, known in report.known)]
    found = [frame for file in files for frame in RawScienceFrame.raw_fits == file if frame.chip.name in of.chips]
    if not found:
        raise ProcessingError(f'{of.name}: no file can be used: {"; ".join(report.refusals())}')
    return found

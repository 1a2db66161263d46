"""The two commands: from words to files, each of which appears whole or not at all."""

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from awlike.errors import StoreError
from awlike.processors.mosaic.exposure import exposure
from awlike.processors.mosaic.make_calibrations import kinds_of, make_calibrations
from awlike.processors.mosaic.options import CalibrationOptions, CollectOptions
from awlike.processors.mosaic.output_name import check_output, output_path
from awlike.processors.mosaic.persistency import INDEX
from awlike.processors.mosaic.run import PERSISTENCY, reduce_to_file
from awlike.processors.mosaic.staging import move_into, staging
from awlike.processors.mosaic.time_limit import within
from awlike.processors.mosaic.wanted import Wanted, as_wanted, gain_of, seconds
from awlike.processors.own_home import own_home


class Collected(NamedTuple):
    """The file of an exposure, and what was made, in words."""

    path: Path
    text: str

    def __str__(self) -> str:
        return f'{self.path}: {self.text}'


def collect(path: Path, output: str, options: CollectOptions, instrument: str | None = None) -> Collected:
    """Reduce the exposure at `path` to one file.

    Parameters
    ----------
    path : pathlib.Path
        The folder of the exposure, or any file of it.
    output : str
        The file to write, as `output_path` reads it.
    instrument : str, optional
        The camera; by default that which claims the headers.

    Raises
    ------
    AwlikeError
        Where nothing can be made; then nothing is written.
    """
    wanted = Wanted.of(options)
    of = exposure(path, options, instrument)
    target = output_path(output, of, options.fpack)
    if options.noclobber and target.exists():
        return Collected(target, 'is there, and is left as it is (-noclobber)')
    check_output(target, of.files)
    with staging(target.parent) as folder:
        told = within(wanted.timeout, reduce_to_file, path, folder, target, options, instrument)
        if options.persistency is not None:
            move_into(folder / PERSISTENCY, Path(options.persistency).expanduser(), last=INDEX)
        move_into(folder, target.parent, last=target.name)
    return Collected(target, told)


def calibrations(raw: Sequence[Path], output: Path, options: CalibrationOptions, instrument: str | None = None) -> list[str]:
    """Make the calibration files of raw files in the folder `output`; return a line for each file.

    Raises
    ------
    AwlikeError
        Where nothing can be made; then nothing is written.
    """
    kinds_of(options), gain_of(options)  # which refuse what has no meaning
    if output.exists() and not output.is_dir():
        raise StoreError(f'{output} is a file: give a folder')
    made_folder = not output.exists()
    try:
        with staging(output) as folder:
            within(seconds(options), _calibrations, list(raw), folder, output, options, instrument)
            return [str(path) for path in move_into(folder, output)]
    finally:
        if made_folder:
            with contextlib.suppress(OSError):
                output.rmdir()  # which is refused where there is something in it


def _calibrations(raw: list[Path], folder: Path, former: Path, options: CalibrationOptions,
                  instrument: str | None) -> list[str]:
    with as_wanted(options), own_home():
        return make_calibrations(raw, folder, former, options, instrument)

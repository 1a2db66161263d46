"""Many files at once from the data server into a folder."""

import dataclasses
import functools
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from awlike.arguments import typed
from awlike.errors import AwlikeError, NotStored, StoreError
from awlike.parallel import ahead
from awlike.products.frame import Frame
from awlike.products.raw import RawFrame
from awlike.progress import Progress
from awlike.spelling import counted
from awlike.store import server
from awlike.terminal import Readable


@dataclasses.dataclass(repr=False)
class Retrieved(Readable):
    """The files that were retrieved, and those that could not be.

    Attributes
    ----------
    paths : list of pathlib.Path
        The files in the folder.
    failed : list of tuple
        The names of frames whose files cannot be had, each with the reason.
    """

    paths: list[Path]
    failed: list[tuple[str, str]]

    def to_dict(self) -> dict[str, Any]:
        """Return the same as JSON values, for machines."""
        return {'paths': [str(path) for path in self.paths],
                'failed': [{'name': name, 'reason': reason} for name, reason in self.failed]}

    def __str__(self) -> str:
        return '\n'.join([*(f'{name}: {reason}' for name, reason in self.failed), counted(len(self.paths), 'file')])


@typed
def retrieve(frames: Iterable[Frame] | Frame, folder: str | Path = '.') -> Retrieved:
    """Put the FITS files of many frames into a folder, each whole or not at all.

    Parameters
    ----------
    frames : Query or list of frames
        The frames; of one frame, ``frame.retrieve(folder)`` returns the path.
    folder : path
        The folder; default the working directory.

    Returns
    -------
    Retrieved
        The paths, and the frames that failed and why. A file that cannot be had does not stop the rest.

    Raises
    ------
    StoreError
        When there is no such folder.
    """
    if not Path(folder).is_dir():
        raise StoreError(f'there is no folder {folder} to put files into: make it first')
    frames = [frames] if isinstance(frames, Frame) else list(frames)
    done = Retrieved([], [])
    jobs = ((frame, _job(frame, folder)) for frame in frames)  # this thread alone asks the database
    with Progress('retrieve', len(frames)) as progress, ahead(_do, jobs, server().streams) as fetched:
        for (frame, _), future in fetched:
            progress.now(frame)
            try:
                done.paths.append(_retrieved(frame, folder, future))
            except (AwlikeError, OSError) as error:
                done.failed.append((str(frame), str(error)))
            progress.advance()
    return done


def _job(frame: Frame, folder: str | Path) -> Callable[[], Path] | None:
    """Return the part of retrieving `frame` that needs no database; None where there is no such part."""
    if not frame.is_committed or not frame.filename:
        return None
    if isinstance(frame, RawFrame):  # the file of one detector is written afterwards
        return functools.partial(server().open_path, frame.raw_fits.filename)
    return functools.partial(server().retrieve, frame.filename, folder)


def _do(job: tuple[Frame, Callable[[], Path] | None]) -> Path | None:
    _, work = job
    return work() if work else None


def _retrieved(frame: Frame, folder: str | Path, future: Future[Path | None]) -> Path:
    """Return the path of `frame` in `folder`, when the job of `_job` is done."""
    try:
        ready = future.result()
    except NotStored:
        ready = None  # the file is made again, or cannot be had
    return frame.retrieve(folder) if ready is None or isinstance(frame, RawFrame) else ready

"""Many files at once from the data server into a folder."""

import dataclasses
import functools
from pathlib import Path

from awlike.arguments import typed
from awlike.errors import AwlikeError, NotStored, StoreError
from awlike.parallel import ahead
from awlike.products.frame import Frame
from awlike.products.raw import RawFrame
from awlike.progress import Progress
from awlike.store import server
from awlike.terminal import Readable


@dataclasses.dataclass(repr=False)
class Retrieved(Readable):
    """What became of the files.

    Attributes
    ----------
    paths : list of pathlib.Path
        The files in the folder.
    failed : list of tuple
        Names of frames whose files cannot be had, and why.
    """

    paths: list
    failed: list

    def to_dict(self) -> dict:
        """The same as JSON values, for machines."""
        return {'paths': [str(path) for path in self.paths],
                'failed': [{'name': name, 'reason': reason} for name, reason in self.failed]}

    def __str__(self):
        return '\n'.join([*(f'{name}: {reason}' for name, reason in self.failed), f'{len(self.paths)} files'])


@typed
def retrieve(frames, folder='.') -> Retrieved:
    """Put the FITS files of many frames into a folder, each whole or not at all.

    Parameters
    ----------
    frames : Query or list of frames
        Which; of one alone, ``frame.retrieve(folder)`` gives the path.
    folder : path
        Where to; default the working directory.

    Returns
    -------
    Retrieved
        The paths, and what failed and why. One file that cannot be had does not stop the rest.

    Raises
    ------
    StoreError
        When there is no such folder.
    """
    if not Path(folder).is_dir():
        raise StoreError(f'there is no folder {folder} to put files into: make it first')
    frames = [frames] if isinstance(frames, Frame) else list(frames)
    done = Retrieved([], [])
    jobs = ((frame, _job(frame, folder)) for frame in frames)  # what is asked of the database is asked in this thread
    with Progress('retrieve', len(frames)) as progress, ahead(_do, jobs, server().streams) as fetched:
        for (frame, _), future in fetched:
            progress.now(frame)
            try:
                done.paths.append(_retrieved(frame, folder, future))
            except (AwlikeError, OSError) as error:
                done.failed.append((str(frame), str(error)))
            progress.advance()
    return done


def _job(frame, folder):
    """What of retrieving `frame` needs no database; None where there is nothing."""
    if not frame.is_committed or not frame.filename:
        return None
    if isinstance(frame, RawFrame):  # one detector of the file is then written by itself
        return functools.partial(server().open_path, frame.raw_fits.filename)
    return functools.partial(server().retrieve, frame.filename, folder)


def _do(job):
    _, work = job
    return work and work()


def _retrieved(frame, folder, future):
    try:
        ready = future.result()
    except NotStored:
        ready = None  # it is made again, or cannot be had
    return frame.retrieve(folder) if ready is None or isinstance(frame, RawFrame) else ready

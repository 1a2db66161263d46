"""Previews of frames of the archive."""

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from awlike.errors import AwlikeError, StoreError
from awlike.placing import place
from awlike.processors.previews.encoding import format_of, imageFromNumpyArray
from awlike.processors.previews.scaling import SIZE, scaled
from awlike.progress import Progress


@dataclasses.dataclass
class Previews:
    """What became of the previews of some frames.

    Attributes
    ----------
    made : list of Path
        The pictures that were written.
    present : int
        The number of those that were there.
    failed : list of (str, str)
        The names of frames without a picture, with the reason.
    """

    made: list[Path] = dataclasses.field(default_factory=list)
    present: int = 0
    failed: list[tuple[str, str]] = dataclasses.field(default_factory=list)


def preview(frame: Any, size: int = SIZE, format: str = 'JPEG') -> bytes:
    """Return a picture of a frame.

    Parameters
    ----------
    frame : Frame
        A frame with an image.
    size : int
        The longer side in pixels, at most. Default: 200.
    format : str
        JPEG, PNG or WEBP. Default: JPEG.

    Raises
    ------
    StoreError
        When the frame has no image, or its file cannot be read.
    """
    image = frame.data
    if image is None:
        raise StoreError(f'{frame} has no image: choose another class of frames')
    return imageFromNumpyArray(scaled(image, size), format)


def write_previews(frames: Iterable[Any], folder: Path, size: int = SIZE, ending: str = '.jpeg',
                   force: bool = False) -> Previews:
    """Write pictures of frames into a folder, named as their files; those that are there stay unless `force` is given."""
    folder.mkdir(parents=True, exist_ok=True)
    listed, done = list(frames), Previews()
    with Progress('previews', len(listed)) as progress:
        for frame in listed:
            progress.now(frame)
            _write(frame, folder / f'{frame.filename}{ending}', size, force, done)
            progress.advance()
    return done


def _write(frame: Any, path: Path, size: int, force: bool, done: Previews) -> None:
    if path.exists() and not force:
        done.present += 1
        return
    try:
        content = preview(frame, size, format_of(path))
    except AwlikeError as error:
        done.failed.append((str(frame.filename), str(error)))
        return
    done.made.append(place(path, lambda temporary: temporary.write_bytes(content)))

"""The names of stored files, and what to do when a disk refuses a file."""

import contextlib
import errno
from collections.abc import Callable, Generator
from pathlib import Path

from blake3 import blake3

from awlike.errors import StoreError
from awlike.placing import place
from awlike.remedies import to_type

_REMEDIES = dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), 'Make space, as by {purge}') | dict.fromkeys(
    (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR), 'Ask its owner for leave to write, or set AWLIKE_STORE')


def shelf(filename: str) -> str:
    """Return the name of the subfolder of a file, one of 256, so that no folder grows too large."""
    return blake3(plain(filename).encode()).hexdigest(length=1)


def plain(filename: str) -> str:
    """Return `filename`. Raises StoreError if it leads to another folder: a name in the database may be anybody's."""
    if not filename or '/' in filename or filename.startswith('.'):
        raise StoreError(f'{filename!r} cannot be the name of a stored file: it must be a plain file name')
    return filename


@contextlib.contextmanager
def refusals_told(filename: str, folder: Path) -> Generator[None]:
    """Turn a refusal by the disk of `folder` into a StoreError that says what to do; other errors stay as they are."""
    try:
        yield
    except OSError as error:
        if error.errno not in _REMEDIES:
            raise
        remedy = _REMEDIES[error.errno].format(purge=to_type('context.purge(query)', 'awe purge'))
        raise StoreError(f'{filename} cannot be stored in {folder}: {error.strerror}. {remedy}, and try again') from error


def place_in(folder: Path | str, filename: str, write: Callable[[Path], object]) -> Path:
    """Let `write` make a file in `folder`, as `place` does, under the name of a stored file."""
    return place(Path(folder) / plain(filename), write)

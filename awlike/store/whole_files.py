"""Files that are there whole or not at all."""

import contextlib
import errno
import os
import uuid
from collections.abc import Callable, Generator
from pathlib import Path

from blake3 import blake3

from awlike.errors import StoreError
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


@contextlib.contextmanager
def full_disk_told(target: Path) -> Generator[None]:
    """Turn the error of a full disk, met while `target` is written, into a StoreError; other errors stay as they are."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise StoreError(f'{target} cannot be written: {error.strerror}; nothing of it is kept. Make space in {target.parent}, '
                         'or choose another folder, and try again') from error


def place(target: Path, write: Callable[[Path], object]) -> Path:
    """Let `write` make a file at a temporary path; the file then appears whole as `target`, or not at all."""
    if not target.parent.is_dir():
        raise StoreError(f'there is no folder {target.parent} to put {target.name} into: make it first')
    temporary = target.with_name(f'.{uuid.uuid4().hex}.part')
    try:
        with full_disk_told(target):
            write(temporary)
            os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
    return target


def place_in(folder: Path | str, filename: str, write: Callable[[Path], object]) -> Path:
    """Let `write` make a file in `folder`, as `place` does, under the name of a stored file."""
    return place(Path(folder) / plain(filename), write)

"""Files that are there whole or not at all."""

import contextlib
import errno
import os
import uuid
from pathlib import Path

from blake3 import blake3

from awlike.errors import StoreError

_REMEDIES = dict.fromkeys((errno.ENOSPC, errno.EDQUOT), 'Make space, as by awe purge') | dict.fromkeys(
    (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR), 'Ask its owner for leave to write, or set AWLIKE_STORE')


def shelf(filename: str) -> str:
    """The name of the subfolder, one of 256, in which a file lies: so none grows too large."""
    return blake3(plain(filename).encode()).hexdigest(length=1)


def plain(filename: str) -> str:
    """`filename`, which a database says and anybody may have put there, unless it leads to another folder."""
    if not filename or '/' in filename or filename.startswith('.'):
        raise StoreError(f'{filename!r} cannot be the name of a stored file: it must be a plain file name')
    return filename


@contextlib.contextmanager
def refusals_told(filename: str, folder):
    """What the disk of `folder` refuses, as a StoreError that says what to do; other errors stay what they are."""
    try:
        yield
    except OSError as error:
        if error.errno not in _REMEDIES:
            raise
        raise StoreError(f'{filename} cannot be stored in {folder}: {error.strerror}. '
                         f'{_REMEDIES[error.errno]}, and ask again') from error


def place(target: Path, write) -> Path:
    """Let `write` make a file that then appears whole as `target`, or not at all."""
    if not target.parent.is_dir():
        raise StoreError(f'there is no folder {target.parent} to put {target.name} into: make it first')
    temporary = target.with_name(f'.{uuid.uuid4().hex}.part')
    try:
        write(temporary)
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
    return target


def place_in(folder: Path | str, filename: str, write) -> Path:
    """`place` a file in `folder` under the name of a stored one."""
    return place(Path(folder) / plain(filename), write)

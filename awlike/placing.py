"""Files that appear whole or not at all."""

import contextlib
import errno
import os
import uuid
from collections.abc import Callable, Generator
from pathlib import Path

from awlike.errors import StoreError


@contextlib.contextmanager
def _full_disk_told(target: Path) -> Generator[None]:
    """Turn the error of a full disk, met while `target` is written, into a StoreError; other errors stay as they are."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise StoreError(f'{target} cannot be written: {error.strerror}; nothing of it is kept. Make space in {target.parent}, '
                         'or choose another folder, and try again') from error


def place(target: Path, write: Callable[[Path], object], temporary: Path | None = None) -> Path:
    """Let `write` make a file at a temporary path; the file then appears whole as `target`, or not at all.

    The temporary path is a new one beside `target`, or `temporary`, on the same file system.
    """
    if not target.parent.is_dir():
        raise StoreError(f'there is no folder {target.parent} to put {target.name} into: make it first')
    temporary = temporary or target.with_name(f'.{uuid.uuid4().hex}.part')
    try:
        with _full_disk_told(target):
            write(temporary)
            os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
    return target

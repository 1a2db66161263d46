"""Files and folders that appear whole or not at all."""

import contextlib
import errno
import os
import shutil
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


def place_folder(target: Path, fill: Callable[[Path], object]) -> Path:
    """Let `fill` put files into a new folder beside `target`; it then appears whole as `target`, or not at all.

    An empty folder may be there; another one, or a file, is never touched.

    Raises
    ------
    StoreError
        When `target` cannot be such a folder, or the disk is full.
    """
    target = Path(os.path.realpath(target))
    _check_free(target)
    temporary = target.with_name(f'.{uuid.uuid4().hex}.part')
    try:
        with _full_disk_told(target):
            temporary.mkdir()
            fill(temporary)
            _rename_folder(temporary, target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return target


def _check_free(target: Path) -> None:
    """Refuse a folder that cannot be, before anything is done."""
    if not target.parent.is_dir():
        raise StoreError(f'there is no folder {target.parent} to put {target.name} into: make it first')
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise StoreError(f'{target} cannot be made: you may not write into {target.parent}; choose another folder')
    if target.exists() and not target.is_dir():
        raise StoreError(f'{target} is a file: choose a new folder')
    if target.exists() and (target.samefile(Path.cwd()) or os.path.ismount(target)):
        raise StoreError(f'{target} cannot be replaced, because it is in use: choose a new folder in it')
    if target.exists() and any(target.iterdir()):
        raise StoreError(f'{target} is not empty, and nothing in it is replaced: choose a new folder')


def _rename_folder(temporary: Path, target: Path) -> None:
    try:
        os.rename(temporary, target)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
            raise
        raise StoreError(f'{target} was made by somebody else meanwhile: choose a new folder') from error

"""Links to the files of the cache that are in use.

The cache lends a file as a hard link in a folder of the process. The link goes when nobody refers to its path any more.
So a file can leave the cache at any time, while its readers still open and read it. Living processes remove the links
of processes that died.
"""

import contextlib
import fcntl
import itertools
import os
import shutil
import uuid
import weakref
from pathlib import Path

from awlike.errors import StoreError


class HeldPath(type(Path())):
    """A path whose file lasts as long as this object itself; copies of the path do not count."""

    holder: 'Holder'  # whose folder lasts as long


class Holder:
    """The files below `folder` that this process has in use."""

    def __init__(self, folder: Path) -> None:
        self._process, self._numbers = os.getpid(), itertools.count()
        self._folder = folder / uuid.uuid4().hex
        new = self._folder.with_name(f'.{self._folder.name}')
        new.mkdir(parents=True)
        lock = _locked(new / 'lock')
        new.rename(self._folder)  # others see it now, when it is locked
        weakref.finalize(self, _leave, self._folder, self._process, lock)

    @property
    def is_mine(self) -> bool:
        """Tell whether this process made the holder, rather than the process that it was forked from."""
        return self._process == os.getpid()

    def hold(self, path: Path, filename: str) -> HeldPath:
        """Return a link called `filename` to the file at `path`.

        Raises FileNotFoundError if there is no such file, StoreError if the disk has no hard links.
        """
        own = self._folder / str(next(self._numbers))
        own.mkdir()
        held = HeldPath(own / filename)
        held.holder = self
        weakref.finalize(held, _leave, own, self._process)
        try:
            os.link(path, held)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise StoreError(f'the cache of files cannot be in {path.parent}, whose disk has no hard links '
                             f'({error.strerror}): set AWLIKE_CACHE to a folder on a local disk') from None
        return held


def clear_dead(folder: Path) -> None:
    """Remove the links of processes that died."""
    for of_process in folder.glob('[!.]*'):
        with contextlib.suppress(OSError):
            lock = _locked(of_process / 'lock', create=False)
            shutil.rmtree(of_process, ignore_errors=True)
            os.close(lock)


def _locked(path: Path, create: bool = True) -> int:
    """Return the descriptor of a file, locked until it is closed. Raises BlockingIOError if another has locked it."""
    descriptor = os.open(path, os.O_RDWR | (os.O_CREAT if create else 0), 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _leave(folder: Path, process: int, lock: int | None = None) -> None:
    """Remove a folder of links and its lock, when nobody refers to them any more."""
    if os.getpid() == process:  # a forked process leaves the links that its parent uses
        shutil.rmtree(folder, ignore_errors=True)
    if lock is not None:
        os.close(lock)

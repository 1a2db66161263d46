"""Files of the cache that are in use.

What is given out of the cache is a hard link in a folder of the process, which goes when nobody refers to the path any
more. So a file can leave the cache at any time, and whoever reads it, however late, opening it as often as he likes,
reads it to the end. What processes that died have left is removed by those that live.
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
    """A path whose file is there for as long as this object is referred to; for its copies it is not."""


class Holder:
    """The files below `folder` that this process has in use."""

    def __init__(self, folder: Path):
        self._process, self._numbers = os.getpid(), itertools.count()
        self._folder = folder / uuid.uuid4().hex
        new = self._folder.with_name(f'.{self._folder.name}')
        new.mkdir(parents=True)
        lock = _locked(new / 'lock')
        new.rename(self._folder)  # it is seen when it is locked
        weakref.finalize(self, _leave, self._folder, self._process, lock)

    @property
    def is_mine(self) -> bool:
        """Whether it is of this process, rather than of the one that this was forked from."""
        return self._process == os.getpid()

    def hold(self, path: Path, filename: str) -> HeldPath:
        """Give the file at `path`, under the name `filename`, to one who uses it.

        Raises FileNotFoundError when it is not there, StoreError where the disk has no hard links.
        """
        own = self._folder / str(next(self._numbers))
        own.mkdir()
        held = HeldPath(own / filename)
        held.holder = self  # whose folder stays as long
        weakref.finalize(held, _leave, own, self._process)
        try:
            os.link(path, held)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise StoreError(f'the cache of files cannot be in {path.parent}, as there are no hard links there '
                             f'({error.strerror}): set AWLIKE_CACHE to a folder on a local disk') from None
        return held


def clear_dead(folder: Path) -> None:
    """Remove what processes that died had in use."""
    for one in folder.glob('[!.]*'):
        with contextlib.suppress(OSError):
            lock = _locked(one / 'lock', create=False)
            shutil.rmtree(one, ignore_errors=True)
            os.close(lock)


def _locked(path, create=True):
    """The descriptor of a file that is locked until it is closed; BlockingIOError when another has locked it."""
    descriptor = os.open(path, os.O_RDWR | (os.O_CREAT if create else 0), 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _leave(folder, process, lock=None):
    if os.getpid() == process:  # a forked process leaves what its parent uses
        shutil.rmtree(folder, ignore_errors=True)
    if lock is not None:
        os.close(lock)

"""The cache: a local folder of the files that were used last, up to a size; threads and processes share it.

A file `name` of 2880 bytes lies in one of 256 subfolders as ``name@2880``, so a file that was cut short is recognised. A
file that is being fetched lies beside it as a hidden part, locked by its fetcher: others who want the same file wait for
the lock, and then find the file. A fetch that was interrupted goes on from its part.
"""

import contextlib
import fcntl
import os
import threading
import time
import uuid
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import BinaryIO

from awlike.digests import file_digest
from awlike.errors import StoreError
from awlike.store.cache_links import HeldPath, Holder, clear_dead
from awlike.store.whole_files import refusals_told, shelf

_IN_USE = '.in-use'
_FORGOTTEN = 86400.0  # seconds after which nobody goes on with a part


class Cache:
    """Files below `folder`, at most `limit` bytes of them; each process may exceed the limit by a twentieth."""

    def __init__(self, folder: Path, limit: int) -> None:
        self.folder, self.limit = Path(folder), limit
        self._room, self._lock = 0, threading.Lock()  # room: the bytes that may come before the next look at the folder
        self._holder: Holder | None = None

    def find(self, filename: str) -> HeldPath | None:
        """Return the file `filename`, which lasts as long as the path that is returned; None if it is not in the cache."""
        for path, size in self._copies(filename):
            try:
                held = self._hold(path, filename)
            except FileNotFoundError:  # another process removed it just now
                continue
            found = held.stat()
            if found.st_size == size:
                os.utime(held, ns=(time.time_ns(), found.st_mtime_ns))
                return held
            path.unlink(missing_ok=True)
        return None

    def fetch(self, filename: str, size: int, digest: str, read: Callable[[int, int], bytes]) -> HeldPath:
        """Return the file `filename`, fetched unless it is in the cache by now.

        Parameters
        ----------
        size, digest : int, str
            The size in bytes and the `file_digest` of the file; other content is refused.
        read : callable
            ``read(start, end)`` returns bytes from `start` on, some or all of those before `end`.
        """
        part = self._shelf(filename) / f'.{filename}@{digest[:16]}.part'
        with refusals_told(filename, self.folder):
            while True:
                if (held := self.find(filename)) is not None:
                    return held
                with _own(part) as file:
                    if file is None:
                        continue
                    if (held := self.find(filename)) is None:
                        _fill(file, part, filename, size, digest, read)
                        held = self._hold(part, filename)
                        self._enter(part, filename, size)
                    else:
                        part.unlink()
                    return held

    @contextlib.contextmanager
    def new_file(self, filename: str) -> Generator[Path]:
        """Lend a temporary path to write to, whose file is removed at the end."""
        temporary = self._shelf(filename) / f'.{filename}.{uuid.uuid4().hex}.part'
        try:
            with refusals_told(filename, self.folder):
                yield temporary
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)

    def add(self, temporary: Path, filename: str) -> None:
        """Keep the file at `temporary` as `filename`."""
        self._enter(temporary, filename, temporary.stat().st_size)

    def drop(self, filename: str) -> None:
        """Remove a file from the cache; its readers go on reading."""
        for path, _ in self._copies(filename):
            path.unlink(missing_ok=True)

    def _shelf(self, filename: str) -> Path:
        """Return the folder of a file, made if necessary."""
        folder = self.folder / shelf(filename)
        with refusals_told(filename, self.folder):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # no other account may read there
            folder.mkdir(exist_ok=True)
        return folder

    def _copies(self, filename: str) -> Iterator[tuple[Path, int]]:
        """Yield path and expected size of the files in the cache under that name."""
        folder = self.folder / shelf(filename)
        with contextlib.suppress(FileNotFoundError):
            for name in os.listdir(folder):
                before, _, size = name.rpartition('@')
                if before == filename and size.isdecimal():
                    yield folder / name, int(size)

    def _hold(self, path: Path, filename: str) -> HeldPath:
        """Return a link to the file at `path`, of this process alone."""
        with self._lock:
            if self._holder is None or not self._holder.is_mine:
                clear_dead(self.folder / _IN_USE)
                self._holder = Holder(self.folder / _IN_USE)
            holder = self._holder
        return holder.hold(path, filename)

    def _enter(self, path: Path, filename: str, size: int) -> None:
        """Give the whole file at `path` its name in the cache; then make room, if there are too many bytes."""
        path.chmod(0o444)
        os.utime(path)
        path.rename(path.with_name(f'{filename}@{size}'))
        with self._lock:
            self._room -= size
            if self._room < 0:
                self._room = self._make_room()

    def _make_room(self) -> int:
        """Remove the files used longest ago if there are too many; return the bytes that may come before the next look."""
        clear_dead(self.folder / _IN_USE)
        files, total = [], 0
        for path in self.folder.glob('[!.]*/*'):
            with contextlib.suppress(FileNotFoundError):
                found = path.stat()
                if not path.name.startswith('.'):
                    files.append((found.st_atime_ns, found.st_size, path))
                    total += found.st_size
                elif time.time() - found.st_mtime > _FORGOTTEN:
                    path.unlink()
        if total > self.limit:
            for _, size, path in sorted(files):
                path.unlink(missing_ok=True)
                total -= size
                if total <= 0.9 * self.limit:
                    break
        return min(self.limit - total, self.limit // 20)


@contextlib.contextmanager
def _own(part: Path) -> Generator[BinaryIO | None]:
    """Open the file `part` at its end, locked for this fetch; None if another fetch has just finished it."""
    with open(part, 'ab+') as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            is_there = os.path.samestat(os.fstat(file.fileno()), os.stat(part))
        except FileNotFoundError:
            is_there = False
        yield file if is_there else None


def _fill(file: BinaryIO, part: Path, filename: str, size: int, digest: str, read: Callable[[int, int], bytes]) -> None:
    """Read the missing bytes of a file. If the digest is wrong, read the whole file once more."""
    for _ in range(2):
        have = file.seek(0, os.SEEK_END)
        while have < size:
            block = read(have, size)
            if not block:
                raise StoreError(f'{filename} ends after {have} bytes of {size}: check the stored files with awe fsck')
            have += file.write(block)
        file.flush()
        found = file_digest(part)
        if found == digest:
            return
        file.truncate(0)
    part.unlink()
    raise StoreError(f'{filename} arrived with the digest {found}, and was stored with {digest}: it was damaged there '
                     'or on the way; restore it from a backup, or remove it, and the product is made again')

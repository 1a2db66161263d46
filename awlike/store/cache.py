"""A local folder of files that lie elsewhere, those used last, up to a size; shared by threads and processes.

A file `name` of 2880 bytes lies in one of 256 subfolders as ``name@2880``, so that one that was cut short is known. One
that is being fetched lies beside it as a hidden part, locked by whoever fetches it: others who want the same wait, and
find it there. A fetch that was interrupted goes on from its part.
"""

import contextlib
import fcntl
import os
import threading
import time
import uuid
from pathlib import Path

from awlike.digests import file_digest
from awlike.errors import StoreError
from awlike.store.cache_links import HeldPath, Holder, clear_dead
from awlike.store.whole_files import refusals_told, shelf

_IN_USE = '.in-use'
_FORGOTTEN = 86400.0  # seconds after which a part is one that nobody goes on with


class Cache:
    """Files below `folder`, at most `limit` bytes of them; each process may go beyond it by a twentieth."""

    def __init__(self, folder: Path, limit: int):
        self.folder, self.limit = Path(folder), limit
        self._room, self._lock, self._holder = 0, threading.Lock(), None

    def find(self, filename: str) -> HeldPath | None:
        """The file `filename`, held for whoever refers to what is given; None when it is not in the cache."""
        for path, size in self._copies(filename):
            try:
                held = self._hold(path, filename)
            except FileNotFoundError:  # it went just now
                continue
            found = held.stat()
            if found.st_size == size:
                os.utime(held, ns=(time.time_ns(), found.st_mtime_ns))
                return held
            path.unlink(missing_ok=True)
        return None

    def fetch(self, filename: str, size: int, digest: str, read) -> HeldPath:
        """The file `filename`, fetched unless it is here by now.

        Parameters
        ----------
        size, digest : int, str
            Its size in bytes and its `file_digest`; nothing else comes under the name.
        read : callable
            ``read(start, end)`` gives bytes from `start` on, some or all of those before `end`.
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
    def new_file(self, filename: str):
        """A temporary path to write to, which goes at the end."""
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
        """Keep it no longer; who reads it goes on reading."""
        for path, _ in self._copies(filename):
            path.unlink(missing_ok=True)

    def _shelf(self, filename):
        folder = self.folder / shelf(filename)
        with refusals_told(filename, self.folder):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # no other account has to do with what lies there
            folder.mkdir(exist_ok=True)
        return folder

    def _copies(self, filename):
        """(path, size that it should have) of what lies under the name."""
        folder = self.folder / shelf(filename)
        with contextlib.suppress(FileNotFoundError):
            for name in os.listdir(folder):
                before, _, size = name.rpartition('@')
                if before == filename and size.isdecimal():
                    yield folder / name, int(size)

    def _hold(self, path, filename) -> HeldPath:
        with self._lock:
            if self._holder is None or not self._holder.is_mine:
                clear_dead(self.folder / _IN_USE)
                self._holder = Holder(self.folder / _IN_USE)
        return self._holder.hold(path, filename)

    def _enter(self, path, filename, size):
        """The whole file at `path` gets its name; then the files used longest ago go, if that is too much."""
        path.chmod(0o444)
        os.utime(path)
        path.rename(path.with_name(f'{filename}@{size}'))
        with self._lock:
            self._room -= size
            if self._room < 0:
                self._room = self._make_room()

    def _make_room(self) -> int:
        """Remove the files used longest ago where there are too many; gives how many bytes may come before the next look."""
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
def _own(part):
    """The file `part`, open at its end, for this one alone; None when another one has just finished it."""
    with open(part, 'ab+') as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            mine = os.path.samestat(os.fstat(file.fileno()), os.stat(part))
        except FileNotFoundError:
            mine = False
        yield file if mine else None


def _fill(file, part, filename, size, digest, read):
    """Read what is missing of a file. What comes out otherwise than it should is read once more, all of it."""
    for _ in range(2):
        have = file.seek(0, os.SEEK_END)
        while have < size:
            block = read(have, size)
            if not block:
                raise StoreError(f'{filename} ends after {have} bytes of {size}: awe fsck looks at all that is stored')
            have += file.write(block)
        file.flush()
        found = file_digest(part)
        if found == digest:
            return
        file.truncate(0)
    part.unlink()
    raise StoreError(f'{filename} arrived with the digest {found}, and was stored with {digest}: it was damaged there '
                     'or on the way; restore it from a backup, or remove it, so that the product is made again')

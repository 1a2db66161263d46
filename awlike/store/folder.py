"""A data server that is a folder. Files appear there by a rename, after they are on the disk."""

import contextlib
import datetime
import glob
import os
import re
import uuid
from collections.abc import Generator, Iterator
from pathlib import Path

from awlike.errors import NotStored, StoreError
from awlike.store.server import HOW, DataServer, Stored
from awlike.store.whole_files import refusals_told, shelf

_PART = re.compile(r'\.(.+)\.[0-9a-f]{32}\.part')  # a file while it is written; each writer writes its own


class FolderServer(DataServer):
    """Files below `folder`, spread over 256 subfolders so that none grows too large."""

    ways = HOW
    streams = 4

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        self.place = str(folder)

    def path(self, filename: str) -> Path:
        """Return the path where the file `filename` is, or would be."""
        return self.folder / shelf(filename) / filename

    def has(self, filename: str) -> bool:
        """Return whether the file is stored."""
        return self.path(filename).exists()

    @contextlib.contextmanager
    def new_file(self, filename: str, again: bool = False) -> Generator[Path]:
        """See `DataServer.new_file`."""
        final = self.path(filename)
        if os.path.lexists(final) and not again:
            raise StoreError(f'{filename} is stored already, and a stored file does not change: use a new name')
        temporary = final.with_name(f'.{filename}.{uuid.uuid4().hex}.part')
        try:
            with refusals_told(filename, self.folder):
                final.parent.mkdir(parents=True, exist_ok=True)
                yield temporary
                _sync(temporary)
                os.rename(temporary, final)
                _sync(final.parent)
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)

    def _put(self, source: Path, temporary: Path, how: str) -> None:
        if how == 'refer':
            temporary.symlink_to(source)
        elif how == 'copy':
            super()._put(source, temporary, how)
        else:
            try:
                os.link(source, temporary)
            except OSError as error:
                raise StoreError(f'{source} cannot be hard-linked into the data server ({error.strerror}): '
                                 'copy it, or refer to it') from None

    def open_path(self, filename: str, anew: bool = False) -> Path:
        """See `DataServer.open_path`."""
        path = self.path(filename)
        if path.exists():
            return path
        if path.is_symlink():
            raise NotStored(f'{filename} was referred to, and {path.readlink()} is gone: put it back there, '
                            'or ingest it again as a copy')
        raise NotStored(f'{filename} is not on the data server in {self.folder}: it was lost or removed; '
                        'restore it from a backup, or make the product again')

    def remove(self, filename: str) -> None:
        """See `DataServer.remove`."""
        path = self.path(filename)
        for file in [path, *path.parent.glob(f'.{glob.escape(filename)}.*.part')]:
            file.unlink(missing_ok=True)

    def files(self) -> Iterator[Stored]:
        """See `DataServer.files`."""
        for path in self.folder.glob('*/*'):
            if path.is_dir() and not path.is_symlink():
                continue
            try:
                seconds = path.lstat().st_ctime  # a hard link has the st_mtime of the original file
            except FileNotFoundError:
                continue
            part = _PART.fullmatch(path.name)
            yield Stored(part[1] if part else path.name, part is None, str(path),
                         datetime.datetime.fromtimestamp(seconds, datetime.UTC))

    def discard(self, stored: Stored) -> None:
        """See `DataServer.discard`."""
        Path(stored.place).unlink(missing_ok=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

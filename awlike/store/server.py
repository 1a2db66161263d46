"""A folder of files. What is under a name is whole: files appear there by a rename, after they are on the disk."""

import contextlib
import errno
import glob
import os
import re
import shutil
import uuid
from pathlib import Path

from blake3 import blake3

from awlike.errors import StoreError

HOW = ('copy', 'link', 'refer')
_REMEDIES = dict.fromkeys((errno.ENOSPC, errno.EDQUOT), 'Make space, as by awe purge') | dict.fromkeys(
    (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR), 'Ask its owner for leave to write, or set AWLIKE_STORE')
_PART = re.compile(r'\.(.+)\.[0-9a-f]{32}\.part')  # a file while it is written; each writer has one of its own


class DataServer:
    """Files below `folder`, spread over 256 subfolders so that none grows too large."""

    def __init__(self, folder: Path):
        self.folder = Path(folder)

    def path(self, filename: str) -> Path:
        """Where the file `filename` is, or would be."""
        if not filename or '/' in filename or filename.startswith('.'):
            raise StoreError(f'{filename!r} cannot be the name of a stored file: it must be a plain file name')
        return self.folder / blake3(filename.encode()).hexdigest(length=1) / filename

    def has(self, filename: str) -> bool:
        return self.path(filename).exists()

    @contextlib.contextmanager
    def new_file(self, filename: str, again: bool = False):
        """A temporary path to write to; at the end its content is stored under `filename`, or, on an error, nowhere.

        Parameters
        ----------
        again : bool
            Whether it is the very content that was there before, so that several may put it back at once; default no.

        Raises
        ------
        StoreError
            When there is a file of that name: what is stored never changes.
        """
        final = self.path(filename)
        if os.path.lexists(final) and not again:
            raise StoreError(f'{filename} is stored already, and what is stored does not change: use a new name')
        temporary = final.with_name(f'.{filename}.{uuid.uuid4().hex}.part')
        try:
            final.parent.mkdir(parents=True, exist_ok=True)
            yield temporary
            _sync(temporary)
            os.rename(temporary, final)
            _sync(final.parent)
        except OSError as error:
            if error.errno not in _REMEDIES:
                raise
            raise StoreError(f'{filename} cannot be stored in {self.folder}: {error.strerror}. '
                             f'{_REMEDIES[error.errno]}, and ask again') from error
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)

    def take(self, source: Path, filename: str, how: str = 'copy', digest: str | None = None) -> None:
        """Store the file `source` under `filename`; `source` stays as it is.

        Parameters
        ----------
        how : {'copy', 'link', 'refer'}
            A copy, a hard link (same file system), or only a reference to where it lies now.
        digest : str, optional
            The `file_digest` that it must have; by default whatever it holds is stored.
        """
        source = Path(source).resolve()
        if how not in HOW:
            raise StoreError(f'{how!r} is no way to store a file: it is one of {", ".join(HOW)}')
        with self.new_file(filename) as temporary:
            if how == 'copy':
                shutil.copyfile(source, temporary)
            elif how == 'link':
                self._link(source, temporary)
            else:
                temporary.symlink_to(source)
            if digest is not None and file_digest(temporary) != digest:
                raise StoreError(f'{source} changed while it was read: wait until it is complete, then take it again')

    @staticmethod
    def _link(source, target):
        try:
            os.link(source, target)
        except OSError as error:
            raise StoreError(f'{source} cannot be hard-linked into the data server ({error.strerror}): '
                             'copy it, or refer to it') from None

    def open_path(self, filename: str) -> Path:
        """The path of a stored file, for reading only.

        Raises
        ------
        StoreError
            When it is not there.
        """
        path = self.path(filename)
        if path.exists():
            return path
        if path.is_symlink():
            raise StoreError(f'{filename} was referred to, and {path.readlink()} is gone: put it back there, '
                             'or ingest it again as a copy')
        raise StoreError(f'{filename} is not on the data server in {self.folder}: it was lost or removed; '
                         'restore it from a backup, or make the product again')

    def retrieve(self, filename: str, folder: Path | str = '.') -> Path:
        """Copy a stored file into `folder` (default: the working directory) and give its path there."""
        return place(Path(folder) / filename, lambda temporary: shutil.copyfile(self.open_path(filename), temporary))

    def remove(self, filename: str) -> None:
        """Remove a stored file, if it is there, and what was left of attempts to store it."""
        path = self.path(filename)
        for one in [path, *path.parent.glob(f'.{glob.escape(filename)}.*.part')]:
            one.unlink(missing_ok=True)

    def files(self):
        """All files in the folder: (name, whether it is whole, path); what is not whole has the name that it will have."""
        for path in self.folder.glob('*/*'):
            if path.is_dir() and not path.is_symlink():
                continue
            part = _PART.fullmatch(path.name)
            yield part[1] if part else path.name, part is None, path


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


def file_digest(path: Path) -> str:
    """BLAKE3 digest of a file's bytes, in hexadecimal."""
    digest = blake3(max_threads=blake3.AUTO)
    with open(path, 'rb') as file:  # not a memory map: that kills the process when somebody cuts the file short
        while block := file.read(1 << 24):
            digest.update(block)
    return digest.hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


_current: DataServer | None = None


def server() -> DataServer:
    """The data server in use; a folder as the settings say."""
    global _current
    if _current is None:
        from awlike.config import settings
        _current = DataServer(settings().store_folder)
    return _current


def use_server(new: DataServer | None) -> None:
    """Use the data server `new` from now on."""
    global _current
    _current = new

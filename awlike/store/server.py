"""The contract of every data server: it keeps files, each whole and under one name for ever."""

import abc
import datetime
import shutil
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

from awlike.digests import FileState, file_digest
from awlike.errors import StoreError
from awlike.store.whole_files import place_in

HOW = ('copy', 'link', 'refer')


class Stored(NamedTuple):
    """A file on a data server, or the leftover of an attempt to store a file."""

    name: str                           # of the file, or of the file that it would have become
    whole: bool
    place: str                          # the path, for people and for `DataServer.discard`
    written: datetime.datetime | None   # UTC; None if not known


class DataServer(abc.ABC):
    """Files under names. A file under a name is whole, and does not change. Each kind of server decides where files lie.

    Attributes
    ----------
    place : str
        The folder or the URL, without passwords.
    ways : tuple of str
        The ways of `HOW` in which the server can take a file.
    streams : int
        The number of files to fetch at the same time.
    """

    place: str
    ways: tuple[str, ...] = ('copy',)
    streams: int

    @abc.abstractmethod
    def has(self, filename: str) -> bool:
        """Return whether the file is stored."""

    def has_all(self, filenames: Collection[str]) -> set[str]:
        """Return which of many files are stored, with as few requests as possible."""
        return {filename for filename in filenames if self.has(filename)}

    @abc.abstractmethod
    def new_file(self, filename: str, again: bool = False) -> AbstractContextManager[Path]:
        """Lend a temporary path to write to; its content is then stored under `filename`, or, after an error, nowhere.

        Parameters
        ----------
        again : bool
            Whether the content equals the content of a file stored before, so that several may put it back at once; default no.

        Raises
        ------
        StoreError
            If there is a file of that name: a stored file never changes.
        """

    def take(self, source: Path, filename: str, how: str = 'copy', digest: str | None = None,
             state: FileState | None = None) -> None:
        """Store the file `source` under `filename`. The file `source` itself stays as it is.

        Parameters
        ----------
        how : {'copy', 'link', 'refer'}
            A copy, a hard link (same file system), or only a reference to `source`; see `ways`.
        digest : str, optional
            The `file_digest` that `source` must have; by default any content is stored.
        state : FileState, optional
            The state of `source` before its `digest` was worked out. While it lasts, a file that is referred to is not read
            once more; a copy is.
        """
        source = Path(source).resolve()
        self.check_way(how)
        with self.new_file(filename) as temporary:
            self._put(source, temporary, how)
            is_same = how == 'refer' and state is not None and state.lasts(source)
            if digest is not None and not is_same and file_digest(temporary) != digest:
                raise StoreError(f'{source} changed while it was read: wait until it is complete, then take it again')

    def check_way(self, how: str) -> None:
        """Refuse a way of storing a file that does not exist, or that this server does not have."""
        if how not in HOW:
            raise StoreError(f'{how!r} is no way to store a file: it is one of {", ".join(HOW)}')
        if how not in self.ways:
            raise StoreError(f'{self.place} keeps copies only, which can be read from every machine: {how!r} cannot be '
                             "had there, take files by 'copy'")

    def _put(self, source: Path, temporary: Path, how: str) -> None:
        """Put the content of `source` at `temporary`, in one of `ways`."""
        shutil.copyfile(source, temporary)

    @abc.abstractmethod
    def open_path(self, filename: str, anew: bool = False) -> Path:
        """Return the path of a stored file, for reading only; the file lasts as long as the path object.

        Parameters
        ----------
        anew : bool
            Whether to fetch the file from the data server now, rather than to use a copy that was kept; default no.

        Raises
        ------
        NotStored
            If the file is not there.
        """

    def retrieve(self, filename: str, folder: Path | str = '.') -> Path:
        """Copy a stored file into `folder` (default: the working directory); return the path of the copy."""
        return place_in(folder, filename, lambda temporary: shutil.copyfile(self.open_path(filename), temporary))

    @abc.abstractmethod
    def remove(self, filename: str) -> None:
        """Remove a stored file, if it is there, and the leftovers of attempts to store it."""

    @abc.abstractmethod
    def files(self) -> Iterator[Stored]:
        """Yield all files on the data server, and the leftovers of attempts to store a file, under the name of that file."""

    @abc.abstractmethod
    def discard(self, stored: Stored) -> None:
        """Remove a file that `files` has yielded, if it is still there."""

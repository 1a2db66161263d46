"""What every data server does: it keeps files, each whole and under one name for ever. The settings say which is in use."""

import abc
import datetime
import shutil
from pathlib import Path
from typing import NamedTuple

from awlike.digests import file_digest
from awlike.errors import StoreError
from awlike.store.whole_files import place_in

HOW = ('copy', 'link', 'refer')


class Stored(NamedTuple):
    """Something that is on a data server: a file, or what is left of an attempt to store one."""

    name: str                           # that it has, or would have had
    whole: bool
    place: str                          # where it lies, for people and for `DataServer.discard`
    written: datetime.datetime | None   # UTC; None where that is not known


class DataServer(abc.ABC):
    """Files under names. What is under a name is whole, and does not change; each kind says where it keeps them.

    Attributes
    ----------
    place : str
        The folder or the URL, without passwords.
    ways : tuple of str
        Those of `HOW` in which it can take a file.
    streams : int
        How many files are best fetched at the same time.
    """

    place: str
    ways: tuple = ('copy',)
    streams: int

    @abc.abstractmethod
    def has(self, filename: str) -> bool:
        """Whether the file is stored."""

    def has_all(self, filenames) -> set[str]:
        """Which of many files are stored, with as few questions as can be."""
        return {filename for filename in filenames if self.has(filename)}

    @abc.abstractmethod
    def new_file(self, filename: str, again: bool = False):
        """A context: a temporary path to write to; its content is then stored under `filename`, or, on an error, nowhere.

        Parameters
        ----------
        again : bool
            Whether it is the very content that was there before, so that several may put it back at once; default no.

        Raises
        ------
        StoreError
            When there is a file of that name: what is stored never changes.
        """

    def take(self, source: Path, filename: str, how: str = 'copy', digest: str | None = None) -> None:
        """Store the file `source` under `filename`; `source` stays as it is.

        Parameters
        ----------
        how : {'copy', 'link', 'refer'}
            A copy, a hard link (same file system), or only a reference to where it lies now; see `ways`.
        digest : str, optional
            The `file_digest` that it must have; by default whatever it holds is stored.
        """
        source = Path(source).resolve()
        self.check_way(how)
        with self.new_file(filename) as temporary:
            self._put(source, temporary, how)
            if digest is not None and file_digest(temporary) != digest:
                raise StoreError(f'{source} changed while it was read: wait until it is complete, then take it again')

    def check_way(self, how: str) -> None:
        """Refuse a way of storing a file that there is not, or not here."""
        if how not in HOW:
            raise StoreError(f'{how!r} is no way to store a file: it is one of {", ".join(HOW)}')
        if how not in self.ways:
            raise StoreError(f'{self.place} keeps copies only, which can be read from every machine: {how!r} cannot be '
                             "had there, take files by 'copy'")

    def _put(self, source, temporary, how):
        shutil.copyfile(source, temporary)

    @abc.abstractmethod
    def open_path(self, filename: str, anew: bool = False) -> Path:
        """The path of a stored file, for reading only; the file stays there for as long as the path is referred to.

        Parameters
        ----------
        anew : bool
            Whether it is to be as it is on the data server now, rather than as it was kept from an earlier time; default no.

        Raises
        ------
        NotStored
            When it is not there.
        """

    def retrieve(self, filename: str, folder: Path | str = '.') -> Path:
        """Copy a stored file into `folder` (default: the working directory) and give its path there."""
        return place_in(folder, filename, lambda temporary: shutil.copyfile(self.open_path(filename), temporary))

    @abc.abstractmethod
    def remove(self, filename: str) -> None:
        """Remove a stored file, if it is there, and what was left of attempts to store it."""

    @abc.abstractmethod
    def files(self):
        """All that is on the data server, `Stored`; what is not whole has the name that it would have had."""

    @abc.abstractmethod
    def discard(self, stored: Stored) -> None:
        """Remove what `files` told of, if it is still there."""


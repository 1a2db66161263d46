"""The log of the changes of a file's header: what each replaced, by whom, when and by which script.

The log of ``data/plate1.fits`` is ``data/.headers/plate1.fits.log``, a line of JSON for each change. A line is on the disk
before the change happens. So a change that a crash prevented has a line; it counts as never made, since the file still has the
header from before.
"""

import base64
import contextlib
import dataclasses
import datetime
import fcntl
import hashlib
import json
import os
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from awlike.errors import HeaderError, StoreError

FOLDER = '.headers'


@dataclasses.dataclass(frozen=True)
class Made:
    """Who changes a header, and by what.

    Attributes
    ----------
    user, script : str
        The account, and the script with its class, as ``'headers.py:PAHeaderAdder'``.
    digest : str
        The SHA-256 of the text of the script.
    version : str
        The version of awlike.
    """

    user: str = ''
    script: str = ''
    digest: str = ''
    version: str = ''


@dataclasses.dataclass(frozen=True)
class Change:
    """One change of a header.

    Attributes
    ----------
    time : str
        When, in UTC.
    made : Made
        By whom and by what.
    before, after : str
        The SHA-256 of the header before and after.
    cards : list of (str, str)
        The cards that went (``'-'``) and came (``'+'``), as text.
    header : str
        The header before, all blocks, by zlib and base64.
    mtime : int
        When the file was written before, in ns since 1970.
    rest : int
        The number of bytes behind the header.
    undoes : str
        For the undoing of a change, the `time` of that change.
    """

    time: str
    made: Made
    before: str
    after: str
    cards: list[tuple[str, str]]
    header: str
    mtime: int
    rest: int
    undoes: str = ''

    def former(self) -> bytes:
        """Return the header before, all blocks. Raises HeaderError where the log has lost it."""
        with contextlib.suppress(ValueError, zlib.error):
            header = zlib.decompress(base64.b64decode(self.header))
            if digest(header) == self.before:
                return header
        raise HeaderError(f'the log of the changes is damaged, and the header from before {self.time} is lost; restore the '
                          'log from a backup')


_Written = tuple[Change, int]
"""A change, and the number of bytes of the log up to its end."""


def digest(header: bytes) -> str:
    """Return the SHA-256 of a header, by which the log knows it."""
    return hashlib.sha256(header).hexdigest()


def change(old: bytes, new: bytes, cards: list[tuple[str, str]], made: Made, mtime: int, rest: int, undoes: str = '') -> Change:
    """Return the change from the header `old` to `new`, of this moment."""
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec='microseconds')
    kept = base64.b64encode(zlib.compress(old, 9)).decode()
    return Change(now, made, digest(old), digest(new), cards, kept, mtime, rest, undoes)


def place_of(file: Path) -> Path:
    """Return the path of the log of a file; `file` is no symbolic link."""
    return file.parent / FOLDER / f'{file.name}.log'


class UndoLog:
    """The log of one file, open and locked: no other process changes the header meanwhile."""

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self.path, self._file = path, file
        self._written = _parsed(path, file.read())

    @property
    def part(self) -> Path:
        """The path of the file while it is written anew. What a crash leaves there is overwritten by the next change."""
        return self.path.with_suffix('.part')

    def changes(self, header: bytes) -> list[Change]:
        """Return the changes that were made, in order; `header` is the present one of the file."""
        return [one for one, _ in _made(self._written, digest(header))]

    def append(self, new: Change) -> None:
        """Write a change that is about to be made to the disk, in place of one that a crash prevented."""
        happened = _made(self._written, new.before)
        end = happened[-1][1] if happened else 0
        line = json.dumps(dataclasses.asdict(new)).encode() + b'\n'
        self._file.truncate(end)
        self._file.seek(end)
        self._file.write(line)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._written = [*happened, (new, end + len(line))]


@contextmanager
def undo_log(file: Path) -> Generator[UndoLog]:
    """Return a context: the log of a file, made where it is absent, and locked.

    Raises
    ------
    StoreError
        When it cannot be written.
    """
    path = place_of(file)
    if path.is_symlink():  # it may lead to another file, of which a part would be cut off
        raise StoreError(f'{path} is a symbolic link: put the log itself there, or remove the link')
    try:
        path.parent.mkdir(exist_ok=True)
        opened = open(path, 'a+b')  # noqa: SIM115 -- errors below are others'
    except OSError as error:
        raise StoreError(f'{path}, the log by which a change of {file.name} is undone, cannot be written ({error.strerror}): '
                         'check permissions and space') from None
    with opened as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        stream.seek(0)
        yield UndoLog(path, stream)


def read_log(file: Path, header: bytes) -> list[Change]:
    """Return the changes of the header of a file, which now is `header`, in order; none where there is no log."""
    try:
        content = place_of(file).read_bytes()
    except FileNotFoundError:
        return []
    return [one for one, _ in _made(_parsed(place_of(file), content), digest(header))]


def standing(changes: list[Change]) -> list[Change]:
    """Return the changes that are not undone, in order."""
    undone = {one.undoes for one in changes if one.undoes}
    return [one for one in changes if not one.undoes and one.time not in undone]


def _made(written: list[_Written], present: str) -> list[_Written]:
    """Return the changes that were made: all, but for the last one where the file still has the header from before."""
    if written and written[-1][0].after != present and written[-1][0].before == present:
        return written[:-1]
    return written


def _parsed(path: Path, content: bytes) -> list[_Written]:
    written, end = [], 0
    for line in content.split(b'\n')[:-1]:  # behind the last end of a line is what a crash cut off: it was not made
        end += len(line) + 1
        try:
            written.append((_change_of(json.loads(line)), end))
        except (ValueError, KeyError, TypeError) as error:
            raise StoreError(f'{path}: the log of the changes is damaged ({error}); restore it from a backup, or move it away: '
                             'then no earlier change can be undone') from None
    return written


def _change_of(entry: dict[str, Any]) -> Change:
    made, cards = Made(**entry.pop('made')), [(sign, card) for sign, card in entry.pop('cards')]
    return Change(made=made, cards=cards, **entry)

"""A new primary header in a file: the file is the old or the new one at every moment, and its other bytes stay as they are."""

import contextlib
import dataclasses
import hashlib
import importlib.metadata
import io
import logging
import os
import shutil
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from astropy.io import fits

from awlike.config import settings
from awlike.errors import HeaderError, NotAllowed
from awlike.fits.checksums import added, ones_sum
from awlike.fits.opening import GZIP, check_regular, named
from awlike.fits.structure import BLOCK, MAGIC, read_header
from awlike.placing import place
from awlike.processors.cards.difference import difference
from awlike.processors.cards.header import CheckedHeader
from awlike.processors.cards.reading import header_bytes, parsed
from awlike.processors.cards.serialising import with_checksum
from awlike.processors.headers.undo_log import Change, Made, change, read_log, standing, undo_log
from awlike.store.folder import FolderServer

log = logging.getLogger('awlike')

_PART = 1 << 20  # bytes
_SHAPE = 'BITPIX', 'NAXIS', 'BZERO', 'BSCALE'
Update = Callable[[CheckedHeader], fits.Header]


def change_header(path: str | os.PathLike[str], update: Update, made: Made | None = None) -> Change | None:
    """Change the primary header of a file, and note in its log how to undo that.

    The file is written anew beside itself, is on the disk, and takes its name by one step. Mode, owner and symbolic links
    stay. Another hard link of the file keeps the old header.

    Parameters
    ----------
    update : callable
        Gets the present header, and returns the new one, which describes the same data.
    made : Made, optional
        By whom and by what, for the log.

    Returns
    -------
    Change or None
        None where the header stays as it is; nothing is written then.

    Raises
    ------
    HeaderError, NotAllowed, StoreError
        When the file is compressed, belongs to the archive, or cannot be written.
    """
    file = Path(path).resolve()
    with named(path):
        check_changeable(file)
        prepared = _prepared(file, update)
        if prepared is None:
            return None
        with undo_log(file) as undo, open(file, 'rb') as stream:
            if header_bytes(stream) != prepared.old:
                raise HeaderError('another process changed the header meanwhile; run again')
            status = os.fstat(stream.fileno())
            found = change(prepared.old, prepared.new, prepared.cards, made or Made(), status.st_mtime_ns,
                           status.st_size - len(prepared.old))
            undo.append(found)
            _replace(file, undo.part, stream, prepared.new)
            return found


def undo_change(path: str | os.PathLike[str], made: Made | None = None) -> Change:
    """Undo the last change of a file's header that is not undone: the file is then byte for byte as it was before.

    Returns
    -------
    Change
        The one that was undone.

    Raises
    ------
    HeaderError
        When there is none, or the header was changed by other means since.
    """
    file = Path(path).resolve()
    with named(path):
        check_changeable(file)
        _last_standing(changes_of(file))
        with undo_log(file) as undo, open(file, 'rb') as stream:
            present = header_bytes(stream)
            last = _last_standing(undo.changes(present))
            former, rest = last.former(), os.fstat(stream.fileno()).st_size - len(present)
            made_now = change(present, former, difference(parsed(present), parsed(former)), made or Made(),
                              os.fstat(stream.fileno()).st_mtime_ns, rest, last.time)
            if made_now.before != last.after or rest != last.rest:
                raise HeaderError(f'the file was changed by other means since {last.time}, so that this change cannot be '
                                  'undone; take the former cards from awe headers log')
            undo.append(made_now)
            _replace(file, undo.part, stream, former, last.mtime)
            return last


def _last_standing(changes: list[Change]) -> Change:
    found = standing(changes)
    if not found:
        raise HeaderError('no change of the header is left to undo; awe headers log shows all')
    return found[-1]


def changes_of(path: str | os.PathLike[str]) -> list[Change]:
    """Return the changes of the header of a file, in order, those that were undone, too."""
    file = Path(path).resolve()
    with named(path):
        try:
            with open(file, 'rb') as stream:
                _refuse_gzip(file, stream)
                present = header_bytes(stream)
        except OSError as error:
            raise HeaderError(f'cannot be read ({error.strerror}); check path and permissions') from None
        return read_log(file, present)


def made_here(script: str, text: bytes = b'') -> Made:
    """Return who changes headers in this process: the user, by a script or command of that name and text."""
    return Made(settings().user, script, hashlib.sha256(text).hexdigest(), importlib.metadata.version('awlike'))


def check_changeable(file: Path) -> None:
    """Refuse a file whose header must not be changed: compressed, write-protected, or of the archive."""
    try:
        check_regular(file)
        with open(file, 'rb') as stream:
            _refuse_gzip(file, stream)
            header_bytes(stream)
            begin = stream.read(BLOCK)
            declared = read_header(stream.read, begin, 1)[1] if begin.startswith(b'XTENSION') else None
            if declared is not None and declared.unpacked:
                raise HeaderError('the file is compressed by fpack, and the header of its image lies in an extension: '
                                  f'run funpack {file.name}')
    except OSError as error:
        raise HeaderError(f'cannot be read ({error.strerror}); check path and permissions') from None
    if not file.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
        raise NotAllowed(f'{file} is write-protected: allow writing by chmod u+w {file.name}')
    if _is_managed(file):
        raise NotAllowed(f'{file} is a file of the archive, and managed frames are never changed: work on a copy of it')


def _refuse_gzip(file: Path, stream: IO[bytes]) -> None:
    if stream.read(len(GZIP)) == GZIP:
        raise HeaderError(f'the file is compressed by gzip, and a header in it is not changed: run gunzip {file.name}')
    stream.seek(0)


def _is_managed(file: Path) -> bool:
    """Return whether a file lies on the data server, or is one to which the data server refers."""
    folder = settings().store_place
    if not isinstance(folder, Path):
        return False
    stored = FolderServer(folder).path(file.name)
    return file.is_relative_to(folder) or (stored.is_symlink() and stored.resolve() == file)


@dataclasses.dataclass(frozen=True)
class _Prepared:
    """The old and the new header as blocks, and the cards that differ."""

    old: bytes
    new: bytes
    cards: list[tuple[str, str]]


def _prepared(file: Path, update: Update) -> _Prepared | None:
    with open(file, 'rb') as stream:
        old = header_bytes(stream)
        own, header = parsed(old), update(parsed(old))
        new = with_checksum(header, old, _data_sum(own, old, stream) if 'CHECKSUM' in header else 0)
    if new == old:
        return None
    before, after = (read_header(io.BytesIO(blocks[BLOCK:]).read, blocks[:BLOCK], 0)[1] for blocks in (old, new))
    shape = [*_SHAPE, *own['NAXIS?*'], *header['NAXIS?*']]
    if before != after or not new.startswith(MAGIC) or any(own.get(key) != header.get(key) for key in shape):
        raise HeaderError('the new header describes other data than the file has: leave the cards that describe data as '
                          'they are')
    return _Prepared(old, new, difference(own, header))


def _data_sum(own: fits.Header, old: bytes, stream: IO[bytes]) -> int:
    """Return the sum of the data of the primary HDU: as its DATASUM says, else summed up."""
    with contextlib.suppress(KeyError, ValueError):
        return int(str(own['DATASUM']))
    declared = read_header(io.BytesIO(old[BLOCK:]).read, old[:BLOCK], 0)[1]
    left, total = declared.data if declared else 0, 0
    while left and (part := stream.read(min(left, _PART))):
        total, left = added(total, ones_sum(part)), left - len(part)
    return total


def _replace(file: Path, part: Path, stream: IO[bytes], header: bytes, mtime: int | None = None) -> None:
    """Write a file anew, with another header; `stream` is the present file, and stands at the data behind its header."""
    if os.fstat(stream.fileno()).st_nlink > 1:
        log.warning('%s has other names, which are hard links: they keep the header from before', file)

    def write(temporary: Path) -> None:
        with open(temporary, 'wb') as new:
            new.write(header)
            new.flush()
            _copy_rest(stream, new)
            _copy_status(file, temporary, mtime)
            os.fsync(new.fileno())

    place(file, write, part)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _copy_rest(stream: IO[bytes], new: IO[bytes]) -> None:
    """Copy all from where `stream` stands, in the kernel where that can."""
    start, end = stream.tell(), os.fstat(stream.fileno()).st_size
    with contextlib.suppress(OSError, AttributeError):  # a file system or a system that cannot
        while start < end and (number := os.copy_file_range(stream.fileno(), new.fileno(), end - start, start)):
            start += number
    stream.seek(start)
    new.seek(0, os.SEEK_END)
    shutil.copyfileobj(stream, new, _PART)
    new.flush()


def _copy_status(file: Path, temporary: Path, mtime: int | None) -> None:
    """Give a new file mode, attributes and, where allowed, owner of the old one; it was written now, or at `mtime` (ns)."""
    status = file.stat()
    with contextlib.suppress(PermissionError):
        os.chown(temporary, status.st_uid, status.st_gid)
    shutil.copystat(file, temporary)
    now = time.time_ns()
    os.utime(temporary, ns=(now, now if mtime is None else mtime))

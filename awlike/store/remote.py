"""A data server that is a file system of fsspec (a bucket of S3, a machine behind sftp ...), with a cache on this machine.

The file `name` lies there as ``<one of 256 subfolders>/name/<BLAKE3 digest of its bytes>``. With the digest in the path

- one request tells that a file is there, and what its content must be;
- bytes and digest appear together;
- no file is ever written over another, even on file systems without conditional writes;
- half a file, where an upload does not appear whole at once, is recognised by its digest.

Most file systems have no metadata for the digest. A second file for it would be written at another moment: a crash, or two
processes that put back a product with different DATEs, could leave the digest of one beside the bytes of the other.
"""

import contextlib
import datetime
import os
import re
import threading
import uuid
from collections.abc import Callable, Collection, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from awlike.digests import file_digest
from awlike.errors import NotStored, StoreError
from awlike.masking import masked
from awlike.store.cache import Cache
from awlike.store.filesystem import OBJECT_STORES, attempt, open_filesystem
from awlike.store.server import DataServer, Stored
from awlike.store.whole_files import shelf

T = TypeVar('T')
_BLOCK = 1 << 24  # bytes in a request; fewer after each failure, so that a bad line delivers something
_MANY = 2000      # from this number of files on, list the subfolders rather than ask for each file
_WHOLE = re.compile(r'[0-9a-f]{2}/([^/]+)/([0-9a-f]{64})')
_PART = re.compile(r'[0-9a-f]{2}/\.([^/]+)\.[0-9a-f]{32}\.part')
_UPLOAD = ' (unfinished upload '
_WRITTEN = ('LastModified', 'last_modified', 'mtime', 'updated', 'created')  # names of a file's date


class RemoteServer(DataServer):
    """Files below `url`.

    Parameters
    ----------
    options : dict
        The options for fsspec: endpoint_url, key, secret ...
    cache : Cache
        The files that are kept on this machine.
    """

    streams = 16

    def __init__(self, url: str, options: dict[str, Any], cache: Cache) -> None:
        self.place = masked(url)
        self._url, self._options, self._cache = url, options, cache
        self._opened: tuple[int, Any, str] | None = None  # process, file system, path in it
        self._lock = threading.Lock()

    def _open(self) -> tuple[Any, str]:
        """Return the file system, opened by this process, and the path in it: connections do not outlive a fork."""
        with self._lock:
            if self._opened is None or self._opened[0] != os.getpid():
                self._opened = (os.getpid(), *open_filesystem(self._url, self._options))
            return self._opened[1:]

    @property
    def _fs(self) -> Any:
        return self._open()[0]

    @property
    def _root(self) -> str:
        return self._open()[1].rstrip('/')

    @property
    def _is_object_store(self) -> bool:
        return self._url.partition('://')[0] in OBJECT_STORES

    def has(self, filename: str) -> bool:
        """Return whether the file is stored."""
        return bool(self._versions(filename))

    def has_all(self, filenames: Collection[str]) -> set[str]:
        """Return which of many files are stored: asked for in parallel, or found in listings."""
        filenames = set(filenames)
        with ThreadPoolExecutor(self.streams) as pool:
            if len(filenames) < _MANY:
                names = sorted(filenames)
                return {name for name, stored in zip(names, pool.map(self.has, names), strict=True) if stored}
            shelves = sorted({shelf(name) for name in filenames})
            return filenames & {file.name for found in pool.map(self._listed, shelves) for file in found if file.whole}

    @contextlib.contextmanager
    def new_file(self, filename: str, again: bool = False) -> Generator[Path]:
        """See `DataServer.new_file`. Of two processes that store under one name at the same moment at most one succeeds."""
        taken = StoreError(f'{filename} is stored already, and a stored file does not change: use a new name')
        if not again and self.has(filename):
            raise taken
        with self._cache.new_file(filename) as temporary:
            yield temporary
            digest = file_digest(temporary)
            self._upload(temporary, filename, digest)
            if not again and self._versions(filename).keys() - {digest}:
                self._remove(self._object(filename, digest))
                raise taken
            self._cache.add(temporary, filename)

    def open_path(self, filename: str, anew: bool = False) -> Path:
        """See `DataServer.open_path`: the path leads to the file in the cache, which is fetched if it is not there."""
        if anew:
            self._cache.drop(filename)
        elif (held := self._cache.find(filename)) is not None:
            return held
        versions = self._versions(filename)
        if not versions:
            raise NotStored(f'{filename} is not on the data server in {self.place}: it was lost or removed; '
                            'restore it from a backup, or make the product again')
        digest = min(versions)  # several, if several processes put the file back at once
        path, failure = self._object(filename, digest), f'{filename} cannot be fetched from {self.place}'

        def read(start: int, end: int) -> bytes:
            return attempt(lambda number: self._fs.cat_file(path, start=start, end=min(end, start + (_BLOCK >> 2 * number))),
                           failure)

        try:
            return self._cache.fetch(filename, versions[digest], digest, read)
        except FileNotFoundError:
            raise NotStored(f'{filename} was removed from {self.place} just now: make the product again') from None

    def remove(self, filename: str) -> None:
        """See `DataServer.remove`."""
        for digest in self._versions(filename):
            self._remove(self._object(filename, digest))
        if not self._is_object_store:
            for leftover in self._listed(shelf(filename)):
                if leftover.name == filename and not leftover.whole:
                    self.discard(leftover)
        self._cache.drop(filename)

    def files(self) -> Iterator[Stored]:
        """See `DataServer.files`. Unfinished uploads are among them, if the file system lists these."""
        with ThreadPoolExecutor(self.streams) as pool:
            for found in pool.map(self._listed, self._shelves()):
                yield from found
        if hasattr(self._fs, 'list_multipart_uploads'):
            bucket, _, key = self._root.partition('/')
            uploads = self._ask(lambda: self._fs.list_multipart_uploads(bucket))
            for upload in uploads:
                if found := _WHOLE.fullmatch(upload['Key'].removeprefix(key).lstrip('/')):
                    place = f'{bucket}/{upload["Key"]}{_UPLOAD}{upload["UploadId"]})'
                    yield Stored(found[1], False, place, upload.get('Initiated'))

    def discard(self, stored: Stored) -> None:
        """See `DataServer.discard`."""
        path, _, upload = stored.place.partition(_UPLOAD)
        if upload:
            bucket, _, key = path.partition('/')
            with contextlib.suppress(FileNotFoundError):
                self._ask(lambda: self._fs.abort_mpu(bucket, key, upload.removesuffix(')')))
        else:
            self._remove(path)
            self._cache.drop(stored.name)

    def check(self) -> None:
        """Write a small file, read it and remove it. Raises StoreError, with the remedy, if one of these fails."""
        path, text = f'{self._root}/.check-{uuid.uuid4().hex}', uuid.uuid4().bytes

        def try_it(_: int) -> bytes:
            if not self._is_object_store:
                self._fs.makedirs(self._root, exist_ok=True)
            self._fs.pipe_file(path, text)
            found = self._fs.cat_file(path)
            self._fs.rm_file(path)
            return found

        if attempt(try_it, f'{self.place} cannot be used', pauses=()) != text:
            raise StoreError(f'{self.place} does not return the bytes that were written: check the settings store and '
                             'store_options')

    def _object(self, filename: str, digest: str) -> str:
        return f'{self._root}/{shelf(filename)}/{filename}/{digest}'

    def _ask(self, work: Callable[[], T]) -> T:
        return attempt(lambda _: work(), f'the data server {self.place} cannot be asked')

    def _found(self, folder: str) -> list[tuple[str, dict[str, Any]]]:
        """Return (path from the root, information of the file system) of all files below `folder`."""
        above, _, name = folder.rpartition('/')
        # One request, whether the folder exists or not.
        where, how = (above, {'prefix': f'{name}/'}) if self._is_object_store else (folder, {})
        self._fs.invalidate_cache()
        try:
            found = self._ask(lambda: self._fs.find(where, detail=True, **how))
        except FileNotFoundError:
            return []
        return [(path.removeprefix(self._root).lstrip('/'), info) for path, info in found.items()]

    def _versions(self, filename: str) -> dict[str, int]:
        """Return the size of each file that is stored under a name, by its digest."""
        found = self._found(f'{self._root}/{shelf(filename)}/{filename}')
        whole = [(_WHOLE.fullmatch(path), info['size']) for path, info in found]
        return {match[2]: size for match, size in whole if match}

    def _listed(self, subfolder: str) -> list[Stored]:
        """Return all files in one of the subfolders."""
        found = []
        for path, info in self._found(f'{self._root}/{subfolder}'):
            whole = _WHOLE.fullmatch(path)
            if match := whole or _PART.fullmatch(path):
                found.append(Stored(match[1], bool(whole), f'{self._root}/{path}', _written(info)))
        return found

    def _shelves(self) -> list[str]:
        """Return the names of the subfolders that exist."""
        self._fs.invalidate_cache()
        try:
            names = self._ask(lambda: self._fs.ls(self._root, detail=False))
        except FileNotFoundError:
            return []
        return sorted(last for name in names if re.fullmatch('[0-9a-f]{2}', last := name.rstrip('/').rpartition('/')[2]))

    def _upload(self, source: Path, filename: str, digest: str) -> None:
        """Store the file at `source`; under a temporary name first, if uploads do not appear whole at once."""
        path, failure = self._object(filename, digest), f'{filename} cannot be stored in {self.place}'
        if self._is_object_store:
            attempt(lambda _: self._fs.put_file(str(source), path), failure)
            return
        part = f'{self._root}/{shelf(filename)}/.{filename}.{uuid.uuid4().hex}.part'

        def put(_: int) -> None:
            self._fs.makedirs(path.rpartition('/')[0], exist_ok=True)
            self._fs.put_file(str(source), part)
            self._fs.mv(part, path)

        try:
            attempt(put, failure)
        except BaseException:
            with contextlib.suppress(Exception):
                self._fs.rm_file(part)
            raise

    def _remove(self, path: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._ask(lambda: self._fs.rm_file(path))
        if not self._is_object_store:
            with contextlib.suppress(Exception):  # another process may have stored something there just now
                self._fs.rmdir(path.rpartition('/')[0])


def _written(info: dict[str, Any]) -> datetime.datetime | None:
    """Return the date in UTC when a file was written, or None."""
    value: Any = next((info[name] for name in _WRITTEN if info.get(name)), None)
    if isinstance(value, (int, float)):
        return datetime.datetime.fromtimestamp(value, datetime.UTC)
    if isinstance(value, str):
        value = datetime.datetime.fromisoformat(value)
    return value if value is None or value.tzinfo else value.replace(tzinfo=datetime.UTC)

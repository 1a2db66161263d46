"""A data server that is a file system of fsspec: a bucket of S3, a machine behind sftp ...; with a cache on this machine.

The file `name` lies there as ``<one of 256 subfolders>/name/<BLAKE3 digest of its bytes>``. The digest is part of the
path, rather than metadata of an object (which most file systems have not) or a file beside it (which is written at
another moment, so that a crash, or two who put a product back that was made anew with another DATE, leave the digest of
one beside the bytes of the other). So one request tells that a file is there and what it must be; bytes and digest
appear together; and nothing can ever be written over other bytes, on any file system, also where a conditional write
is not known. Half a file, where uploads do not appear at once, is known by its digest.
"""

import contextlib
import datetime
import os
import re
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from awlike.config import masked
from awlike.digests import file_digest
from awlike.errors import NotStored, StoreError
from awlike.store.cache import Cache
from awlike.store.filesystem import OBJECT_STORES, attempt, open_filesystem
from awlike.store.server import DataServer, Stored
from awlike.store.whole_files import shelf

_BLOCK = 1 << 24           # bytes asked for at once; fewer after each failure, so that a bad line brings something
_MANY = 2000               # files from which on subfolders are listed rather than each file asked for
_WHOLE = re.compile(r'[0-9a-f]{2}/([^/]+)/([0-9a-f]{64})')
_PART = re.compile(r'[0-9a-f]{2}/\.([^/]+)\.[0-9a-f]{32}\.part')
_UPLOAD = ' (unfinished upload '
_WRITTEN = ('LastModified', 'last_modified', 'mtime', 'updated', 'created')  # as file systems call it


class RemoteServer(DataServer):
    """Files below `url`.

    Parameters
    ----------
    options : dict
        What fsspec is given to open it: endpoint_url, key, secret ...
    cache : Cache
        Where files are kept on this machine.
    """

    streams = 16

    def __init__(self, url: str, options: dict, cache: Cache):
        self.place = masked(url)
        self._url, self._options, self._cache = url, options, cache
        self._opened, self._lock = None, threading.Lock()

    @property
    def _fs(self):
        """The file system, of this process: connections do not outlive a fork."""
        with self._lock:
            if self._opened is None or self._opened[0] != os.getpid():
                self._opened = (os.getpid(), *open_filesystem(self._url, self._options))
            return self._opened[1]

    @property
    def _root(self) -> str:
        _ = self._fs
        return self._opened[2].rstrip('/')

    @property
    def _is_object_store(self) -> bool:
        return self._url.partition('://')[0] in OBJECT_STORES

    def has(self, filename: str) -> bool:
        """Whether the file is stored."""
        return bool(self._versions(filename))

    def has_all(self, filenames) -> set[str]:
        """Which of many files are stored: asked for side by side, or found in listings."""
        filenames = set(filenames)
        with ThreadPoolExecutor(self.streams) as pool:
            if len(filenames) < _MANY:
                names = sorted(filenames)
                return {name for name, there in zip(names, pool.map(self.has, names), strict=True) if there}
            shelves = sorted({shelf(name) for name in filenames})
            return filenames & {one.name for found in pool.map(self._listed, shelves) for one in found if one.whole}

    @contextlib.contextmanager
    def new_file(self, filename: str, again: bool = False):
        """See `DataServer.new_file`. Of two who store under one name at the same moment at most one succeeds."""
        taken = StoreError(f'{filename} is stored already, and what is stored does not change: use a new name')
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
        """See `DataServer.open_path`: the file in the cache, where it is fetched to when it is not there."""
        if anew:
            self._cache.drop(filename)
        elif (held := self._cache.find(filename)) is not None:
            return held
        versions = self._versions(filename)
        if not versions:
            raise NotStored(f'{filename} is not on the data server in {self.place}: it was lost or removed; '
                            'restore it from a backup, or make the product again')
        digest = min(versions)  # several, where several put it back at once
        path, what = self._object(filename, digest), f'{filename} cannot be fetched from {self.place}'

        def read(start, end):
            return attempt(lambda number: self._fs.cat_file(path, start=start, end=min(end, start + (_BLOCK >> 2 * number))),
                           what)

        try:
            return self._cache.fetch(filename, versions[digest], digest, read)
        except FileNotFoundError:
            raise NotStored(f'{filename} was removed from {self.place} just now: make the product again') from None

    def remove(self, filename: str) -> None:
        """Remove a stored file, if it is there, and what was left of attempts to store it."""
        for digest in self._versions(filename):
            self._remove(self._object(filename, digest))
        if not self._is_object_store:
            for one in self._listed(shelf(filename)):
                if one.name == filename and not one.whole:
                    self.discard(one)
        self._cache.drop(filename)

    def files(self):
        """All that is there; also uploads that were not finished, where the file system tells of them."""
        with ThreadPoolExecutor(self.streams) as pool:
            for found in pool.map(self._listed, self._shelves()):
                yield from found
        if hasattr(self._fs, 'list_multipart_uploads'):
            bucket, _, key = self._root.partition('/')
            uploads = self._ask(lambda: self._fs.list_multipart_uploads(bucket))
            for one in uploads:
                if found := _WHOLE.fullmatch(one['Key'].removeprefix(key).lstrip('/')):
                    yield Stored(found[1], False, f'{bucket}/{one["Key"]}{_UPLOAD}{one["UploadId"]})', one.get('Initiated'))

    def discard(self, stored: Stored) -> None:
        """Remove what `files` told of, if it is still there."""
        path, _, upload = stored.place.partition(_UPLOAD)
        if upload:
            bucket, _, key = path.partition('/')
            with contextlib.suppress(FileNotFoundError):
                self._ask(lambda: self._fs.abort_mpu(bucket, key, upload.removesuffix(')')))
        else:
            self._remove(path)
            self._cache.drop(stored.name)

    def check(self) -> None:
        """Write a small file, read it and remove it; StoreError tells what cannot be done, and what to do."""
        path, text = f'{self._root}/.check-{uuid.uuid4().hex}', uuid.uuid4().bytes

        def try_it(_):
            if not self._is_object_store:
                self._fs.makedirs(self._root, exist_ok=True)
            self._fs.pipe_file(path, text)
            found = self._fs.cat_file(path)
            self._fs.rm_file(path)
            return found

        if attempt(try_it, f'{self.place} cannot be used', pauses=()) != text:
            raise StoreError(f'{self.place} does not give back what is written: another store is behind it than it says')

    def _object(self, filename, digest) -> str:
        return f'{self._root}/{shelf(filename)}/{filename}/{digest}'

    def _ask(self, work):
        return attempt(lambda _: work(), f'the data server {self.place} cannot be asked')

    def _found(self, folder):
        """What lies below `folder`: (path from the root, what is known of it)."""
        above, _, name = folder.rpartition('/')
        where, how = (above, {'prefix': f'{name}/'}) if self._is_object_store else (folder, {})  # one request, there or not
        self._fs.invalidate_cache()
        try:
            found = self._ask(lambda: self._fs.find(where, detail=True, **how))
        except FileNotFoundError:
            return []
        return [(path.removeprefix(self._root).lstrip('/'), info) for path, info in found.items()]

    def _versions(self, filename) -> dict:
        """Digest and size of what is stored under a name."""
        found = self._found(f'{self._root}/{shelf(filename)}/{filename}')
        whole = [(_WHOLE.fullmatch(path), info['size']) for path, info in found]
        return {match[2]: size for match, size in whole if match}

    def _listed(self, subfolder) -> list:
        """All that lies in one of the subfolders, `Stored`."""
        found = []
        for path, info in self._found(f'{self._root}/{subfolder}'):
            whole = _WHOLE.fullmatch(path)
            if match := whole or _PART.fullmatch(path):
                found.append(Stored(match[1], bool(whole), f'{self._root}/{path}', _written(info)))
        return found

    def _shelves(self) -> list:
        self._fs.invalidate_cache()
        try:
            names = self._ask(lambda: self._fs.ls(self._root, detail=False))
        except FileNotFoundError:
            return []
        return sorted(last for name in names if re.fullmatch('[0-9a-f]{2}', last := name.rstrip('/').rpartition('/')[2]))

    def _upload(self, source, filename, digest):
        """Put the file at `source` there; where uploads do not appear whole at once, by another name first."""
        path, what = self._object(filename, digest), f'{filename} cannot be stored in {self.place}'
        if self._is_object_store:
            attempt(lambda _: self._fs.put_file(str(source), path), what)
            return
        part = f'{self._root}/{shelf(filename)}/.{filename}.{uuid.uuid4().hex}.part'

        def put(_):
            self._fs.makedirs(path.rpartition('/')[0], exist_ok=True)
            self._fs.put_file(str(source), part)
            self._fs.mv(part, path)

        try:
            attempt(put, what)
        except BaseException:
            with contextlib.suppress(Exception):
                self._fs.rm_file(part)
            raise

    def _remove(self, path):
        with contextlib.suppress(FileNotFoundError):
            self._ask(lambda: self._fs.rm_file(path))
        if not self._is_object_store:
            with contextlib.suppress(Exception):  # others may have put something into it just now
                self._fs.rmdir(path.rpartition('/')[0])


def _written(info):
    """When something was written, in UTC, or None."""
    value = next((info[name] for name in _WRITTEN if info.get(name)), None)
    if isinstance(value, (int, float)):
        return datetime.datetime.fromtimestamp(value, datetime.UTC)
    if isinstance(value, str):
        value = datetime.datetime.fromisoformat(value)
    return value if value is None or value.tzinfo else value.replace(tzinfo=datetime.UTC)

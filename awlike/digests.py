"""Content digests: equal for equal pixels and values, whatever the name, the date or the place of making."""

import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from blake3 import blake3

_JUST_NOW = 2_000_000_000  # ns: the coarsest time of a file system


def content_digest(data: np.ndarray | None, values: dict[str, Any],
                   parts: Mapping[str, tuple[Any, np.ndarray | Callable[[], np.ndarray]]] | None = None) -> str:
    """Return the digest of an image, of the values that belong to it, and of further images and tables.

    Parameters
    ----------
    data : 2-D array or None
        The pixels; their type and shape count, the byte order does not.
    values : dict
        Names and JSON values.
    parts : dict, optional
        By name, a description (a JSON value) and an array: an image, or a structured array, of which each column counts. A
        function without arguments returns the array when its turn comes, so that one of many is in memory.
    """
    digest = blake3(max_threads=blake3.AUTO)
    digest.update(canonical(values))
    if data is not None:
        _add(digest, data)
    for name, (description, content) in sorted((parts or {}).items(), key=lambda part: part[0]):
        digest.update(canonical([name, description]))
        array = content() if callable(content) else content
        for column in array.dtype.names or [None]:
            _add(digest, array if column is None else array[column])
    return digest.hexdigest()


def _add(digest: Any, array: np.ndarray) -> None:
    """Add type, shape and values of an array to `digest`."""
    values = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder('<'))
    digest.update(f'{values.dtype.str}{values.shape}'.encode())
    digest.update(values.reshape(-1).view(np.uint8).data)


def key_digest(*parts: Any) -> str:
    """Return the digest of JSON values, which depends on their order."""
    return blake3(canonical(parts)).hexdigest()


def text_digest(text: str) -> str:
    """Return the digest of a text."""
    return blake3(text.encode()).hexdigest()


def canonical(value: Any) -> bytes:
    """Return `value` as JSON text that is the same for equal values: sorted names, floats in full, dates in ISO form."""
    return json.dumps(value, sort_keys=True, separators=(',', ':'), default=_plain).encode()


def _plain(value: Any) -> Any:
    """Return a value that JSON does not know as JSON does: a number of numpy as a number of Python, all else as text."""
    return value.item() if isinstance(value, np.generic) else str(value)


class FileState(NamedTuple):
    """The state of a file in the file system: another state means that the content may have changed."""

    device: int
    inode: int
    size: int
    changed: int
    """The time of the last change, of content or attributes, in ns; nobody can set it."""
    seen: int
    """The time when the state was taken, in ns."""

    @classmethod
    def of(cls, path: Path) -> Self:
        """Return the state of a file now."""
        with open(path, 'rb') as file:  # a file server tells an open file's state anew
            found = os.fstat(file.fileno())
        return cls(found.st_dev, found.st_ino, found.st_size, found.st_ctime_ns, time.time_ns())

    def lasts(self, path: Path) -> bool:
        """Return whether the file at `path` has certainly not changed since.

        A file that had changed just before is not certain: a second change may have the same time.
        """
        return self.changed < self.seen - _JUST_NOW and self[:4] == FileState.of(path)[:4]


def file_digest(path: Path) -> str:
    """Return the BLAKE3 digest of the bytes of a file, in hexadecimal."""
    digest = blake3(max_threads=blake3.AUTO)
    with open(path, 'rb') as file:  # not a memory map, which kills the process when somebody cuts the file short
        while block := file.read(1 << 24):
            digest.update(block)
    return digest.hexdigest()

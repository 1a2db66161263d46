"""Digests of code on disk, beside the compiled modules, for the processes that come: to compute one takes a tenth of a second.

A digest is valid for the text of all of awlike and for the version of Python. Only digests of what awlike's own modules define
are kept; the digests of users' own classes are computed in each process. Whoever may write the file may write the modules, too.
"""

import contextlib
import functools
import importlib.util
import json
import os
import sys
import types
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from awlike.digests import file_digest, key_digest
from awlike.errors import AwlikeError
from awlike.placing import place

State = list[tuple[str, int, int]]

_PACKAGE = __name__.partition('.')[0]
_FOLDER = Path(__file__).resolve().parents[1]
_FILE = Path(importlib.util.cache_from_source(__file__)).with_name(f'code_digests.{sys.implementation.cache_tag}.json')


def is_own(module: str) -> bool:
    """Return whether the module of that name is awlike's own, whose text the key of what is kept covers."""
    return module.partition('.')[0] == _PACKAGE


def kept(name: str) -> str | None:
    """Return the digest that was kept under `name`, or None when none is valid for the code as it is now."""
    entry = _entries().get(name)
    with contextlib.suppress(AttributeError, ImportError, KeyError, TypeError, ValueError):
        if entry is not None and all(_origin(package) == origin for package, origin in entry['libraries'].items()):
            return str(entry['digest'])
    return None


def keep(name: str, digest: str, libraries: Collection[types.ModuleType | None]) -> None:
    """Keep `digest` under `name`. Where no folder can be written to, nothing is kept.

    Parameters
    ----------
    name : str
        The name of the class.
    digest : str
        The digest of the code that makes it.
    libraries : collection of module
        The modules that this code imports. With None among them, for a module that is not there, nothing is kept: the digest
        may cover the module when it is.
    """
    if None in libraries or not _is_as_loaded():
        return
    with contextlib.suppress(OSError, AwlikeError, ImportError, ValueError):
        packages = {module.__name__.partition('.')[0] for module in libraries if module is not None} - {_PACKAGE}
        entry = {'digest': digest, 'libraries': {package: _origin(package) for package in sorted(packages)}}
        text = json.dumps({'key': _key(), 'digests': _entries() | {name: entry}})
        _FILE.parent.mkdir(exist_ok=True)
        place(_FILE, lambda path: path.write_text(text))


def _entries() -> dict[str, Any]:
    """Return what is kept for the code as it is now, by name."""
    with contextlib.suppress(OSError, ValueError):
        found = json.loads(_FILE.read_text())
        if _is_as_loaded() and isinstance(found, dict) and found.get('key') == _key():
            return dict(found['digests'])
    return {}


@functools.cache
def _key() -> str:
    """Return the digest of the texts of all modules of awlike, and of the version of Python, which parses them."""
    return key_digest(sys.version, [(name, file_digest(_FOLDER / name)) for name, _, _ in _loaded])


def _is_as_loaded() -> bool:
    """Return whether no module has changed on disk since this process began: then texts, digests and code are of one state."""
    return sorted(_modules(_FOLDER)) == _loaded


def _modules(folder: Path, inside: str = '') -> Iterator[tuple[str, int, int]]:
    """Yield path from `folder` on, size and time of change of all modules below it."""
    with os.scandir(folder / inside) as entries:
        for entry in entries:
            name = f'{inside}{entry.name}'
            if name.endswith('.py'):
                yield name, entry.stat().st_size, entry.stat().st_mtime_ns
            elif entry.name != '__pycache__' and entry.is_dir():
                yield from _modules(folder, f'{name}/')


def _origin(package: str) -> str | None:
    """Return the path from which Python imports `package`: when it moves, it may be a library no longer."""
    spec = importlib.util.find_spec(package)
    return None if spec is None else spec.origin


_loaded: State = sorted(_modules(_FOLDER))

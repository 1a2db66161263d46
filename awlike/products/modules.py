"""Modules: which of them belong to libraries, and values that hold until a module is reloaded."""

import functools
import importlib
import inspect
import sys
import sysconfig
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from awlike.query.properties import classes

T = TypeVar('T')

_INSTALLED = 'site-packages', 'dist-packages'


def cached_until_reload(function: Callable[[Any], T]) -> Callable[[Any], T]:
    """Decorate `function` of a class, function or module so that it is computed once.

    It is computed anew for a module that was reloaded, and each time for what was typed, which can change.
    """
    cache: dict[Any, tuple[Any, T]] = {}

    @functools.wraps(function)
    def wrapper(owner: Any) -> T:
        module = owner if inspect.ismodule(owner) else sys.modules[owner.__module__]
        if not hasattr(module, '__file__'):
            return function(owner)
        spec, known = getattr(owner, '__spec__', None), cache.get(owner)  # a module that is reloaded gets another spec
        if known is None or known[0] is not spec:
            known = cache[owner] = spec, function(owner)
        return known[1]
    return wrapper


def module_named(name: str) -> types.ModuleType | None:
    """Return the module `name`, imported if need be; None when there is none."""
    return sys.modules.get(name) or (importlib.import_module(name) if _can_be_imported(name) else None)


@functools.cache
def _can_be_imported(name: str) -> bool:
    try:
        importlib.import_module(name)
    except ImportError:
        return False
    return True


def is_library(module: types.ModuleType | None) -> bool:
    """Return whether `module` belongs to a library, whose version tells its code; a package with persistent classes is none."""
    if module is None:
        return True
    path = getattr(module, '__file__', None)
    if path is None:
        return getattr(module, '__spec__', None) is not None  # built in, rather than typed
    package = module.__name__.partition('.')[0]
    return _in_library(path) and package not in {cls.__module__.partition('.')[0] for cls in classes.values()}


@functools.cache
def _in_library(path: str) -> bool:
    return any(map(Path(path).resolve().is_relative_to, _library_folders()))


@functools.cache
def _library_folders() -> tuple[Path, ...]:
    """Return the folders of installed packages, also of a Python that this environment extends."""
    own = [sysconfig.get_path(name) for name in ('stdlib', 'platstdlib', 'purelib', 'platlib')]
    return tuple(Path(folder).resolve() for folder in [*own, *(entry for entry in sys.path if Path(entry).name in _INSTALLED)])

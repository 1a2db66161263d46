"""A page for each module of `awlike.pixels`: functions from arrays to arrays, for use in a `make`."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from types import ModuleType

from awlike import pixels
from awlike_reference.rst import described, docstring, heading


def functions(module: ModuleType) -> dict[str, Callable]:
    """Return the public functions that a module defines itself."""
    return {name: value for name, value in vars(module).items()
            if inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith('_')}


def modules() -> dict[str, ModuleType]:
    """Return the modules with public functions by name, without the kernels that the others call."""
    names = [info.name for info in pkgutil.iter_modules(pixels.__path__) if not info.name.endswith(('kernels', 'compiled'))]
    found = {name: importlib.import_module(f'{pixels.__name__}.{name}') for name in names}
    return {name: module for name, module in found.items() if functions(module)}


def pixels_page(module: ModuleType) -> str:
    """Return the page of one module."""
    parts = [heading(module.__name__.rpartition('.')[2]), docstring(module), '']
    return '\n'.join([*parts, *(described(name, value, prefix=module.__name__, kind='function')
                                for name, value in functions(module).items())])

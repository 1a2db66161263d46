"""A page for each module of `awlike.pixels`: functions from arrays to arrays, of use in a `make` of one's own."""

import importlib
import inspect
import pkgutil

from awlike import pixels
from awlike_reference.rst import described, docstring, heading


def functions(module) -> dict:
    """The public functions that a module defines itself."""
    return {name: value for name, value in vars(module).items()
            if inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith('_')}


def modules() -> dict:
    """The modules that have such functions, by name; those of the kernels, which the others call, are left out."""
    names = [info.name for info in pkgutil.iter_modules(pixels.__path__) if not info.name.endswith(('kernels', 'compiled'))]
    found = {name: importlib.import_module(f'{pixels.__name__}.{name}') for name in names}
    return {name: module for name, module in found.items() if functions(module)}


def pixels_page(module) -> str:
    """The page of one module."""
    parts = [heading(module.__name__.rpartition('.')[2]), docstring(module), '']
    return '\n'.join([*parts, *(described(name, value, prefix=module.__name__, kind='function')
                                for name, value in functions(module).items())])

"""The digest of the source that makes a product: its `make` and all that it calls, however deep.

Followed are the definitions in awlike and in a user's own modules, name by name, from `make` on. Left out are
comments, layout and docstrings, which change nothing, and libraries, whose versions are theirs to tell.
"""

import collections
import functools
import inspect
import sys

from awlike.digests import key_digest
from awlike.products.definitions import cached_until_reload, definition_of, is_library


@functools.cache
def libraries() -> str:
    """The versions of what makes pixels besides awlike's own source, and the platform."""
    import platform
    from importlib.metadata import (
        version,  # takes long to load, and only making needs it
    )
    versions = [f'{name} {version(name)}' for name in ('numpy', 'scipy', 'numba', 'astropy', 'photutils')]
    return ', '.join([f'python {platform.python_version()}', *versions, platform.machine()])


@cached_until_reload
def code_digest(cls) -> str:
    """Return the digest of the source by which objects of class `cls` are made; hexadecimal.

    Where a definition lies does not count: one that moves to another module keeps the digests of all that use it.
    """
    return _digest(_reached(cls.make, lambda definition: _used_to_make(cls, definition)))


@cached_until_reload
def source_digest(cls) -> str:
    """Return the digest of the source of the class `cls` itself, with what it uses of its own module; hexadecimal."""
    module = sys.modules[cls.__module__]
    return _digest(_reached(cls, lambda definition: [one for one in definition.used if one.module is module]))


def sources(cls) -> dict[str, str]:
    """Return what `code_digest` covers: the source of each definition, by module and name."""
    return {one.name: one.source for one in _reached(cls.make, lambda definition: _used_to_make(cls, definition))}


def _reached(start, onward) -> dict:
    """Return the definitions that are reached from `start`, in the order of reaching them, each with those that it uses."""
    found, waiting, seen = {}, [definition_of(start)], set()
    while waiting:
        definition = waiting.pop()
        if definition.name not in seen:
            seen.add(definition.name)
            found[definition] = onward(definition)
            waiting += reversed(found[definition])
    return found


def _digest(reached) -> str:
    """Return the digest of all sources and of which definition uses which, by number: two of one name stay apart."""
    numbers = {definition.name: number for number, definition in enumerate(reached)}
    return key_digest([(one.source, [numbers[other.name] for other in used]) for one, used in reached.items()])


def _used_to_make(cls, definition) -> list:
    """Return what `definition` uses, with the members of the inputs and parameters of `cls` that it reads.

    Those are Python properties of inputs, as ``raw.geometry``, and methods of the parameters.
    """
    names = definition.attributes - {'data', 'pixels'}
    of_inputs = [member for link in cls.inputs().values() for member in _members(link.target, names)]
    members = [member for member in of_inputs if isinstance(member, property)] + _members(cls.Parameters, names)
    functions = [member.fget if isinstance(member, property) else member for member in members]
    return definition.used + [definition_of(one) for one in functions
                              if inspect.isfunction(one) and not is_library(sys.modules.get(one.__module__))]


def _members(cls, names) -> list:
    """What stands in the bodies of `cls` and its bases under `names`."""
    members = _all_members(cls)
    return [members[name] for name in sorted(names & members.keys())]


@cached_until_reload
def _all_members(cls) -> dict:
    return dict(collections.ChainMap(*map(vars, cls.__mro__)))

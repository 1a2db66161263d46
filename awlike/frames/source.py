"""The digest of the source that makes a product: its `make` and all that it calls, however deep.

Followed are the definitions in awlike and in a user's own modules, name by name, from `make` on. Left out are
comments, layout and docstrings, which change nothing, and libraries, whose versions are theirs to tell.
"""

import collections
import functools
import inspect
import sys

from awlike.frames.definitions import definition_of, is_library, kept
from awlike.store.digest import key_digest


@functools.cache
def libraries() -> str:
    """The versions of what makes pixels besides awlike's own source, and the platform."""
    import platform
    from importlib.metadata import (
        version,  # takes long to load, and only making needs it
    )
    versions = [f'{name} {version(name)}' for name in ('numpy', 'scipy', 'numba', 'astropy', 'photutils')]
    return ', '.join([f'python {platform.python_version()}', *versions, platform.machine()])


@kept
def code_digest(cls) -> str:
    """Digest of the source by which objects of class `cls` are made; hexadecimal."""
    return key_digest(sorted(sources(cls).items()))


@kept
def source_digest(cls) -> str:
    """Digest of the source of the class `cls` itself, with what it uses of its own module; hexadecimal."""
    module = sys.modules[cls.__module__]
    return key_digest(sorted(_followed(
        cls, lambda definition: [one for one in definition.used() if one is not None and one.module is module]).items()))


def sources(cls) -> dict[str, str]:
    """What `code_digest` covers: the source of each definition, by module and name."""
    return _followed(cls.make, lambda definition: definition.used() + _members_used(cls, definition))


def _followed(start, onward) -> dict[str, str]:
    found, waiting = {}, [definition_of(start)]
    while waiting:
        definition = waiting.pop()
        if definition is not None and definition.name not in found:
            found[definition.name] = definition.source
            waiting += onward(definition)
    return found


def _members_used(cls, definition) -> list:
    """Python properties of the inputs of `cls` that `definition` reads, as ``raw.geometry``, and methods of its parameters."""
    names = definition.attributes - {'data', 'pixels'}
    of_inputs = [member for link in cls.inputs().values() for member in _members(link.target, names)]
    members = [member for member in of_inputs if isinstance(member, property)] + _members(cls.Parameters, names)
    functions = [member.fget if isinstance(member, property) else member for member in members]
    return [definition_of(one) for one in functions
            if inspect.isfunction(one) and not is_library(sys.modules.get(one.__module__))]


def _members(cls, names) -> list:
    """What stands in the bodies of `cls` and its bases under `names`."""
    members = _all_members(cls)
    return [members[name] for name in names & members.keys()]


@kept
def _all_members(cls) -> dict:
    return dict(collections.ChainMap(*map(vars, cls.__mro__)))

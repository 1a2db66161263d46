"""The digest of the source that makes a product: its `make` and all functions that it calls, however deep.

From `make` on, the digest follows names to their definitions in awlike and in a user's own modules. Left out are comments,
layout and docstrings, which change nothing, and libraries, which have versions of their own.
"""

import functools
import inspect
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from awlike.digests import key_digest
from awlike.persist.header_correction import HeaderCorrections
from awlike.persist.links import Input
from awlike.products import kept_digests
from awlike.products.definitions import Definition, definition_of
from awlike.products.modules import cached_until_reload, is_library

if TYPE_CHECKING:
    from awlike.products.product import ProcessTarget

Reached = dict[Definition, list[Definition]]


@functools.cache
def libraries() -> str:
    """Return the versions of the libraries that make pixels beside awlike's own source, and the platform."""
    import platform
    from importlib.metadata import version  # takes long to load, and only making needs it
    versions = [f'{name} {version(name)}' for name in ('numpy', 'scipy', 'numba', 'astropy', 'photutils')]
    return ', '.join([f'python {platform.python_version()}', *versions, platform.machine()])


@cached_until_reload
def code_digest(cls: 'type[ProcessTarget]') -> str:
    """Return the digest of the source by which objects of class `cls` are made; hexadecimal.

    Where a definition lies does not count: one that moves to another module keeps the digests of all that use it.
    """
    declared = [cls, cls.make, cls.Parameters, *(link.target for link in _for_making(cls))]
    name = f'{cls.__module__}.{cls.__qualname__}'
    own = all(kept_digests.is_own(one.__module__) for one in declared)
    if own and (known := kept_digests.kept(name)) is not None:
        return known
    reached = _reached(cls.make, lambda definition: _used_to_make(cls, definition))
    digest = _digest(reached)
    if own and all(kept_digests.is_own(one.module.__name__) for one in reached):
        kept_digests.keep(name, digest, {module for one in reached for module in one.imported_modules})
    return digest


@cached_until_reload
def source_digest(cls: type) -> str:
    """Return the digest of the source of the class `cls` itself, and of what it uses of its own module; hexadecimal."""
    module = sys.modules[cls.__module__]
    return _digest(_reached(cls, lambda definition: [one for one in definition.used if one.module is module]))


def sources(cls: 'type[ProcessTarget]') -> dict[str, str]:
    """Return what `code_digest` covers: the source of each definition, by module and name."""
    return {one.name: one.source for one in _reached(cls.make, lambda definition: _used_to_make(cls, definition))}


def _reached(start: Callable[..., Any], onward: Callable[[Definition], list[Definition]]) -> Reached:
    """Return the definitions reached from `start`, in the order of reaching them, each with the definitions that it uses."""
    found: Reached = {}
    waiting, seen = [definition_of(start)], set()
    while waiting:
        definition = waiting.pop()
        if definition.name not in seen:
            seen.add(definition.name)
            found[definition] = onward(definition)
            waiting += reversed(found[definition])
    return found


def _digest(reached: Reached) -> str:
    """Return the digest of all sources and of which definition uses which, by number: two of one name stay apart."""
    numbers = {definition.name: number for number, definition in enumerate(reached)}
    return key_digest([(one.source, [numbers[other.name] for other in used]) for one, used in reached.items()])


def _used_to_make(cls: 'type[ProcessTarget]', definition: Definition) -> list[Definition]:
    """Return the definitions that `definition` uses, with the members of inputs and parameters of `cls` that it reads.

    Such members are Python properties of inputs, as ``raw.geometry``, and methods of the parameters. Properties that are
    for people alone, as ``frame.psf``, are out of reach for `make`; an input of the product may be called alike.
    """
    names = definition.attributes - {'data', 'pixels'}
    of_inputs = [member for link in _for_making(cls)
                 for member in _members(link.target, names.difference(getattr(link.target, 'FOR_PEOPLE', ())))]
    members = [member for member in of_inputs if isinstance(member, property)] + _members(cls.Parameters, names)
    functions = [member.fget if isinstance(member, property) else member for member in members]
    return definition.used + [definition_of(one) for one in functions
                              if inspect.isfunction(one) and not is_library(sys.modules.get(one.__module__))]


def _for_making(cls: 'type[ProcessTarget]') -> list[Input]:
    """Return the inputs that `make` reaches: corrections of headers change what raw frames tell, and not by themselves."""
    return [link for link in cls.inputs().values() if not isinstance(link, HeaderCorrections)]


def _members(cls: type, names: frozenset[str]) -> list[Any]:
    """Return the members `names` of `cls` and its bases, as the class bodies have them."""
    members = _all_members(cls)
    return [members[name] for name in sorted(names & members.keys())]


@cached_until_reload
def _all_members(cls: type) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        members |= vars(base)
    return members

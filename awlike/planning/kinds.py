"""Kinds: which products a class stands for, and from what they are made; a class can stand for several kinds."""

import functools
from collections.abc import Iterator
from typing import Any

from awlike.products.calibration import CalibrationFrame
from awlike.products.frame import Frame
from awlike.products.product import ProcessTarget


def is_made(cls: type[Any]) -> bool:
    """Return whether objects of class `cls` itself are made, and not only objects of kinds below it."""
    return issubclass(cls, ProcessTarget) and cls.make is not ProcessTarget.make


def first_kinds(cls: type[Any]) -> Iterator[type[ProcessTarget]]:
    """Yield the kinds, `cls` or below it, with which a way to products of `cls` can begin.

    Left out are kinds that are made of many, and kinds that are made of what `cls` stands for: a `RegriddedFrame` is a
    `ScienceFrame` and made of any `ScienceFrame`, so that nobody means it who asks for the science frame of a raw frame.
    """
    if is_made(cls):
        yield cls
        return
    for below in cls.__subclasses__():
        yield from (kind for kind in first_kinds(below) if not _is_of_many(kind) and not _is_made_of_its_like(kind))


@functools.cache
def kinds_of(cls: type[Any], of: type[Frame]) -> tuple[type[ProcessTarget], ...]:
    """Return the kinds, `cls` or below it, that are made of one frame of class `of`, directly or by way of another product."""
    return tuple(kind for kind in first_kinds(cls) if _is_made_of(kind, of))


def _is_made_of(kind: type[ProcessTarget], of: type[Frame]) -> bool:
    if _is_of_many(kind):
        return False
    before = _origin(kind)
    return issubclass(of, before) or bool(not issubclass(before, CalibrationFrame) and kinds_of(before, of))


def _origin(kind: type[ProcessTarget]) -> type[Any]:
    """Return the class of the principal input."""
    return kind.inputs()[kind.principal_role()].target


def _is_of_many(kind: type[ProcessTarget]) -> bool:
    return kind.inputs()[kind.principal_role()].many


def _is_made_of_its_like(kind: type[ProcessTarget]) -> bool:
    """Return whether the principal inputs of `kind` lead back to a class above it, which stands for several kinds."""
    seen: set[type[Any]] = set()
    cls: type[Any] = kind
    while is_made(cls) and cls not in seen:
        seen.add(cls)
        cls = _origin(cls)
    return not is_made(cls) and issubclass(kind, cls)


@functools.cache
def takes_ensemble(cls: type[Any]) -> bool:
    """Return whether a product of class `cls` has an input of an ensemble, directly or by way of another input."""
    return _takes_ensemble(cls, set())


def _takes_ensemble(cls: type[Any], seen: set[type[Any]]) -> bool:
    if cls in seen or not issubclass(cls, ProcessTarget) or issubclass(cls, CalibrationFrame):
        return False
    seen.add(cls)
    return any(link.of_ensemble or any(_takes_ensemble(kind, seen) for kind in first_kinds(link.target))
               for link in cls.inputs().values())

"""Kinds of calibrations by name, and the kinds from which they are made."""

from collections.abc import Iterator
from typing import Any

from awlike.errors import ParameterError
from awlike.query.properties import classes
from awlike.spelling import near


def named_kinds(kinds: Any, with_filter: bool) -> tuple[list[str], list[str]]:
    """Return the names of `kinds`, classes of calibrations or names of such, and of further kinds from which they are made.

    Both lists are empty where `kinds` is empty, which means all kinds.

    Raises
    ------
    ParameterError
        When a kind is no class of calibrations; with `with_filter` also when it has no filter.
    """
    named = list(dict.fromkeys(_class(kind) for kind in ([kinds] if isinstance(kinds, str | type) else kinds or [])))
    for cls in named:
        if with_filter and 'filter' not in cls.__properties__:
            raise ParameterError(f'{cls.__name__} has no filter, so an intervention of one filter cannot concern it: leave out '
                                 f'the filter, or {cls.__name__}')
    sources = dict.fromkeys(source for cls in named for source in _sources(cls))
    return [cls.__name__ for cls in named], [cls.__name__ for cls in sources if cls not in named]


def _class(kind: Any) -> Any:
    """Return the class of calibrations that is meant."""
    root: Any = classes['CalibrationFrame']
    known = [name for name in root.class_names() if name != root.__name__]
    name = kind.__name__ if isinstance(kind, type) else str(kind)
    if name not in known:
        raise ParameterError(f'{name} is no kind of calibrations{near(name, known)}: there are {", ".join(sorted(known))}; '
                             'leave kinds out for all')
    return classes[name]


def _sources(cls: Any) -> Iterator[Any]:
    """Yield the calibrations in whose place `cls` stands, down to those that are made from several raw frames.

    They are its principal input and, where a product may do without that, the inputs of which it needs any one.
    """
    inputs, raw = cls.inputs(), classes['RawFrame']
    if any(link.many and issubclass(link.target, raw) for link in inputs.values()):
        return
    principal = inputs[cls.principal_role()]
    for link in inputs.values():
        alternative = principal.optional and link.optional and not link.existing
        if (link is principal or alternative) and issubclass(link.target, classes['CalibrationFrame']):
            yield link.target
            yield from _sources(link.target)

"""Difference: the places where the lineages of two products part, in inputs, parameters or code."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from awlike.persist.dataobject import DataObject
from awlike.persist.links import Input, listed
from awlike.products.product import ProcessTarget
from awlike.terminal import Readable

_SHOWN = 20  # differences of the members of one set
_NAMED = 3   # of so many that are only in one, those that are named


class Difference(Readable):
    """The places where two lineages part; false when there are none.

    Attributes
    ----------
    parts : list of str
        One sentence for each place.
    """

    def __init__(self, a: DataObject, b: DataObject, parts: list[str]) -> None:
        self.a, self.b, self.parts = a, b, parts

    def __bool__(self) -> bool:
        return bool(self.parts)

    def __len__(self) -> int:
        return len(self.parts)

    def __str__(self) -> str:
        if not self.parts:
            return f'{self.a} and {self.b} were made from the same, with the same parameters, by the same code'
        return '\n'.join([f'a  {self.a}', f'b  {self.b}', *(f'   {part}' for part in self.parts)])


def diff(a: DataObject, b: DataObject) -> Difference:
    """Return where the lineages of the objects `a` and `b` part.

    Inputs are compared by content: an input that was made again with the same result is no difference. Below inputs that
    differ the search goes on, so that the result shows the cause and not only its consequences.
    """
    for obj in (a, b):
        list(obj.ancestors())  # read together rather than one by one
    return Difference(a, b, list(_parts(a, b, '', set())))


def _parts(a: Any, b: Any, where: str, seen: set[tuple]) -> Iterator[str]:
    """Yield a sentence for each place below `where`, a path of roles, at which `a` and `b` part."""
    if a.object_id == b.object_id or (a.object_id, b.object_id) in seen:
        return
    seen.add((a.object_id, b.object_id))
    if type(a) is not type(b):
        yield f'{where or "class"}: {type(a).__name__} in a, {type(b).__name__} in b'
    elif not isinstance(a, ProcessTarget):
        if a.digest != b.digest:
            yield f'{where or "content"}: {a} in a, {b} in b'
    else:
        name = f'{where or type(a).__name__}: '
        for text in [*_values(a, b), *_code(a, b)]:
            yield name + text
        for role, link in type(a).inputs().items():
            yield from _inputs(a, b, role, link, f'{where}.{role}'.lstrip('.'), seen)


def _values(a: ProcessTarget, b: ProcessTarget) -> Iterator[str]:
    """Yield a sentence for each parameter that differs."""
    of_a, of_b = (one.Parameters.completed(one.process_parameters or {}) for one in (a, b))
    for name in dict.fromkeys([*of_a, *of_b]):
        if of_a.get(name) != of_b.get(name):
            yield f'{name} {of_a.get(name, "not there")} in a, {of_b.get(name, "not there")} in b'


def _code(a: ProcessTarget, b: ProcessTarget) -> Iterator[str]:
    if a.make_version != b.make_version:
        yield f'code differs, make_version {a.make_version} in a, {b.make_version} in b'
    elif a.code_digest != b.code_digest:
        yield 'code differs (the digest of the source)'


def _inputs(a: ProcessTarget, b: ProcessTarget, role: str, link: Input, where: str, seen: set[tuple]) -> Iterator[str]:
    of_a, of_b = listed(getattr(a, role)), listed(getattr(b, role))
    if not link.many and of_a and of_b:
        yield from _parts(of_a[0], of_b[0], where, seen)
        return
    if link.many and issubclass(link.target, ProcessTarget):
        same, of_a, of_b = _paired(of_a, of_b)
        yield from _alike(Counter(text for pair in same for text in _parts(*pair, where, seen)))
    for objects, others, which in ((of_a, of_b, 'a'), (of_b, of_a, 'b')):
        digests = {other.digest for other in others}
        only = [obj for obj in objects if obj.digest not in digests]
        for obj in only[:_NAMED] if len(only) > _SHOWN else only:
            yield f'{where}: {obj} only in {which}{", now invalid" if obj.is_valid == 0 else ""}'
        if len(only) > _SHOWN:
            yield f'{where}: {len(only) - _NAMED} more only in {which}'


def _paired(of_a: list[Any], of_b: list[Any]) -> tuple[list[tuple[Any, Any]], list[Any], list[Any]]:
    """Return the pairs of products of one member, by chip and date of observation, and the products of each without a pair."""
    by_key = {(one.chip_id, one.DATE_OBS): one for one in of_b}
    pairs = [(one, by_key.pop((one.chip_id, one.DATE_OBS))) for one in of_a if (one.chip_id, one.DATE_OBS) in by_key]
    used = {id(one) for pair in pairs for one in pair}
    return pairs, [one for one in of_a if id(one) not in used], [one for one in of_b if id(one) not in used]


def _alike(parts: 'Counter[str]') -> Iterator[str]:
    """Yield each of `parts` once, and how often it is said; many parts of members are cut short."""
    for text, number in parts.most_common(_SHOWN):
        yield f'{text} ({number} members)' if number > 1 else text
    if len(parts) > _SHOWN:
        yield f'... and {len(parts) - _SHOWN} more'

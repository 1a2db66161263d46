"""Difference: where the lineages of two products part, in inputs, parameters or code."""

from awlike.persist.links import listed
from awlike.products.product import ProcessTarget
from awlike.terminal import Readable


class Difference(Readable):
    """The places where two lineages part; false when they do not.

    Attributes
    ----------
    parts : list of str
        One sentence for each place.
    """

    def __init__(self, a, b, parts):
        self.a, self.b, self.parts = a, b, parts

    def __bool__(self):
        return bool(self.parts)

    def __len__(self):
        return len(self.parts)

    def __str__(self):
        if not self.parts:
            return f'{self.a} and {self.b} were made from the same, with the same parameters, by the same code'
        return '\n'.join([f'a  {self.a}', f'b  {self.b}', *(f'   {part}' for part in self.parts)])


def diff(a, b) -> Difference:
    """Where the lineages of the objects `a` and `b` part.

    Inputs are compared by content: one that was made again and came out the same is no difference. Below inputs that
    differ the search goes on, so that the cause is told and not only its consequences.
    """
    for one in (a, b):
        list(one.ancestors())  # read together rather than one by one
    return Difference(a, b, list(_parts(a, b, '', set())))


def _parts(a, b, where, seen):
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


def _values(a, b):
    """Parameters that differ."""
    mine, theirs = (one.process_parameters or {} for one in (a, b))
    for name in dict.fromkeys([*mine, *theirs]):
        if mine.get(name) != theirs.get(name):
            yield f'{name} {mine.get(name, "not there")} in a, {theirs.get(name, "not there")} in b'


def _code(a, b):
    if a.make_version != b.make_version:
        yield f'code differs, make_version {a.make_version} in a, {b.make_version} in b'
    elif a.code_digest != b.code_digest:
        yield 'code differs (the digest of the source)'


def _inputs(a, b, role, link, where, seen):
    mine, theirs = (listed(getattr(one, role)) for one in (a, b))
    if not link.many and mine and theirs:
        yield from _parts(mine[0], theirs[0], where, seen)
        return
    for objects, others, which in ((mine, theirs, 'a'), (theirs, mine, 'b')):
        digests = {other.digest for other in others}
        for one in objects:
            if one.digest not in digests:
                invalid = ', now invalid' if one.is_valid == 0 else ''
                yield f'{where}: {one} only in {which}{invalid}'

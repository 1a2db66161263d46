"""Releases compared: what differs between two, and why, by kind."""

import re
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select

from awlike.arguments import typed
from awlike.context import context
from awlike.current import current
from awlike.persist.dataobject import DataObject
from awlike.persist.in_releases import ROLE
from awlike.persist.links import fetch
from awlike.persist.release import Release
from awlike.persist.tables import lineage
from awlike.spelling import counted
from awlike.terminal import Readable
from awlike.tracing.difference import diff

_LOOKED_AT = 50  # pairs of a kind, of which the lineages are compared
_REASONS = 10    # of a kind that are shown
_INPUTS = re.compile(r'(?P<where>[^:]*): .* only in [ab]\b.*')


class KindComparison(NamedTuple):
    """The members of one class in two releases.

    Attributes
    ----------
    cls : str
        The class.
    same : int
        Members that are in both.
    equal : int
        Members that were made again, and came out the same, bit by bit.
    differ : int
        Members in the place of each other whose content differs.
    only_a, only_b : int
        Members in whose place the other release has nothing.
    reasons : dict
        Why members differ, in words, and how many of the `looked_at` pairs differ so.
    looked_at : int
        How many of the pairs that differ were looked into.
    """

    cls: str
    same: int
    equal: int
    differ: int
    only_a: int
    only_b: int
    reasons: dict[str, int]
    looked_at: int


class ReleaseComparison(Readable):
    """What differs between the releases `a` and `b`; false when nothing does."""

    def __init__(self, a: Release, b: Release, kinds: Sequence[KindComparison]) -> None:
        self.a, self.b, self.kinds = a, b, list(kinds)

    def __bool__(self) -> bool:
        return any(kind.differ or kind.only_a or kind.only_b for kind in self.kinds)

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as JSON values, for machines."""
        return {'a': self.a.name, 'b': self.b.name, 'kinds': [kind._asdict() for kind in self.kinds]}

    def __str__(self) -> str:
        heads = [f'{which}  {one}, {one.creation_date:%Y-%m-%d %H:%M}' for which, one in (('a', self.a), ('b', self.b))]
        return '\n'.join([*heads, *(line for kind in self.kinds for line in _lines(kind))])


def _lines(kind: KindComparison) -> Iterable[str]:
    words = ((kind.same, 'the same'), (kind.equal, 'made again, the same bit by bit'), (kind.differ, 'different'),
             (kind.only_a, 'only in a'), (kind.only_b, 'only in b'))
    yield f'{kind.cls}: ' + ', '.join(f'{number} {what}' for number, what in words if number)
    number = kind.looked_at
    of_all = f' of {number} that were looked into' if number < kind.differ else ''
    for reason, count in list(kind.reasons.items())[:_REASONS]:
        yield f'   {count}{of_all}: {reason}'
    if len(kind.reasons) > _REASONS:
        yield f'   and {counted(len(kind.reasons) - _REASONS, "more reason")}'


@typed
def compare(a: Release | str, b: Release | str) -> ReleaseComparison:
    """Return what differs between two releases, and why, by class of their members.

    Members are in the place of each other when they have one class, chip, filter and date of observation. Where their
    contents differ, their lineages say why: parameters, code, or inputs.

    Parameters
    ----------
    a, b : Release or str
        The releases, or their names.

    Returns
    -------
    ReleaseComparison
        Print it.

    Raises
    ------
    NotFound
        When there is no such release.

    Examples
    --------
    >>> compare('DR1', 'DR2')
    """
    of_a, of_b = (context.release(one) if isinstance(one, str) else one for one in (a, b))
    rows = _by_class(of_a), _by_class(of_b)
    kinds = [_compared(name, rows[0].get(name, []), rows[1].get(name, [])) for name in sorted({*rows[0], *rows[1]})]
    return ReleaseComparison(of_a, of_b, kinds)


def _by_class(release: Release) -> dict[str, list[Any]]:
    """Return the members of a release by class, each with id, digest and place."""
    table, found = DataObject.__table__.c, defaultdict(list)
    statement = (select(table.class_name, table.object_id, table.digest, table.chip_id, table.filter_id, table.instrument_id,
                        table.DATE_OBS)
                 .join(lineage, lineage.c.input == table.object_id)
                 .where(lineage.c.product == release.object_id, lineage.c.role == ROLE)
                 .order_by(table.DATE_OBS, table.digest, table.object_id))
    for row in current().session().execute(statement):
        found[row.class_name].append(row)
    return found


def _compared(cls: str, of_a: Sequence[Any], of_b: Sequence[Any]) -> KindComparison:
    """Return the comparison of the members of one class."""
    same = {row.object_id for row in of_a} & {row.object_id for row in of_b}
    only_a, only_b = ([row for row in rows if row.object_id not in same] for rows in (of_a, of_b))
    equal, only_a, only_b = _paired(only_a, only_b, lambda row: (_place(row), row.digest))
    pairs, only_a, only_b = _paired(only_a, only_b, _place)
    differ = [(one.object_id, other.object_id) for one, other in pairs]
    step = max(1, -(-len(differ) // _LOOKED_AT))
    chosen = differ[::step]
    return KindComparison(cls, len(same), len(equal), len(differ), len(only_a), len(only_b), _reasons(chosen), len(chosen))


def _paired(of_a: Iterable[Any], of_b: Iterable[Any], key: Callable[[Any], Any]) -> tuple[list, list, list]:
    """Return pairs of members that have one `key`, each in one pair, and the members of either that are in none."""
    waiting: dict[Any, deque[Any]] = defaultdict(deque)
    for row in of_b:
        waiting[key(row)].append(row)
    pairs, alone = [], []
    for row in of_a:
        others = waiting[key(row)]
        if others:
            pairs.append((row, others.popleft()))
        else:
            alone.append(row)
    return pairs, alone, [row for others in waiting.values() for row in others]


def _place(row: Any) -> tuple:
    return row.instrument_id, row.chip_id, row.filter_id, row.DATE_OBS


def _reasons(pairs: Sequence[tuple[UUID, UUID]]) -> dict[str, int]:
    """Return why pairs of objects differ, in words, the most frequent reason first."""
    objects = fetch(current().session(), DataObject, [one for pair in pairs for one in pair])
    reasons: Counter[str] = Counter()
    for one, other in pairs:
        reasons.update(dict.fromkeys(map(_without_names, diff(objects[one], objects[other]).parts)))
    return dict(reasons.most_common())


def _without_names(part: str) -> str:
    """Return a part of a difference without the names of objects, which are others in each pair."""
    found = _INPUTS.fullmatch(part)
    return f'{found["where"]}: other objects' if found else part

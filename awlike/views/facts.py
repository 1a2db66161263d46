"""The facts about an object: rows in groups, which text, a notebook and machines each show in their own way."""

import dataclasses
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from typing_extensions import override

from awlike.terminal import Readable, columns

FOLDED = ('parameters', 'file')  # groups that few readers need
_NAMES = 15  # the smallest width of the names in characters, so that most groups are aligned


class Fact(NamedTuple):
    """One row: a name, its value as text (empty without a value), its unit, the value itself, its meaning."""

    name: str
    text: str
    unit: str = ''
    value: Any = None
    about: str = ''

    @override
    def __str__(self) -> str:
        return f'{self.text} {self.unit}'.rstrip()


@dataclasses.dataclass(repr=False)
class Facts(Readable):
    """The facts about an object.

    Attributes
    ----------
    name, kind, about : str
        The name of the object, its class, and a sentence about the class.
    object_id : str
        The id of the object.
    state : str
        An unusual state of the object, as ``'not committed'``; else empty.
    groups : dict of list of Fact
        The rows by group: what it is, inputs, parameters, results, quality, file.
    """

    name: str
    kind: str
    about: str
    object_id: str
    state: str
    groups: dict[str, list[Fact]]

    @property
    def title(self) -> str:
        """Class and name; the name alone where the name begins with the class."""
        return self.name if self.name.startswith(self.kind) else f'{self.kind} {self.name}'

    def shown(self) -> dict[str, list[Fact]]:
        """Return the groups that are not empty; the last row of a group names the facts without a value."""
        shown = {}
        for group, facts in self.groups.items():
            absent = ', '.join(fact.name for fact in facts if not fact.text)
            rows = [fact for fact in facts if fact.text] + ([Fact('without', absent)] if absent else [])
            if rows:
                shown[group] = rows
        return shown

    def brief(self) -> 'Facts':
        """Return the same facts without the groups that few readers need."""
        return dataclasses.replace(self, groups={name: rows for name, rows in self.groups.items() if name not in FOLDED})

    @override
    def __str__(self) -> str:
        lines = [self.title + (f' ({self.state})' if self.state else '')] + [self.about] * bool(self.about)
        for group, facts in self.shown().items():
            lines += ['', group, *_rows(facts)]
        return '\n'.join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return the facts as JSON values: for each group the value of each row, with its unit if the row has a unit."""
        groups = {group: {fact.name: {'value': fact.value} | ({'unit': fact.unit} if fact.unit else {}) for fact in facts}
                  for group, facts in self.groups.items() if facts}
        return {'class': self.kind, 'name': self.name, 'object_id': self.object_id, 'state': self.state, **groups}


def _rows(facts: Sequence[Fact]) -> Iterator[str]:
    """Yield the rows of a group as lines; a long value continues on the lines below."""
    width = max(_NAMES, *(len(fact.name) for fact in facts))
    for fact in facts:
        first, *more = textwrap.wrap(str(fact), columns() - width - 4, break_long_words=False,
                                     break_on_hyphens=False) or ['']
        yield f'  {fact.name:{width}}  {first}'
        yield from (f'  {"":{width}}  {line}' for line in more)

"""What is known of an object: rows in groups, which text, a notebook and machines each show in their own way."""

import dataclasses
import textwrap
from typing import Any, NamedTuple

from awlike.terminal import Readable, columns

FOLDED = ('parameters', 'file')  # groups that matter only to who asks for them
_NAMES = 15  # characters at least for the names, so that most groups are aligned


class Fact(NamedTuple):
    """One row: a name, what is shown of its value (nothing where there is none), its unit, the value itself, its meaning."""

    name: str
    text: str
    unit: str = ''
    value: Any = None
    about: str = ''

    def __str__(self):
        return f'{self.text} {self.unit}'.rstrip()


@dataclasses.dataclass(repr=False)
class Facts(Readable):
    """What is known of an object.

    Attributes
    ----------
    name, kind, about : str
        What it is called, its class, and what such a thing is, in a sentence.
    object_id : str
        Its id.
    state : str
        What is unusual about it, as ``'not committed'``; else empty.
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
        """Class and name; the name alone where it begins with the class."""
        return self.name if self.name.startswith(self.kind) else f'{self.kind} {self.name}'

    def shown(self) -> dict[str, list[Fact]]:
        """The groups that are not empty; what has no value is told in one row, the last."""
        shown = {}
        for group, facts in self.groups.items():
            absent = ', '.join(fact.name for fact in facts if not fact.text)
            rows = [fact for fact in facts if fact.text] + ([Fact('without', absent)] if absent else [])
            if rows:
                shown[group] = rows
        return shown

    def brief(self) -> 'Facts':
        """The same without the groups that matter only to who asks for them."""
        return dataclasses.replace(self, groups={name: rows for name, rows in self.groups.items() if name not in FOLDED})

    def __str__(self):
        lines = [self.title + (f' ({self.state})' if self.state else '')] + [self.about] * bool(self.about)
        for group, facts in self.shown().items():
            lines += ['', group, *_rows(facts)]
        return '\n'.join(lines)

    def to_dict(self) -> dict:
        """The same as JSON values: for each group the value of each row, with its unit where it has one."""
        groups = {group: {fact.name: {'value': fact.value} | ({'unit': fact.unit} if fact.unit else {}) for fact in facts}
                  for group, facts in self.groups.items() if facts}
        return {'class': self.kind, 'name': self.name, 'object_id': self.object_id, 'state': self.state, **groups}


def _rows(facts):
    """The rows of a group as lines; values that are too long go on below themselves."""
    width = max(_NAMES, *(len(fact.name) for fact in facts))
    for fact in facts:
        first, *more = textwrap.wrap(str(fact), columns() - width - 4, break_long_words=False,
                                     break_on_hyphens=False) or ['']
        yield f'  {fact.name:{width}}  {first}'
        yield from (f'  {"":{width}}  {line}' for line in more)

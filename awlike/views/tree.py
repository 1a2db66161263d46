"""A tree to read: as lines, as HTML that unfolds, or, each thing once, as a graph."""

import dataclasses
from collections.abc import Hashable

from awlike.terminal import drawn


@dataclasses.dataclass
class Node:
    """One thing in a tree.

    Attributes
    ----------
    name : str
        What it is called.
    role : str
        What it is for what it hangs on.
    state : str
        What is said behind its name.
    notes : tuple of str
        Lines below it.
    inputs : list of Node
        What it was made from.
    above : bool
        Whether it stands in the tree already, with its inputs.
    key : Hashable
        What tells it from others in a graph.
    kind : str
        What is drawn alike: one of `graph.COLOURS`.
    box : tuple of str
        What stands in its box in a graph.
    """

    name: str
    role: str = ''
    state: str = ''
    notes: tuple[str, ...] = ()
    inputs: list['Node'] = dataclasses.field(default_factory=list)
    above: bool = False
    key: Hashable = None
    kind: str = ''
    box: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Role, name and state in one line."""
        return f'{self.role}: {self}' if self.role else str(self)

    def __str__(self):
        return f'{self.name}{self.state}{" (above)" if self.above else ""}'

    def lines(self):
        """The lines of the tree."""
        yield self.label
        bar = '│    ' if self.inputs else '     '
        yield from (bar + note for note in self.notes)
        yield from drawn(one.lines() for one in self.inputs)

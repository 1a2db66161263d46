"""A tree to read: as lines, as HTML that unfolds, or as a graph in which each object stands once."""

import dataclasses
from collections.abc import Hashable, Iterator

from typing_extensions import override

from awlike.characters import printable
from awlike.terminal import drawn


@dataclasses.dataclass
class Node:
    """One object in a tree.

    Attributes
    ----------
    name : str
        The name of the object.
    role : str
        The role of the object as an input of the node above.
    state : str
        Text behind the name.
    notes : tuple of str
        Lines below the name.
    inputs : list of Node
        The nodes from which the object was made.
    above : bool
        True if the object stands further up in the tree, with its inputs.
    key : Hashable
        The identity of the node in a graph.
    kind : str
        The kind of object, one of `graph.COLOURS`; a graph draws objects of a kind alike.
    box : tuple of str
        The lines in the box of the node in a graph.
    link : str
        The address to which the box leads; empty for none.
    marks : tuple of str
        What stands out, as names of classes of CSS for the box and the lines from it.
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
    link: str = ''
    marks: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Role, name and state in one line."""
        return f'{self.role}: {self}' if self.role else str(self)

    @override
    def __str__(self) -> str:
        return printable(f'{self.name}{self.state}{" (above)" if self.above else ""}')

    def lines(self) -> Iterator[str]:
        """Yield the lines of the tree."""
        yield self.label
        bar = '│    ' if self.inputs else '     '
        yield from (bar + printable(note) for note in self.notes)
        yield from drawn(node.lines() for node in self.inputs)

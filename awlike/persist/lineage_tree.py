"""The lineage of an object as people ask for it: ``obj.lineage()`` prints as a tree, and turns into graph, JSON and PROV."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from awlike.terminal import Readable

if TYPE_CHECKING:
    from pathlib import Path

    from awlike.persist.dataobject import DataObject
    from awlike.views.graph import Graph
    from awlike.views.tree import Node


class Tree(Readable):
    """The tree of all that an object was made from; an object that stands in the tree already is not unfolded again.

    Of a list of raw frames the tree shows the first, the last, and the invalid ones. Members of a set that were made alike
    are one line, as ``RegriddedFrame x 500``, below which the first of them is unfolded; `to_dict` has them all.
    """

    def __init__(self, obj: 'DataObject') -> None:
        self.obj = obj

    def root(self) -> 'Node':
        """Return the root of the tree."""
        from awlike.persist.trees import tree
        return tree(self.obj)

    def lines(self) -> Iterator[str]:
        """Return the lines of the tree."""
        return self.root().lines()

    def graph(self) -> 'Graph':
        """Return the lineage as a graph: each object once, all members of a list in one box. A notebook shows the drawing.

        Returns
        -------
        awlike.views.graph.Graph
            The graph: `svg` is the drawing, ``save(path)`` writes it.
        """
        from awlike.persist.trees import folded
        from awlike.views.graph import Graph
        return Graph(folded(self.obj), f'lineage of {self.obj}')

    def to_svg(self, path: 'Path | str | None' = None) -> str:
        """Return the drawing of the lineage as a graph, as SVG; with `path`, also write it there, whole or not at all.

        Raises
        ------
        StoreError
            When the folder of `path` does not exist, or the disk is full.
        """
        graph = self.graph()
        if path is not None:
            graph.save(path)
        return graph.svg

    def to_dict(self) -> dict:
        """Return the tree as JSON values: class, role, object_id, filename, is_valid, and the inputs, each with the same.

        An object that stands in the tree already has ``'above': True`` instead of its inputs.
        """
        from awlike.persist.trees import plain
        return plain(self.obj)

    def to_prov(self) -> Any:
        """Return the whole lineage in the terms of the W3C: a `prov.model.ProvDocument`, of the package `prov`.

        ``.serialize(format='json')`` returns PROV-JSON, ``.get_provn()`` PROV-N; `awlike.persist.w3c_prov` says what is in it.

        Raises
        ------
        MissingExtra
            When the package `prov` is not installed.
        """
        from awlike.persist.provenance import provenance_of
        return provenance_of(self.obj).to_prov()

    def __str__(self) -> str:
        return '\n'.join(self.lines())

    def _repr_html_(self) -> str:
        from awlike.views.html import tree_view
        return tree_view(self.root(), self.graph())

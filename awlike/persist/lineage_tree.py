"""The lineage of an object as a tree that people read."""

from awlike.terminal import Readable


class Tree(Readable):
    """What an object was made from, as a tree to read; what was shown once is not unfolded again.

    Of a list of raw frames the first and the last are shown, and those that are not valid.
    """

    def __init__(self, obj):
        self.obj = obj

    def root(self):
        """The tree, as a `Node`."""
        from awlike.persist.trees import tree
        return tree(self.obj)

    def lines(self):
        """The lines of the tree."""
        return self.root().lines()

    def graph(self):
        """The same as a graph: each object once, and all members of a list in one box. It shows itself in a notebook.

        Returns
        -------
        awlike.views.graph.Graph
            Its `svg` is the drawing, ``save(path)`` writes it.
        """
        from awlike.persist.trees import folded
        from awlike.views.graph import Graph
        return Graph(folded(self.obj), f'lineage of {self.obj}')

    def to_dict(self) -> dict:
        """All of it as JSON values: class, role, object_id, filename, is_valid, and the inputs, each with the same.

        What stands in the tree already has ``'above': True`` instead of its inputs.
        """
        from awlike.persist.trees import plain
        return plain(self.obj)

    def to_prov(self):
        """The whole lineage in the terms of the W3C: a `prov.model.ProvDocument`, of the package `prov`.

        ``.serialize(format='json')`` gives PROV-JSON, ``.get_provn()`` PROV-N; `awlike.persist.w3c_prov` tells what is in it.

        Raises
        ------
        MissingExtra
            When the package `prov` is not installed.
        """
        from awlike.persist.provenance import provenance_of
        return provenance_of(self.obj).to_prov()

    def __str__(self):
        return '\n'.join(self.lines())

    def _repr_html_(self):
        from awlike.views.html import tree_view
        return tree_view(self.root(), self.graph())

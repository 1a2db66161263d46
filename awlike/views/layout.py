"""The places of the nodes of a directed graph, in layers, after Sugiyama, Tagawa & Toda (1981, IEEE SMC 11, 109).

An edge over several layers passes through a point in each layer between. Edges from one node share these points, so that
an object with many products has one line with branches.
"""

import collections
import itertools
from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import NamedTuple

_GAP = 34  # between layers
_BESIDE, _EDGE = 22, 12  # between nodes, half the room of a passing line
_PORT = 14  # between the ends of lines
_SWEEPS = 12

Edges = Collection[tuple[Hashable, Hashable]]
Ties = Mapping[Hashable, list[Hashable]]


class Layout:
    """The places of nodes of `widths` (by key) and height `tall`, and the lines of `edges` (from, to), all downwards."""

    def __init__(self, widths: Mapping[Hashable, float], tall: float, edges: Edges) -> None:
        self._tall = tall
        self._widths = widths
        self._inputs: dict[Hashable, list[Hashable]] = collections.defaultdict(list)
        for start, end in edges:
            self._inputs[end].append(start)
        self._depth = self._depths(edges)
        self._deepest = max(self._depth.values())
        self._up: dict[Hashable, list[Hashable]] = collections.defaultdict(list)
        self._down: dict[Hashable, list[Hashable]] = collections.defaultdict(list)
        for start, end in edges:
            for above, below in itertools.pairwise(self._chain(start, end)):
                if below not in self._down[above]:
                    self._down[above].append(below)
                    self._up[below].append(above)
        self._layers = self._ordered()
        self._x = self._placed()
        self.width = max(self._x[key] + self._half(key) for layer in self._layers for key in layer) + 8
        self.height = len(self._layers) * (self._tall + _GAP) - _GAP + 16

    def place(self, key: Hashable) -> tuple[float, float]:
        """Return the middle of the upper edge of a node."""
        return self._x[key], 8 + self._layer(key) * (self._tall + _GAP)

    def way(self, start: Hashable, end: Hashable) -> list[tuple[float, float]]:
        """Return the points of the line from `start` to `end`; lines to the same node end side by side."""
        chain = self._chain(start, end)
        points: list[tuple[float, float]] = []
        for key in chain[:-1]:
            x, y = self.place(key)
            points += [(x, y), (x, y + self._tall)]
        x, y = self.place(end)
        return [*points[1:], (x + self._beside(chain[-2], end), y)]

    def _beside(self, last: Hashable, end: Hashable) -> float:
        """Return the distance of the end of the line from `last` to the middle of `end`."""
        lines = sorted(self._up[end], key=self._x.__getitem__)
        step = min(_PORT, (self._widths[end] - 16) / len(lines))
        return (lines.index(last) - (len(lines) - 1) / 2) * step

    def _depths(self, edges: Edges) -> dict[Hashable, int]:
        """Return the number of steps from each node to the last node, by the longest way."""
        depth = dict.fromkeys(self._widths, 0)
        waiting = collections.Counter(start for start, _ in edges)
        ready = [key for key in self._widths if not waiting[key]]
        while ready:
            end = ready.pop()
            for start in self._inputs[end]:
                depth[start] = max(depth[start], depth[end] + 1)
                waiting[start] -= 1
                if not waiting[start]:
                    ready.append(start)
        return depth

    def _layer(self, key: Hashable) -> int:
        return self._deepest - (key.depth if isinstance(key, _Point) else self._depth[key])

    def _half(self, key: Hashable) -> float:
        return _EDGE / 2 if isinstance(key, _Point) else self._widths[key] / 2

    def _chain(self, start: Hashable, end: Hashable) -> list[Hashable]:
        return [start, *(_Point(start, depth) for depth in range(self._depth[start] - 1, self._depth[end], -1)), end]

    def _ordered(self) -> list[list[Hashable]]:
        """Return the layers, each in an order in which few lines cross: by the mean place of the neighbours."""
        layers: list[list[Hashable]] = [[] for _ in range(self._deepest + 1)]
        for key in dict.fromkeys([*self._widths, *self._down, *self._up]):
            layers[self._layer(key)].append(key)
        best, fewest = [list(layer) for layer in layers], _crossings(layers, self._down)
        for sweep in range(_SWEEPS):
            ties, order = (self._up, layers) if sweep % 2 == 0 else (self._down, layers[::-1])
            place = {key: number for number, key in enumerate(order[0])}
            for layer in order[1:]:
                now = {key: number for number, key in enumerate(layer)}
                middles = {key: _mean([place[tied] for tied in ties[key]], now[key]) for key in layer}
                layer.sort(key=middles.__getitem__)
                place = {key: number for number, key in enumerate(layer)}
            crossings = _crossings(layers, self._down)
            if crossings < fewest:
                best, fewest = [list(layer) for layer in layers], crossings
        return best

    def _placed(self) -> dict[Hashable, float]:
        """Return the middle of each node in x, as near to the mean of its neighbours as the order and the gaps allow."""
        import numpy as np
        from scipy.optimize import isotonic_regression
        x: dict[Hashable, float] = {}
        for layer in self._layers:
            x |= dict(zip(layer, self._least(layer), strict=True))
        for sweep in range(_SWEEPS):
            for layer in (self._layers if sweep % 2 else self._layers[::-1]):
                least = self._least(layer)
                wanted = [self._wanted(key, x) for key in layer]
                weights = [4 if isinstance(key, _Point) else 1 for key in layer]
                fitted = isotonic_regression(np.subtract(wanted, least), weights=weights).x
                x |= dict(zip(layer, fitted + least, strict=True))
        left = min(x[key] - self._half(key) for key in x)
        return {key: value - left + 8 for key, value in x.items()}

    def _wanted(self, key: Hashable, x: Mapping[Hashable, float]) -> float:
        """Return the mean place of the neighbours; a passing line prefers to run straight on."""
        tied = self._up[key] + self._down[key]
        straight = [other for other in tied if isinstance(other, _Point)] if isinstance(key, _Point) else []
        return _mean([x[other] for other in [*straight * 8, *tied]], x[key])

    def _least(self, layer: Sequence[Hashable]) -> list[float]:
        """Return the places in a layer without spare room."""
        places: list[float] = []
        right = 0.0
        for key in layer:
            places.append(right + self._half(key))
            right = places[-1] + self._half(key) + (_EDGE if isinstance(key, _Point) else _BESIDE)
        return places


class _Point(NamedTuple):
    """The point where the lines from the node `start` pass a layer."""

    start: Hashable
    depth: int


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _crossings(layers: Sequence[Sequence[Hashable]], down: Ties) -> int:
    """Return how many pairs of lines cross."""
    number = 0
    for upper, lower in itertools.pairwise(layers):
        place = {key: n for n, key in enumerate(lower)}
        ends = [place[end] for key in upper for end in sorted(down[key], key=place.__getitem__)]
        number += sum(a > b for n, a in enumerate(ends) for b in ends[n + 1:])
    return number

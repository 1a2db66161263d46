"""Where the nodes of a directed graph stand: in layers, after Sugiyama, Tagawa & Toda (1981, IEEE SMC 11, 109).

An edge over several layers goes through a point in each between. Edges from one node share these points, so that what is
used in many places is one line with branches.
"""

import collections
from typing import NamedTuple

_GAP = 34  # between layers
_BESIDE, _EDGE = 22, 12  # between nodes, half of what a passing line takes
_PORT = 14  # between the ends of lines
_SWEEPS = 12


class Layout:
    """Where nodes of `widths` (by key) and `tall` stand, and the ways of `edges` (from, to), all downwards."""

    def __init__(self, widths, tall, edges):
        self._tall = tall
        self._widths, self._inputs = widths, collections.defaultdict(list)
        for start, end in edges:
            self._inputs[end].append(start)
        self._depth = self._depths(edges)
        self._up, self._down = collections.defaultdict(list), collections.defaultdict(list)
        for start, end in edges:
            chain = self._chain(start, end)
            for one, other in zip(chain, chain[1:], strict=False):
                if other not in self._down[one]:
                    self._down[one].append(other)
                    self._up[other].append(one)
        self._layers = self._ordered()
        self._x = self._placed()
        self.width = max(self._x[key] + self._half(key) for layer in self._layers for key in layer) + 8
        self.height = len(self._layers) * (self._tall + _GAP) - _GAP + 16

    def place(self, key):
        """The middle of the upper edge of a node."""
        return self._x[key], 8 + self._layer(key) * (self._tall + _GAP)

    def way(self, start, end):
        """The points through which the line from `start` to `end` goes; lines end side by side."""
        chain, points = self._chain(start, end), []
        for key in chain[:-1]:
            x, y = self.place(key)
            points += [(x, y), (x, y + self._tall)]
        x, y = self.place(end)
        return [*points[1:], (x + self._beside(chain[-2], end), y)]

    def _beside(self, last, end):
        """How far from the middle of `end` the line that comes from `last` ends."""
        lines = sorted(self._up[end], key=self._x.get)
        step = min(_PORT, (self._widths[end] - 16) / len(lines))
        return (lines.index(last) - (len(lines) - 1) / 2) * step

    def _depths(self, edges):
        """How many steps each node is from the last one, by the longest way."""
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
        self._deepest = max(depth.values())
        return depth

    def _layer(self, key):
        return self._deepest - (key.depth if _is_point(key) else self._depth[key])

    def _half(self, key):
        return _EDGE / 2 if _is_point(key) else self._widths[key] / 2

    def _chain(self, start, end):
        return [start, *(_Point(start, depth) for depth in range(self._depth[start] - 1, self._depth[end], -1)), end]

    def _ordered(self):
        """The layers, each in an order in which few lines cross: by the mean place of what they are tied to."""
        layers = [[] for _ in range(self._deepest + 1)]
        for key in dict.fromkeys([*self._widths, *self._down, *self._up]):
            layers[self._layer(key)].append(key)
        best, fewest = [list(layer) for layer in layers], _crossings(layers, self._down)
        for sweep in range(_SWEEPS):
            ties, order = (self._up, layers) if sweep % 2 == 0 else (self._down, layers[::-1])
            place = {key: number for number, key in enumerate(order[0])}
            for layer in order[1:]:
                now = {key: number for number, key in enumerate(layer)}
                layer.sort(key=lambda key: _mean([place[one] for one in ties[key]], now[key]))
                place = {key: number for number, key in enumerate(layer)}
            crossings = _crossings(layers, self._down)
            if crossings < fewest:
                best, fewest = [list(layer) for layer in layers], crossings
        return best

    def _placed(self):
        """The middle of each in x: as near to the mean of what it is tied to as the order and the gaps allow."""
        import numpy as np
        from scipy.optimize import isotonic_regression
        x = {}
        for layer in self._layers:
            x |= dict(zip(layer, self._least(layer), strict=True))
        for sweep in range(_SWEEPS):
            for layer in (self._layers if sweep % 2 else self._layers[::-1]):
                least = self._least(layer)
                wanted = [self._wanted(key, x) for key in layer]
                weights = [4 if _is_point(key) else 1 for key in layer]
                fitted = isotonic_regression(np.subtract(wanted, least), weights=weights).x
                x |= dict(zip(layer, fitted + least, strict=True))
        left = min(x[key] - self._half(key) for key in x)
        return {key: value - left + 8 for key, value in x.items()}

    def _wanted(self, key, x):
        """Between what it is tied to; a passing line rather goes straight on."""
        tied = self._up[key] + self._down[key]
        straight = [one for one in tied if _is_point(one)] if _is_point(key) else []
        return _mean([x[one] for one in straight * 8 + tied], x[key])

    def _least(self, layer):
        """Where they stand when they stand as close as may be."""
        places, right = [], 0.0
        for key in layer:
            places.append(right + self._half(key))
            right = places[-1] + self._half(key) + (_EDGE if _is_point(key) else _BESIDE)
        return places


class _Point(NamedTuple):
    """Where the lines from the node `start` pass a layer."""

    start: object
    depth: int


def _is_point(key):
    return isinstance(key, _Point)


def _mean(values, otherwise):
    return sum(values) / len(values) if values else otherwise


def _crossings(layers, down):
    """How many lines cross."""
    number = 0
    for upper, lower in zip(layers, layers[1:], strict=False):
        place = {key: n for n, key in enumerate(lower)}
        ends = [place[end] for key in upper for end in sorted(down[key], key=lambda one: place[one])]
        number += sum(a > b for n, a in enumerate(ends) for b in ends[n + 1:])
    return number

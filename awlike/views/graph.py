"""A graph of inputs and products as SVG: each input stands above its products. The module needs no other program."""

import html
import zlib
from collections.abc import Hashable, Iterable, Sequence
from pathlib import Path

from typing_extensions import override

from awlike.characters import readable
from awlike.placing import place
from awlike.spelling import counted
from awlike.views.layout import Layout
from awlike.views.tree import Node

COLOURS = {  # kind of node: (fill, line); legible on light and on dark pages
    'raw data': ('#dbe4ee', '#6b87a6'),
    'calibration': ('#fbe6bf', '#c8912f'),
    'science product': ('#d2ebd3', '#5a9e5e'),
    'to make': ('#fbe6bf', '#c8912f'),
    'to reuse': ('#d2ebd3', '#5a9e5e'),
    'cannot be made': ('#f8d3d3', '#c8484c'),
}
_OTHER = ('#e6e6e6', '#8a8a8a')
_LINE, _CHARACTER, _MARGIN = 14, 6.6, 12
_STROKE = 'fill="none" stroke="#8a8a8a" stroke-width="1.2"'
_TARGET = 'fill="none" stroke="transparent" stroke-width="9"'  # wide enough for the mouse to hit
_FIRST, _REST = 'font-weight="600"', 'fill-opacity=".75"'


class Graph:
    """The graph of a tree, each object once; a notebook shows the graph, `save` writes it to a file.

    Parameters
    ----------
    root : Node or sequence of Node
        The tree, or several that share nodes.
    title : str
        What the graph shows. Default: nothing.
    style : bool
        Whether the drawing has the rules that highlight lines under the mouse; a page with its own style goes without.
        Default: yes.

    Attributes
    ----------
    svg : str
        The drawing.
    """

    def __init__(self, root: Node | Sequence[Node], title: str = '', style: bool = True) -> None:
        self._nodes: dict[Hashable, Node] = {}
        self._edges: dict[tuple[Hashable, Hashable], list[str]] = {}
        for node in [root] if isinstance(root, Node) else root:
            self._collect(node)
        self.title, self._has_style = title, style
        self.svg = self._drawn()

    def save(self, path: Path | str) -> Path:
        """Write the graph as an SVG file, whole or not at all, and return the path of the file."""
        return place(Path(path), lambda temporary: temporary.write_text(self.svg, encoding='utf-8'))

    @override
    def __str__(self) -> str:
        return self.svg

    @override
    def __repr__(self) -> str:
        return f'<graph of {counted(len(self._nodes), "node")} and {counted(len(self._edges), "edge")}: ' \
               '.save(path) writes it as SVG>'

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_html_(self) -> str:  # a notebook shows a bare SVG as a picture, without tips under the mouse
        return self.svg

    def _collect(self, node: Node) -> None:
        known = self._nodes.get(node.key)
        if known is not None and not known.above:
            return
        self._nodes[node.key] = node
        for below in node.inputs:
            self._edges.setdefault((below.key, node.key), []).append(below.role)
            self._collect(below)

    # --- drawing ---

    def _drawn(self) -> str:
        widths = {key: max(map(len, node.box)) * _CHARACTER + 2 * _MARGIN for key, node in self._nodes.items()}
        tall = 10 + _LINE * max(len(node.box) for node in self._nodes.values())
        layout = Layout(widths, tall, self._edges)
        kinds = [kind for kind in COLOURS if any(node.kind == kind for node in self._nodes.values())]
        height = layout.height + 30
        numbers = {key: number for number, key in enumerate(self._nodes)}
        edges = ''.join(self._edge(layout, start, end, numbers[end]) for start, end in self._edges)
        nodes = ''.join(self._node(layout, key, node, widths[key], tall, numbers[key]) for key, node in self._nodes.items())
        name = f'awl{zlib.crc32((edges + nodes).encode()):x}'
        return (f'<svg xmlns="http://www.w3.org/2000/svg" class="{name}" width="{layout.width:.0f}" height="{height:.0f}" '
                f'viewBox="0 0 {layout.width:.0f} {height:.0f}" font-family="sans-serif" font-size="11" '
                f'role="{_role(self._nodes.values())}">'
                f'<title>{_text(self.title)}</title>{_style(name, numbers.values()) if self._has_style else ""}'
                f'{edges}{nodes}{_legend(kinds, height - 12)}</svg>')

    def _node(self, layout: Layout, key: Hashable, node: Node, width: float, tall: float, number: int) -> str:
        x, y = layout.place(key)
        fill, border = COLOURS.get(node.kind, _OTHER)
        border, thick = ('#d02020', 2) if 'is_valid 0' in node.state else (border, 1.2)
        tip = '\n'.join([node.label, *node.notes])
        middle = y + tall / 2 - (len(node.box) - 1) * _LINE / 2 + 4
        texts = ''.join(f'<text x="{x:.1f}" y="{middle + line * _LINE:.1f}" text-anchor="middle" fill="#1b1b1b" '
                        f'{_REST if line else _FIRST}>{_text(words)}</text>' for line, words in enumerate(node.box))
        drawn = (f'<g class="{" ".join([f"n{number}", *node.marks])}"><title>{_text(tip)}</title>'
                 f'<rect x="{x - width / 2:.1f}" y="{y:.1f}" width="{width:.1f}" height="{tall}" rx="6" '
                 f'fill="{fill}" stroke="{border}" stroke-width="{thick}"/>{texts}</g>')
        return f'<a href="{html.escape(node.link)}">{drawn}</a>' if node.link else drawn

    def _edge(self, layout: Layout, start: Hashable, end: Hashable, number: int) -> str:
        roles = ', '.join(dict.fromkeys(role for role in self._edges[start, end] if role))
        tip = f'{roles} of {self._nodes[end].box[0]}' if roles else ''
        points = layout.way(start, end)
        path = f'M{points[0][0]:.1f},{points[0][1]:.1f}'
        for (x0, y0), (x1, y1) in zip(points, points[1:], strict=False):
            bend = (y1 - y0) / 2 if x0 != x1 else 0
            path += f' C{x0:.1f},{y0 + bend:.1f} {x1:.1f},{y1 - bend:.1f} {x1:.1f},{y1:.1f}'
        x, y = points[-1]
        head = f'M{x - 3.5:.1f},{y - 7:.1f} L{x:.1f},{y:.1f} L{x + 3.5:.1f},{y - 7:.1f} Z'
        label = '' if _tells(self._nodes[start].box[0], roles) else _label(roles, points)
        marks = ' '.join([f'e{number}', *self._nodes[start].marks])
        return (f'<g class="{marks}"><title>{_text(tip)}</title><path d="{path}" {_STROKE}/>'
                f'<path d="{head}" fill="#8a8a8a"/><path d="{path}" {_TARGET}/>{label}</g>')


def _label(words: str, points: Sequence[tuple[float, float]]) -> str:
    """Return `words` at the beginning of a line, on the side to which the line does not run."""
    (x, y), (onward, _) = points[:2]
    side, anchor = (-6, 'end') if onward >= x else (6, 'start')
    return (f'<text x="{x + side:.1f}" y="{y + 11:.1f}" text-anchor="{anchor}" font-size="9" fill="#808080">'
            f'{_text(words)}</text>')


def _role(nodes: Iterable[Node]) -> str:
    """Return the role of the drawing for a reader: a picture, or a group of links."""
    return 'group' if any(node.link for node in nodes) else 'img'


def _tells(name: str, role: str) -> bool:
    """Return whether the class `name` tells the role, as RawBiasFrame tells ``raw_bias_frames``."""
    return all(word.rstrip('s') in name.lower() for word in role.split('_'))


def _style(name: str, numbers: Iterable[int]) -> str:
    """Return the CSS rules that highlight the line under the mouse, and all lines to a node under the mouse."""
    nodes = ', '.join(f'.{name}:has(.n{number}:hover) .e{number} path:first-of-type' for number in numbers)
    return f'<style>{nodes}, .{name} g:hover > path:first-of-type {{ stroke: #2f7fe0; stroke-width: 2.4; }}</style>'


def _legend(kinds: Iterable[str], y: float) -> str:
    drawn, x = '', float(_MARGIN)
    for kind in kinds:
        fill, line = COLOURS[kind]
        drawn += (f'<rect x="{x:.0f}" y="{y - 9}" width="10" height="10" rx="2" fill="{fill}" stroke="{line}"/>'
                  f'<text x="{x + 15:.0f}" y="{y}" fill="#808080">{_text(kind)}</text>')
        x += 15 + len(kind) * _CHARACTER + 16
    return drawn


def _text(text: str) -> str:
    return html.escape(readable(text))

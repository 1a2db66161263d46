"""HTML for notebooks: facts, trees and tables, without scripts, with every text escaped, in the colours of the page."""

import base64
import html
from collections.abc import Iterable, Sequence

from awlike.characters import readable
from awlike.views.facts import FOLDED, Fact, Facts
from awlike.views.graph import Graph
from awlike.views.preview import Preview
from awlike.views.tree import Node

_STYLE = """<style>
.awl { font-size: 13px; line-height: 1.5; color: inherit; max-width: 1100px; }
.awl .awl-mono { font-family: var(--jp-code-font-family, ui-monospace, monospace); font-size: 12px;
  overflow-wrap: anywhere; }
.awl .awl-dim { opacity: .65; }
.awl .awl-bad { color: #d9434e; font-weight: 600; }
.awl .awl-body { display: flex; flex-wrap: wrap; gap: 16px; align-items: flex-start; margin: 6px 0; }
.awl .awl-body > div { flex: 1 1 420px; min-width: 0; }
.awl img { height: 200px; max-width: 260px; object-fit: contain; border: 1px solid rgba(128, 128, 128, .4); margin: 4px 0; }
.awl img.awl-wide { height: auto; max-width: 100%; border: none; }
.awl table { border-collapse: collapse; margin: 2px 0 6px 0; border: none; font-size: inherit; table-layout: auto; }
.awl table tr, .awl table td, .awl table th { background: none !important; color: inherit; border: none; }
.awl table td, .awl table th { text-align: left !important; vertical-align: top; padding: 1px 14px 1px 0;
  white-space: normal; max-width: none; }
.awl .awl-facts td:first-child { opacity: .65; white-space: nowrap; min-width: 150px; }
.awl .awl-rows { display: block; overflow-x: auto; font-size: 12px; }
.awl .awl-rows th, .awl .awl-rows td { padding-right: 12px; }
.awl .awl-rows th { border-bottom: 1px solid rgba(128, 128, 128, .5); font-weight: 600; white-space: nowrap; }
.awl .awl-rows td { border-bottom: 1px solid rgba(128, 128, 128, .18); white-space: nowrap; }
.awl .awl-rows .awl-number { text-align: right !important; font-variant-numeric: tabular-nums; }
.awl summary { cursor: pointer; display: list-item; }
.awl .awl-tree details, .awl .awl-tree .awl-leaf, .awl .awl-tree .awl-note { margin-left: 18px; }
.awl .awl-tree .awl-leaf { list-style: none; padding-left: 14px; }
.awl .awl-tree > details { margin-left: 0; }
.awl svg { max-width: 100%; height: auto; }
</style>"""

_NUMBER = ' class="awl-number"'
_BAD = ' class="awl-bad"'
_CHARACTERS = 130  # the largest width of a table


def facts_view(facts: Facts, picture: bytes | None = None) -> str:
    """Return facts with a picture (PNG) beside them; parameters and file are folded."""
    name = facts.name.removeprefix(f'{facts.kind} ')
    head = f'<b>{_text(facts.kind)}</b> <span class="awl-mono">{_text(name)}</span>'
    if facts.state:
        head += f' <span class="awl-bad">{_text(facts.state)}</span>'
    groups = [_group(name, rows) for name, rows in facts.shown().items()]
    image = f'<img src="data:image/png;base64,{base64.b64encode(picture).decode()}" alt="thumbnail">' if picture else ''
    return _page(f'<div>{head}<br><span class="awl-dim">{_text(facts.about)}</span></div>'
                 f'<div class="awl-body">{image}<div>{"".join(groups)}</div></div>')


def _group(name: str, facts: Iterable[Fact]) -> str:
    rows = ''.join(f'<tr title="{_text(fact.about)}"><td>{_text(fact.name)}</td><td>{_value(fact)}</td></tr>'
                   for fact in facts)
    return (f'<details{"" if name in FOLDED else " open"}><summary><b>{_text(name)}</b></summary>'
            f'<table class="awl-facts">{rows}</table></details>')


def _value(fact: Fact) -> str:
    text = _text(str(fact))
    bad = 'MISSED' in fact.text or '[is_valid 0]' in fact.text or '(invalid)' in fact.text
    text = f'<span class="awl-mono">{text}</span>' if fact.text.endswith('.fits') else text
    return f'<span class="awl-bad">{text}</span>' if bad else text


def tree_view(root: Node, graph: Graph, title: str = '') -> str:
    """Return a tree that unfolds, with its graph folded below. What a node calls "above" is unfolded, so that it is seen."""
    head = f'<div><b>{_text(title)}</b></div>' if title else ''
    return _page(f'{head}<div class="awl-tree">{_branch(root, _referred(root), 0)}</div>'
                 f'<details><summary><b>graph</b></summary>{graph.svg}</details>')


def _referred(node: Node) -> set[str]:
    """Return the names of the nodes that stand in the tree again and refer to where they stand with their inputs."""
    own = {node.name} if node.above else set()
    return own.union(*map(_referred, node.inputs))


def _leads_to(node: Node, names: set[str]) -> bool:
    """Return whether one of `names` stands below `node`, with its inputs."""
    return any((below.name in names and not below.above) or _leads_to(below, names) for below in node.inputs)


def _branch(node: Node, referred: set[str], depth: int) -> str:
    role = f'<span class="awl-dim">{_text(node.role)}:</span> ' if node.role else ''
    state = f'<span class="{"awl-bad" if _is_bad(node.state) else "awl-dim"}">{_text(node.state)}</span>'
    above = ' <span class="awl-dim">(above)</span>' if node.above else ''
    label = f'{role}<span class="awl-mono">{_text(node.name)}</span>{state}{above}'
    notes = ''.join(f'<div class="awl-note awl-dim">{_text(note)}</div>' for note in node.notes)
    if not node.inputs and not notes:
        return f'<div class="awl-leaf">{label}</div>'
    inside = notes + ''.join(_branch(below, referred, depth + 1) for below in node.inputs)
    return f'<details{" open" if depth < 1 or _leads_to(node, referred) else ""}><summary>{label}</summary>{inside}</details>'


def _is_bad(state: str) -> bool:
    return '[is_valid 0]' in state or 'cannot make' in state


def preview_view(preview: Preview) -> str:
    """Return the first rows of a query below the query and the number of its objects."""
    preview = preview.within(_CHARACTERS)
    title, _, criterion = preview.title.partition(': ')
    head = f'<b>{_text(title)}</b>' + (f': <span class="awl-mono">{_text(criterion)}</span>' if criterion else '')
    names = ''.join(f'<th{_NUMBER * preview.is_number(column)}>{_text(name)}{f" [{_text(unit)}]" if unit else ""}</th>'
                    for column, (name, unit) in enumerate(zip(preview.names, preview.units, strict=True)))
    rows = ''.join('<tr>' + ''.join(_cell(*pair) for pair in zip(row, texts, strict=True)) + '</tr>'
                   for row, texts in zip(preview.rows, preview.cells(), strict=True))
    table = f'<table class="awl-rows"><tr>{names}</tr>{rows}</table>' if rows else ''
    return _page(f'<div>{head}</div>{table}<div class="awl-dim">{_text(preview.rest)}</div>')


def picture_view(picture: bytes, about: str, tables: Iterable[str]) -> str:
    """Return a picture (PNG) as wide as the page, described by `about`, and below it tables, each made by `table`."""
    image = f'<img class="awl-wide" src="data:image/png;base64,{base64.b64encode(picture).decode()}" alt="{_text(about)}">'
    return _page(image + ''.join(tables))


def drawings_view(parts: Iterable[str]) -> str:
    """Return tables, each made by `table`, and drawings (SVG), below each other."""
    return _page(''.join(f'<div>{part}</div>' for part in parts))


class Bad(str):
    """A text of a cell that tells of something bad."""

    __slots__ = ()


def tables_view(tables: Iterable[str], head: str = '', end: str = '') -> str:
    """Return tables, each made by `table`, below each other, between the lines `head` and `end`."""
    lines = [f'<div class="awl-dim">{_text(line)}</div>' if line else '' for line in (head, end)]
    return _page(f'{lines[0]}{"".join(tables)}{lines[1]}')


def table(title: str, names: Iterable[str], rows: Iterable[tuple[Sequence[str], str]], notes: Iterable[str] = ()) -> str:
    """Return a table under a title, for `picture_view` and `tables_view`.

    Parameters
    ----------
    rows : iterable of (list of str, str)
        The cells, those that are `Bad` in red, and the text that the mouse shows for the row.
    notes : iterable of str
        Lines below the table.
    """
    head = ''.join(f'<th>{_text(name)}</th>' for name in names)
    body = ''.join(f'<tr title="{_text(about)}">' + ''.join(_plain_cell(cell) for cell in cells) + '</tr>'
                   for cells, about in rows)
    below = ''.join(f'<div class="awl-dim">{_text(note)}</div>' for note in notes)
    shown = f'<table class="awl-rows"><tr>{head}</tr>{body}</table>' if body else ''
    return f'<div><b>{_text(title)}</b></div>{shown}{below}'


def _plain_cell(text: str) -> str:
    return f'<td{_BAD * isinstance(text, Bad)}>{_text(text)}</td>'


def _cell(value: object, text: str) -> str:
    return f'<td{_NUMBER * isinstance(value, int | float)}>{_text(text)}</td>'


def _page(body: str) -> str:
    return f'{_STYLE}<div class="awl">{body}</div>'


def _text(text: object) -> str:
    return html.escape(readable(str(text)))

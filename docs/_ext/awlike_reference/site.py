"""The build: write the pages, link names to them, let long names wrap, and colour the prompt."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from pygments.lexer import RegexLexer, bygroups, using
from pygments.lexers import PythonLexer
from pygments.token import Generic
from sphinx.addnodes import pending_xref

from awlike_reference import pages

if TYPE_CHECKING:
    from docutils.nodes import document as Document
    from sphinx.application import Sphinx


class PromptLexer(RegexLexer):
    """Lines typed at ``awe>``, and their output."""

    name, aliases = 'awe prompt', ['awe']
    tokens = {'root': [(r'^(awe> |\.\.\.  )(.*\n)', bygroups(Generic.Prompt, using(PythonLexer))), (r'.*\n', Generic.Output)]}


def write_pages(app: 'Sphinx') -> None:
    """Write the reference: leave equal pages alone, and remove pages that the reference no longer has."""
    folder, found = Path(app.srcdir) / 'reference', pages()
    for path in folder.rglob('*.rst'):
        if str(path.relative_to(folder)) not in found:
            path.unlink()
    for name, text in found.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text() != text:
            path.write_text(text)


def link_names(app: 'Sphinx', document: 'Document') -> None:
    """Make each name written as code a link, if the reference describes it."""
    for literal in list(document.findall(nodes.literal)):
        name = literal.astext().removesuffix('()')
        linked = isinstance(literal.parent, pending_xref | nodes.reference | nodes.title)
        if re.fullmatch(r'[A-Za-z]\w+(\.\w+)*', name) and not linked:
            link = pending_xref('', refdomain='py', reftype='obj', reftarget=name, refexplicit=True, refwarn=False)
            literal.replace_self(link)
            link += literal


def wrap_names(app: 'Sphinx', pagename: str, templatename: str, context: dict[str, Any], doctree: 'Document | None') -> None:
    """Let LONG_NAMES wrap after an underscore in tables; a copied name stays whole."""
    if 'body' in context:
        context['body'] = re.sub(r'<td>.*?</td>', lambda cell: re.sub(r'(?<=\w)_(?=\w)(?![^<]*>)', '_<wbr>', cell[0]),
                                 context['body'], flags=re.DOTALL)


def setup(app: 'Sphinx') -> dict[str, Any]:
    """Connect these functions to the events of Sphinx."""
    app.add_lexer('awe', PromptLexer)
    app.connect('builder-inited', write_pages)
    app.connect('doctree-read', link_names)
    app.connect('html-page-context', wrap_names)
    return {'version': '1', 'parallel_read_safe': True, 'parallel_write_safe': True}

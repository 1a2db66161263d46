"""What the build does with the pages: writes them, links names to them, lets long names wrap, and colours the prompt."""

import re
from pathlib import Path

from docutils import nodes
from pygments.lexer import RegexLexer, bygroups, using
from pygments.lexers import PythonLexer
from pygments.token import Generic
from sphinx.addnodes import pending_xref

from awlike_reference import pages


class PromptLexer(RegexLexer):
    """What is typed at ``awe>`` and what comes out."""

    name, aliases = 'awe prompt', ['awe']
    tokens = {'root': [(r'^(awe> |\.\.\.  )(.*\n)', bygroups(Generic.Prompt, using(PythonLexer))), (r'.*\n', Generic.Output)]}


def write_pages(app) -> None:
    """Write the reference; a page that is as it was is left alone, one that is no more is removed."""
    folder, found = Path(app.srcdir) / 'reference', pages()
    for path in folder.rglob('*.rst'):
        if str(path.relative_to(folder)) not in found:
            path.unlink()
    for name, text in found.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text() != text:
            path.write_text(text)


def link_names(app, document) -> None:
    """Make a link of each name in the text, written as code, that the reference describes."""
    for literal in list(document.findall(nodes.literal)):
        name = literal.astext().removesuffix('()')
        linked = isinstance(literal.parent, pending_xref | nodes.reference | nodes.title)
        if re.fullmatch(r'[A-Za-z]\w+(\.\w+)*', name) and not linked:
            link = pending_xref('', refdomain='py', reftype='obj', reftarget=name, refexplicit=True, refwarn=False)
            literal.replace_self(link)
            link += literal


def wrap_names(app, pagename, templatename, context, doctree) -> None:
    """Let LONG_NAMES wrap after an underscore in tables; what is copied stays as it is."""
    if 'body' in context:
        context['body'] = re.sub(r'<td>.*?</td>', lambda cell: re.sub(r'(?<=\w)_(?=\w)(?![^<]*>)', '_<wbr>', cell[0]),
                                 context['body'], flags=re.DOTALL)


def setup(app):
    app.add_lexer('awe', PromptLexer)
    app.connect('builder-inited', write_pages)
    app.connect('doctree-read', link_names)
    app.connect('html-page-context', wrap_names)
    return {'version': '1', 'parallel_read_safe': True, 'parallel_write_safe': True}

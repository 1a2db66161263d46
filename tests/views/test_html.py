"""HTML for notebooks: escaped, closed, without scripts."""

from html.parser import HTMLParser

import pytest

from awlike.views.facts import Fact, Facts
from awlike.views.graph import Graph
from awlike.views.html import facts_view, preview_view, tree_view
from awlike.views.preview import Preview
from awlike.views.tree import Node

EVIL = '<script>alert("1")</script>\'>&'


class Tags(HTMLParser):
    """The tags of a page; those that are not closed where they should be are an error."""

    def __init__(self, page):
        super().__init__()
        self.open, self.seen, self.text = [], [], ''
        self.feed(page)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in ('img', 'br', 'meta'):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def tree(name='Flat.fits', state='', notes=()):
    raw = Node('Raw.fits', 'raw', state, notes, key='raw', box=(name,), kind='raw data')
    return Node(name, inputs=[Node('Bias.fits', 'bias', inputs=[raw], key='bias', box=('Bias',))], key='flat', box=('Flat',))


def pages(text):
    facts = Facts(text, text, text, '1', text,
                  {text: [Fact(text, text, text, text, text)], 'file': [Fact(text, text + '.fits')]})
    node = tree(text, text, (text,))
    return [facts_view(facts, b'png'), tree_view(node, Graph(node, text), text),
            preview_view(Preview(f'{text}: {text}', 9, [text], [text], [(text,)]))]


@pytest.mark.parametrize('number', range(3))
def test_every_text_is_escaped(number):
    page = Tags(pages(EVIL)[number])
    assert 'script' not in {tag for tag, _ in page.seen} and EVIL in page.text


@pytest.mark.parametrize('number', range(3))
def test_no_view_has_scripts_or_asks_for_anything_elsewhere(number):
    page = Tags(pages('x')[number])
    for tag, attributes in page.seen:
        assert tag not in ('script', 'iframe', 'link', 'object') and not any(name.startswith('on') for name in attributes)
        assert attributes.get('src', 'data:').startswith('data:') and 'href' not in attributes


def test_inputs_are_open_and_what_few_ask_for_is_folded():
    facts = Facts('a', 'B', '', '1', '', {name: [Fact('n', 'v')] for name in ('inputs', 'parameters', 'file')})
    seen = Tags(facts_view(facts)).seen
    assert ['open' in attributes for tag, attributes in seen if tag == 'details'] == [True, False, False]
    assert '<img' not in facts_view(facts)


def test_what_is_bad_stands_out():
    facts = Facts('a', 'B', '', '1', '', {'quality': [Fact('is_valid', '0 (invalid)'), Fact('LIMIT', '2, limit 1  MISSED')]})
    assert facts_view(facts).count('class="awl-bad"') == 2
    node = tree(state='  [is_valid 0]')
    assert tree_view(node, Graph(node)).count('class="awl-bad"') == 1


def test_a_tree_unfolds_and_its_graph_too():
    node = tree()
    page = Tags(tree_view(node, Graph(node)))
    assert [('open' in attributes) for tag, attributes in page.seen if tag == 'details'] == [True, False, False]
    assert 'svg' in {tag for tag, _ in page.seen} and 'raw: Raw.fits' in page.text


def test_what_stands_above_is_not_folded_away():
    def bias(**more):
        return Node('Bias.fits', 'bias', **more)
    raw = Node('RawBias.fits', 'raws')
    dome = Node('Dome.fits', 'dome', inputs=[bias(inputs=[raw])])
    hot = Node('Hot.fits', 'hot', inputs=[bias(above=True)])
    root = Node('Red.fits', inputs=[Node('Flat.fits', 'flat', inputs=[dome]), hot])
    page = tree_view(root, Graph(tree()))
    for name, is_open in (('Red', True), ('Flat', True), ('Dome', True), ('Bias', False), ('Hot', False)):
        before = page.partition(f'{name}.fits')[0].rpartition('<details')[2]
        assert before.startswith(' open') is is_open, name


def test_a_table_has_units_numbers_to_the_right_and_the_rest_counted():
    page = preview_view(Preview('40 Raw: Raw.EXPTIME > 1', 40, ['filename', 'EXPTIME'], ['', 's'], [('a.fits', 10.0)]))
    for words in ('<b>40 Raw</b>: <span class="awl-mono">Raw.EXPTIME &gt; 1</span>', '... and 39 more',
                  '<th class="awl-number">EXPTIME [s]</th>', '<td class="awl-number">10</td>'):
        assert words in page

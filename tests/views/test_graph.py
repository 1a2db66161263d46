"""The graph: every node once, lines that go down, words that stay words."""

import xml.etree.ElementTree as xml

import pytest

from awlike.views.graph import COLOURS, Graph
from awlike.views.layout import Layout
from awlike.views.tree import Node

SVG = '{http://www.w3.org/2000/svg}'


def node(name, *inputs, **values):
    return Node(name, values.pop('role', ''), inputs=list(inputs), key=name, box=(name,), kind='calibration', **values)


@pytest.fixture
def diamond():
    """A flat of a bias that is reached directly and through a map."""
    bias = node('Bias', role='bias')
    return node('Flat', bias, node('Hot', bias, role='hot'))


def drawn(graph):
    return xml.fromstring(graph.svg)


def boxes(graph):
    return [group for group in drawn(graph).iter(f'{SVG}g') if group.find(f'{SVG}rect') is not None]


@pytest.mark.slow
def test_every_node_is_drawn_once_and_every_line_once(diamond):
    graph = Graph(diamond)
    assert [box.find(f'{SVG}text').text for box in boxes(graph)] == ['Flat', 'Bias', 'Hot']
    assert repr(graph) == '<graph of 3 nodes and 3 edges: .save(path) writes it as SVG>'


def test_inputs_stand_above_what_is_made_of_them(diamond):
    top = {box.find(f'{SVG}text').text: float(box.find(f'{SVG}rect').get('y')) for box in boxes(Graph(diamond))}
    assert top['Bias'] < top['Hot'] < top['Flat']


def test_lines_tell_what_they_are_for_and_write_it_where_the_name_does_not(diamond):
    diamond.inputs.append(node('Lamp', role='reference'))
    tips = [title.text for title in drawn(Graph(diamond)).iter(f'{SVG}title')]
    assert {'bias of Flat', 'bias of Hot', 'hot of Flat', 'reference of Flat'} <= set(tips)
    words = [text.text for text in drawn(Graph(diamond)).iter(f'{SVG}text')]
    assert 'reference' in words and 'bias' not in words


def test_what_stands_in_a_tree_already_is_the_same_node():
    above = Node('Bias', 'bias', above=True, key='Bias')
    graph = Graph(node('Flat', node('Hot', above, role='hot'), node('Bias', node('Raw', role='raw'), role='bias')))
    assert repr(graph).startswith('<graph of 4 nodes and 4 edges')


def test_an_invalid_node_has_a_red_border_and_says_so():
    graph = Graph(node('Bias', state='  [is_valid 0]'))
    assert boxes(graph)[0].find(f'{SVG}rect').get('stroke') == '#d02020' and '[is_valid 0]' in graph.svg


def test_words_are_escaped():
    graph = Graph(node('<script>alert(1)</script>'), '"><script>')
    assert '<script' not in graph.svg and '&lt;script&gt;alert' in graph.svg


def test_it_is_saved_as_it_is_shown(diamond, tmp_path):
    graph = Graph(diamond)
    path = graph.save(tmp_path / 'lineage.svg')
    assert path.read_text() == graph.svg == str(graph) == graph._repr_svg_() == graph._repr_html_()


def test_kinds_have_their_colour_and_a_key(diamond):
    svg = Graph(diamond).svg
    assert svg.count(COLOURS['calibration'][0]) == 4 and '>calibration</text>' in svg and '>raw data</text>' not in svg


def test_a_deep_and_dense_graph_is_drawn_at_once():
    """2^30 ways lead through it."""
    last = node('N30')
    for number in range(29, -1, -1):
        last = node(f'N{number}', Node(last.name, 'a', inputs=last.inputs, key=last.key, box=last.box),
                    Node(last.name, 'b', inputs=last.inputs, key=last.key, box=last.box))
    assert len(boxes(Graph(last))) == 31


def test_neighbours_do_not_overlap():
    widths = dict.fromkeys('abcdefgh', 100.0)
    layout = Layout(widths, 38, [(one, 'h') for one in 'abcdefg'])
    places = sorted(layout.place(key)[0] for key in 'abcdefg')
    assert min(right - left for left, right in zip(places, places[1:], strict=False)) >= 100
    assert layout.place('h')[0] == pytest.approx(places[3])


def test_lines_that_pass_a_layer_go_beside_its_nodes():
    layout = Layout(dict.fromkeys('abc', 100.0), 38, [('a', 'b'), ('b', 'c'), ('a', 'c')])
    (x, _), = {point for point in layout.way('a', 'c') if point[1] == layout.place('b')[1]}
    assert abs(x - layout.place('b')[0]) > 50


def test_few_lines_cross():
    """Two chains side by side cross nowhere, in whatever order they are named."""
    widths = dict.fromkeys(['b1', 'a1', 'a2', 'b2', 'b3', 'a3', 'end'], 60.0)
    edges = [('a1', 'a2'), ('b1', 'b2'), ('a2', 'a3'), ('b2', 'b3'), ('a3', 'end'), ('b3', 'end')]
    layout = Layout(widths, 38, edges)
    assert {layout.place(f'a{n}')[0] < layout.place(f'b{n}')[0] for n in (1, 2, 3)} in ({True}, {False})

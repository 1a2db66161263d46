"""A tree as lines."""

from awlike.views.tree import Node


def test_lines_have_role_name_state_and_notes_below():
    bias = Node('Bias', 'bias', ': make 1', ('because',), [Node('Raw', 'raw')])
    assert list(Node('Flat', inputs=[bias, Node('Bias', 'bias', above=True)]).lines()) == [
        'Flat', '├─ bias: Bias: make 1', '│  │    because', '│  └─ raw: Raw', '└─ bias: Bias (above)']

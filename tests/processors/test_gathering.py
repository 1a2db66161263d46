"""What several processors gathered is what one would have gathered."""

import collections

import numpy as np
import pytest

from awlike.processors.files.gathering import changes, merge, snapshot


class Holder:
    def __init__(self, mergers=None, **attributes):
        self.mergers = mergers or {}
        vars(self).update(attributes)


def joined(start, *works, mergers=None):
    """Let each of `works` change a holder of its own that begins as `start()`; return all changes merged into one."""
    parent = Holder(mergers, x=start())
    for work in works:
        worker = Holder(mergers, x=start())
        before = snapshot(worker)
        work(worker)
        merge(parent, changes(before, snapshot(worker), worker.mergers))
    return parent.x


def add(value):
    return lambda holder: holder.x.append(value)


@pytest.mark.parametrize('start, works, expected', [
    (list, [add(1), add(2)], [1, 2]),
    (lambda: [float('nan')], [add(1), add(2)], 'nan 1 2'),
    (lambda: 5, [lambda h: setattr(h, 'x', h.x + 1), lambda h: setattr(h, 'x', h.x + 2)], 8),
    (dict, [lambda h: h.x.update(a=1), lambda h: h.x.update(b=2)], {'a': 1, 'b': 2}),
    (dict, [lambda h: h.x.setdefault('a', []).append(1), lambda h: h.x.setdefault('a', []).append(2)], {'a': [1, 2]}),
    (lambda: {'a': [0]}, [lambda h: h.x['a'].append(1), lambda h: h.x['a'].append(2)], {'a': [0, 1, 2]}),
    (lambda: {'a': 0}, [lambda h: h.x.pop('a'), lambda h: h.x.update(b=1)], {'b': 1}),
    (collections.Counter, [lambda h: h.x.update('ab'), lambda h: h.x.update('b')], {'a': 1, 'b': 2}),
    (set, [lambda h: h.x.add(1), lambda h: h.x.add(2)], {1, 2}),
    (lambda: '', [lambda h: setattr(h, 'x', 'one'), lambda h: setattr(h, 'x', 'two')], 'two'),
    (lambda: None, [lambda h: setattr(h, 'x', 'one'), lambda h: None], 'one'),
])
def test_changes_join(start, works, expected):
    found = joined(start, *works)
    assert found == expected if expected != 'nan 1 2' else str(found) == '[nan, 1, 2]'


def test_arrays_add_up():
    def count(place):
        def work(holder):
            holder.x[place] += 1
        return work
    assert joined(lambda: np.zeros(3, int), count(0), count(2), count(2)).tolist() == [1, 0, 2]


def test_a_merger_decides():
    works = [lambda h: setattr(h, 'x', 70), lambda h: setattr(h, 'x', 60)]
    assert joined(lambda: 0, *works, mergers={'x': max}) == 70


def test_what_cannot_be_pickled_stays():
    assert snapshot(Holder(connection=lambda: 0)) == snapshot(Holder())

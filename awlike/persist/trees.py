"""The tree of what an object was made from: to read, folded for a graph, and for machines."""

import collections
import contextlib

from awlike.persist.links import inputs_of, listed
from awlike.views.tree import Node


def tree(obj) -> Node:
    """The tree of `obj`."""
    with _read_together(obj):
        return unfolded(obj, _inputs, _kind)


def unfolded(obj, inputs_of_one, kind) -> Node:
    """The tree of `obj`: what stands in it already is not unfolded again, of lists of raw frames little is shown.

    Parameters
    ----------
    inputs_of_one : callable
        Gives what an object was made from directly, a list for each role.
    kind : callable
        Gives the name of its class.
    """
    return _Unfolding(inputs_of_one, kind).node(obj, '')


@contextlib.contextmanager
def _read_together(obj):
    """All ancestors of `obj` are read, and kept meanwhile, together rather than one by one."""
    kept = list(obj.ancestors())
    yield
    kept.clear()


def _inputs(obj) -> dict:
    return {role: listed(getattr(obj, role)) for role in type(obj).inputs()}


def _kind(obj) -> str:
    return type(obj).__name__


class _Unfolding:
    """One tree in the making, and what stands in it so far."""

    def __init__(self, inputs, kind):
        self._inputs, self._kind, self._shown = inputs, kind, set()

    def node(self, obj, role) -> Node:
        inputs, known = self._inputs(obj), obj.object_id in self._shown
        self._shown.add(obj.object_id)
        below = [] if known else [node for name, members in inputs.items() for node in self._members(name, members)]
        return Node(_called(obj, self._kind(obj)), role, _state(obj), inputs=below, above=known and bool(inputs))

    def _members(self, role, members):
        """Those of a link that are shown: the first and the last, what was made, and what is invalid."""
        told = [one for number, one in enumerate(members)
                if number in (0, len(members) - 1) or self._inputs(one) or one.is_valid == 0]
        for number, member in enumerate(told):
            yield self.node(member, role)
            if number == 0 and len(told) < len(members):
                yield Node(f'... {len(members) - len(told)} more ...', role)


def _called(obj, kind) -> str:
    name = str(obj)
    return name if name.startswith(kind) else f'{kind} {name}'


def _state(obj) -> str:
    return '' if obj.is_valid in (None, 1) else f'  [is_valid {obj.is_valid}]'


# --- folded ---

def folded(obj) -> Node:
    """The tree of `obj` for a graph: all that one or several objects together were made from in one role is one node."""
    with _read_together(obj):
        return _group([obj], '', {})


def _group(objects, role, known) -> Node:
    key = frozenset(obj.object_id for obj in objects)
    if key not in known:
        known[key] = node = Node('', key=key, kind=type(objects[0]).FAMILY, box=_box(objects), state=_states(objects),
                                 notes=_names(objects))
        inputs = collections.defaultdict(dict)
        for obj in objects:
            for name in type(obj).inputs():
                inputs[name] |= {one.object_id: one for one in listed(getattr(obj, name))}
        node.inputs = [_group(list(members.values()), name, known) for name, members in inputs.items() if members]
    node = known[key]
    return Node(node.box[0], role, node.state, node.notes, node.inputs, key=key, kind=node.kind, box=node.box)


def _box(objects) -> tuple[str, ...]:
    """Class and number of the objects, and when they were observed."""
    names = ', '.join(dict.fromkeys(type(obj).__name__ for obj in objects))
    number = f' \N{MULTIPLICATION SIGN} {len(objects)}' if len(objects) > 1 else ''
    dates = sorted(date for obj in objects if (date := getattr(obj, 'DATE_OBS', None)) is not None)
    return (names + number, *([_span(dates[0], dates[-1])] if dates else []))


def _span(first, last) -> str:
    if first.date() != last.date():
        return f'{first:%Y-%m-%d} \N{EN DASH} {last:%Y-%m-%d}'
    end = f' \N{EN DASH} {last:%H:%M}' if f'{last:%H:%M}' != f'{first:%H:%M}' else ''
    return f'{first:%Y-%m-%d %H:%M}{end}'


def _states(objects) -> str:
    if len(objects) == 1:
        return _state(objects[0])
    invalid = sum(obj.is_valid == 0 for obj in objects)
    return f'  {invalid} of them [is_valid 0]' if invalid else ''


def _names(objects) -> tuple[str, ...]:
    """Their names, of many the first and the last."""
    names = [_called(obj, _kind(obj)) for obj in objects]
    return tuple(names if len(names) < 6 else [*names[:2], f'... {len(names) - 3} more ...', names[-1]])


# --- for machines ---

def plain(obj) -> dict:
    """The tree of `obj` as JSON values."""
    with _read_together(obj):
        return _plain(obj, None, set())


def _plain(obj, role, shown) -> dict:
    told = {'class': type(obj).__name__, 'role': role, 'object_id': str(obj.object_id), 'filename': obj.filename,
            'is_valid': obj.is_valid}
    if obj.object_id in shown and type(obj).inputs():
        return told | {'above': True}
    shown.add(obj.object_id)
    return told | {'inputs': [_plain(one, name, shown) for name, _, one in inputs_of(obj)]}

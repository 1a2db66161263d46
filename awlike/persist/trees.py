"""The tree of all that an object was made from: to read, folded for a graph, and for machines."""

import collections
import contextlib
import datetime
from collections.abc import Callable, Generator, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from awlike.persist.links import inputs_of, listed
from awlike.views.tree import Node

if TYPE_CHECKING:
    from awlike.persist.dataobject import DataObject


_FEW = 3  # products of one role, each of which a tree unfolds


def tree(obj: 'DataObject') -> Node:
    """Return the tree of `obj`."""
    with _read_together(obj):
        return unfolded(obj, _inputs, _kind)


def unfolded(obj: Any, inputs: Callable[[Any], Mapping[str, list]], kind: Callable[[Any], str]) -> Node:
    """Return the tree of `obj`: an object that stands in it already is not unfolded again, long lists are folded.

    Parameters
    ----------
    inputs : callable
        Returns the direct inputs of an object, a list for each role.
    kind : callable
        Returns the name of the class of an object.
    """
    return _Unfolding(inputs, kind).node(obj, '')


@contextlib.contextmanager
def _read_together(obj: 'DataObject') -> Generator[None, None, None]:
    """Read all ancestors of `obj` together rather than one by one, and keep them meanwhile."""
    ancestors = list(obj.ancestors())
    yield
    ancestors.clear()


def _inputs(obj: 'DataObject') -> dict[str, list]:
    return {role: listed(getattr(obj, role)) for role in type(obj).inputs()}


def _kind(obj: 'DataObject') -> str:
    return type(obj).__name__


class _Unfolding:
    """A tree in the making, and the ids of the objects that stand in it so far."""

    def __init__(self, inputs: Callable[[Any], Mapping[str, list]], kind: Callable[[Any], str]) -> None:
        self._inputs, self._kind = inputs, kind
        self._shown: set[Any] = set()
        self._shapes: dict[Any, Hashable] = {}

    def node(self, obj: Any, role: str) -> Node:
        """Return the node of `obj` and all below it."""
        inputs, known = self._inputs(obj), obj.object_id in self._shown
        self._shown.add(obj.object_id)
        below = [] if known else [node for name, members in inputs.items() for node in self._members(name, members)]
        notes = () if known else _left_out(obj)
        return Node(_called(obj, self._kind(obj)), role, _state(obj), notes, below, above=known and bool(inputs))

    def _members(self, role: str, members: list) -> Iterator[Node]:
        """Return nodes for the members of a link that the tree shows: the first, the last, and invalid ones.

        Many products that were made alike are one node, below which the first of them is unfolded.
        """
        if len(members) > _FEW and all(map(self._inputs, members)):
            yield from self._folded(role, members)
            return
        shown = [member for number, member in enumerate(members)
                 if number in (0, len(members) - 1) or self._inputs(member) or member.is_valid == 0]
        for number, member in enumerate(shown):
            yield self.node(member, role)
            if number == 0 and len(shown) < len(members):
                yield Node(f'... {len(members) - len(shown)} more ...', role)


    def _folded(self, role: str, members: list) -> Iterator[Node]:
        """Yield a node for all of `members` that were made alike, and a node for each that is invalid or alone."""
        alike = collections.defaultdict(list)
        for member in members:
            alike[member.object_id if member.is_valid == 0 else self._shape(member)].append(member)
        for some in alike.values():
            first = self.node(some[0], role if len(some) == 1 else 'as')
            yield first if len(some) == 1 else Node(
                f'{self._kind(some[0])} x {len(some)}', role, '', (f'{some[0]} ... {some[-1]}',), [first])

    def _shape(self, obj: Any) -> Hashable:
        """Return what is equal for objects that descend from equal kinds in equal roles, however many in each role."""
        if obj.object_id not in self._shapes:
            below = {(name, self._shape(one)) for name, members in self._inputs(obj).items() for one in members}
            self._shapes[obj.object_id] = self._kind(obj), _state(obj), frozenset(below)
        return self._shapes[obj.object_id]


def _called(obj: Any, kind: str) -> str:
    name = str(obj)
    return name if name.startswith(kind) else f'{kind} {name}'


def _left_out(obj: Any) -> tuple[str, ...]:
    lacking = getattr(obj, 'members_left_out', None) or {}
    return (*(f'without {role}: switched off by {name}' for role, name in obj.left_out.items()),
            *(f'without {name}: {why}' for name, why in lacking.items()))


def _state(obj: Any) -> str:
    return '' if obj.is_valid in (None, 1) else f'  [is_valid {obj.is_valid}]'


# --- folded ---

def folded(obj: 'DataObject') -> Node:
    """Return the tree of `obj` for a graph: all inputs of one role, of one or several objects together, are one node."""
    with _read_together(obj):
        return _group([obj], '', {})


def _group(objects: 'Sequence[DataObject]', role: str, known: dict[Hashable, Node]) -> Node:
    """Return the node of `objects` and all below it; `known` has the groups that stand in the tree so far."""
    key = frozenset(obj.object_id for obj in objects)
    if key not in known:
        known[key] = node = Node('', key=key, kind=type(objects[0]).FAMILY, box=_box(objects), state=_states(objects),
                                 notes=_names(objects))
        inputs: dict[str, dict[Any, DataObject]] = collections.defaultdict(dict)
        for obj in objects:
            for name in type(obj).inputs():
                inputs[name] |= {member.object_id: member for member in listed(getattr(obj, name))}
        node.inputs = [_group(list(members.values()), name, known) for name, members in inputs.items() if members]
    node = known[key]
    return Node(node.box[0], role, node.state, node.notes, node.inputs, key=key, kind=node.kind, box=node.box)


def _box(objects: 'Sequence[DataObject]') -> tuple[str, ...]:
    """Return class and number of the objects, and the dates of their observation."""
    names = ', '.join(dict.fromkeys(type(obj).__name__ for obj in objects))
    number = f' \N{MULTIPLICATION SIGN} {len(objects)}' if len(objects) > 1 else ''
    dates = sorted(date for obj in objects if (date := getattr(obj, 'DATE_OBS', None)) is not None)
    return (names + number, *([span_in_words(dates[0], dates[-1])] if dates else []))


def span_in_words(first: datetime.datetime, last: datetime.datetime) -> str:
    """Return the first and the last of several dates, as short as they can be told apart."""
    if first.date() != last.date():
        return f'{first:%Y-%m-%d} \N{EN DASH} {last:%Y-%m-%d}'
    end = f' \N{EN DASH} {last:%H:%M}' if f'{last:%H:%M}' != f'{first:%H:%M}' else ''
    return f'{first:%Y-%m-%d %H:%M}{end}'


def _states(objects: 'Sequence[DataObject]') -> str:
    if len(objects) == 1:
        return _state(objects[0])
    invalid = sum(obj.is_valid == 0 for obj in objects)
    return f'  {invalid} of them [is_valid 0]' if invalid else ''


def _names(objects: 'Iterable[DataObject]') -> tuple[str, ...]:
    """Return the names of the objects; of many objects the first names and the last."""
    names = [_called(obj, _kind(obj)) for obj in objects]
    shown = names if len(names) < 6 else [*names[:2], f'... {len(names) - 3} more ...', names[-1]]
    return tuple(dict.fromkeys([*shown, *(note for obj in objects for note in _left_out(obj))]))


# --- for machines ---

def plain(obj: 'DataObject') -> dict:
    """Return the tree of `obj` as JSON values."""
    with _read_together(obj):
        return _plain(obj, None, set())


def _plain(obj: 'DataObject', role: str | None, shown: set) -> dict:
    values = {'class': type(obj).__name__, 'role': role, 'object_id': str(obj.object_id), 'filename': obj.filename,
              'is_valid': obj.is_valid}
    if obj.object_id in shown and type(obj).inputs():
        return values | {'above': True}
    shown.add(obj.object_id)
    if obj.left_out:
        values['left_out'] = obj.left_out
    if lacking := getattr(obj, 'members_left_out', None):
        values['members_left_out'] = lacking
    return values | {'inputs': [_plain(member, name, shown) for name, _, member in inputs_of(obj)]}

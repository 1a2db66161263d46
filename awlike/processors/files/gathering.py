"""What processors in several processes gathered, joined as if one had gathered it all.

A processor gathers in its attributes: it appends to a list, sets keys of a dict, adds to a set, counts. Each process has a
processor of its own. After some files it sends what has changed, and the processor that the script gets takes it over, in the
order of the files:

- lists get the new elements, sets the new members, dicts the new keys;
- numbers and arrays of one shape add up what each process added to them;
- a key that two processes set first: numbers add up, lists and sets join, of all else the later one stays;
- any other attribute is replaced;
- for an attribute in `FileProcessor.mergers`, the function there decides.

What cannot be pickled, as a connection, stays where it is.
"""

import dataclasses
import pickle
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

_OWN = ('opts', 'dd', 'results', 'conn')
_ABSENT = object()


@dataclasses.dataclass(frozen=True)
class Replaced:
    """A new value."""

    value: Any


@dataclasses.dataclass(frozen=True)
class Extended:
    """New elements of a list."""

    elements: list[Any]


@dataclasses.dataclass(frozen=True)
class Members:
    """Members that a set has got, and lost."""

    new: set[Any]
    gone: set[Any]


@dataclasses.dataclass(frozen=True)
class Keys:
    """Keys of a dict that were set, changed and removed."""

    new: dict[Any, Any]
    changed: dict[Any, 'Change']
    gone: list[Any]


@dataclasses.dataclass(frozen=True)
class Added:
    """What was added to a number or an array."""

    amount: Any


Change = Replaced | Extended | Members | Keys | Added


def snapshot(processor: Any) -> dict[str, bytes]:
    """Return the present state of the attributes of a processor, as far as they can be pickled."""
    state = {}
    for name, value in vars(processor).items():
        if name not in _OWN:
            try:
                state[name] = pickle.dumps(value)
            except Exception:  # whatever an object raises that refuses
                continue
    return state


def changes(before: Mapping[str, bytes], after: Mapping[str, bytes], whole: Collection[str] = ()) -> dict[str, Change]:
    """Return what changed from one snapshot to a later one, by attribute; of the attributes `whole` the new value."""
    found: dict[str, Change] = {}
    for name, state in after.items():
        if before.get(name) != state:
            old = pickle.loads(before[name]) if name in before and name not in whole else _ABSENT
            change = _change(old, pickle.loads(state))
            if change is not None:
                found[name] = change
    return found


def merge(processor: Any, found: Mapping[str, Change]) -> None:
    """Apply changes, found in another process, to the attributes of a processor."""
    for name, change in found.items():
        value = getattr(processor, name, _ABSENT)
        merger = processor.mergers.get(name)
        if merger is not None and value is not _ABSENT:
            setattr(processor, name, merger(value, _applied(value, change)))
        else:
            setattr(processor, name, _applied(value, change))


def _change(old: Any, new: Any) -> Change | None:
    if _same(old, new):
        return None
    if type(old) is not type(new):
        return Replaced(new)
    if isinstance(new, list) and _same(old, new[:len(old)]):
        return Extended(new[len(old):])
    if isinstance(new, set):
        return Members(new - old, old - new)
    if isinstance(new, dict):
        both = {key: _change(old[key], value) for key, value in new.items() if key in old}
        return Keys({key: value for key, value in new.items() if key not in old},
                    {key: change for key, change in both.items() if change is not None}, [key for key in old if key not in new])
    if _adds_up(old) and _adds_up(new) and np.shape(old) == np.shape(new):
        return Added(new - old)
    return Replaced(new)


def _applied(value: Any, change: Change) -> Any:
    if isinstance(change, Extended) and isinstance(value, list):
        value.extend(change.elements)
    elif isinstance(change, Members) and isinstance(value, set):
        value |= change.new
        value -= change.gone
    elif isinstance(change, Keys) and isinstance(value, dict):
        for key in change.gone:
            value.pop(key, None)
        for key, new in change.new.items():
            value[key] = _joined(value[key], new) if key in value else new
        for key, inner in change.changed.items():
            value[key] = _applied(value.get(key, _ABSENT), inner)
    elif isinstance(change, Added) and value is not _ABSENT:
        return value + change.amount
    elif isinstance(change, Replaced):
        return change.value
    return value


def _joined(value: Any, new: Any) -> Any:
    """Return the value of a key that two processes set, each for the first time."""
    if type(value) is not type(new):
        return new
    if isinstance(value, list) or _adds_up(value):
        return value + new
    if isinstance(value, set):
        return value | new
    if isinstance(value, dict):
        return {**value, **{key: _joined(value[key], one) if key in value else one for key, one in new.items()}}
    return new


def _adds_up(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.dtype.kind in 'iuf'
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def _same(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    if pickle.dumps(one) == pickle.dumps(other):  # arrays, and NaN, which does not equal itself
        return True
    try:
        return bool(one == other)
    except Exception:  # arrays, within or without containers
        return False

"""Data ids as people type them: ``run=4192^6377 camcol=4 filter=r`` names frames by the keys of their camera."""

import dataclasses
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

from awlike.cameras.data_ids import Keys
from awlike.errors import NotFound, ParameterError
from awlike.spelling import near

_SHOWN = 8  # values of a key in a message


class Keyed(Protocol):
    """A thing that has values of keys."""

    @property
    def keys(self) -> Keys:
        """The values by key."""


F = TypeVar('F', bound=Keyed)


@dataclasses.dataclass(frozen=True)
class Asked:
    """What one ``--id`` asks for: the values of each key, in order. It stands for the cross product of the values."""

    keys: Mapping[str, tuple[str, ...]]

    def __str__(self) -> str:
        return ' '.join(f'{key}={"^".join(values)}' for key, values in self.keys.items()) or 'all'


def asked(words: Iterable[str]) -> Asked:
    """Return what the `words` behind one ``--id`` ask for; no words ask for all.

    Raises
    ------
    ParameterError
        When a word is not KEY=VALUE or KEY=VALUE1^VALUE2, or a key comes twice.
    """
    keys: dict[str, tuple[str, ...]] = {}
    for word in words:
        key, _, text = word.partition('=')
        values = tuple(text.split('^'))
        if not key or not all(values):
            raise ParameterError(f'--id {word}: write KEY=VALUE, or KEY=VALUE1^VALUE2 for several')
        if key in keys:
            raise ParameterError(f'--id {word}: {key} comes twice in one --id; write {key}=VALUE1^VALUE2, or a second --id')
        keys[key] = tuple(dict.fromkeys(values))
    return Asked(keys)


def in_words(data_id: Keys) -> str:
    """Return a data id as a person types it behind ``--id``."""
    return ' '.join(shlex.quote(f'{key}={value}') for key, value in data_id.items())


def select(frames: Sequence[F], ids: Iterable[Asked]) -> tuple[list[F], list[str]]:
    """Return the frames that `ids` ask for, each once and in order, and what to say of values that match nothing.

    Raises
    ------
    NotFound
        When one of `ids` matches no frame at all; the error names the key that does not match and the values that exist.
    """
    chosen: dict[int, F] = {}
    lacking: list[str] = []
    for one in ids:
        found = _matching(frames, one.keys)
        if not found:
            raise NotFound(f'--id {one}: {_mismatch(frames, one.keys)}')
        lacking += _lacking(frames, one, found)
        chosen |= {id(frame): frame for frame in found}
    return [frame for frame in frames if id(frame) in chosen], lacking


def _matching(frames: Iterable[F], keys: Mapping[str, Sequence[str]]) -> list[F]:
    return [frame for frame in frames if all(
        any(_equal(frame.keys.get(key), value) for value in values) for key, values in keys.items())]


def _equal(value: str | int | None, text: str) -> bool:
    """Return whether `text` means `value`: a number may have zeros before it, as 0300."""
    if isinstance(value, int):
        return re.fullmatch(r'[+-]?\d+', text) is not None and int(text) == value
    return value == text


def _lacking(frames: Sequence[F], one: Asked, found: Sequence[F]) -> list[str]:
    """Return a text for each value of several that none of the frames `found` has."""
    lacking = [(key, value) for key, values in one.keys.items() for value in values if not _matching(found, {key: (value,)})]
    return [f'--id {one}: {_mismatch(frames, {key: (value,)} | {k: v for k, v in one.keys.items() if k != key})}'
            for key, value in lacking]


def _mismatch(frames: Sequence[F], keys: Mapping[str, Sequence[str]]) -> str:
    """Return which of `keys`, all of which no frame matches, is the first that does not match."""
    before: dict[str, Sequence[str]] = {}
    for key, values in keys.items():
        left = _matching(frames, before)
        known = {frame.keys[key] for frame in left if key in frame.keys}
        if not known:
            names = list(dict.fromkeys(name for frame in frames for name in frame.keys))
            return f'the frames have no key {key}{near(key, names)}: there are {", ".join(names) or "no frames"}'
        before[key] = values
        if not _matching(left, {key: values}):
            given = {name: value for name, value in before.items() if name != key}
            where = f' with {Asked({n: tuple(v) for n, v in given.items()})}' if given else ''
            return f'{key}={"^".join(values)} does not match{where}: {key} is {_several(known)}'
    return 'there are no frames'


def _several(values: Iterable[str | int]) -> str:
    ordered = sorted(values, key=lambda value: (isinstance(value, str), value))
    shown = ', '.join(map(str, ordered[:_SHOWN]))
    return shown if len(ordered) <= _SHOWN else f'{shown} ... {ordered[-1]} ({len(ordered)} values)'

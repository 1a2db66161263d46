"""Batches: objects that a query read together read their links together, too."""

import collections
import weakref
from collections.abc import Iterable
from typing import TypeVar

T = TypeVar('T')


def batch_up(objects: Iterable[object]) -> None:
    """Put `objects` in batches, one for each class: when one object reads a link, all of its batch read that link."""
    by_class: dict[type, list[object]] = collections.defaultdict(list)
    for obj in objects:
        by_class[type(obj)].append(obj)
    for together in by_class.values():
        batch = [weakref.ref(obj) for obj in together]
        for obj in together:
            obj.__dict__['_batch'] = batch


def siblings(obj: T) -> list[T]:
    """Return the objects, still in use, that were read together with `obj`, itself among them."""
    batch = [other for ref in obj.__dict__.get('_batch', ()) if (other := ref()) is not None]
    return batch or [obj]

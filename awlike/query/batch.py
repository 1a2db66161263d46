"""Objects that were read together and go on being read together."""

import collections
import weakref


def batch_up(objects) -> None:
    """Let `objects` be read together: a link that one of them is asked for is read for all of its class."""
    by_class = collections.defaultdict(list)
    for obj in objects:
        by_class[type(obj)].append(obj)
    for together in by_class.values():
        batch = [weakref.ref(obj) for obj in together]
        for obj in together:
            obj.__dict__['_batch'] = batch


def siblings(obj) -> list:
    """The objects, still in use, that were read together with `obj`; itself among them."""
    batch = [other for ref in obj.__dict__.get('_batch', ()) if (other := ref()) is not None]
    return batch or [obj]

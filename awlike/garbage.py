"""Garbage: pauses of the search for cyclic garbage, while many objects are made that stay."""

import contextlib
import gc
from collections.abc import Generator


@contextlib.contextmanager
def no_collection() -> Generator[None, None, None]:
    """Do not search for cyclic garbage meanwhile: where many objects are made that stay, each search goes through all."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()  # and at once unfreeze: all counts as old, so that the next search does not go through it
        gc.unfreeze()
        if enabled:
            gc.enable()

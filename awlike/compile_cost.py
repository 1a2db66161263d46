"""The time that this thread has spent on compiling kernels: no cost of a product, since it is spent once on a machine."""

import threading
import time

_here = threading.local()


def seconds() -> float:
    """Return the time that this thread has spent on compiling kernels [s]."""
    return getattr(_here, 'seconds', 0.0)


def begin() -> None:
    """Begin to compile a function; a kernel compiles the functions that it calls within."""
    _here.depth = getattr(_here, 'depth', 0) + 1
    if _here.depth == 1:
        _here.begun = time.perf_counter()


def end() -> None:
    """End to compile a function."""
    _here.depth -= 1
    if _here.depth == 0:
        _here.seconds = seconds() + time.perf_counter() - _here.begun

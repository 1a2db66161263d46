"""Decorators that compile a kernel once, when its module is first imported; from then on it is on disk.

The types of the arguments are declared: a kernel is compiled only for these types, together with the other kernels of its
module, and accepts arrays that may not be written to as inputs. Annotations do not affect it.
"""

import sys
from collections.abc import Callable
from typing import Any, TypeVar

import numba
from numba import types
from numba.core import event

from awlike import compile_cost

Function = TypeVar('Function', bound=Callable[..., Any])

_OPTIONS: dict[str, Any] = {'nogil': True, 'cache': True, 'error_model': 'numpy'}


def _compiled(function: Function, *arguments: Any) -> Function:
    """Compile a function and keep it on disk; where no folder can be written to, compile it for this process alone."""
    decorator: Any = numba.njit(*arguments, **_OPTIONS)
    try:
        return decorator(function)
    except (OSError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and 'cannot cache' not in str(error):
            raise
        decorator = numba.njit(*arguments, **_OPTIONS | {'cache': False})
        return decorator(function)


def part(function: Function) -> Function:
    """Decorate a function that kernels call."""
    return _compiled(function)


def kernel(*signatures: tuple[types.Type, ...]) -> Callable[[Function], Function]:
    """Decorate a function that returns nothing, for arguments of these types; other threads run while it works."""
    return lambda function: _compiled(function, [types.void(*arguments) for arguments in signatures])


def read_only(dtype: types.Type, ndim: int) -> types.Array:
    """Return the type of a contiguous array that is not written to."""
    return types.Array(dtype, ndim, 'C', readonly=True)


class _Watcher(event.Listener):
    """Counts the time of compiling, and explains at a terminal why the first run waits."""

    def __init__(self) -> None:
        self._has_told = False

    def on_start(self, event: event.Event) -> None:
        """Begin to count the time; print the message, once."""
        compile_cost.begin()
        data: Any = event.data
        if not self._has_told and data['dispatcher'].py_func.__module__.startswith('awlike.') and sys.stderr.isatty():
            self._has_told = True
            print('awlike compiles its pixel kernels, once on this machine: on a slow machine this takes a minute',
                  file=sys.stderr)

    def on_end(self, event: event.Event) -> None:
        """End to count the time."""
        compile_cost.end()


event.register('numba:compile', _Watcher())

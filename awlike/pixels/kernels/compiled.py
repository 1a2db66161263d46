"""How kernels are compiled: once, when the module that they are in is imported first; from then on they are on disk.

The types of their arguments are declared: a kernel is compiled for those alone, together with the others of its module,
and takes arrays that may not be written to as inputs.
"""

import sys

import numba
from numba import types
from numba.core import event

_OPTIONS = {'nogil': True, 'cache': True, 'error_model': 'numpy'}

part = numba.njit(**_OPTIONS)  # decorator of what kernels call


def kernel(*signatures):
    """Decorator of a function that returns nothing, for arguments of these types; other threads go on meanwhile."""
    return numba.njit([types.void(*arguments) for arguments in signatures], **_OPTIONS)


def read_only(dtype, ndim):
    """Type of a contiguous array that is not written to."""
    return types.Array(dtype, ndim, 'C', readonly=True)


class _Teller(event.Listener):
    """Says, to who waits at a terminal, why."""

    def on_start(self, event):
        if event.data['dispatcher'].py_func.__module__.startswith('awlike.') and sys.stderr.isatty():
            print('awlike compiles pixel kernels that are run for the first time: some seconds', file=sys.stderr)
            self.on_start = self.on_end

    def on_end(self, event):
        """Nothing to say."""


event.register('numba:compile', _Teller())

"""The decorators of `awlike.compiled`, as the kernels of this room import them."""

from awlike.compiled import kernel, part, read_only

__all__ = ['kernel', 'part', 'read_only']

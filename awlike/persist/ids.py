"""Object ids: UUIDs, the same in every database that an object travels to."""

import os
import time
import uuid

_NAMESPACE = uuid.UUID('7d1f0d5e-3a0b-5f8e-9c39-0a7e3b6f4c11')
_last = 0


def new_id() -> uuid.UUID:
    """Return a time-ordered UUID (version 7, RFC 9562): ids made later in one process sort later.

    The 12 bits after the milliseconds count 1/4096 ms, as section 6.2, method 3 of the RFC allows.
    """
    global _last
    ticks = max(time.time_ns() * 4096 // 1_000_000, _last + 1)
    _last = ticks
    milliseconds, fraction = divmod(ticks, 4096)
    tail = int.from_bytes(os.urandom(8)) & (1 << 62) - 1
    return uuid.UUID(int=milliseconds << 80 | 7 << 76 | fraction << 64 | 2 << 62 | tail)


def reference_id(*names: str) -> uuid.UUID:
    """Return the id of a thing that its name makes unique (an instrument, a chip), equal in all databases."""
    return uuid.uuid5(_NAMESPACE, '\x1f'.join(names))

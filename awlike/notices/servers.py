"""Notices of servers that cannot be reached."""

from awlike.errors import DpuUnreachable, StoreUnreachable, Unreachable, said
from awlike.nights import utcnow
from awlike.notices.outbox import UNREACHABLE, tell_of

_SERVERS = {Unreachable: 'the database', StoreUnreachable: 'the data server', DpuUnreachable: 'the DPU'}


def tell_of_server(error: BaseException | None) -> bool:
    """Tell that a server cannot be reached, where `error` or what caused it says so, once a day; return whether it does."""
    while error is not None:
        for cls, name in _SERVERS.items():
            if isinstance(error, cls):
                tell_of(UNREACHABLE, f'{name} cannot be reached', said(error), once=f'{name} {utcnow():%Y-%m-%d}')
                return True
        error = error.__cause__
    return False

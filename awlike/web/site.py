"""The site: what one server of pages knows, from its start to its end."""

import collections
import dataclasses
import secrets
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import anyio

if TYPE_CHECKING:
    from awlike.web.identity import Identity

HERE = ('127.0.0.1', 'localhost', '::1')
"""The names of this machine, by which only its own people reach it."""


@dataclasses.dataclass
class Site:
    """One server of pages.

    Attributes
    ----------
    identity : Identity
        How a request says who asks.
    hosts : tuple of str
        The names by which browsers reach the server; a request for another name is refused.
    url : str
        The public address in front of a proxy, as ``'https://awe.example.org/awlike'``; empty without a proxy.
    threads : int
        How many requests are answered at a time; others wait for their turn.
    name : str
        The end of the names of cookies, so that two servers on one machine do not share them.
    ending : threading.Event
        Set once the server is told to stop.
    streams : Counter
        By account, how many logs are followed.
    """

    identity: 'Identity'
    hosts: tuple[str, ...] = HERE
    url: str = ''
    threads: int = 8
    name: str = ''
    ending: threading.Event = dataclasses.field(default_factory=threading.Event)
    streams: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)

    def __post_init__(self) -> None:
        self.limiter = anyio.CapacityLimiter(self.threads)
        self.name = self.name or secrets.token_hex(4)

    @property
    def is_secure(self) -> bool:
        """True if browsers come by https, so that cookies go by https alone."""
        return self.url.startswith('https://')

    @property
    def root(self) -> str:
        """The path below which the pages lie, as ``'/awlike'``; empty for the top."""
        return urlsplit(self.url).path.rstrip('/')

    def cookie(self, what: str) -> str:
        """Return the name of the cookie that keeps `what`."""
        return f'awlike_{what}_{self.name}'

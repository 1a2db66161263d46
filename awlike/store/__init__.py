"""The data server: where files are, each stored once under its name."""

from awlike.store.in_use import server, use_server
from awlike.store.server import DataServer

__all__ = ['DataServer', 'server', 'use_server']

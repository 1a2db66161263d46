"""The data server: where files are, each stored once under its name."""

from awlike.store.server import DataServer, server, use_server

__all__ = ['DataServer', 'server', 'use_server']

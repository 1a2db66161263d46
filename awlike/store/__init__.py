"""The data server: it keeps files, each stored once under its name.

- `server`: the contract of every data server; `in_use`: the data server that the settings name.
- `folder`: a data server that is a folder.
- `remote`: a data server behind a URL, opened by `filesystem`; its `cache` on this machine, and the `cache_links` in use.
- `whole_files`: files that are there whole or not at all.
- `purge`: the files that need not be kept.
"""

from awlike.store.in_use import server, use_server
from awlike.store.server import DataServer

__all__ = ['DataServer', 'server', 'use_server']

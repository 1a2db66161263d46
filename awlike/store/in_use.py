"""The data server in use: the folder or the remote store that the settings name."""

from pathlib import Path

from awlike.store.server import DataServer

_current: DataServer | None = None


def server() -> DataServer:
    """Return the data server in use: a folder, or a remote store if the setting `store` is a URL."""
    global _current
    if _current is None:
        from awlike.config import settings
        found = settings()
        if isinstance(found.store_place, Path):
            from awlike.store.folder import FolderServer
            _current = FolderServer(found.store_place)
        else:
            from awlike.store.cache import Cache
            from awlike.store.remote import RemoteServer
            _current = RemoteServer(found.store_place, found.store_options, Cache(found.cache_folder, found.cache_bytes))
    return _current


def use_server(new: DataServer | None) -> None:
    """Use the data server `new` from now on."""
    global _current
    _current = new

"""The server: it listens, says where, and stops in seconds, whatever streams are open."""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
import webbrowser
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn

from awlike.config import settings
from awlike.current import set_default
from awlike.database.engine import has_roles
from awlike.database.sessions import database
from awlike.dpu import dpu
from awlike.errors import ConfigError
from awlike.web.app import application
from awlike.web.identity import TOKEN, Alone, Identity, Password, Proxy
from awlike.web.site import HERE, Site

log = logging.getLogger('awlike')
_LINGER = 2        # seconds that open requests get when the server stops
_CONNECTIONS = 512
_LONGEST_HEAD = 64 * 1024  # byte of the line and the headers of a request


def identity_for(login: bool, header: str, proxies: tuple[str, ...]) -> Identity:
    """Return how requests say who asks: by a token alone, by a password, or by the header of a proxy.

    Raises
    ------
    ConfigError
        When people are to log in to a database that knows no passwords, or two ways are asked for.
    """
    if login and header:
        raise ConfigError('people log in by a password, or a proxy names them: give --login or --trust-header, not both')
    if login and not has_roles(settings().database_url):
        raise ConfigError('people log in with the password of their role in PostgreSQL, and this database is SQLite: leave '
                          '--login out, or let a proxy name them by --trust-header')
    if login:
        return Password()
    return Proxy(header, proxies) if header else Alone(settings().user)


def serve(site: Site, host: str, port: int, path: Path | None, tell: Callable[[str], None], browse: bool) -> None:
    """Answer requests until the process is told to stop.

    Parameters
    ----------
    site : Site
        The site.
    host, port : str, int
        Where to listen; port 0 is any that is free.
    path : Path, optional
        A socket in the file system, in place of host and port.
    tell : callable
        Is called once with the address, when the server is ready.
    browse : bool
        Whether to open the address in a browser.

    Raises
    ------
    ConfigError
        When the address is taken, or is not of this machine.
    """
    listening = _listening(host, port, path)
    config = uvicorn.Config(
        application(site), log_config=None, access_log=False, server_header=False, date_header=False, lifespan='off',
        proxy_headers=False, timeout_graceful_shutdown=_LINGER, timeout_keep_alive=15, limit_concurrency=_CONNECTIONS,
        h11_max_incomplete_event_size=_LONGEST_HEAD, http='h11', ws='none', root_path='')
    database().ready()
    set_default(None)  # whoever asks is known from the request alone
    gc.freeze()  # modules stay to the end: no request need look for garbage among them
    tell(address(site, listening, path))
    if browse and isinstance(site.identity, Alone):
        webbrowser.open(address(site, listening, path))
    server = _Server(config, site)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(server.serve([listening]))
    finally:
        listening.close()
        if path is not None:
            path.unlink(missing_ok=True)
        dpu.close()
        gc.freeze()  # else Python looks for garbage among all modules before it ends


class _Server(uvicorn.Server):
    """A server that tells open streams to end when it is told to stop."""

    def __init__(self, config: uvicorn.Config, site: Site) -> None:
        super().__init__(config)
        self._site = site

    def handle_exit(self, sig: int, frame: object) -> None:  # type: ignore[override]
        """Begin to stop; a second signal ends at once."""
        if self._site.ending.is_set():
            self.force_exit = True
        self._site.ending.set()
        self.should_exit = True
        if sig == signal.SIGINT:
            log.info('the web stops')


def _listening(host: str, port: int, path: Path | None) -> socket.socket:
    """Return the socket that listens."""
    if path is not None:
        return _in_file_system(path)
    try:
        family, _, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        found = socket.socket(family, socket.SOCK_STREAM)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(where)
        found.listen(128)
    except OSError as error:
        raise ConfigError(f'{host}:{port} cannot be listened at ({error.strerror or error}): give another --port, or 0 for any '
                          'that is free') from None
    return found


def _in_file_system(path: Path) -> socket.socket:
    """Return a socket at `path`, which only this account and its group may open."""
    if path.exists() and not path.is_socket():
        raise ConfigError(f'{path} is there, and is no socket: give another --socket')
    found = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o117)
    try:
        path.unlink(missing_ok=True)
        found.bind(str(path))
        found.listen(128)
    except OSError as error:
        raise ConfigError(f'{path} cannot be listened at ({error.strerror}): give another --socket') from None
    finally:
        os.umask(before)
    return found


def address(site: Site, listening: socket.socket, path: Path | None) -> str:
    """Return the address that people open."""
    if site.url:
        return f'{site.url.rstrip("/")}/'
    if path is not None:
        return f'unix:{path}'
    host, port = listening.getsockname()[:2]
    name = '127.0.0.1' if host in ('0.0.0.0', '127.0.0.1') else f'[{host}]' if ':' in host else host
    token = f'?{TOKEN}={site.identity.token}' if isinstance(site.identity, Alone) else ''
    return f'http://{name}:{port}/{token}'


def hosts_of(url: str, host: str) -> tuple[str, ...]:
    """Return the names by which browsers reach a server that listens at `host` behind `url`."""
    name = urlsplit(url).hostname
    if name:
        return (name,)
    return HERE if host in (*HERE, '0.0.0.0', '::') else (host,)

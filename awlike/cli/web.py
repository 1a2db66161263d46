"""The command web: pages for a browser."""

import importlib.util
import sys
from pathlib import Path
from typing import Annotated

import typer

from awlike.cli.options import command
from awlike.terminal import say


def add_to(app: typer.Typer) -> None:
    """Add this command to `app`."""
    command(app, 'Looking', 'awe web', 'awe web --port 8800 --no-browser',
            'awe web --login --url https://awe.example.org --socket /run/awlike/web.sock')(web)


def web(host: Annotated[str, typer.Option(metavar='NAME', help='Address of this machine at which to listen.')] = '127.0.0.1',
        port: Annotated[int, typer.Option(metavar='NUMBER', min=0, max=65535,
                                          help='Port at which to listen; 0 is any that is free.')] = 8800,
        socket: Annotated[Path | None, typer.Option(metavar='PATH', help='Listen at a socket in the file system, for a proxy, '
                                                    'in place of host and port.')] = None,
        url: Annotated[str, typer.Option(metavar='URL', show_default=False, help='Address that people type, where a proxy '
                                         'stands before awe web.')] = '',
        login: Annotated[bool, typer.Option('--login', help='Let many people log in, each with the password of their role in '
                                            'PostgreSQL.')] = False,
        trust_header: Annotated[str, typer.Option(metavar='NAME', show_default=False, help='Header in which a proxy names the '
                                                  'account that asks, as X-Remote-User.')] = '',
        proxy: Annotated[list[str] | None, typer.Option(metavar='ADDRESS', help='Address of a proxy whose header is trusted; '
                                                        'may be repeated.', show_default='127.0.0.1; with --socket the '
                                                        'socket')] = None,
        no_browser: Annotated[bool, typer.Option('--no-browser', help='Only print the address.')] = False) -> None:
    """Show in a browser what the prompt shows.

    The command prints an address and answers until it is interrupted. Alone, you open that address, which has a token in it;
    nobody else gets in. With --login or --trust-header many people get in, each with their own rights.
    """
    from awlike.errors import ConfigError, MissingExtra
    if importlib.util.find_spec('starlette') is None or importlib.util.find_spec('uvicorn') is None:
        raise MissingExtra("the web needs Starlette and uvicorn, which are not installed: pip install 'awlike[web]'")
    if not login and not trust_header and (socket is not None or host not in ('127.0.0.1', 'localhost', '::1')):
        raise ConfigError(f'--host {host}: others could reach this address; let them log in by --login, or let a proxy name '
                          'them by --trust-header, or listen at 127.0.0.1')
    if socket is not None and not url:
        raise ConfigError('--socket: give the address that people type as well, as --url https://awe.example.org')
    from awlike.web.serve import hosts_of, identity_for, serve
    from awlike.web.site import Site
    proxies = tuple(proxy or (('',) if socket is not None else ('127.0.0.1',)))
    site = Site(identity_for(login, trust_header, proxies), hosts_of(url, host), url)
    serve(site, host, port, socket, _tell, not no_browser)


def _tell(address: str) -> None:
    """Say where the pages are, at once, also into a file."""
    say(f'awlike is at {address}\nCtrl-C ends it')
    sys.stdout.flush()

"""The guard before all pages: refuses foreign hosts, posts from other sites and requests without end; adds safe headers."""

import asyncio
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from awlike.web.site import Site

POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
          "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
"""What a browser may load and run: files of this server alone, no script and no style in a page, no `eval`."""

LONGEST_BODY = 1_000_000  # byte
LONGEST_WAIT = 30.0       # seconds for the next part of a body
_SAFE = {'content-security-policy': POLICY, 'x-content-type-options': 'nosniff', 'referrer-policy': 'same-origin',
         'x-frame-options': 'DENY', 'cross-origin-opener-policy': 'same-origin', 'cross-origin-resource-policy': 'same-origin'}
_READING = ('GET', 'HEAD', 'OPTIONS')


class Guard:
    """The application `app` behind the rules that hold for every request."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app, self._site = app, site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope['type'] != 'http':
            await self._app(scope, receive, send)
            return
        send = _with_headers(send)
        refusal = self._refusal(scope['method'], Headers(scope=scope))
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        await self._app(scope, _bounded(receive), send)

    def _refusal(self, method: str, headers: Headers) -> PlainTextResponse | None:
        """Return why a request is refused, None for a request that is not."""
        hosts = headers.getlist('host')
        if len(hosts) != 1 or _name(hosts[0]) not in self._site.hosts:
            return PlainTextResponse(f'this server is {" or ".join(self._site.hosts)}, and no other name leads to it', 400)
        if method not in (*_READING, 'POST'):
            return PlainTextResponse('only GET and POST are answered', 405)
        if method == 'POST' and _from_another_site(headers, hosts[0]):
            return PlainTextResponse('another site sent this: open the page here, and send it from there', 403)
        if not _short(headers.getlist('content-length')):
            return PlainTextResponse(f'a request has at most {LONGEST_BODY} byte', 413)
        return None


def _name(host: str) -> str:
    """Return the name in a Host header, without the port; an IPv6 address without its brackets."""
    try:
        return urlsplit(f'//{host}').hostname or ''
    except ValueError:
        return ''


def _from_another_site(headers: Headers, host: str) -> bool:
    """Return whether a browser says that a page of another site sends a request."""
    site = headers.get('sec-fetch-site')
    if site is not None:
        return site not in ('same-origin', 'none')
    origin = headers.get('origin')
    return origin is not None and _netloc(origin) != host.lower()


def _netloc(origin: str) -> str:
    """Return name and port in an Origin header; nothing for what is no origin."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ''


def _short(lengths: Iterable[str]) -> bool:
    return all(length.isascii() and length.isdecimal() and len(length) < 20 and int(length) <= LONGEST_BODY
               for length in lengths)


def _bounded(receive: Receive) -> Receive:
    """Return `receive` for bodies of bounded length, whose parts come in bounded time."""
    received, over = 0, False

    async def bounded() -> Message:
        nonlocal received, over
        if over:  # what follows is the end of the connection, for which a stream waits long
            return await receive()
        try:
            message = await asyncio.wait_for(receive(), LONGEST_WAIT)
        except TimeoutError:
            raise HTTPException(408, 'the rest of the request did not come') from None
        received += len(message.get('body', b''))
        over = not message.get('more_body', False)
        if received > LONGEST_BODY:
            raise HTTPException(413, f'a request has at most {LONGEST_BODY} byte')
        return message
    return bounded


def _with_headers(send: Send) -> Send:
    """Return `send` that adds the headers by which a browser is careful; what a page says of its own stays."""
    async def with_headers(message: Message) -> None:
        if message['type'] == 'http.response.start':
            headers = MutableHeaders(scope=message)
            for name, value in _SAFE.items():
                headers.setdefault(name, value)
            headers.setdefault('cache-control', 'no-store')
        await send(message)
    return with_headers

"""Who asks: a request says so by a cookie, which a token or a password earned, or by the header of a trusted proxy."""

import dataclasses
import secrets
from typing import Protocol

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from awlike.web.logins import Logins
from awlike.web.site import Site

TOKEN = 'token'


class Identity(Protocol):
    """A way in which requests say who asks."""

    @property
    def logins(self) -> Logins | None:
        """The people who are logged in, where people log in with a password; else None."""

    def user(self, request: Request, site: Site) -> str | None:
        """Return the account that asks, None for a stranger."""

    def enter(self, request: Request, site: Site) -> Response | None:
        """Return the answer that lets a stranger in, None where the request does not earn that."""


class Alone:
    """One person on this machine: whoever has the token that `awe web` printed.

    Parameters
    ----------
    name : str
        The account of that person.
    """

    logins: None = None

    def __init__(self, name: str) -> None:
        self._name, self.token, self._key = name, secrets.token_urlsafe(32), secrets.token_urlsafe(32)

    def user(self, request: Request, site: Site) -> str | None:
        """Return the account of the one person, None for a request without the cookie."""
        return self._name if same(request.cookies.get(site.cookie('key'), ''), self._key) else None

    def enter(self, request: Request, site: Site) -> Response | None:
        """Return the way to the same page without the token, with a cookie; None where the token is wrong."""
        if request.method != 'GET' or not same(request.query_params.get(TOKEN, ''), self.token):
            return None
        answer = RedirectResponse(str(request.url.remove_query_params(TOKEN).replace(scheme='', netloc='')), 303)
        set_cookie(answer, site, 'key', self._key)
        return answer


@dataclasses.dataclass
class Proxy:
    """Many people, whom a proxy names in the header `header`.

    `addresses` are those of the proxy; a request from elsewhere is a stranger's, whatever its header says. The empty address is
    that of a socket in the file system, which only the proxy may open.
    """

    header: str
    addresses: tuple[str, ...]
    logins: None = None

    def user(self, request: Request, site: Site) -> str | None:
        """Return the account in the header, None for a request that does not come from the proxy."""
        address = request.client.host if request.client else ''
        names = request.headers.getlist(self.header)
        return names[0] if address in self.addresses and len(names) == 1 and names[0] else None

    def enter(self, request: Request, site: Site) -> Response | None:
        """Return None: only the proxy lets people in."""
        return None


class Password:
    """Many people, each of whom logs in with the password of their role in the database."""

    def __init__(self, logins: Logins | None = None) -> None:
        self.logins = logins or Logins()

    def user(self, request: Request, site: Site) -> str | None:
        """Return the account that logged in, None for a stranger."""
        return self.logins.user(request.cookies.get(site.cookie('key'), ''))

    def enter(self, request: Request, site: Site) -> Response | None:
        """Return None: a page of its own lets people in."""
        return None


def same(given: str, secret: str) -> bool:
    """Return whether `given` is the secret, in a time that tells nothing about it."""
    return secrets.compare_digest(given.encode(), secret.encode())


def set_cookie(answer: Response, site: Site, what: str, value: str) -> None:
    """Let the browser keep `value` as `what` until it is closed: no script reads the cookie, no other site sends it."""
    answer.set_cookie(site.cookie(what), value, path=site.root or '/', httponly=True, samesite='strict', secure=site.is_secure)

"""A request as pages see it, and how a page answers: in a thread, as the person who asks, with sessions of its own."""

import contextlib
import dataclasses
import functools
import logging
from collections.abc import Callable, Generator
from typing import Any
from urllib.parse import quote

import anyio.to_thread
from starlette.datastructures import FormData, QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from awlike.context import context
from awlike.errors import AwlikeError, NotAllowed, NotFound, ParameterError, StoreError, Unreachable
from awlike.web.here import Here, here_of
from awlike.web.rendering import Page, failure, rendered
from awlike.web.site import Site

log = logging.getLogger('awlike')
JSON = '.json'
_FIELDS = 1000  # of a form


@dataclasses.dataclass
class Ask:
    """One request.

    Attributes
    ----------
    request : Request
        The request itself.
    site : Site
        The server.
    user : str
        The account that asks.
    form : FormData
        The fields of a form that was posted; empty otherwise.
    here : Here
        The project, the level and the date in which this browser works.
    """

    request: Request
    site: Site
    user: str
    form: FormData
    here: Here

    @property
    def query(self) -> QueryParams:
        """The parameters in the address."""
        return self.request.query_params

    @property
    def wants_json(self) -> bool:
        """True for an address that ends in ``.json``."""
        return self.request.url.path.endswith(JSON)

    def path(self, name: str) -> str:
        """Return the part `name` of the address."""
        return self.request.path_params[name]

    def number(self, name: str) -> float | None:
        """Return the number that the parameter `name` has, None without it. Raises ParameterError for anything else."""
        text = self.query.get(name)
        if not text:
            return None
        try:
            value = float(text)
        except ValueError:
            value = float('nan')
        if not abs(value) < float('inf'):
            raise ParameterError(f'{name}={text}: a number')
        return value

    def url(self, *parts: Any, **query: Any) -> str:
        """Return the address of a page, as ``url('jobs', 3)``; parameters without a value are left out."""
        path = self.site.root + '/' + '/'.join(quote(str(part), safe='') for part in parts)
        words = [f'{quote(name)}={quote(str(value), safe="")}' for name, value in query.items() if value not in (None, '')]
        return path + ('?' + '&'.join(words) if words else '')

    def again(self, **changes: Any) -> str:
        """Return the address of this page with some parameters changed, or left out where their value is None."""
        kept = [(name, value) for name, value in self.query.multi_items() if name not in changes and value != '']
        kept += [(name, str(value)) for name, value in changes.items() if value not in (None, '')]
        words = '&'.join(f'{quote(name)}={quote(value, safe="")}' for name, value in kept)
        return self.request.url.path.removesuffix(JSON) + (f'?{words}' if words else '')


Answer = Response | Page
Handler = Callable[[Ask], Answer]


def get(path: str, handler: Handler, json: bool = True) -> list[Route]:
    """Return the routes of a page that `handler` shows: `path`, and by default the same with ``.json``."""
    paths = [path + JSON, path] if json and path != '/' else [path]
    return [Route(one, endpoint(handler), methods=['GET']) for one in paths]


def post(path: str, handler: Handler) -> list[Route]:
    """Return the route by which a form is sent to `handler`."""
    return [Route(path, endpoint(handler), methods=['POST'])]


def endpoint(handler: Handler) -> Callable[[Request], Any]:
    """Return the endpoint that lets `handler` answer in a thread, as the person who asks."""
    async def answer(request: Request) -> Response:
        site: Site = request.app.state.site
        user = site.identity.user(request, site)
        if user is None:
            return _let_in(request, site)
        form = await request.form(max_files=0, max_fields=_FIELDS) if request.method == 'POST' else FormData()
        here = here_of(request, site)
        ask = Ask(request, site, user, form, here)
        return await anyio.to_thread.run_sync(functools.partial(_answered, handler, ask), limiter=site.limiter)
    return answer


def _let_in(request: Request, site: Site) -> Response:
    """Return the answer to a stranger."""
    answer = site.identity.enter(request, site)
    if answer is not None:
        return answer
    if site.identity.logins is not None and request.method == 'GET' and not request.url.path.endswith(JSON):
        path = request.url.path + (f'?{request.url.query}' if request.url.query else '')
        return RedirectResponse(f'{site.root}/login?next={quote(path, safe="")}', 303)
    return failure(request, site, 401, 'you are not known here: open the address that awe web printed' if
                   site.identity.logins is None else 'you are not logged in')


def _answered(handler: Handler, ask: Ask) -> Response:
    """Return what `handler` answers, or what went wrong."""
    try:
        with acting_for(ask):
            answer = handler(ask)
            return rendered(ask, answer) if isinstance(answer, Page) else answer
    except HTTPException as error:
        return failure(ask.request, ask.site, error.status_code, error.detail)
    except AwlikeError as error:
        return failure(ask.request, ask.site, status_of(error), str(error))
    except Exception:
        log.exception('the page %s failed', ask.request.url.path)
        return failure(ask.request, ask.site, 500, 'this page failed; the log of the server says why')


@contextlib.contextmanager
def acting_for(ask: Ask) -> Generator[None, None, None]:
    """Act as the person who asks, in the project and at the date of the browser, with sessions that end with the request."""
    with context.acting(user=ask.user, as_of=ask.here.as_of or None):
        ask.here.enter()
        yield


def status_of(error: AwlikeError) -> int:
    """Return the status of HTTP that tells of `error`."""
    if isinstance(error, Unreachable):
        return 503
    for kind, status in ((NotFound, 404), (NotAllowed, 403), (StoreError, 503)):
        if isinstance(error, kind):
            return status
    return 400


def to(address: str) -> Response:
    """Return the answer that leads to another page of this server, after a form was sent."""
    return RedirectResponse(address, 303)

"""The page to log in, where people log in with a password, and the way out."""

import anyio.to_thread
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from awlike.context import context
from awlike.errors import AwlikeError, NotAllowed
from awlike.web.identity import set_cookie
from awlike.web.logins import Logins
from awlike.web.rendering import template
from awlike.web.site import HERE, Site

_LONGEST = 100  # characters of an address


def _logins(site: Site) -> Logins:
    if site.identity.logins is None:
        raise HTTPException(404, 'nobody logs in here with a password')
    return site.identity.logins


async def show(request: Request) -> Response:
    """Show the form."""
    _logins(request.app.state.site)
    return _form(request, '', request.query_params.get('next', ''), '')


async def enter(request: Request) -> Response:
    """Let somebody in who has the password."""
    site: Site = request.app.state.site
    logins = _logins(site)
    form = await request.form(max_files=0, max_fields=10)
    name, password, onward = (_text(form, field) for field in ('name', 'password', 'next'))
    try:
        key = await anyio.to_thread.run_sync(_checked, logins, name, password, _address(request, site), limiter=site.limiter)
    except AwlikeError as error:
        status = 429 if 'too many' in str(error) else 403
        return _form(request, name, onward, str(error), status)
    answer = RedirectResponse(own_path(onward, site), 303)
    set_cookie(answer, site, 'key', key)
    return answer


async def leave(request: Request) -> Response:
    """Log out."""
    site: Site = request.app.state.site
    _logins(site).log_out(request.cookies.get(site.cookie('key'), ''))
    answer = RedirectResponse(f'{site.root}/login', 303)
    for what in ('key', 'here'):
        answer.delete_cookie(site.cookie(what), path=site.root or '/')
    return answer


def _checked(logins: Logins, name: str, password: str, address: str) -> str:
    """Return the key of `name`; refuse whoever has a role but no account, or for whom this server may not act."""
    key = logins.log_in(name, password, address)
    try:
        with context.acting(user=name):
            context.account('log in')
    except AwlikeError as error:
        logins.log_out(key)
        raise NotAllowed(f'the password is right, but this server cannot act as {name}: {error}') from None
    return key


def _address(request: Request, site: Site) -> str:
    """Return the address from which somebody tries to log in; behind a proxy on this machine, the one that the proxy tells.

    Else all people would share the trials of one address, and one of them could lock all others out.
    """
    address = request.client.host if request.client else ''
    told = ','.join(request.headers.getlist('x-forwarded-for')).rpartition(',')[2].strip()
    return told[:_LONGEST] if told and site.url and address in ('', *HERE) else address


def own_path(path: str, site: Site) -> str:
    """Return `path` where it leads to a page of this server, else the first page."""
    is_own = path.startswith('/') and not path.startswith(('//', '/\\')) and path.isprintable()
    return path if is_own else f'{site.root}/'


def _text(form: FormData, field: str) -> str:
    value = form.get(field, '')
    return value if isinstance(value, str) else ''


def _form(request: Request, name: str, onward: str, error: str, status: int = 200) -> Response:
    page = template('login').render(name=name, onward=onward, error=error, root=request.app.state.site.root)
    return HTMLResponse(page, status)


ROUTES = [Route('/login', show, methods=['GET']), Route('/login', enter, methods=['POST']),
          Route('/logout', leave, methods=['POST'])]

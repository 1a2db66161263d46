"""The application: all pages behind the guard."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

import awlike.names  # noqa: F401 -- who asks, and the classes
from awlike.web import (
    bar,
    calibrations,
    grading,
    home,
    jobs,
    lineages,
    lists,
    login,
    nights,
    objects,
    pictures,
    process,
    quality,
    selections,
    sky,
)
from awlike.web.guard import Guard
from awlike.web.rendering import failure
from awlike.web.site import Site

_PAGES = (home, bar, login, process, jobs, calibrations, nights, sky, selections, quality, grading, pictures, lineages,
          objects, lists)
"""The modules with pages, the more particular addresses first: each class of objects is an address, too."""


def application(site: Site) -> ASGIApp:
    """Return the application of `site`."""
    routes: list[Route | Mount] = [Mount('/static', StaticFiles(packages=[('awlike.web', 'static')]))]
    app = Starlette(routes=[*routes, *(route for module in _PAGES for route in module.ROUTES)],
                    exception_handlers={HTTPException: _failure})
    app.state.site = site
    return Guard(app, site)


async def _failure(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return failure(request, request.app.state.site, error.status_code, error.detail)

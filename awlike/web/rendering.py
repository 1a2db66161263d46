"""Pages as HTML or JSON: templates, what all of them may use, and the page that tells what went wrong."""

import dataclasses
import functools
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import jinja2
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from awlike.persist.object_facts import in_words
from awlike.terminal import duration
from awlike.views.plain_json import plain
from awlike.views.preview import as_cell

if TYPE_CHECKING:
    from awlike.planning.plan import Plan
    from awlike.views.graph import Graph
    from awlike.web.asked import Ask
    from awlike.web.site import Site

NAVIGATION = (('Tonight', ''), ('Frames', 'ScienceFrame'), ('Sky', 'sky'), ('Calibrations', 'calibrations'),
              ('Process', 'process'), ('Jobs', 'jobs'), ('Grade', 'grade'), ('Selections', 'selections'))
"""The pages to which each page leads: a name, and the first part of the address."""


@dataclasses.dataclass
class Page:
    """What a page shows.

    Attributes
    ----------
    template : str
        The name of the template, without its ending.
    values : dict
        What the template shows.
    data : callable
        Returns the same as JSON values, for the address that ends in ``.json``.
    status : int
        The status of HTTP.
    """

    template: str
    values: dict[str, Any]
    data: Callable[[], Any]
    status: int = 200


class StrictJSON(JSONResponse):
    """JSON that knows no NaN, from whatever values the house has."""

    def render(self, content: Any) -> bytes:
        """Return `content` as bytes."""
        return json.dumps(plain(content), indent=1, allow_nan=False, ensure_ascii=False).encode()


@functools.cache
def _templates() -> jinja2.Environment:
    found = jinja2.Environment(loader=jinja2.PackageLoader('awlike.web'), autoescape=True, undefined=jinja2.StrictUndefined,
                               trim_blocks=True, lstrip_blocks=True)
    found.filters |= {'tail': tail, 'cell': as_cell, 'words': in_words, 'duration': duration, 'drawing': drawing,
                      'plan_graph': plan_graph}
    return found


def template(name: str) -> jinja2.Template:
    """Return the template `name`, without its ending."""
    return _templates().get_template(f'{name}.html')


def drawing(graph: 'Graph') -> Markup:
    """Return the drawing of `graph`, in which every text is escaped already."""
    return Markup(graph.svg)


def tail(name: str, length: int = 40) -> str:
    """Return the end of a long name, which tells names of one class and place apart."""
    return name if len(name) <= length else f'\N{HORIZONTAL ELLIPSIS}{name[-length + 1:]}'


def plan_graph(plan: 'Plan') -> 'Graph':
    """Return the graph of `plan`, without a style of its own."""
    from awlike.views.graph import Graph
    return Graph(plan.root(), plan.summary, style=False)


def rendered(ask: 'Ask', page: Page) -> Response:
    """Return `page` as HTML, or as JSON where the address asks for that."""
    if ask.wants_json:
        return StrictJSON(page.data(), page.status)
    text = template(page.template).render(
        ask=ask, here=ask.here, navigation=NAVIGATION, url=ask.url, again=ask.again, **page.values)
    return HTMLResponse(text, page.status)


def failure(request: Request, site: 'Site', status: int, text: str) -> Response:
    """Return the page, or the JSON, that tells what went wrong."""
    if request.url.path.endswith('.json'):
        return StrictJSON({'error': text}, status)
    page = template('failure').render(status=status, text=text, root=site.root)
    return HTMLResponse(page, status)

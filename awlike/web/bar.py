"""The bar of each page: the project, the level and the date in which this browser works, changed by a form."""

from starlette.responses import Response

from awlike.context import context
from awlike.errors import ParameterError
from awlike.nights import instant
from awlike.web.asked import Ask, get, post, to
from awlike.web.here import COOKIE, Here
from awlike.web.identity import set_cookie
from awlike.web.login import own_path
from awlike.web.rendering import Page


def show(ask: Ask) -> Page:
    """Show the form."""
    return Page('here', {'onward': own_path(ask.query.get('next', ''), ask.site)}, lambda: {
        'user': ask.user, 'project': ask.here.project, 'level': ask.here.privileges, 'as_of': ask.here.as_of or None,
        'projects': [project.name for project in ask.here.projects]})


def change(ask: Ask) -> Response:
    """Work elsewhere from now on, in this browser alone."""
    project, level, as_of = (str(ask.form.get(name) or '').strip() for name in ('project', 'level', 'as_of'))
    if level and level not in '12345':
        raise ParameterError(f'level {level}: a number from 1 to 5')
    moment = instant(as_of or None, 'as_of')
    if project:
        with context.acting(as_of=None):  # nobody enters a project in the past
            context.set_project(project, int(level) if level else None)
            level = str(context.privileges)
    here = Here(project, int(level) if level else None, moment.isoformat() if moment else '')
    answer = to(own_path(str(ask.form.get('next') or ''), ask.site))
    set_cookie(answer, ask.site, COOKIE, here.to_cookie())
    return answer


ROUTES = [*get('/here', show), *post('/here', change)]

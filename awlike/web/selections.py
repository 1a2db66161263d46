"""Saved selections of the project: the list, and one with its rule, its history and its members."""

from starlette.responses import Response

from awlike.context import context
from awlike.web.asked import Ask, get, post, to
from awlike.web.rendering import Page

_MEMBERS = 200  # that a page lists


def show(ask: Ask) -> Page:
    """Show the selections of the project in which the browser works."""
    found = list(context.selections()) if ask.here.project else []
    return Page('selections', {'selections': found}, lambda: {
        'count': len(found), 'rows': [one.to_dict() for one in found]})


def one(ask: Ask) -> Page:
    """Show one selection."""
    found = context.selection(ask.path('name'))
    query, history, uses = found.query, found.history(), found.uses()
    number, members = len(query), query[:_MEMBERS]
    values = {'selection': found, 'number': number, 'members': members, 'history': history[::-1], 'uses': uses[::-1]}
    return Page('selection', values, lambda: found.to_dict() | {
        'count': number, 'history': [rule.to_dict() | {'ended': rule.ended, 'ended_by': rule.ended_by} for rule in history],
        'uses': [{'task': use.task, 'user': use.user, 'date': use.date, 'members': len(use.ids)} for use in uses],
        'rows': [{'class': type(obj).__name__, 'object_id': str(obj.object_id), 'name': str(obj)} for obj in members]})


def save(ask: Ask) -> Response:
    """Save a rule under a name."""
    made = context.select(str(ask.form.get('name') or '').strip(), str(ask.form.get('rule') or '').strip())
    return to(ask.url('selections', made.name))


def remove(ask: Ask) -> Response:
    """Remove a selection; what was made by it stays."""
    context.remove_selection(ask.path('name'))
    return to(ask.url('selections'))


ROUTES = [*get('/selections', show), *post('/selections', save), *post('/selections/{name}/remove', remove),
          *get('/selections/{name}', one)]

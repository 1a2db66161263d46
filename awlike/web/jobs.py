"""Jobs: how far they are, what they log while they run, and the buttons to cancel one or to run it again."""

import functools
import json
import uuid
from collections.abc import AsyncGenerator
from typing import Any, NamedTuple

import anyio
import anyio.to_thread
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from awlike.current import current
from awlike.dpu import dpu, jobs, logs, status
from awlike.errors import NotFound, ParameterError
from awlike.persist.dataobject import DataObject
from awlike.persist.links import fetch
from awlike.web.asked import Ask, acting_for, get, post, to
from awlike.web.here import here_of
from awlike.web.rendering import Page, failure
from awlike.web.site import Site

EVERY = 0.5       # seconds between looks at a log
STREAMS = 200     # logs that are followed at a time
STREAMS_EACH = 20  # of them by one person, so that nobody takes them all
_PAGE = 100       # jobs of a page
_PRODUCTS = 200   # products that a page names
_LINES = 2000     # lines of a log that a page has; the others are in the stream, and in the JSON


class _After(NamedTuple):
    """The place in a log after which lines are wanted."""

    id: uuid.UUID


def many(ask: Ask) -> Page:
    """Show the jobs of the person who asks, the latest first."""
    found = list(status.all_jobs())[::-1]
    return Page('jobs', {'jobs': found[:_PAGE], 'left': max(0, len(found) - _PAGE)}, lambda: {
        'count': len(found), 'rows': [job.to_dict() for job in found]})


def one(ask: Ask) -> Page:
    """Show a job: its steps, its failures, its log and its products."""
    number = _number_of(ask)
    row = jobs.of_number(number)
    job, lines = status.job(number), logs.lines_of(row.id)
    ids = jobs.results(row.id)[:_PRODUCTS] if row.arguments.get('commit') else []
    products = list(fetch(current().session(), DataObject, ids).values())
    values = {'job': job, 'arguments': {name: value for name, value in row.arguments.items() if value not in (None, False)},
              'lines': lines[-_LINES:], 'number_of_lines': len(lines), 'products': products,
              'last': str(lines[-1].id) if lines else ''}
    return Page('job', values, lambda: job.to_dict() | {'log': logs.Log(lines).to_dict()})


def cancel(ask: Ask) -> Response:
    """Cancel a job."""
    number = _number_of(ask)
    dpu.cancel_job(number)
    return to(ask.url('jobs', number))


def again(ask: Ask) -> Response:
    """Submit a job again, as a new one."""
    return to(ask.url('jobs', dpu.run_again(_number_of(ask))))


def _number_of(ask: Ask) -> int:
    return _number(ask.path('number'))


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise HTTPException(404, f'{text} is no number of a job')
    return int(text)


# --- the log while the job runs ---

async def follow(request: Request) -> Response:
    """Send the lines of a log as they come, as server-sent events; each has an id, after which a browser goes on."""
    site: Site = request.app.state.site
    user = site.identity.user(request, site)
    if user is None:
        return failure(request, site, 401, 'you are not known here')
    try:
        last = _last(request.headers.get('last-event-id') or request.query_params.get('after') or '')
    except ParameterError as error:
        return failure(request, site, 400, str(error))
    ask = Ask(request, site, user, FormData(), here_of(request, site))
    number = _number(request.path_params['number'])
    first = await _in_thread(ask, _new_lines, number, last)
    if first is None:
        return failure(request, site, 404, f'you have no job {number}')
    if site.streams[user] >= STREAMS_EACH or site.streams.total() >= STREAMS:
        return failure(request, site, 503, 'too many logs are followed: close some, and try again')
    return StreamingResponse(_events(ask, number, last), media_type='text/event-stream', headers={'x-accel-buffering': 'no'})


async def _events(ask: Ask, number: int, last: uuid.UUID | None) -> AsyncGenerator[str, None]:
    """Yield the events of a log until the job is over, the person is logged out, or the server stops."""
    ask.site.streams[ask.user] += 1
    try:
        yield 'retry: 2000\n\n'
        while not ask.site.ending.is_set() and ask.site.identity.user(ask.request, ask.site) == ask.user:
            found = await _in_thread(ask, _new_lines, number, last)
            if found is None:
                return
            lines, is_over, state = found
            for line in lines:
                last = line.id
                yield f'id: {line.id}\ndata: {json.dumps(_plain(line))}\n\n'
            yield f'event: state\ndata: {json.dumps(state)}\n\n'
            if is_over:
                yield 'event: over\ndata: {}\n\n'
                return
            await anyio.sleep(EVERY)
    finally:
        ask.site.streams[ask.user] -= 1


async def _in_thread(ask: Ask, function: Any, *arguments: Any) -> Any:
    return await anyio.to_thread.run_sync(functools.partial(_acting, ask, function, *arguments), limiter=ask.site.limiter)


def _acting(ask: Ask, function: Any, *arguments: Any) -> Any:
    with acting_for(ask):
        return function(*arguments)


def _new_lines(number: int, last: uuid.UUID | None) -> tuple[list[Any], bool, dict[str, Any]] | None:
    """Return the lines after `last`, whether no more will come, and how far the job is; None where there is no such job."""
    try:
        row = jobs.of_number(number)
    except NotFound:
        return None
    job = status.job(number)  # asked first, so that no line before the end is missed
    lines = logs.lines_of(row.id, _After(last) if last else None)  # type: ignore[arg-type]
    return lines, job.is_over, {'status': job.status, 'done': job.done, 'failed': job.failed, 'total': job.total}


def _plain(line: Any) -> dict[str, str]:
    return {'date': f'{line.date:%H:%M:%S}', 'level': line.level, 'place': line.place or '', 'text': line.text}


def _last(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        raise ParameterError(f'Last-Event-ID {text!r} is no id of a line') from None


ROUTES = [*get('/jobs', many), Route('/jobs/{number}/log', follow, methods=['GET']),
          *post('/jobs/{number}/cancel', cancel), *post('/jobs/{number}/again', again), *get('/jobs/{number}', one)]

"""Grading: a form on the page of a frame, and the queue of frames that nobody has graded, which keys go through."""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from awlike.context import context
from awlike.errors import ParameterError
from awlike.frames.quality_report import report_of
from awlike.products.frame import Frame
from awlike.products.quality_view import QualityView
from awlike.web.asked import Ask, get, post, to
from awlike.web.choices import choices_for
from awlike.web.grades import grades_of_page, grades_shown
from awlike.web.lists import class_called, selected
from awlike.web.login import own_path
from awlike.web.objects import asked_object, has_file
from awlike.web.rendering import Page

_KIND = 'ReducedScienceFrame'
_MOST = 1000      # frames of a queue
_BESIDE = 64      # frames of an exposure
_OWN = 'class', 'frame', 'last'
"""The parameters of the queue that are no criteria."""


def give(ask: Ask) -> Response:
    """Grade a frame, or all frames of its exposure; an empty grade withdraws that of the person."""
    frame = _frame(asked_object(ask))
    if 'grade' not in ask.form:
        raise ParameterError('grade=...: A, B, C or D; empty withdraws yours')
    chosen = [frame, *_beside(frame)] if ask.form.get('exposure') else [frame]
    reasons = [str(code) for code in ask.form.getlist('reasons') if str(code)]
    context.grade(chosen, str(ask.form['grade']) or None, reasons, str(ask.form.get('comment') or ''))
    onward = str(ask.form.get('next') or '')
    return to(own_path(onward, ask.site) if onward else ask.url(type(frame).__name__, frame.object_id))


def grades(ask: Ask) -> Page:
    """Show the grades of a frame."""
    frame = _frame(asked_object(ask))
    shown = grades_shown(ask, frame)
    if shown['grades'] is None:
        raise HTTPException(404, f'{frame} has no grades: it has no content')
    kind = type(frame).__name__
    values = shown | {'obj': frame, 'kind': kind, 'address': ask.url(kind, frame.object_id, 'grade'), 'onward': ''}
    return Page('grades_page', values, lambda: grades_of_page(shown['grades']))


def _frame(obj: Any) -> Frame:
    if not isinstance(obj, Frame):
        raise HTTPException(404, f'{obj} is no frame: frames are graded')
    return obj


def queue(ask: Ask) -> Page:
    """Show the next frame that nobody has graded, of those that the parameters select."""
    cls = class_called(ask.query.get('class') or _KIND)
    if not issubclass(cls, Frame):
        raise ParameterError(f'class={cls.__name__}: frames are graded')
    rows = _waiting(cls, ask)
    frame = cls.get(ask.query['frame']) if ask.query.get('frame') else cls.get(rows[0][1]) if rows else None
    values: dict[str, Any] = {'cls': cls, 'number': len(rows), 'most': _MOST, 'frame': frame, 'choices': choices_for(cls, ask)}
    if frame is not None:
        values |= _of_frame(ask, frame, rows)
    return Page('grade', values, lambda: {
        'count': len(rows), 'frame': None if frame is None else str(frame.object_id),
        'rows': [{'object_id': str(object_id), 'DATE_OBS': date} for date, object_id in rows]})


def _waiting(cls: Any, ask: Ask) -> list[tuple[Any, Any]]:
    """Return date and id of the valid frames of the project that nobody has graded, in the order of time."""
    query = selected(cls, ask, leaving=_OWN) & (cls.grade == None) & (cls.is_valid >= 1)  # noqa: E711 -- a query
    if ask.here.project and not ask.query.get('only'):
        query = query.project_only()
    return query.order_by('DATE_OBS', 'object_id').rows('DATE_OBS', 'object_id', number=_MOST)


def _of_frame(ask: Ask, frame: Any, rows: list[tuple[Any, Any]]) -> dict[str, Any]:
    """Return what the queue shows of the frame in turn."""
    own = str(frame.object_id)
    mine = frame.DATE_OBS, own
    places = [((date, str(object_id)), str(object_id)) for date, object_id in rows]
    before = [name for place, name in places if place < mine]
    after = [name for place, name in places if place > mine]
    kind, report, last = type(frame).__name__, report_of(frame), ask.query.get('last', '')

    def step(name: str, **more: Any) -> str:
        return ask.again(frame=name, **more)
    onward = step(after[0], last=own) if after else ask.again(frame=None, last=own)
    return grades_shown(ask, frame) | {
        'kind': kind, 'address': ask.url(kind, own, 'grade'), 'onward': onward, 'has_image': has_file(frame),
        'next_one': step(after[0]) if after else '', 'previous': step(before[-1] if before else last) if before or last else '',
        'undo': ask.url(kind, last, 'grade') if last else '', 'undone': step(last, last=None) if last else '',
        'view': None if report is None else QualityView(report), 'beside': _beside(frame)}


def _beside(frame: Any) -> list[Any]:
    """Return the frames of the other chips of the same exposure, in the order of their chips."""
    cls = type(frame)
    query = (cls.instrument == frame.instrument) & (cls.DATE_OBS == frame.DATE_OBS) & (cls.is_valid >= 1)
    found = [one for one in query.order_by('chip.name')[:_BESIDE] if one.object_id != frame.object_id
             and one.project_id == frame.project_id and one.filter == frame.filter] if 'filter' in cls.__properties__ else []
    return list({one.chip_id: one for one in found if one.chip_id != frame.chip_id}.values())


ROUTES = [*get('/grade', queue), *get('/{cls}/{id}/grades', grades), *post('/{cls}/{id}/grade', give)]

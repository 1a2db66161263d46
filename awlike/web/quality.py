"""Quality of a frame: the page of its newest report."""

from typing import Any

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.responses import Response

from awlike.frames.quality_report import QualityReport, report_of
from awlike.frames.science import ScienceFrame
from awlike.products.quality_view import QualityView
from awlike.views.quality_page import STYLE, Picture
from awlike.web.asked import Ask, get
from awlike.web.objects import about, asked_object, has_file
from awlike.web.rendering import Page


def show(ask: Ask) -> Page:
    """Show the newest report of a frame."""
    obj = asked_object(ask)
    if not isinstance(obj, QualityReport | ScienceFrame):
        raise HTTPException(404, f'{obj} has no quality report: science frames have')
    report = report_of(obj)
    view = None if report is None else QualityView(report)
    content = None if view is None else Markup(view.body(_pictures(ask, view)))  # every text in it is escaped
    values = about(ask, obj, 'quality') | {'report': report, 'content': content, 'command': _command(obj)}
    return Page('quality', values, lambda: None if view is None else view.to_dict())


def _pictures(ask: Ask, view: QualityView) -> list[Picture]:
    """Return the image of the frame and the plots, which the browser asks for."""
    report, frame = view.report, view.report.frame
    found = [Picture(ask.url(type(frame).__name__, frame.object_id, 'preview.png'), 'the frame', is_image=True)] \
        if has_file(frame) else []
    plots = [ask.url('QualityReport', report.object_id, 'panels.png', columns=number) for number in (2, 1)]
    return [*found, Picture(plots[0], 'plots', plots[1])]


def _command(obj: Any) -> str:
    camera = '' if obj.instrument is None else f' --instrument {obj.instrument.name}'
    return f'awe run Quality{camera} --frame {obj} --commit'


def style(ask: Ask) -> Response:
    """Send the style of reports."""
    return Response(STYLE, media_type='text/css', headers={'cache-control': 'private, max-age=3600'})


ROUTES = [*get('/quality.css', style, json=False), *get('/{cls}/{id}/quality', show)]

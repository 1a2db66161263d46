"""Calibrations: which serves when, as a timeline and lists; intervals are changed by a form that tells the effect first."""

from typing import Any
from uuid import UUID

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.responses import Response

from awlike.calibrations import views
from awlike.calibrations.candidate import Candidate
from awlike.calibrations.overview import Calibrations, calibrations
from awlike.context import context
from awlike.errors import ParameterError
from awlike.nights import instant
from awlike.persist.references import Chip, Filter, Instrument
from awlike.products.calibration import CalibrationFrame
from awlike.products.product import ProcessTarget
from awlike.query.properties import classes
from awlike.tracing.impact import impact
from awlike.views.timeline import Bar, limits
from awlike.views.timeline_svg import Timeline
from awlike.web.asked import Ask, get, post, to
from awlike.web.choices import names_of
from awlike.web.rendering import Page

_KINDS = ('BiasFrame', 'FlatFrame')
_ROWS = 40  # calibrations of a place that are listed


def show(ask: Ask) -> Page:
    """Show which calibration serves when."""
    cameras = names_of(Instrument)
    instrument = ask.query.get('instrument') or (cameras[0] if len(cameras) == 1 else None)
    kinds = [name for name in ask.query.getlist('kinds') if name] or list(_KINDS)
    known = {name: cls for name, cls in classes.items() if issubclass(cls, CalibrationFrame) and cls.inputs()}
    wrong = [name for name in kinds if name not in known]
    if wrong:
        raise ParameterError(f'kinds={wrong[0]}: one of {", ".join(sorted(known))}')
    found = calibrations(instrument, _names(ask, 'chip'), _names(ask, 'filter'), ask.query.get('date') or None,
                         [known[name] for name in kinds])
    sections = [] if views.many(found.choices) else [_section(found, choice) for choice in found.choices]
    told = [(name, views.total(members), views.gaps(members[0])) for name, members in views.groups(found.choices)] \
        if views.many(found.choices) else []
    values = {'found': found, 'drawing': _drawing(ask, found), 'sections': sections, 'groups': told, 'instrument': instrument,
              'cameras': cameras, 'chips': names_of(Chip), 'filters': names_of(Filter), 'kinds': kinds,
              'all_kinds': sorted(known), 'nothing': '' if found.choices else str(found)}
    return Page('calibrations', values, lambda: {'count': len(found), 'rows': found.to_dict()})


def _names(ask: Ask, name: str) -> list[str] | None:
    return [value for value in ask.query.getlist(name) if value] or None


def _drawing(ask: Ask, found: Calibrations) -> Markup:
    """Return the timeline, in which every text is escaped; each calibration leads to its form."""
    panels = found.panels()
    if not panels:
        return Markup('')
    ids = {str(number): object_id for object_id, number in found.numbers.items()}

    def link(bar: Bar) -> str:
        return ask.url('calibrations', ids[bar.number]) if bar.number in ids else ''
    return Markup(Timeline(panels, found.span or limits(panels), link).svg)


def _section(found: Calibrations, choice: Any) -> dict[str, Any]:
    """Return heading, rows and notes about one place."""
    rows = [(one, _row(found, one, choice)) for one in choice.candidates[:_ROWS]]
    return {'title': f'{views.heading([choice])}: {views.total([choice])}', 'rows': rows, 'gaps': views.gaps(choice),
            'rest': len(choice.candidates) - len(rows),
            'breaks': [f'intervention of {one.date:%Y-%m-%d %H:%M}: {one.reason}' for one in choice.interventions]}


def _row(found: Calibrations, one: Candidate, choice: Any) -> dict[str, Any]:
    number = None if one.found is None else found.numbers[one.found.object_id]
    hand = '' if one.by_hand is None else f'{one.by_hand.start:%Y-%m-%d %H:%M} to {one.by_hand.end:%Y-%m-%d %H:%M}'
    why = one.reason.detail if one.reason is not None else ''
    return {'number': number, 'when': one.when, 'nights': views.nights(one), 'level': views.level(one), 'frames': one.frames,
            'state': views.state(one, choice), 'name': one.found.name if one.found is not None else one.about, 'by_hand': hand,
            'why': why, 'id': one.found.object_id if one.found is not None else None, 'kind': choice.cls.__name__}


# --- changing an interval ---

def one(ask: Ask) -> Page:
    """Show the interval of a calibration, and what a change would do, before it is made."""
    obj = _calibration(ask)
    start, end = _ends(ask.query.get('start'), ask.query.get('end'), obj)
    is_change = (start, end) != (obj.timestamp_start, obj.timestamp_end)
    leaving = _leaving(obj, start, end) if is_change else []
    values = {'obj': obj, 'kind': type(obj).__name__, 'start': start, 'end': end, 'is_change': is_change, 'impact': impact(obj),
              'leaving': leaving, 'number_leaving': sum(number for _, number in leaving)}
    return Page('calibration', values, lambda: {
        'object_id': str(obj.object_id), 'start': start, 'end': end, 'is_change': is_change,
        'would_lose_it': dict(leaving), 'impact': values['impact'].to_dict()})


def change(ask: Ask) -> Response:
    """Set the interval in which a calibration serves."""
    obj = _calibration(ask)
    context.update_timestamps(obj, *_ends(str(ask.form.get('start') or ''), str(ask.form.get('end') or ''), obj))
    return to(ask.url('calibrations', obj.object_id))


def judge(ask: Ask) -> Response:
    """Judge a calibration: 0 invalid, 1 valid."""
    obj = _calibration(ask)
    value = str(ask.form.get('is_valid') or '')
    if value not in ('0', '1'):
        raise ParameterError(f'is_valid={value}: 0 (invalid) or 1 (valid)')
    context.update_is_valid(obj, int(value), str(ask.form.get('reason') or ''))
    return to(ask.url('calibrations', obj.object_id))


def _calibration(ask: Ask) -> Any:
    obj = CalibrationFrame.get(ask.path('id'))
    if 'timestamp_start' not in type(obj).__properties__:
        raise HTTPException(404, f'{obj} has no interval')
    return obj


def _ends(start: str | None, end: str | None, obj: Any) -> tuple[Any, Any]:
    """Return start and end of an interval, each as it is where nothing is given."""
    first, last = instant(start or None, 'start') or obj.timestamp_start, instant(end or None, 'end') or obj.timestamp_end
    if first >= last:
        raise ParameterError(f'{first} to {last}: the start must be before the end')
    return first, last


def _leaving(obj: Any, start: Any, end: Any) -> list[tuple[str, int]]:
    """Return how many valid products of each class were made from `obj` and were observed outside of an interval."""
    if start is None or end is None:
        return []
    made = ProcessTarget.made_from(obj)
    ids = {one.object_id for one in made if one.is_valid and getattr(one, 'DATE_OBS', None) is not None
           and not start <= one.DATE_OBS < end}
    query: dict[UUID | str, int] = ProcessTarget.object_id.in_(ids).numbers_by('class_name') if ids else {}
    return sorted((str(name), number) for name, number in query.items())


ROUTES = [*get('/calibrations', show), *post('/calibrations/{id}/valid', judge), *get('/calibrations/{id}', one),
          *post('/calibrations/{id}', change)]

"""Views of validity: as text, as a page in a notebook, as a table, as a picture."""

import collections
import datetime
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from awlike.calibrations.validity import Calibration, PlaceValidity, Span
from awlike.planning.reasons import INVALID, MISSING
from awlike.views import html, timeline

if TYPE_CHECKING:
    from astropy.table import Table
    from matplotlib.figure import Figure

Number = Callable[[Calibration], int]
"""A function that returns the number of a calibration."""

_SHOWN = 30        # calibrations of one place that are listed
_GAPS = 8          # gaps that are listed
_PLACES = 8        # chips and filters that are shown one by one
_NUMBERS = 3       # numbers, or names, that are listed
_STATES = {INVALID: timeline.INVALID, MISSING: timeline.FLAGGED}
_HEAD = ('no', 'from', 'up to', 'made', 'state', 'name')


def state(one: Calibration, number: Number) -> str:
    """Return the state of the calibration `one` in a few words."""
    if one.reason is not None:
        return 'invalid' if one.found.is_valid == 0 else 'flagged' if one.reason.kind == MISSING else one.reason.kind
    if not one.eclipsed_by:
        return 'serves'
    others = ', '.join(str(number(other)) for other in one.eclipsed_by[:_NUMBERS])
    more = ' ...' if len(one.eclipsed_by) > _NUMBERS else ''
    return f'{"partly " if one.serving else ""}eclipsed by {others}{more}'


def many(places: list[PlaceValidity]) -> bool:
    """Return whether `places` are too many to be shown one by one."""
    return len(places) > _PLACES


def groups(places: list[PlaceValidity]) -> list[tuple[str, list[PlaceValidity]]]:
    """Return headings and the places of each: places are together that differ in the chip alone, and in nothing that serves."""
    found = collections.defaultdict(list)
    for place in places:
        parts = sorted(part for one in place.calibrations for part in one.serving)
        found[place.cls, place.instrument, place.filter, tuple(parts), tuple(place.dates)].append(place)
    return [(_heading(members), members) for members in found.values()]


def _heading(members: list[PlaceValidity]) -> str:
    first, names = members[0], [place.chip.name for place in members]
    chips = ', '.join(names) if len(names) <= _NUMBERS else f'{names[0]}, {names[1]} and {len(names) - 2} more chips'
    return ' '.join([first.cls.__name__, first.instrument.name, chips, *([first.filter.name] if first.filter else [])])


def _gaps(place: PlaceValidity) -> list[str]:
    """Return for which nights nothing serves, nights in a row together."""
    rows: list[tuple[datetime.date, datetime.date, int]] = []
    for night, number in sorted(place.gaps().items()):
        follows = rows and (night - rows[-1][1]).days == 1
        first, _, before = rows.pop() if follows else (night, night, 0)
        rows.append((first, night, before + number))
    told = [f'no {place.cls.__name__} serves {counted(number, "science frame")} of the night{"s" if last > first else ""} '
            f'{first}{f" to {last}" if last > first else ""}' for first, last, number in rows[:_GAPS]]
    rest = sum(number for *_, number in rows[_GAPS:])
    return told + ([f'... nor {rest} of later nights'] if rest else [])


# --- as text ---

def text(places: list[PlaceValidity], number: Number) -> str:
    """Return a numbered list for each of `places`; of many places a few lines for each group."""
    if not many(places):
        return '\n\n'.join('\n'.join(_listed(place, number)) for place in places)
    told = ['\n'.join([heading, *(f'  {gap}' for gap in _gaps(members[0]))]) for heading, members in _told_together(places)]
    return '\n'.join([*told, 'Name a chip, or a filter, to see them one by one with their numbers'])


def _told_together(places: list[PlaceValidity]) -> list[tuple[str, list[PlaceValidity]]]:
    """Return headings with numbers, and the places of each."""
    return [(f'{heading}: {_total(members)}', members) for heading, members in groups(places)]


def _total(places: list[PlaceValidity]) -> str:
    every = [one for place in places for one in place.calibrations]
    counts = {'serving': sum(bool(one.serving) for one in every),
              'eclipsed': sum(one.reason is None and not one.serving for one in every),
              'not counting': sum(one.reason is not None for one in every)}
    told = ', '.join(f'{number} {word}' for word, number in counts.items() if number)
    return counted(len(every), 'calibration') + (f' ({told})' if told else '')


def counted(count: int, what: str) -> str:
    """Return `count` with the noun `what` in singular or plural."""
    return f'{count or "no"} {what}{"s" if count != 1 else ""}'


def _listed(place: PlaceValidity, number: Number) -> Iterator[str]:
    yield f'{_heading([place])}: {_total([place])}; {counted(len(place.dates), "science frame")}'
    shown = place.calibrations[:_SHOWN]
    rows = [[*_cells(one, number)[:-1], _short(one)] for one in shown]
    widths = [max(map(len, column)) for column in zip(_HEAD, *rows, strict=True)]
    for one, cells in zip([None, *shown], [_HEAD, *rows] if rows else [], strict=False):
        yield f'  {cells[0]:>{widths[0]}}  ' + '  '.join(map(str.ljust, cells[1:], widths[1:])).rstrip()
        if one is not None and one.reason is not None:
            yield f'  {"":{widths[0]}}    {_detail(one)}'
    yield from (f'  {note}' for note in _notes(place))


def _notes(place: PlaceValidity) -> list[str]:
    """Return the lines below the list: how many more there are, and for which nights nothing serves."""
    rest = len(place.calibrations) - _SHOWN
    return ([f'... and {rest} made earlier: name a date, or ask table() for all'] if rest > 0 else []) + _gaps(place)


def _cells(one: Calibration, number: Number) -> list[str]:
    return [str(number(one)), f'{one.start:%Y-%m-%d %H:%M}', f'{one.end:%Y-%m-%d %H:%M}',
            f'{one.found.creation_date:%Y-%m-%d %H:%M:%S}', state(one, number), one.found.name]


def _short(one: Calibration) -> str:
    """Return the name of a calibration without class and place, which the heading says."""
    _, date, rest = one.found.name.partition(f'_{one.found.DATE_OBS:%Y-%m-%dT%H-%M-%S}')
    return f'..{date}{rest}' if date else one.found.name


def _detail(one: Calibration) -> str:
    """Return why a calibration does not count; nothing where it does."""
    return '' if one.reason is None else one.reason.detail.removeprefix(f'{one.found.name} ')


# --- as a table, and in a notebook ---

def table(places: list[PlaceValidity], number: Number) -> 'Table':
    """Return an astropy `Table` of all calibrations."""
    from astropy.table import Table
    rows = [(number(one), place.cls.__name__, place.chip.name, place.filter.name if place.filter else '', one.start, one.end,
             one.found.creation_date, state(one, number), one.found.name) for place in places for one in place.calibrations]
    kinds = (int, *['U64'] * 3, *['M8[us]'] * 3, 'U128', 'U256')
    return Table(rows=rows or None, dtype=kinds, names=(
        'number', 'class', 'chip', 'filter', 'timestamp_start', 'timestamp_end', 'creation_date', 'state', 'name'))


def page(places: list[PlaceValidity], number: Number, picture: bytes) -> str:
    """Return HTML with the picture, a PNG, and the lists below it."""
    if many(places):
        tables = [html.table(heading, (), (), _gaps(members[0])) for heading, members in _told_together(places)]
    else:
        tables = [_section(place, number) for place in places]
    return html.picture_view(picture, 'which calibration serves when', tables)


def _section(place: PlaceValidity, number: Number) -> str:
    rows = ((_cells(one, number), _detail(one)) for one in place.calibrations[:_SHOWN])
    return html.table(f'{_heading([place])}: {_total([place])}', _HEAD, rows, _notes(place))


# --- as a picture ---

def draw(figure: 'Figure', places: list[PlaceValidity], number: Number, moment: datetime.datetime | None,
         span: Span | None) -> None:
    """Draw `places` into the empty matplotlib `figure`, from `span[0]` to `span[1]` if given; of many a line for each group."""
    title = f'as of {moment:%Y-%m-%d %H:%M:%S}' if moment else ''
    shown = groups(places) if many(places) else [(_heading([place]), [place]) for place in places]
    panels = [_panel(heading, members[0], number) for heading, members in shown]
    drawn = timeline.draw_overview if many(places) else timeline.draw
    drawn(figure, panels, span or timeline.limits(panels), title)


def _panel(heading: str, place: PlaceValidity, number: Number) -> timeline.Panel:
    bars = [timeline.Bar(number(one), one.start, one.end, one.found.creation_date, one.found.DATE_OBS,
                         _STATES.get(one.reason.kind, timeline.OUTDATED) if one.reason else timeline.SERVES, one.serving)
            for one in place.calibrations]
    return timeline.Panel(heading, bars, [date for date in place.dates if place.chosen(date)], place.unserved)

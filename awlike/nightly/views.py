"""The report of a night as text, as a table, and as a page in a notebook."""

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from awlike.characters import printable
from awlike.remedies import to_type
from awlike.spelling import by_reason, counted
from awlike.terminal import columns
from awlike.views import html

if TYPE_CHECKING:
    from astropy.table import Table

    from awlike.nightly.report import NightGroup, NightReport

_HEAD = 'run', 'kind', 'filter', 'exposures', 'frames', 'chips', 'hours', 'from', 'to (UTC)', 'objects'
_OBJECTS = 3


def text(night: 'NightReport') -> str:
    """Return the report in lines."""
    lines = [title(night)]
    rows = [_HEAD, *map(cells, night.groups)]
    if night.groups:
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines += ['  ' + '  '.join(map(str.ljust, row, widths)).rstrip() for row in rows]
    for line in _notes(night):
        lines += textwrap.wrap(printable(line), columns(), subsequent_indent='    ', break_long_words=False,
                               break_on_hyphens=False)
    return '\n'.join(lines)


def title(night: 'NightReport') -> str:
    """Return the night and what came in, in a line."""
    first, last = night.nights
    when = f'the night {first}' if first == last else f'the nights {first} to {last}'
    exposures, frames = sum(one.exposures for one in night.groups), sum(one.frames for one in night.groups)
    moment = f', as of {night.moment:%Y-%m-%d %H:%M:%S}' if night.moment else ''
    return f'{night.instrument}, {when}{moment}: {counted(exposures, "exposure")}, {counted(frames, "raw frame")}'


def cells(group: 'NightGroup') -> list[str]:
    """Return the texts of a group for a row."""
    rest = len(group.objects) - _OBJECTS
    objects = ', '.join(group.objects[:_OBJECTS]) + (f' and {rest} more' if rest > 0 else '')
    frames = f'{group.frames}' + (f' ({group.invalid} invalid)' if group.invalid else '')
    values = [group.run or '-', group.kind, group.filter or '-', str(group.exposures), frames, str(group.chips),
              f'{group.exptime / 3600:.2f}', f'{group.first:%H:%M}', f'{group.last:%H:%M}', objects]
    return [printable(value) for value in values]


def _notes(night: 'NightReport') -> Iterator[str]:
    """Yield what is to know beside the groups, in words."""
    lacking = len(night.without_footprint)
    yield ('the header of each science frame says where it points' if not lacking else
           f'{counted(lacking, "science frame")} without astrometry in the header: {night.without_footprint[0]} ...')
    for path, reason in by_reason([(one.path, one.reason) for one in night.refused]):
        yield f'refused: {path}: {reason}'
    if not night.refused:
        yield 'no file was refused'
    for name, some in (('calibrations', [one for one in night.made if one.is_calibration]),
                       ('other products', [one for one in night.made if not one.is_calibration])):
        yield f'{name}: ' + (', '.join(map(_made, some)) or 'none made')
    yield from _looked_at(night)


def _made(one: Any) -> str:
    bad = [f'{number} {word}' for number, word in ((one.flagged, 'missed limits'), (one.invalid, 'invalid')) if number]
    words = [str(one.number), one.kind, *[one.filter] * bool(one.filter), *[f'({", ".join(bad)})'] * bool(bad)]
    return ' '.join(words)


def _looked_at(night: 'NightReport') -> Iterator[str]:
    if night.suspects is None:
        yield f'suspects: not looked for; {to_type("report.look_for_suspects()", "--suspects")} compares the frames'
    else:
        yield from (f'suspect: {one.frame.filename}: {"; ".join(one.reasons)}' for one in night.suspects.suspects)
        if night.suspects.ok:
            yield f'suspects: none of {counted(night.suspects.number, "raw frame")} stands out'
    if night.faults is None:
        yield ('files: verified when they came in (checksums, keywords of the camera); '
               f'{to_type("report.verify()", "--verify")} reads them again')
    else:
        yield from (f'fault: {one.filename}: {one.rule}: {one.what}' for one in night.faults)
        if not night.faults:
            yield 'files: read again, and nothing is wrong with them'


def table(groups: Sequence['NightGroup']) -> 'Table':
    """Return an astropy `Table` of the groups."""
    from astropy.table import Table
    names = ('run', 'kind', 'filter', 'exposures', 'frames', 'chips', 'invalid', 'exptime', 'objects', 'first', 'last')
    kinds = ('U80', 'U64', 'U64', int, int, int, int, float, 'U1024', 'U26', 'U26')
    rows = [(one.run, one.kind, one.filter, one.exposures, one.frames, one.chips, one.invalid, one.exptime,
             ', '.join(one.objects), one.first.isoformat(), one.last.isoformat()) for one in groups]
    return Table(rows=rows or None, dtype=kinds, names=names)


def page(night: 'NightReport') -> str:
    """Return HTML: a table of the groups, the focal plane and the time line."""
    groups = html.table(title(night), _HEAD, [(cells(one), ', '.join(one.objects)) for one in night.groups], _notes(night))
    return html.drawings_view([groups, night.timeline(), night.focal_plane()])

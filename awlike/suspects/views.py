"""Views of the suspects of a night: as text, as a table, as a page in a notebook. All take the values of `to_dict`."""

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from awlike.characters import printable
from awlike.remedies import judged_invalid, to_type
from awlike.spelling import counted
from awlike.terminal import columns
from awlike.views import html

if TYPE_CHECKING:
    from astropy.table import Table

_HEAD = 'frame', 'chip', 'filter', 'object', 'date', 'reasons'


def text(found: dict[str, Any]) -> str:
    """Return a line for each suspect with its reasons below, and a line that sums them up."""
    lines = []
    for one in found['suspects']:
        lines.append(printable(one['frame']))
        for reason in one['reasons']:
            lines += textwrap.wrap(printable(reason), columns(), initial_indent='  ', subsequent_indent='    ',
                                   break_long_words=False, break_on_hyphens=False)
    return '\n'.join([*lines, *(f'not judged: {printable(one)}' for one in found['unjudged']), summary(found)])


def summary(found: dict[str, Any]) -> str:
    """Return the result in a line."""
    first, last = found['nights']
    when = first if first == last else f'the nights {first} to {last}'
    number, suspected = found['frames'], len(found['suspects'])
    if not number:
        return f'no raw frames of {when}'
    frames = f'{counted(number, "raw frame")} of {when}'
    if not suspected:
        return f'{frames}: none stands out'
    return (f'{frames}: {suspected} stand{"s" * (suspected == 1)} out; look with {to_type("inspect()")}, and take '
            f'bad ones out by {judged_invalid()}')


def table(rows: Sequence[dict[str, Any]]) -> 'Table':
    """Return an astropy `Table` of the suspects."""
    from astropy.table import Table
    names = ('night', 'date', 'kind', 'instrument', 'chip', 'filter', 'object', 'exptime', 'frame', 'reasons')
    kinds = ('U10', 'U26', 'U64', 'U64', 'U64', 'U64', 'U256', float, 'U256', 'U1024')
    cells = [tuple('; '.join(row[name]) if name == 'reasons' else row[name] for name in names) for row in rows]
    return Table(rows=cells or None, dtype=kinds, names=names)


def page(found: dict[str, Any]) -> str:
    """Return HTML with a table."""
    rows = [([*(str(one[name] or '') for name in _HEAD[:-1]), html.Bad('; '.join(one['reasons']))], one['frame'])
            for one in found['suspects']]
    tables = [html.table(one_of(found), _HEAD, rows)] if rows else []
    return html.tables_view(tables, '', '; '.join([*(f'not judged: {one}' for one in found['unjudged']), summary(found)]))


def one_of(found: dict[str, Any]) -> str:
    """Return the heading of the table."""
    return f'raw frames that stand out, {found["nights"][0]}'

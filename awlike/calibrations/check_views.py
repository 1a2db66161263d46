"""Views of a check: as text, as a page in a notebook, as a table."""

import collections
import itertools
import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from awlike.calibrations.check_rows import CheckRow
from awlike.calibrations.verdicts import STATES
from awlike.spelling import counted
from awlike.terminal import columns
from awlike.views import html

if TYPE_CHECKING:
    from astropy.table import Table

    from awlike.calibrations.check import NightCheck

_NAMES = 3          # names of chips that are listed
_NARROW = 40        # columns that a long detail needs beside the others; else it stands below
_HEAD = 'state', 'calibration', 'filter', 'chips', 'detail', 'remedy'


def text(check: 'NightCheck') -> str:
    """Return the rows under a heading for each night and setup, and a line that sums them up."""
    sections = list(_sections(check))
    cells = [_cells(check, row) for _, rows in sections for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [f'as of {check.moment:%Y-%m-%d %H:%M:%S}'] if check.moment else []
    for heading, rows in sections:
        lines += _wrapped(heading, '', '  ')
        for row in rows:
            lines += _lines(check, row, widths)
    for note in _notes(check):
        lines += _wrapped(note, '', '  ')
    return '\n'.join([*lines, summary(check)])


def summary(check: 'NightCheck') -> str:
    """Return the result in a line."""
    first, last = check.nights
    if not check.frames:
        return f'no science frames of {first if first == last else f"the nights {first} to {last}"}: nothing is needed'
    numbers = collections.Counter(row.state for row in check.rows if not row.ok)
    told = ', '.join(f'{numbers[state]} {state}' for state in STATES if numbers[state])
    return f'not all is OK: {told}' if told else 'all is OK'


def _sections(check: 'NightCheck') -> Iterator[tuple[str, list[CheckRow]]]:
    """Yield a heading and rows for each instrument, night and setup, without the rows for which a note stands."""
    shown = [row for row in check.rows if not _in_notes(row)]
    for key, some in itertools.groupby(shown, lambda row: (row.instrument, row.night, row.setup)):
        instrument, night, setup = key
        number = check.frames[key]
        where = f'{night} {instrument}{f", {setup}" if setup else ""}'
        frames = f'{counted(number, "science frame")} of {counted(check.chips[instrument], "chip")}'
        yield f'{where}: {frames if number else "needed by calibrations of that night"}', list(some)


def _in_notes(row: CheckRow) -> bool:
    """Return whether a note stands for `row`: calibrations of another night have what they need."""
    return bool(row.serves) and row.ok


def _notes(check: 'NightCheck') -> list[str]:
    """Return the notes, and a line in place of the rows that are not shown."""
    lacking = {row.night for row in check.rows if not row.ok}
    nights = sorted({str(row.night) for row in check.rows if _in_notes(row) and row.night not in lacking})
    rest = len(nights) - _NAMES
    others = f'{", ".join(nights[:_NAMES])}{f" and {rest} more nights" if rest > 0 else ""}'
    return ([f'calibrations of {others} have what they need'] if nights else []) + check.notes


def _cells(check: 'NightCheck', row: CheckRow) -> list[str]:
    """Return state, calibrations, filter or exposure time, and chips."""
    number, every = len(row.chips), check.chips[row.instrument]
    chips = row.chips[0] if number == 1 else f'{number} chips' if number == every else f'{number} of {every} chips'
    exposed = '' if row.exptime is None else f'{row.exptime:g} s'
    return [row.state, ', '.join(row.calibrations), row.filter or exposed, chips]


def _detail(check: 'NightCheck', row: CheckRow) -> str:
    serves = f'for {", ".join(row.serves)}: ' if row.serves else ''
    total = check.frames[row.instrument, row.night, row.setup]
    frames = '' if row.ok or row.frames == total or row.serves else f' ({counted(row.frames, "science frame")})'
    return f'{serves}{row.detail}{frames}'


def _more(check: 'NightCheck', row: CheckRow) -> Iterator[str]:
    """Yield what stands below a row: which chips, names of files, and the remedy."""
    if not row.ok and 1 < len(row.chips) < check.chips[row.instrument]:
        rest = len(row.chips) - _NAMES
        yield f'{", ".join(row.chips[:_NAMES])}{f" and {rest} more" if rest > 0 else ""}'
    if row.about:
        yield row.about + (f' (and so for {counted(len(row.chips) - 1, "other chip")})' if len(row.chips) > 1 else '')
    if row.remedy:
        yield f'-> {row.remedy}'


def _lines(check: 'NightCheck', row: CheckRow, widths: Sequence[int]) -> Iterator[str]:
    start = '  ' + '  '.join(f'{cell:{width}}' for cell, width in zip(_cells(check, row), widths, strict=True) if width) + '  '
    indent, detail = ' ' * (widths[0] + 4), _detail(check, row)
    if columns() - len(start) >= min(len(detail), _NARROW):
        yield from _wrapped(detail, start, ' ' * len(start))
    else:
        yield start.rstrip()
        yield from _wrapped(detail, indent, indent)
    for more in _more(check, row):
        yield from _wrapped(more, indent, indent + ('   ' if more.startswith('->') else ''))


def _wrapped(line: str, first: str, rest: str) -> list[str]:
    return textwrap.wrap(line, columns(), initial_indent=first, subsequent_indent=rest, break_long_words=False,
                         break_on_hyphens=False)


# --- as a table, and in a notebook ---

def table(rows: Sequence[CheckRow]) -> 'Table':
    """Return an astropy `Table` of the rows."""
    from astropy.table import Table
    names = ('state', 'instrument', 'night', 'setup', 'calibrations', 'filter', 'exptime', 'number_of_chips', 'chips',
             'frames', 'detail', 'remedy')
    kinds = ('U8', 'U64', 'U10', 'U256', 'U256', 'U64', float, int, 'U4096', int, 'U1024', 'U1024')
    cells = [(row.state, row.instrument, row.night.isoformat(), row.setup, ', '.join(row.calibrations), row.filter,
              float('nan') if row.exptime is None else row.exptime, len(row.chips), ', '.join(row.chips), row.frames,
              row.detail, row.remedy) for row in rows]
    return Table(rows=cells or None, dtype=kinds, names=names)


def page(check: 'NightCheck') -> str:
    """Return HTML with a table for each night and setup."""
    tables = [html.table(heading, _HEAD, [
        ([state if row.ok else html.Bad(state), *cells, _detail(check, row), row.remedy], row.about or ', '.join(row.chips))
        for row in some for state, *cells in [_cells(check, row)]]) for heading, some in _sections(check)]
    moment = f'as of {check.moment:%Y-%m-%d %H:%M:%S}' if check.moment else ''
    return html.tables_view(tables, moment, '; '.join([*_notes(check), summary(check)]))

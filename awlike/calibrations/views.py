"""Views of choices: as text, as a page in a notebook, as a table."""

import collections
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from awlike.calibrations.candidate import Candidate, PlaceChoice
from awlike.planning.reasons import MISSING
from awlike.spelling import counted
from awlike.views import html

if TYPE_CHECKING:
    from astropy.table import Table

Number = Callable[[Candidate], int | None]
"""A function that returns the number of a calibration; None for a set from which none is made yet."""

_SHOWN = 30        # candidates of one place that are listed
_GAPS = 8          # gaps that are listed
_PLACES = 8        # chips, filters and setups that are shown one by one
_NAMES = 3         # names, or parts of time, that are listed
_HEAD = ('no', 'night', 'serves the nights', 'level', 'frames', 'state', 'name')
NOT_MADE, SERVES, NOT_NEEDED, NOT_CHOSEN = 'not made', 'serves', 'not needed', 'not chosen'


def state(one: Candidate, choice: PlaceChoice) -> str:
    """Return the state of the candidate `one` in a few words."""
    if one.reason is not None:
        invalid = one.found is not None and one.found.is_valid == 0
        return 'invalid' if invalid else 'flagged' if one.reason.kind == MISSING else one.reason.kind
    if not one.made:
        return NOT_MADE
    return NOT_CHOSEN if not one.runs else NOT_NEEDED if choice.served and not one.frames else SERVES


def label(cls: type, one: Candidate | None, number: Number) -> str:
    """Return the candidate `one` of class `cls` in a few words, as ``BiasFrame 3``."""
    if one is None:
        return f'no {cls.__name__}'
    return f'{cls.__name__} {number(one)}' if one.made else f'the {cls.__name__} of {one.when} (not made yet)'


def many(choices: list[PlaceChoice]) -> bool:
    """Return whether `choices` are too many to be shown one by one."""
    return len(choices) > _PLACES


def groups(choices: list[PlaceChoice]) -> list[tuple[str, list[PlaceChoice]]]:
    """Return headings and the places of each: places are together that differ in the chip alone, and in nothing that serves."""
    found = collections.defaultdict(list)
    for choice in choices:
        serving = sorted((run.first, run.last, run.level, one.made) for one in choice.candidates for run in one.runs)
        served = [(one.night, one.count, one.candidate is None) for one in choice.served]
        found[choice.cls, choice.instrument, choice.filter, choice.setup, tuple(serving), tuple(served)].append(choice)
    return [(heading(members), members) for members in found.values()]


def heading(members: list[PlaceChoice]) -> str:
    """Return class and place of `members`, which differ in the chip alone."""
    first, names = members[0], [choice.chip.name for choice in members]
    chips = ', '.join(names) if len(names) <= _NAMES else f'{names[0]}, {names[1]} and {len(names) - 2} more chips'
    return ' '.join([first.cls.__name__, first.instrument.name, chips,
                     *(one.name for one in (first.filter, first.setup) if one is not None)])


def total(members: list[PlaceChoice]) -> str:
    """Return how many calibrations `members` have, in which states, and how many sets from which none is made."""
    states = collections.Counter('not counting' if one.reason else state(one, choice)
                                 for choice in members for one in choice.candidates)
    names = {SERVES: 'serving', **{name: name for name in (NOT_NEEDED, NOT_CHOSEN, 'not counting')}}
    made = sum(len(choice.calibrations) for choice in members)
    detail = ', '.join(f'{states[name]} {word}' for name, word in names.items() if states[name])
    return ', '.join([f'{counted(made, "calibration", zero="no")}{f" ({detail})" if detail else ""}',
                      *([f'{counted(states[NOT_MADE], "set")} {NOT_MADE}'] if states[NOT_MADE] else [])])


def gaps(choice: PlaceChoice) -> list[str]:
    """Return for which nights of science frames nothing serves, nights in a row together, and the reason of the first."""
    rows = list(choice.gaps())
    told = [f'no {choice.cls.__name__} serves {counted(number, "science frame")} of the night{"s" if last > first else ""} '
            f'{first}{f" to {last}" if last > first else ""}' for first, last, number, _ in rows[:_GAPS]]
    rest = sum(number for _, _, number, _ in rows[_GAPS:])
    why_not = [f'  {rows[0][0]}: {rows[0][3]}'] if rows and rows[0][3] else []
    return told + ([f'... nor {rest} of later nights'] if rest else []) + why_not


# --- as text ---

def text(choices: list[PlaceChoice], number: Number) -> str:
    """Return a numbered list for each of `choices`; of many places a few lines for each group."""
    if not many(choices):
        return '\n\n'.join('\n'.join(_listed(choice, number)) for choice in choices)
    told = ['\n'.join([f'{name}: {total(members)}', *(f'  {gap}' for gap in gaps(members[0]))])
            for name, members in groups(choices)]
    return '\n'.join([*told, 'Name a chip, or a filter, to see them one by one with their numbers'])


def _listed(choice: PlaceChoice, number: Number) -> Iterator[str]:
    yield f'{heading([choice])}: {total([choice])}; {counted(choice.frames, "science frame", zero="no")}'
    shown = choice.candidates[:_SHOWN]
    rows = [[*_cells(one, choice, number)[:-1], _short(one)] for one in shown]
    widths = [max(map(len, column)) for column in zip(_HEAD, *rows, strict=True)]
    for one, cells in zip([None, *shown], [_HEAD, *rows] if rows else [], strict=False):
        yield f'  {cells[0]:>{widths[0]}}  ' + '  '.join(map(str.ljust, cells[1:], widths[1:])).rstrip()
        if one is not None:
            yield from (f'  {"":{widths[0]}}    {detail}' for detail in _details(one, choice, number))
    yield from (f'  {note}' for note in _notes(choice))


def _notes(choice: PlaceChoice) -> list[str]:
    """Return the lines below the list: interventions, how many more rows there are, and for which nights nothing serves."""
    rest = len(choice.candidates) - _SHOWN
    return [*(f'intervention of {one.date:%Y-%m-%d %H:%M}: {one.reason}' for one in choice.interventions),
            *([f'... and {rest} of earlier nights: name a date, or ask table() for all'] if rest > 0 else []), *gaps(choice)]


def _cells(one: Candidate, choice: PlaceChoice, number: Number) -> list[str]:
    return ['-' if number(one) is None else str(number(one)), one.when, nights(one) or '-', level(one) or '-',
            str(one.frames), state(one, choice), one.found.name if one.found is not None else one.about]


def nights(one: Candidate) -> str:
    """Return the nights for which the candidate `one` serves, in words."""
    parts = [str(first) if first == last else f'{first} to {last}' for first, last in one.nights()]
    return ', '.join([*parts[:_NAMES], *(['...'] if len(parts) > _NAMES else [])])


def level(one: Candidate) -> str:
    """Return at which levels the candidate `one` serves, or that a person chose it."""
    return 'by hand' if one.by_hand is not None and one.runs else ', '.join(one.levels)


def _short(one: Candidate) -> str:
    """Return the name of a calibration without class and place, which the heading says."""
    if one.found is None:
        return one.about
    _, date, rest = one.found.name.partition(f'_{one.found.DATE_OBS:%Y-%m-%dT%H-%M-%S}')
    return f'..{date}{rest}' if date else one.found.name


def _details(one: Candidate, choice: PlaceChoice, number: Number) -> list[str]:
    """Return the interval that a person set, and why a candidate does not count, or serves nothing."""
    found = []
    if one.by_hand is not None:
        found.append(f'by hand from {one.by_hand.start:%Y-%m-%d %H:%M} to {one.by_hand.end:%Y-%m-%d %H:%M}')
    if one.reason is not None and one.found is not None:
        found.append(one.reason.detail.removeprefix(f'{one.found.name} '))
    if one.because:
        found.append(f'{label(choice.cls, one.rival, number)} {one.because}' if one.rival is not None else one.because)
    return found


# --- as a table, and in a notebook ---

def table(choices: list[PlaceChoice], number: Number) -> 'Table':
    """Return an astropy `Table` of all candidates; the number of a set from which none is made is masked."""
    from astropy.table import MaskedColumn, Table
    rows, numbers = [], []
    for choice in choices:
        for one in choice.candidates:
            numbers.append(number(one))
            rows.append((choice.cls.__name__, choice.chip.name, *(part.name if part is not None else '' for part in (
                choice.filter, choice.setup)), str(one.night), nights(one), level(one), one.frames,
                one.by_hand is not None, one.found.creation_date if one.found is not None else 'NaT', state(one, choice),
                '; '.join(_details(one, choice, number)), one.found.name if one.found is not None else one.about))
    kinds = (*['U64'] * 3, 'U256', 'M8[D]', 'U256', 'U64', int, bool, 'M8[us]', 'U128', 'U256', 'U256')
    found = Table(rows=rows or None, dtype=kinds, names=(
        'class', 'chip', 'filter', 'setup', 'night', 'serves', 'level', 'frames', 'by_hand', 'creation_date', 'state', 'detail',
        'name'))
    column = MaskedColumn([one or 0 for one in numbers], 'number', dtype=int, mask=[one is None for one in numbers])
    found.add_column(column, index=0)
    return found


def page(choices: list[PlaceChoice], number: Number, picture: bytes) -> str:
    """Return HTML with the picture, a PNG, and the lists below it."""
    if many(choices):
        tables = [html.table(f'{name}: {total(members)}', (), (), gaps(members[0])) for name, members in groups(choices)]
    else:
        tables = [_section(choice, number) for choice in choices]
    return html.picture_view(picture, 'which calibration serves when', tables)


def _section(choice: PlaceChoice, number: Number) -> str:
    rows = ((_cells(one, choice, number), '; '.join(_details(one, choice, number))) for one in choice.candidates[:_SHOWN])
    return html.table(f'{heading([choice])}: {total([choice])}', _HEAD, rows, _notes(choice))

"""What the author of a query without an answer may have meant: a name that is spelt alike, or another night."""

import datetime
import operator
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from awlike import nights
from awlike.query.criteria import Compare, Criterion, Members
from awlike.query.distinct import distinct_values
from awlike.query.path import parse
from awlike.spelling import alike

if TYPE_CHECKING:
    from awlike.query.query import Query

_FEW = 5  # values that hints are about, and that a hint lists
_DATES = 'DATE_OBS', 'template.start'


class Counted(NamedTuple):
    """A criterion of a query, and the number of objects for which it holds alone."""

    criterion: Criterion
    alone: int


def hints(everything: 'Query', criteria: Sequence[Counted]) -> list[str]:
    """Return what may be meant by a query of `everything` whose `criteria` together hold for no object."""
    found = [hint for criterion, alone in criteria if not alone for hint in _spellings(everything, criterion)]
    return [*found, *_nearest_night(everything, [criterion for criterion, _ in criteria])]


# --- names ---

def _spellings(everything: 'Query', criterion: Criterion) -> Iterator[str]:
    """Yield a hint for each text of `criterion` that no object has."""
    if isinstance(criterion, Compare) and criterion.op is operator.eq:
        values: tuple[Any, ...] = (criterion.value,)
    elif isinstance(criterion, Members):
        values = criterion.values
    else:
        return
    path, texts = criterion.path, [value for value in values if isinstance(value, str)]
    if path._leaf is None or path._many or not texts:
        return
    known = distinct_values(everything, path)
    for text in texts[:_FEW]:
        near = alike(text, known)
        if near:
            yield f'{path} is never {text!r}: did you mean {" or ".join(map(repr, near))}?'
        elif known and len(known) <= _FEW:
            yield f'{path} is never {text!r}: it is {" or ".join(map(repr, known))}'


# --- dates ---

def _nearest_night(everything: 'Query', criteria: Sequence[Criterion]) -> Iterator[str]:
    """Yield the night nearest to the dates that `criteria` ask for, of objects for which the other criteria hold."""
    dates = [one for one in criteria if isinstance(one, Compare) and one.path._name in _DATES and one.op is not operator.ne
             and one.value is not None]
    if not dates:
        return
    others = everything
    for criterion in criteria:
        if criterion not in dates:
            others = others & type(everything)(everything.cls, criterion)
    bounds, name = [one.value for one in dates], dates[0].path._name
    around = (others & (parse(everything.cls, name) <= min(bounds))).max(name), \
        (others & (parse(everything.cls, name) >= max(bounds))).min(name)
    near = [obj for obj in around if obj is not None]
    if near:
        date = operator.attrgetter(name)
        yield _night(others, min(near, key=lambda obj: min(abs(date(obj) - bound) for bound in bounds)))


def _night(others: 'Query', obj: Any) -> str:
    """Return the night of `obj` in words, with the number of the objects of `others` of that night."""
    instrument = getattr(obj, 'instrument', None)
    zone = datetime.UTC if instrument is None else nights.zone(instrument.timezone, instrument.longitude)
    night = nights.night_of(obj.DATE_OBS, zone)
    start, end = nights.span(night, night, zone)
    date = parse(others.cls, 'DATE_OBS')
    number = len(others & (date >= start) & (date < end))
    return f'the nearest night with such frames is {night}: it has {number}'

"""What Tab offers inside quotes: cameras, steps, filters, chips, and whatever values the attribute of a query has.

IPython asks the matcher at each Tab. It must never fail, so any error means that there is nothing to offer.
"""

import contextlib
import datetime
import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult, context_matcher

from awlike.cameras.known import cameras
from awlike.context import context
from awlike.frames.raw import RawFrame, RawScienceFrame
from awlike.persist.dbobject import DBObject
from awlike.persist.references import Chip, Filter, Instrument, ReferenceObject
from awlike.query.distinct import MANY, distinct_values, text_values
from awlike.query.path import Path, parse
from awlike.query.query import Query
from awlike.tasks.known import tasks
from awlike.tasks.pars import Pars

_NAME = 'awlike.quoted'
_TO_TEN_MINUTES = len('2012-05-31 20:1')  # all frames of a night begin at few of these
_ITEMS = r'''[\[({]?(?:\s*(?:'[^']*'|"[^"]*")\s*,)*\s*$'''  # the items of a list before the one that is typed
_COMPARED = re.compile(r'([A-Za-z_]\w*(?:\.\w+)+)\s*[=!<>]=\s*$')
_METHOD = re.compile(r'([A-Za-z_]\w*(?:\.\w+)+)\.(?:like|in_)\(\s*' + _ITEMS)
_KEYWORD = re.compile(r'(\w+)\s*=\s*' + _ITEMS)
_CALL = re.compile(r'([A-Za-z_][\w.]*)\(\s*' + _ITEMS)
_INSTRUMENT = re.compile(r'''(?:instrument\s*=|Task\()\s*['"]([^'"]+)['"]''')


def add_to(shell: Any) -> None:
    """Let the IPython `shell` complete inside quotes; in place of an earlier matcher, if the extension is loaded again."""
    others = [one for one in shell.Completer.custom_matchers if getattr(one, 'matcher_identifier', '') != _NAME]
    shell.Completer.custom_matchers = [*others, matcher(shell.user_ns)]


def matcher(names: Mapping[str, Any]) -> Callable[[CompletionContext], SimpleMatcherResult]:
    """Return a matcher for the completer of IPython; `names` are those of the user."""
    @context_matcher(identifier=_NAME, priority=1)
    def quoted_matcher(asked: CompletionContext) -> SimpleMatcherResult:
        lines = asked.full_text.split('\n')[:asked.cursor_line]
        place = in_quotes('\n'.join([*lines, asked.text_until_cursor]))
        found: list[str] = []
        if place is not None:
            with contextlib.suppress(Exception):  # whatever is wrong with code that is half typed
                found = offered(*place, names)
        return {'completions': [SimpleCompletion(text, type='value') for text in found], 'suppress': bool(found),
                'matched_fragment': place[1] if place is not None and found else asked.token}
    return quoted_matcher


def in_quotes(text: str) -> tuple[str, str] | None:
    """Return the code before the quote and the text behind it, where `text` ends inside quotes; else None."""
    start, quote, position = 0, '', 0
    while position < len(text):
        here = text[position]
        if quote:
            if here == '\\':
                position += 1
            elif text.startswith(quote, position):
                position += len(quote) - 1
                quote = ''
        elif here in '\'"':
            quote, start = (here * 3 if text.startswith(here * 3, position) else here), position
            position += len(quote) - 1
        elif here == '#':
            end = text.find('\n', position)
            position = len(text) if end < 0 else end
        position += 1
    return (text[:start], text[start + len(quote):]) if quote else None


def offered(code: str, typed: str, names: Mapping[str, Any]) -> list[str]:
    """Return what may stand inside quotes behind `code`, of which `typed` is there already."""
    if compared := _COMPARED.search(code) or _METHOD.search(code):
        path = _path(compared[1], names)
        values = _values(path, typed) if path is not None else []
    elif keyword := _KEYWORD.search(code):
        values = _of_argument(keyword[1], code, typed)
    elif call := _CALL.search(code):
        values = _of_argument(_first_argument(call[1], names), code, typed)
    else:
        return []
    return [value for value in dict.fromkeys(values) if value.casefold().startswith(typed.casefold())]


# --- a query ---

def _path(text: str, names: Mapping[str, Any]) -> Path | None:
    """Return the path that `text` names, as ``RawFrame.filter.name``, if its attribute is a text."""
    first, _, rest = text.partition('.')
    cls: Any = names.get(first)
    if not (isinstance(cls, type) and issubclass(cls, DBObject)):
        return None
    path = parse(cls, rest)
    return path if path._leaf is not None and path._leaf.type is str else None


def _values(path: Path, typed: str) -> list[str]:
    """Return the values of `path`: names of shared objects as they are, of others those of visible objects."""
    name, end = path._leaf.name if path._leaf is not None else '', path._end
    if path._links and issubclass(end, ReferenceObject) and name in end.__properties__:
        return distinct_values(end.select_all(), parse(end, name))
    query = Query(path._cls)
    if name == 'filename' and not typed:
        return []  # too many to be of use
    if typed and not set(typed) & set('*?'):
        query = path.like(f'{typed}*')
    return distinct_values(query, path)


# --- an argument ---

def _first_argument(call: str, names: Mapping[str, Any]) -> str:
    """Return the name of the first argument of the function that `call` names, as ``dpu.run``; empty when it has none."""
    first, *others = call.split('.')
    function = names[first]
    for name in others:
        function = getattr(function, name)
    if function is Pars:
        return 'step'
    if getattr(function, '__func__', None) is type(context).set_project:
        return 'project'
    return next(iter(inspect.signature(function).parameters), '')


def _of_argument(argument: str, code: str, typed: str) -> Iterable[str]:
    """Return the values that an argument of that name may have; those of one camera where `code` names the camera."""
    if argument in ('step', 'steps', 'subject'):
        before, mark, _ = typed.rpartition('>')
        return [before + mark + name for name in sorted(tasks())]
    instrument = _INSTRUMENT.search(code)
    of = None if instrument is None else instrument[1]
    return {'instrument': lambda: sorted({*cameras(), *_names_of(Instrument)}), 'chip': lambda: _names_of(Chip, of),
            'filter': lambda: _names_of(Filter, of), 'project': lambda: sorted(one.name for one in context.projects()),
            'object': lambda: _values(parse(RawScienceFrame, 'OBJECT'), typed),
            'raw_filenames': lambda: _values(parse(RawFrame, 'filename'), typed),
            'date': lambda: _nights(of),
            'rebuild': lambda: ['missing', 'stale', 'all'],
            'calibration_level': lambda: ['plan', 'acceptable', 'last resort']}.get(argument, list)()


def _names_of(cls: Any, instrument: str | None = None) -> list[str]:
    query = cls.select_all() if instrument is None else cls.instrument.name == instrument
    return distinct_values(query, parse(cls, 'name'))


def _nights(instrument: str | None) -> list[str]:
    """Return the nights that have raw frames, of the camera `instrument` or of all cameras, the latest first."""
    found: set[datetime.date] = set()
    for name in _names_of(Instrument) if instrument is None else [instrument]:
        times = text_values(RawFrame.instrument.name == name, 'DATE_OBS', _TO_TEN_MINUTES)
        found |= {cameras()[name].night(datetime.datetime.fromisoformat(f'{one}0')) for one in times}
    return [night.isoformat() for night in sorted(found, reverse=True)[:MANY]]

"""All that is known of an object, in groups: `info()`, the view in a notebook and `to_dict()` show them."""

import datetime
import inspect
import math
import re
from typing import TYPE_CHECKING, Any

from awlike.characters import printable
from awlike.errors import AwlikeError
from awlike.persist.links import Input, Reference, listed
from awlike.views.facts import Fact, Facts

if TYPE_CHECKING:
    from awlike.persist.dbobject import DBObject
    from awlike.query.properties import Property

_GROUPS = ('what it is', 'inputs', 'parameters', 'results', 'quality', 'file')
_PLACED = {'is_valid': 'quality', 'quality_flags': 'quality', 'grade': 'quality', 'imstat': 'results'} | dict.fromkeys(
    ('filename', 'raw_fits', 'extension', 'size', 'object_id', 'digest', 'reuse_key', 'make_version', 'code_digest',
     'libraries', 'recipe', 'selection', 'seconds'), 'file')
_LAST = ('creation_date', 'creator', 'project', 'privileges')
_DIGESTS = {'digest', 'reuse_key', 'code_digest'}
_SHOWN = 12  # characters of a digest
_ASKED_FOR = ('inverse', 'alias')  # kinds of properties that need a statement of their own


def facts_of(obj: 'DBObject') -> Facts:
    """Return all that is known of `obj`; links by name, values with units."""
    groups: dict[str, list[Fact]] = {group: [] for group in _GROUPS}
    for name, prop in sorted(type(obj).__properties__.items(), key=lambda item: _rank(*item)):
        if prop.kind in _ASKED_FOR:
            continue
        group = 'inputs' if isinstance(prop, Input) else _PLACED.get(name, 'what it is')
        if group == 'file' and 'filename' not in type(obj).__properties__:
            group = 'what it is'  # the id of an object without a file
        groups[group].append(fact_of(obj, name, prop))
    about = inspect.cleandoc(type(obj).__doc__ or '').partition('\n')[0]
    state = '' if obj.is_committed else 'not committed'
    return Facts(str(obj), type(obj).__name__, about, str(obj.object_id), state, groups)


def _rank(name: str, prop: 'Property') -> tuple:
    """Return a key that sorts references first and the maker last, and else keeps the order of the class."""
    if _PLACED.get(name) == 'file':
        return list(_PLACED).index(name),
    return name in _LAST, not isinstance(prop, Reference), prop.type is dict


def fact_of(obj: Any, name: str, prop: 'Property') -> Fact:
    """Return the row of the property `prop` of `obj`."""
    try:
        value = getattr(obj, name)
    except AwlikeError as error:  # a broken link shows in its place
        return Fact(name, f'not known: {error}', '', None, prop.text)
    if isinstance(prop, Input):
        return Fact(name, inputs_in_words(listed(value)), '', _plain(value), prop.text)
    if name in _DIGESTS and value:
        return Fact(name, f'{value[:_SHOWN]}...', '', value, prop.text)
    if name == 'size' and value:
        return Fact(name, size(value), '', value, f'{prop.text}, in byte')
    if prop.kind == 'value':
        if isinstance(value, dict):
            return Fact(name, in_words(value), '', _plain(value), prop.text)
        parts = {part: number for part, number in vars(value).items() if number is not None} if value else {}
        return _of_parts(name, prop, parts, getattr(type(obj), 'UNIT', 'adu'))
    digits = 10 if prop.unit in ('d', 'deg') or prop.type is dict else 6  # dates and positions are known better than counts
    text = (getattr(value, 'name', None) or str(value)) if isinstance(prop, Reference) and value is not None \
        else in_words(value, digits)
    if isinstance(value, int) and (meaning := meaning_of(value, prop.text)):
        text += f' ({meaning})'
    return Fact(name, text, prop.unit, _plain(value), prop.text)


def _of_parts(name: str, prop: 'Property', parts: dict[str, Any], unit: str) -> Fact:
    """Return the row of a value of several parts, as `Imstat`; whole numbers are counts and have no unit."""
    measured, counted = ({part: number for part, number in parts.items() if isinstance(number, int) == whole}
                         for whole in (False, True))
    words = [f'{in_words(measured)} {unit}'.strip(), in_words(counted)]
    return Fact(name, ', '.join(filter(None, words)), '', _plain(parts | ({'unit': unit} if unit and measured else {})),
                prop.text)


def inputs_in_words(members: list) -> str:
    """Return the name of a single input; of several inputs their number, the first and the last, and how many are invalid."""
    if len(members) < 2:
        return ''.join(map(_name, members))
    invalid = sum(member.is_valid == 0 for member in members)
    more = f', {invalid} of them [is_valid 0]' if invalid else ''
    return f'{len(members)}: {members[0]} ... {members[-1]}{more}'


def _name(obj: Any) -> str:
    return str(obj) + (' [is_valid 0]' if obj.is_valid == 0 else '')


def meaning_of(value: int, text: str) -> str:
    """Return the meaning of a number, where the text of its attribute names it: ``0 invalid, 1 valid``; else empty."""
    return dict(re.findall(r'\b(\d+) ([^,;]+)', text)).get(str(value), '')


def size(number: float) -> str:
    """Return a number of bytes in words: ``'1.5 MB'``."""
    if number < 1000:
        return f'{number} byte'
    for unit in ('kB', 'MB', 'GB'):
        number /= 1000
        if number < 999.5:  # 999.5 would be rounded up to 1000
            return f'{number:.3g} {unit}'
    return f'{number / 1000:.3g} TB'


def in_words(value: Any, digits: int = 6) -> str:
    """Return a value as people read it, a float with `digits` digits; empty when there is no value."""
    if value is None or value == [] or value == {}:
        return ''
    if isinstance(value, datetime.datetime):
        return value.isoformat(' ', 'milliseconds' if value.microsecond else 'seconds')
    if isinstance(value, float):
        return f'{value:.{digits}g}'
    if isinstance(value, dict):
        return ', '.join(f'{key} {in_words(item, digits)}' for key, item in value.items() if item is not None)
    if isinstance(value, list) and isinstance(value[0], dict):
        return f'{len(value)}: {", ".join(str(item.get("name")) for item in value)}'
    return ', '.join(map(in_words, value)) if isinstance(value, list) else printable(str(value))


def _plain(value: Any) -> Any:
    """Return `value` in JSON, which knows no NaN and no infinity; an object as its class, name and id."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if hasattr(value, 'object_id'):
        name = getattr(value, 'name', None) or str(value)
        return {'class': type(value).__name__, 'name': name, 'object_id': str(value.object_id)}
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, str | int | bool) else str(value)

"""Criteria as people type them into a form or an address: ``chip=ESO_CCD_#65``, ``EXPTIME=>30``, ``OBJECT=NGC*``."""

import datetime
import functools
import operator
import re
import uuid
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from awlike.errors import QueryError
from awlike.query.path import Path, parse
from awlike.query.properties import T

if TYPE_CHECKING:
    from awlike.query.query import Query

_SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    '>=': operator.ge, '<=': operator.le, '!=': operator.ne, '>': operator.gt, '<': operator.lt, '=': operator.eq}
_SIGN = re.compile('|'.join(map(re.escape, _SIGNS)))
_READ: dict[type, Callable[[str], Any]] = {int: int, float: float, uuid.UUID: uuid.UUID}
_NONE = 'none'
_TRUE, _FALSE = ('1', 'true', 'yes'), ('0', 'false', 'no')
SYNTAX = 'a value; >, >=, <, <= or != before it; first..last; * and ? in a text; none'
"""What may be typed, in words."""


def typed_query(cls: type[T], name: str, texts: Sequence[str]) -> 'Query[T]':
    """Return the query for the objects of `cls` whose attribute `name` is any of `texts`.

    Parameters
    ----------
    cls : type
        The class of the objects.
    name : str
        A path, as ``'EXPTIME'`` or ``'filter.name'``; a link stands for the name of the object it leads to.
    texts : sequence of str
        Each a value; ``>``, ``>=``, ``<``, ``<=`` or ``!=`` before a value; two values with ``..`` between; ``none`` for a
        missing value; in a text ``*`` is any text and ``?`` any one character.

    Raises
    ------
    UnknownAttribute
        When there is no such attribute.
    QueryError
        When a text is no value of the attribute.
    """
    path = leading_to_a_value(parse(cls, name))
    return functools.reduce(operator.or_, [_one(path, text.strip()) for text in texts])


def leading_to_a_value(path: Path[T]) -> Path[T]:
    """Return `path`; where it ends at an object, the path to the name of the object."""
    if path._leaf is not None:
        return path
    known = path._end.__properties__
    return getattr(path, next((name for name in ('name', 'filename') if name in known), 'object_id'))


def _one(path: Path[T], text: str) -> 'Query[T]':
    kind = path._leaf.type if path._leaf is not None else str
    if '..' in text and kind in (int, float, datetime.datetime):
        first, _, last = text.partition('..')
        return path.between(_value(path, kind, first), _value(path, kind, last))
    sign = _SIGN.match(text)
    if sign is None and kind is str and ('*' in text or '?' in text):
        return path.like(text)
    op = _SIGNS[sign.group()] if sign else operator.eq
    return op(path, _value(path, kind, text[sign.end():].strip() if sign else text))


def _value(path: Path[Any], kind: type, text: str) -> Any:
    """Return `text` as a value of type `kind`."""
    text = text.strip()
    if text == _NONE:
        return None
    if kind is bool and text.lower() in (*_TRUE, *_FALSE):
        return text.lower() in _TRUE
    try:
        return _READ[kind](text) if kind in _READ else text
    except ValueError:
        raise QueryError(f'{path} is compared with {text!r}, which is no {kind.__name__}: write {SYNTAX}') from None

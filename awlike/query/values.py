"""Values in comparisons: converted to the type of the attribute, or refused with a word on what to write."""

import datetime
import math
import operator
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from awlike.errors import QueryError
from awlike.query.criteria import COMPARISONS

if TYPE_CHECKING:
    from awlike.query.path import Path
    from awlike.query.properties import Property


def coerce(path: 'Path', op: Callable[[Any, Any], Any], value: Any) -> Any:
    """Return `value` as the attribute at the end of `path` has it, for comparison by `op`.

    Raises
    ------
    QueryError
        When the attribute cannot have such a value, or has no order and `op` needs one.
    """
    leaf = path._leaf
    if leaf is not None and leaf.kind == 'value':
        raise QueryError(f'{path} has several parts: compare one of them, {", ".join(map(str, dir(path)))}')
    if leaf is None:
        return _object_id(path, op, value)
    value = plain(value, path, leaf)
    if value is None:
        if op not in (operator.eq, operator.ne):
            raise QueryError(f'{path} {COMPARISONS[op]} None: nothing is larger or smaller than a missing value; '
                             f'write {path} == None or {path} != None')
        return None
    if leaf.type is datetime.datetime:
        return _instant(path, value)
    expected = {float: (int, float), int: (int, float), bool: (bool, int)}.get(leaf.type, leaf.type)
    if not isinstance(value, expected) or (leaf.type is not bool and isinstance(value, bool)) or value != value:
        raise QueryError(f'{path} is a {leaf.type.__name__} and is compared with {value!r}: '
                         f'compare it with a {leaf.type.__name__}')
    if leaf.choices and value not in leaf.choices:
        raise QueryError(f'{path} is compared with {value!r}: it is one of {", ".join(leaf.choices)}')
    if leaf.type in (int, float) and isinstance(value, float) and math.isinf(value) and op in (operator.eq, operator.ne):
        raise QueryError(f'{path} is compared with {value!r}: no attribute is infinite')
    if isinstance(value, str):
        check_text(path, value)
    if leaf.type is bool and op not in (operator.eq, operator.ne):
        raise QueryError(f'{path} {COMPARISONS[op]} {value!r}: true and false have no order; write {path} == {value!r}')
    if isinstance(value, int) and abs(value) >= 2**63:
        raise QueryError(f'{path} is compared with {value!r}: no attribute is so large, it has 64 bits')
    return value


def check_text(path: 'Path', text: str) -> None:
    """Refuse a text that no database holds. Raises QueryError."""
    if any(character == '\0' or '\ud800' <= character <= '\udfff' for character in text):
        raise QueryError(f'{path} is compared with {text!r}: no text has the character NUL or half a character')


def _object_id(path: 'Path', op: Callable[[Any, Any], Any], value: Any) -> uuid.UUID | None:
    if op not in (operator.eq, operator.ne):
        raise QueryError(f'{path} {COMPARISONS[op]} ...: objects have no order; compare an attribute of it, '
                         f'as {path}.{dir(path)[0]}')
    if value is None or isinstance(value, uuid.UUID):
        return value
    target = path._end
    if isinstance(value, target):
        return value.object_id
    raise QueryError(f'{path} is a {target.__name__} and is compared with {value!r}: '
                     f'compare it with a {target.__name__}, or compare an attribute such as {path}.{_example(target)}')


def _example(target: type[Any]) -> str:
    return next((name for name in ('name', 'filename', 'id') if name in target.__properties__), 'object_id')


def plain(value: Any, path: 'Path', leaf: 'Property') -> Any:
    """Return numpy scalars, astropy quantities and times as plain Python values; None for a masked value."""
    if hasattr(value, 'to_value') and hasattr(value, 'unit'):
        try:
            return float(value.to_value(leaf.unit))
        except Exception:
            raise QueryError(f'{path} has the unit {leaf.unit or "(none)"!r}, {value!r} cannot be brought to it') from None
    if hasattr(value, 'to_datetime'):
        return value.utc.to_datetime()
    if hasattr(value, 'item') and getattr(value, 'ndim', 1) == 0:
        if value.dtype.kind == 'M':
            value = value.astype('M8[us]')  # item() would return nanoseconds as a number
        return None if getattr(value, 'mask', False) else value.item()
    return value


def _instant(path: 'Path', value: Any) -> datetime.datetime:
    """Return an instant, or a text in ISO form, as naive UTC."""
    if isinstance(value, str):
        try:
            value = datetime.datetime.fromisoformat(value)
        except ValueError:
            raise QueryError(f'{path} is an instant and is compared with {value!r}: '
                             'write a datetime, or a text like "2012-06-01T08:51:44"') from None
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        value = datetime.datetime(value.year, value.month, value.day)
    if not isinstance(value, datetime.datetime):
        raise QueryError(f'{path} is an instant and is compared with {value!r}: '
                         'write a datetime, or a text like "2012-06-01T08:51:44"')
    if value.tzinfo is not None:
        value = value.astimezone(datetime.UTC).replace(tzinfo=None)
    return value

"""Lists of objects: the address is the state. Each parameter that is no word of the page is a criterion."""

from collections.abc import Sequence
from typing import Any

from starlette.exceptions import HTTPException

from awlike.errors import ParameterError
from awlike.persist.dataobject import DataObject
from awlike.persist.dbobject import DBObject
from awlike.products.frame import Frame
from awlike.products.lists import columns_of_list
from awlike.query.path import parse
from awlike.query.properties import classes
from awlike.query.query import Query
from awlike.query.typed import SYNTAX, leading_to_a_value, typed_query
from awlike.spelling import near
from awlike.views.preview import as_cell
from awlike.web.asked import Ask, get
from awlike.web.choices import CHOSEN, choices_for
from awlike.web.rendering import Page

SIZE, LARGEST = 50, 1000     # rows of a page
MOST = 10_000                # objects that are counted, and rows that can be leafed to: a long list is narrowed
_CRITERIA = 300              # values in an address; the form offers up to 200 names of a detector
_RELATED = ('descends_from', 'used_by', 'made_from')
_WORDS = ('page', 'size', 'sort', 'columns', 'date', 'object', 'valid', 'only', 'count', *_RELATED)
"""The parameters that are no attributes."""


def class_called(name: str) -> Any:
    """Return the persistent class `name`. Raises an HTTPException, 404, where there is none."""
    if name not in classes:
        raise HTTPException(404, f'there is no class {name}{near(name, classes)}')
    return classes[name]


def show(ask: Ask) -> Page:
    """Show the objects of a class that the parameters select."""
    cls = class_called(ask.path('cls'))
    query, shown = selected(cls, ask), _columns(cls, ask)
    size = _number(ask, 'size', SIZE, LARGEST)
    page = _number(ask, 'page', 1, MOST // size)
    count = len(query) if ask.query.get('count') == 'all' else query.number_up_to(MOST + 1)
    has_more = count > MOST and ask.query.get('count') != 'all'
    count = min(count, MOST) if has_more else count
    rows = query.rows('object_id', *shown, start=(page - 1) * size, number=size)
    heads = [name.removesuffix('.name') for name in shown]
    linked = 'filename' if 'filename' in heads else heads[0] if heads else ''

    def data() -> dict[str, Any]:
        found = [dict(zip(['object_id', *heads], row, strict=True)) for row in rows]
        return {'count': count, **({'more': True} if has_more else {}), 'rows': found}

    values = {
        'cls': cls, 'count': count, 'heads': list(zip(heads, shown, map(_unit, [cls] * len(shown), shown), strict=True)),
        'rows': [(row[0], [as_cell(value) for value in row[1:]]) for row in rows], 'linked': linked, 'page': page, 'size': size,
        'pages': -(-count // size), 'deepest': MOST // size, 'has_more': has_more, 
        'sort': ask.query.get('sort', ''), 'query': str(query),
        'choices': choices_for(cls, ask), 'syntax': SYNTAX, 'others': _other_criteria(ask), 'plain_kinds': _kinds(cls),
        'is_frame': issubclass(cls, Frame), 'has_validity': issubclass(cls, DataObject), 'columns': ' '.join(heads)}
    return Page('list', values, data)


def selected(cls: Any, ask: Ask, leaving: Sequence[str] = ()) -> Query:
    """Return the query for the objects of `cls` that the parameters of the address select, in the order that they name.

    `leaving` are parameters that mean something else on the page.
    """
    given = {name: [text for text in ask.query.getlist(name) if text.strip()] for name in ask.query if name not in leaving}
    given = {name: list(dict.fromkeys(texts)) for name, texts in given.items() if texts}
    if sum(map(len, given.values())) > _CRITERIA:
        raise ParameterError(f'the address has more than {_CRITERIA} criteria: leave some out, or save a selection')
    query = _by_night(cls, given)
    for name, texts in given.items():
        if name not in _WORDS:
            query &= typed_query(cls, name, texts)
    for name in _RELATED:
        for text in given.get(name, ()):
            query &= getattr(cls, name)(DataObject.get(text))
    if 'valid' in given and issubclass(cls, DataObject):
        query &= cls.select_valid()
    if 'only' in given:
        query = {'project': Query.project_only, 'mine': Query.user_only}.get(given['only'][0], _refused)(query)
    if given.get('sort', ['DATE_OBS']) != ['DATE_OBS']:
        return query.order_by(*_order(cls, given))
    # Frames of one class come in the order of time by themselves, of which there is an index; of several classes the latest
    # made come first, which needs no sorting either.
    return query if 'sort' in given or not _has_kinds(cls) else query.order_by('-object_id')


def _has_kinds(cls: Any) -> bool:
    """Return whether the objects of `cls` are of several classes."""
    return issubclass(cls, DataObject) and len(cls.class_names()) > 1


def _refused(query: Query) -> Query:
    raise ParameterError('only=...: one of project, mine')


def _order(cls: Any, given: dict[str, list[str]]) -> list[str]:
    """Return the attributes by which to sort: a link by the name of what it leads to."""
    found = []
    for name in given['sort']:
        sign, plain = ('-', name[1:]) if name.startswith('-') else ('', name)
        found.append(sign + leading_to_a_value(parse(cls, plain))._name)
    return found


def _by_night(cls: Any, given: dict[str, list[str]]) -> Query:
    """Return the query for night and object, as `select` of frames takes them."""
    where: dict[str, str | None] = {name: given[name][0] for name in ('date', 'object') if name in given}
    if where and not issubclass(cls, Frame):
        raise ParameterError(f'{", ".join(where)}: {cls.__name__} is no class of frames')
    if 'date' in where:
        where['instrument'] = (given.get('instrument') or given.get('instrument.name') or [None])[0]
    return cls.select(**where) if where else cls.select_all()


def _columns(cls: Any, ask: Ask) -> list[str]:
    """Return the columns to show, as paths."""
    asked = [name for text in ask.query.getlist('columns') for name in text.replace(',', ' ').split()]
    names = asked or (columns_of_list(cls) if issubclass(cls, DataObject) else cls.columns_to_show())
    paths = [leading_to_a_value(parse(cls, name)) for name in names]
    return list(dict.fromkeys(path._name for path in paths if path._name != 'object_id'))


def _unit(cls: Any, name: str) -> str:
    return getattr(parse(cls, name)._leaf, 'unit', '')


def _number(ask: Ask, name: str, default: int, largest: int) -> int:
    """Return the whole number that the parameter `name` has."""
    text = ask.query.get(name) or str(default)
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and 1 <= int(text) <= largest):
        raise ParameterError(f'{name}={text[:40]}: a whole number from 1 to {largest}'
                             + ('; narrow the list to come further' if name == 'page' else ''))
    return int(text)


def _other_criteria(ask: Ask) -> list[tuple[str, str]]:
    """Return the criteria in the address for which the form has no field of its own."""
    fields = {*CHOSEN, 'page', 'date', 'object', 'valid', 'only', 'columns', 'sort', 'count'}
    return [(name, value) for name, value in ask.query.multi_items() if name not in fields and value.strip()]


def _kinds(cls: Any) -> list[str]:
    """Return the names of the classes just below `cls`."""
    return sorted(one.__name__ for one in cls.__subclasses__() if one.__name__ in classes and issubclass(one, DBObject))


ROUTES = get('/{cls}', show)

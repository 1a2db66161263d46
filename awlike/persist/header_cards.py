"""Cards of raw headers in queries: ``RawFrame.card('FOCUS') > 3``.

The database has a row for each card of a raw file, put in with the file. Cards that all frames of a file have in common are
rows of the file, the others rows of the frame; cards that somebody corrected are rows of the correction. A number is kept as a
number, a text as a text, a date also as an instant, so that each compares with its like. T and F are the numbers 1 and 0, as in
Python.
"""

import datetime
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, overload
from uuid import UUID

from blake3 import blake3
from sqlalchemy import Subquery, and_, case, func, literal, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction
from typing_extensions import override

from awlike.current import current
from awlike.errors import QueryError
from awlike.fits.cards import CardValue, keyword_of
from awlike.persist.tables import header_card as table
from awlike.query.path import Family, Path
from awlike.query.properties import Property, classes
from awlike.query.statement import Builder

if TYPE_CHECKING:
    from awlike.query.statement import Node

MOST_CHARACTERS = 1000
"""Of a longer text, which a header has in several cards, the database has only the beginning."""

_COLUMNS: dict[type, str] = {float: 'number', str: 'text', datetime.datetime: 'instant'}


class Card(Property):
    """A card of the header of a raw frame, compared with values of type `type_`.

    Of type `object`, it is what the card has, a number or a text; of type `bool`, it is whether the card has a value.
    """

    kind = 'card'

    def __init__(self, keyword: str, type_: type = object) -> None:
        super().__init__(type_, f'the card {keyword} of the raw header')
        self.keyword, self.name = keyword, f'card({keyword!r})'

    @override
    def compared_with(self, value: Any) -> tuple[Property, Any]:
        if value is None:
            return Card(self.keyword, bool), None
        if isinstance(value, bool | int | float):
            try:
                return Card(self.keyword, float), float(value)
            except OverflowError:
                raise QueryError(f'{self.name} is compared with {str(value)[:20]}...: no card has so large a number') from None
        if isinstance(value, str):
            return Card(self.keyword, str), value
        if isinstance(value, datetime.date):
            return Card(self.keyword, datetime.datetime), value
        raise QueryError(f'{self.name} is compared with {value!r}: compare a card with a number, a text, an instant or None')

    @override
    def expression(self, node: 'Node') -> Any:
        value = _values(node, self.keyword)
        if self.type is bool:
            return case((value('number').is_not(None), literal('')), else_=value('text'))
        return either(value('number'), value('text')) if self.type is object else value(_COLUMNS[self.type])


class CardOf(Family):
    """The cards of the header of a raw frame.

    On the class a path that compares to a query, ``RawFrame.card('FOCUS') > 3``; on a frame the value, ``raw.card('FOCUS')``,
    None where its header has no such card.
    """

    @override
    def property(self, name: str) -> Property:
        return Card(keyword_of(name))

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> Callable[[str], Path[Any]]: ...
    @overload
    def __get__(self, instance: object, owner: type[Any]) -> Callable[[str], CardValue]: ...
    def __get__(self, instance: Any, owner: type[Any]) -> Callable[[str], Any]:
        if instance is None:
            return lambda name: Path(owner, (), self.property(name))
        return lambda name: instance.cards().get(keyword_of(name))


class either(GenericFunction):  # noqa: N801 -- a function of SQL
    """The first of two values of different types that is not NULL, each as its own type."""

    inherit_cache = True


@compiles(either, 'sqlite')
def _either_on_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return f'coalesce({compiler.process(element.clauses, **options)})'


@compiles(either, 'postgresql')
def _either_on_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    return f'coalesce({", ".join(f"to_jsonb({compiler.process(part, **options)})" for part in element.clauses)})'


def _values(node: 'Node', keyword: str) -> Callable[[str], Any]:
    """Return a function that returns the SQL expression for a column of the card `keyword` of a raw frame."""
    found = node.joined.get(('card', keyword))
    if found is None:
        join, frame = functools.partial(_joined, node, keyword), node.table.c
        own, shared = join(frame.object_id), join(frame.raw_fits_id)
        corrected = join(_corrections(node).c.object_id)
        found = node.joined['card', keyword] = lambda name: case(
            (corrected.c.object_id.is_not(None), corrected.c[name]), else_=func.coalesce(own.c[name], shared.c[name]))
    return found


def _joined(node: 'Node', keyword: str, holder: Any) -> Any:
    """Join the card `keyword` of the object with the id `holder`, if it has one."""
    card = node.builder.alias(table)
    node.builder.joins.append((card, and_(card.c.object_id == holder, card.c.keyword == key_of(keyword)), True))
    return card


def _corrections(node: 'Node') -> Subquery:
    """Join the correction of the header of `node` that is in force, if there is one, for who asks and at their date."""
    if 'correction' not in node.joined:
        seen = Builder(classes['HeaderCorrection'], node.builder)
        frame, made = seen.root.column('frame_id'), seen.root.table.c
        newest = func.row_number().over(partition_by=frame, order_by=[made.creation_date.desc(), made.object_id.desc()])
        visible = current().visible(seen)
        statement = select(frame.label('frame_id'), made.object_id, newest.label('turn')).select_from(seen.root.table)
        each = seen.apply(statement).where(
            made.class_name == 'HeaderCorrection', *([] if visible is None else [visible])).subquery()
        latest = select(each.c.frame_id, each.c.object_id).where(each.c.turn == 1).subquery()
        node.builder.joins.append((latest, latest.c.frame_id == node.id, True))
        node.joined['correction'] = latest
    return node.joined['correction']


def key_of(keyword: str) -> int:
    """Return the key of a keyword in the table of cards: 64 bits of its digest."""
    return int.from_bytes(blake3(keyword.encode()).digest(8), 'big', signed=True)


def shared_and_own(headers: Sequence[Mapping[str, CardValue]]) -> tuple[dict[str, CardValue], list[dict[str, CardValue]]]:
    """Return the cards that all of `headers` have with the same value, and the other cards of each."""
    first, *others = headers
    shared = {keyword: value for keyword, value in first.items()
              if all(keyword in other and _same(other[keyword], value) for other in others)}
    return shared, [{keyword: value for keyword, value in header.items() if keyword not in shared} for header in headers]


def _same(one: CardValue, other: CardValue) -> bool:
    return one == other and type(one) is type(other)


def columns_of(cards: Mapping[UUID, Mapping[str, CardValue]]) -> dict[str, Sequence[Any]]:
    """Return the cards of objects, given by the ids of these, as columns of the table; empty without any card."""
    rows = [(key_of(keyword), holder, *_kept(value)) for holder, its in cards.items() for keyword, value in its.items()]
    return dict(zip(table.c.keys(), zip(*rows, strict=True), strict=False)) if rows else {}


def _kept(value: CardValue) -> tuple[float | None, str | None, datetime.datetime | None]:
    """Return number, text and instant of a value of a card."""
    if isinstance(value, str):
        text = value.replace('\0', '')[:MOST_CHARACTERS]
        return None, text, _instant(text)
    return (None if value is None else float(value)), None, None


def _instant(text: str) -> datetime.datetime | None:
    """Return the instant that a text in the form of FITS dates names, as it stands; None for another text."""
    if not (10 <= len(text) <= 30 and text[4:5] == text[7:8] == '-' and text[10:11] in ('', 'T')):
        return None
    try:
        found = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is None else found.astimezone(datetime.UTC).replace(tzinfo=None)

"""Paths: ``RawScienceFrame.chip.name`` as an astronomer writes it, and the comparisons that turn a path into a query."""

import ast
import functools
import inspect
import operator
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Generic, NoReturn, cast, overload

from typing_extensions import override

from awlike.errors import QueryError
from awlike.query.criteria import COMPARISONS, Compare, Criterion, Like, Members, listed
from awlike.query.properties import Property, T, V, classes, find
from awlike.query.values import check_text, coerce, plain
from awlike.spelling import unknown

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, FromClause

    from awlike.query.query import Query
    from awlike.query.statement import Builder, Node


class Value(Property, Generic[V]):
    """A value of several parts (``frame.imstat.median``), each part a property of its own."""

    kind = 'value'

    def parts(self, cls: type[Any]) -> dict[str, Property]:
        """Return the parts by name, for class `cls`."""
        raise NotImplementedError

    @override
    def expression(self, node: 'Node') -> NoReturn:
        parts = ', '.join(f'{self.name}.{part}' for part in self.parts(node.cls))
        raise QueryError(f'{self.name} has several parts: name one of them, {parts}')

    def read(self, instance: Any) -> V:
        """Return the value of `instance`."""
        raise NotImplementedError

    @overload
    def __get__(self, instance: None, owner: type[T]) -> 'Path[T]': ...
    @overload
    def __get__(self, instance: object, owner: type[Any]) -> V: ...
    def __get__(self, instance: object | None, owner: type[Any]) -> Any:
        if instance is None:
            return Path(owner, (), self)
        return self.read(instance)


class Link(Property, Generic[V]):
    """A link to an object of class `target`, or to a list of them (`many`).

    `optional` says that the link may be empty.
    """

    kind = 'link'

    def __init__(self, target: type[Any] | str, text: str, *, many: bool = False, optional: bool = False) -> None:
        super().__init__(target, text)
        self._target, self.many, self.optional = target, many, optional

    @property
    def may_be_empty(self) -> bool:
        """True if an object may lack what the link leads to."""
        return self.optional

    @property
    def target(self) -> type[Any]:
        """The class to which the link leads."""
        if isinstance(self._target, str):
            self._target = classes[self._target]
        return self._target

    @property
    @override
    def type_name(self) -> str:
        name = self._target if isinstance(self._target, str) else self._target.__name__
        return f'list of {name}' if self.many else name

    def identify(self, builder: 'Builder', node: 'Node', outer: bool) -> 'ColumnElement[Any]':
        """Return the SQL expression for the id of the object that this link of `node` names.

        The method adds the joins that the expression needs to `builder`; they are outer joins where `outer` is true.
        """
        raise NotImplementedError

    def members(self, node: 'Node') -> 'tuple[FromClause, ColumnElement[bool], ColumnElement[Any]]':
        """Return, for a list link, the table of its members, the condition that ties the table to `node`, and their id."""
        raise NotImplementedError

    def load(self, instance: Any) -> V:
        """Return the object, or the list of objects, to which `instance` is linked."""
        raise NotImplementedError

    @overload
    def __get__(self, instance: None, owner: type[T]) -> 'Path[T]': ...
    @overload
    def __get__(self, instance: object, owner: type[Any]) -> V: ...
    def __get__(self, instance: object | None, owner: type[Any]) -> Any:
        if instance is None:
            return Path(owner, (self,), None)
        return self.load(instance)


class Family:
    """Properties of a class that people name in a call: ``RawFrame.card('FOCUS')``. A class has it under its name."""

    def property(self, name: str) -> Property:
        """Return the property that ``family(name)`` means."""
        raise NotImplementedError


class Alias(Property):
    """Another name for a path: ``cls.release`` is ``cls.releases.name``. On an instance it is the values there, as a list."""

    kind = 'alias'

    def __init__(self, path: str, type_: type, text: str) -> None:
        super().__init__(type_, text)
        self.path = path

    @override
    def expression(self, node: 'Node') -> NoReturn:
        raise QueryError(f'{self.name} stands for {self.path}: ask for that')

    def __get__(self, instance: object | None, owner: type[Any]) -> Any:
        if instance is None:
            return parse(owner, self.path)
        link, _, leaf = self.path.partition('.')
        return [getattr(one, leaf) for one in getattr(instance, link)]


class Path(Generic[T]):
    """A chain of links from a class, perhaps with an attribute at its end."""

    __slots__ = ('_cls', '_links', '_leaf')
    __hash__ = object.__hash__
    __array_ufunc__: None = None  # numpy leaves comparisons to this class

    def __init__(self, cls: type[T], links: tuple[Link, ...], leaf: Property | None) -> None:
        self._cls, self._links, self._leaf = cls, links, leaf

    # --- extending: RawScienceFrame.chip -> RawScienceFrame.chip.name ---

    def __getattr__(self, name: str) -> 'Path[T]':
        if name.startswith('__'):
            raise AttributeError(name)
        if isinstance(self._leaf, Value):
            parts = self._leaf.parts(self._end)
            if name not in parts:
                raise unknown(str(self), name, parts)
            return Path(self._cls, self._links, parts[name])
        if self._leaf is not None:
            raise unknown(f'{self} (a {self._leaf.type_name})', name, dir(self))
        family = None if name in self._end.__properties__ else inspect.getattr_static(self._end, name, None)
        if isinstance(family, Family):
            return cast(Any, lambda name: Path(self._cls, self._links, family.property(name)))
        found = find(self._end, name, str(self))
        if isinstance(found, Alias):
            link, _, leaf = found.path.partition('.')
            return getattr(getattr(self, link), leaf)
        if isinstance(found, Link):
            return Path(self._cls, (*self._links, found), None)
        return Path(self._cls, self._links, found)

    @override
    def __dir__(self) -> list[str]:
        if isinstance(self._leaf, Value):
            return sorted(self._leaf.parts(self._end))
        return sorted(self._end.__properties__) if self._leaf is None else ['between', 'in_', 'like']

    @property
    def _end(self) -> type[Any]:
        """The class in which the last link ends."""
        return self._links[-1].target if self._links else self._cls

    @property
    def _many(self) -> bool:
        return any(link.many for link in self._links)

    # --- comparing: each comparison returns a query ---

    def _query(self, criterion: Criterion) -> 'Query[T]':
        from awlike.query.query import Query
        return Query(self._cls, criterion)

    def _compare(self, op: Callable[[Any, Any], Any], value: Any) -> 'Query[T]':
        if isinstance(value, list | tuple | set | frozenset) or getattr(value, 'ndim', 0):
            if self._many and self._leaf is None:
                raise QueryError(f'{self} is compared with a list: write ({self} == a) & ({self} == b) for both members')
            raise QueryError(f'{self} has one value and is compared with a list: write {self}.in_([...])')
        path, value = self._compared_with(value)
        return self._query(compare(path, op, value))

    @override
    def __eq__(self, value: Any) -> 'Query[T]':  # pyrefly: ignore[bad-override]  # a comparison is a query
        return self._compare(operator.eq, value)

    @override
    def __ne__(self, value: Any) -> 'Query[T]':  # pyrefly: ignore[bad-override]  # a comparison is a query
        return self._compare(operator.ne, value)

    def __lt__(self, value: Any) -> 'Query[T]':
        return self._compare(operator.lt, value)

    def __le__(self, value: Any) -> 'Query[T]':
        return self._compare(operator.le, value)

    def __gt__(self, value: Any) -> 'Query[T]':
        return self._compare(operator.gt, value)

    def __ge__(self, value: Any) -> 'Query[T]':
        return self._compare(operator.ge, value)

    def _compared_with(self, value: Any) -> 'tuple[Path[T], Any]':
        """Return the path, and the value, to compare when this path is compared with `value`."""
        if self._leaf is None:
            return self, value
        leaf, value = self._leaf.compared_with(plain(value, self, self._leaf) if self._leaf.kind == 'card' else value)
        return (self if leaf is self._leaf else Path(self._cls, self._links, leaf)), value

    def like(self, pattern: str) -> 'Query[T]':
        """Select the objects whose text matches `pattern`: ``*`` is any text, ``?`` any one character; case counts."""
        if self._leaf is not None and isinstance(pattern, str):
            self, _ = self._compared_with(pattern)
        if self._leaf is None or self._leaf.type is not str or not isinstance(pattern, str):
            raise QueryError(f'{self}.like({pattern!r}): like() compares a text with a pattern such as "*_SDSS"')
        check_text(self, pattern)
        return self._query(Like(self, pattern))

    def in_(self, values: Iterable[Any]) -> 'Query[T]':
        """Select the objects whose value is one of `values`."""
        if isinstance(values, str) or not hasattr(values, '__iter__'):
            raise QueryError(f'{self}.in_({values!r}): in_() takes a list: write {self}.in_([{values!r}])')
        values = tuple(values)
        if self._leaf is not None and self._leaf.kind == 'card':
            return self._in_of_each_type(values)
        names = {_name_of(value) for value in values} if self._leaf is None else set()
        name = names.pop() if len(names) == 1 else None
        said = f'{self}.{name}.in_({listed([getattr(value, name) for value in values])})' if name else ''
        return self._query(Members(self, tuple(coerce(self, operator.eq, v) for v in values), said))

    def _in_of_each_type(self, values: tuple[Any, ...]) -> 'Query[T]':
        """Select by values of several types; each type is compared with its like."""
        by_type: dict[type, tuple[Path[T], list[Any]]] = {}
        for value in values:
            path, plain_value = self._compared_with(value)
            by_type.setdefault(cast(Property, path._leaf).type, (path, []))[1].append(coerce(path, operator.eq, plain_value))
        queries = [path._query(Members(path, tuple(its))) for path, its in by_type.values()]
        return functools.reduce(operator.or_, queries) if queries else self._query(Members(self, ()))

    def between(self, low: Any, high: Any) -> 'Query[T]':
        """Select the objects with ``low <= value <= high``."""
        if self._many:
            raise QueryError(f'{self}.between(): over a list, each bound may hold for another member; compare each bound')
        return (self >= low) & (self <= high)

    # --- what Python invites people to write, and what to write instead ---

    def _needs_comparison(self, *_: Any) -> NoReturn:
        raise QueryError(f'{self} stands in a query without a comparison: put each comparison in parentheses, '
                         f'as in ({self} == value) & (...)')

    __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = __invert__ = _needs_comparison

    def __bool__(self) -> NoReturn:
        self._needs_comparison()

    def __iter__(self) -> NoReturn:
        raise QueryError(f'{self} is a path in a query and has no values; get them with query.table({self._name!r})')

    def __contains__(self, value: Any) -> NoReturn:
        raise QueryError(f'{value!r} in {self}: a path in a query has no values; write {self} == {value!r}')

    @property
    def _name(self) -> str:
        names = [link.name for link in self._links]
        return '.'.join(names + ([self._leaf.name] if self._leaf is not None else []))

    @override
    def __repr__(self) -> str:
        return f'{self._cls.__name__}.{self._name}'

    __str__ = __repr__


def compare(path: Path, op: Callable[[Any, Any], Any], value: Any) -> Compare:
    """Return the criterion ``path op value``; it names an object as people do, ``RawFrame.project.name == 'NIGHT'``."""
    name = _name_of(value) if path._leaf is None else None
    said = f'{path}.{name} {COMPARISONS[op]} {getattr(value, name)!r}' if name else ''
    return Compare(path, op, coerce(path, op, value), said)


def _name_of(obj: Any) -> str | None:
    """Return the attribute by which people name `obj`; None when it has none."""
    properties = getattr(type(obj), '__properties__', {})
    return next((name for name in ('name', 'filename') if name in properties and getattr(obj, name)), None)


def parse(cls: type[T], name: str) -> Path[T]:
    """Return the path from `cls` that a text such as ``'filter.name'`` names."""
    head, called, argument = name.partition('card(')
    if called and argument.endswith(')') and (not head or head.endswith('.')):
        return _card(cls, head, argument[:-1])
    first, *others = name.split('.')
    found = find(cls, first)
    if isinstance(found, Alias):
        return parse(cls, '.'.join([found.path, *others]))
    path = Path(cls, (found,), None) if isinstance(found, Link) else Path(cls, (), found)
    for part in others:
        path = getattr(path, part)
    return path


def _card(cls: type[T], head: str, argument: str) -> Path[T]:
    """Return the path that ``card(argument)`` behind the links `head` names."""
    try:
        keyword = ast.literal_eval(argument)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        keyword = argument
    start: Any = parse(cls, head.removesuffix('.')) if head else cls
    return start.card(keyword)

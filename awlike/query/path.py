"""Paths: ``RawScienceFrame.chip.name`` as one writes it, and the comparisons that make queries of it."""

import operator

from awlike.errors import QueryError
from awlike.query.criteria import Compare, Like, Members
from awlike.query.properties import Property, classes, find
from awlike.query.values import coerce
from awlike.spelling import unknown


class Value(Property):
    """A value of several parts (``frame.imstat.median``), each part a property of its own."""

    kind = 'value'

    def parts(self, cls) -> dict[str, Property]:
        """The parts by name, for class `cls`."""
        raise NotImplementedError

    def expression(self, node):
        parts = ', '.join(f'{self.name}.{part}' for part in self.parts(node.cls))
        raise QueryError(f'{self.name} has several parts: name one of them, {parts}')

    def read(self, instance):
        """The value of `instance`."""
        raise NotImplementedError

    def __get__(self, instance, owner):
        if instance is None:
            return Path(owner, (), self)
        return self.read(instance)


class Link(Property):
    """A link to an object of class `target`, or to a list of them (`many`).

    `optional` says that the link may be empty.
    """

    kind = 'link'

    def __init__(self, target, text, *, many=False, optional=False):
        super().__init__(target, text)
        self._target, self.many, self.optional = target, many, optional

    @property
    def target(self) -> type:
        if isinstance(self._target, str):
            self._target = classes[self._target]
        return self._target

    @property
    def type_name(self) -> str:
        name = self._target if isinstance(self._target, str) else self._target.__name__
        return f'list of {name}' if self.many else name

    def identify(self, builder, node, outer):
        """The SQL expression for the id of what this link of `node` names; joins (`outer` or not) what that needs."""
        raise NotImplementedError

    def members(self, node):
        """For a list link: the table of its members, the condition that ties it to `node`, and the member's id."""
        raise NotImplementedError

    def load(self, instance):
        """What `instance` is linked to."""
        raise NotImplementedError

    def __get__(self, instance, owner):
        if instance is None:
            return Path(owner, (self,), None)
        return self.load(instance)


class Path:
    """A chain of links from a class, perhaps with an attribute at its end."""

    __slots__ = ('_cls', '_links', '_leaf')
    __hash__ = object.__hash__
    __array_ufunc__ = None  # numpy leaves comparisons to us

    def __init__(self, cls, links, leaf):
        self._cls, self._links, self._leaf = cls, links, leaf

    # --- going on: RawScienceFrame.chip -> RawScienceFrame.chip.name ---

    def __getattr__(self, name):
        if name.startswith('__'):
            raise AttributeError(name)
        if isinstance(self._leaf, Value):
            parts = self._leaf.parts(self._end)
            if name not in parts:
                raise unknown(str(self), name, parts)
            return Path(self._cls, self._links, parts[name])
        if self._leaf is not None:
            raise unknown(f'{self} (a {self._leaf.type_name})', name, dir(self))
        found = find(self._end, name, str(self))
        if isinstance(found, Link):
            return Path(self._cls, (*self._links, found), None)
        return Path(self._cls, self._links, found)

    def __dir__(self):
        if isinstance(self._leaf, Value):
            return sorted(self._leaf.parts(self._end))
        return sorted(self._end.__properties__) if self._leaf is None else ['between', 'in_', 'like']

    @property
    def _end(self):
        """The class in which the last link ends."""
        return self._links[-1].target if self._links else self._cls

    @property
    def _many(self):
        return any(link.many for link in self._links)

    # --- comparing: each gives a query ---

    def _query(self, criterion):
        from awlike.query.query import Query
        return Query(self._cls, criterion)

    def _compare(self, op, value):
        if isinstance(value, list | tuple | set | frozenset) or getattr(value, 'ndim', 0):
            if self._many and self._leaf is None:
                raise QueryError(f'{self} is compared with a list: write ({self} == a) & ({self} == b) for both members')
            raise QueryError(f'{self} has one value and is compared with a list: write {self}.in_([...])')
        return self._query(Compare(self, op, coerce(self, op, value)))

    def __eq__(self, value):
        return self._compare(operator.eq, value)

    def __ne__(self, value):
        return self._compare(operator.ne, value)

    def __lt__(self, value):
        return self._compare(operator.lt, value)

    def __le__(self, value):
        return self._compare(operator.le, value)

    def __gt__(self, value):
        return self._compare(operator.gt, value)

    def __ge__(self, value):
        return self._compare(operator.ge, value)

    def like(self, pattern: str):
        """Objects whose text matches `pattern`: ``*`` is any text, ``?`` any one character; case counts."""
        if self._leaf is None or self._leaf.type is not str or not isinstance(pattern, str):
            raise QueryError(f'{self}.like({pattern!r}): like() compares a text with a pattern such as "*_SDSS"')
        return self._query(Like(self, pattern))

    def in_(self, values):
        """Objects whose value is one of `values`."""
        if isinstance(values, str) or not hasattr(values, '__iter__'):
            raise QueryError(f'{self}.in_({values!r}): in_() takes a list: write {self}.in_([{values!r}])')
        return self._query(Members(self, tuple(coerce(self, operator.eq, v) for v in values)))

    def between(self, low, high):
        """Objects with ``low <= value <= high``."""
        if self._many:
            raise QueryError(f'{self}.between(): over a list "any member" would be asked twice; compare each bound')
        return (self >= low) & (self <= high)

    # --- what Python invites one to write, and what to write instead ---

    def _needs_comparison(self, *_):
        raise QueryError(f'{self} stands in a query without a comparison: put each comparison in parentheses, '
                         f'as in ({self} == value) & (...)')

    __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = __invert__ = _needs_comparison

    def __bool__(self):
        self._needs_comparison()

    def __iter__(self):
        raise QueryError(f'{self} is a path in a query and has no values; get them with query.table({self._name!r})')

    def __contains__(self, value):
        raise QueryError(f'{value!r} in {self}: a path in a query has no values; write {self} == {value!r}')

    @property
    def _name(self):
        names = [link.name for link in self._links]
        return '.'.join(names + ([self._leaf.name] if self._leaf is not None else []))

    def __repr__(self):
        return f'{self._cls.__name__}.{self._name}'

    __str__ = __repr__


def parse(cls, name: str) -> Path:
    """The path that a text such as ``'filter.name'`` names, from `cls`."""
    path = None
    for part in name.split('.'):
        if path is None:
            found = find(cls, part)
            path = Path(cls, (found,), None) if isinstance(found, Link) else Path(cls, (), found)
        else:
            path = getattr(path, part)
    return path

"""The class side of mapped attributes. The only file that touches SQLAlchemy's internals.

SQLAlchemy puts an `InstrumentedAttribute` on a mapped class for every column. The expression ``RawFrame.EXPTIME > 100``
would be SQL; here it becomes a query. SQLAlchemy itself works with the columns and with the other methods of the
attribute, which stay.
"""

from typing import TYPE_CHECKING, Any, NoReturn, overload

from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.orm.attributes import instance_state
from typing_extensions import override

from awlike.query.path import Path
from awlike.query.properties import Persistent, T, V, find

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy.orm import Mapper, Session

    from awlike.query.query import Query

_COMPARISONS = {'eq', 'ne', 'lt', 'le', 'gt', 'ge'}


class QueryAttribute(InstrumentedAttribute[V]):
    """An attribute whose comparisons are queries."""

    __slots__ = ()
    inherit_cache = True

    __array_ufunc__: None = None  # numpy leaves comparisons to this class

    if TYPE_CHECKING:
        # A user sees the path of the attribute, and on an instance its value.
        @overload
        def __get__(  # pyrefly: ignore[bad-override]  # the path, not SQLAlchemy's expression
                self, instance: None, owner: type[T]) -> Path[T]: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> V: ...
        def __get__(self, instance: object | None, owner: Any) -> Any: ...

    def _path(self) -> Path[Any]:
        cls: Any = self.class_  # SQLAlchemy's type allows an alias, which no user can reach
        return Path(cls, (), find(cls, self.key))

    @override
    def operate(self, op: 'Callable[..., Any]', *others: Any, **options: Any) -> Any:
        if op.__name__ in _COMPARISONS:
            return op(self._path(), *others)
        return self._path()._needs_comparison()

    @override
    def reverse_operate(self, op: 'Callable[..., Any]', other: Any, **options: Any) -> NoReturn:
        self._path()._needs_comparison()

    @override
    def like(self, pattern: str) -> 'Query':  # pyrefly: ignore[bad-override]  # a query, not SQL
        return self._path().like(pattern)

    @override
    def in_(self, values: 'Iterable[Any]') -> 'Query':  # pyrefly: ignore[bad-override-param-name]  # a query, not SQL
        return self._path().in_(values)

    @override
    def between(self, low: Any, high: Any) -> 'Query':  # pyrefly: ignore[bad-override]  # a query, not SQL
        return self._path().between(low, high)

    def _needs_comparison(self, *_: Any) -> NoReturn:
        self._path()._needs_comparison()

    __bool__ = __rand__ = __ror__ = __xor__ = __rxor__ = _needs_comparison

    @override
    def __getattr__(self, key: str) -> Any:
        try:
            return super().__getattr__(key)
        except AttributeError:
            if key.startswith('_'):
                raise
            return getattr(self._path(), key)  # the path says what there is

    @override
    def __dir__(self) -> list[str]:
        return dir(self._path())

    @override
    def __repr__(self) -> str:
        return repr(self._path())


RESERVED = frozenset(name for name in dir(InstrumentedAttribute) if not name.startswith('_'))
"""Names that an attribute already has, so that no query could reach a persistent attribute of that name."""


def make_queryable(cls: type[Persistent]) -> None:
    """Turn the attributes of the mapped class `cls` into attributes whose comparisons are queries."""
    for attribute in cls.__mapper__.class_manager.values():
        if type(attribute) is InstrumentedAttribute:
            attribute.__class__ = QueryAttribute


def attach(session: 'Session', obj: object) -> None:
    """Let `session` know `obj`, a detached object, alone: the links of awlike are no relationships that it would follow."""
    session._save_or_update_impl(instance_state(obj))


def load_with_parents(cls: type[Persistent]) -> None:
    """Let a query of a parent class read the attributes of `cls` at once, where they lie in the common table.

    Otherwise each object would be read again, one after the other, for the attributes that only its own class has.
    """
    mapper: Mapper[Any] = cls.__mapper__
    for parent in list(mapper.iterate_to_root())[1:]:
        if parent.local_table is mapper.local_table:
            parent._add_with_polymorphic_subclass(mapper)

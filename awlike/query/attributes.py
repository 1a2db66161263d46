"""The class side of mapped attributes. The only file that touches SQLAlchemy's internals.

SQLAlchemy puts an `InstrumentedAttribute` on a mapped class for every column. What one writes with it,
``RawFrame.EXPTIME > 100``, would be an SQL expression; here it becomes a query. SQLAlchemy itself works with the
columns and with the attribute's other methods, which stay.
"""

from sqlalchemy.orm import InstrumentedAttribute

from awlike.query.path import Path
from awlike.query.properties import find

_COMPARISONS = {'eq', 'ne', 'lt', 'le', 'gt', 'ge'}


class QueryAttribute(InstrumentedAttribute):
    """An attribute whose comparisons are queries."""

    __slots__ = ()
    inherit_cache = True

    __array_ufunc__ = None  # numpy leaves comparisons to us

    def _path(self):
        return Path(self.class_, (), find(self.class_, self.key))

    def operate(self, op, *others, **options):
        if op.__name__ in _COMPARISONS:
            return op(self._path(), *others)
        return self._path()._needs_comparison()

    def reverse_operate(self, op, other, **options):
        return self._path()._needs_comparison()

    def like(self, pattern):
        return self._path().like(pattern)

    def in_(self, values):
        return self._path().in_(values)

    def between(self, low, high):
        return self._path().between(low, high)

    def _needs_comparison(self, *_):
        return self._path()._needs_comparison()

    __bool__ = __rand__ = __ror__ = __xor__ = __rxor__ = _needs_comparison

    def __getattr__(self, name):
        try:
            return super().__getattr__(name)
        except AttributeError:
            if name.startswith('_'):
                raise
            return getattr(self._path(), name)  # which says what there is

    def __dir__(self):
        return dir(self._path())

    def __repr__(self):
        return repr(self._path())


RESERVED = frozenset(name for name in dir(InstrumentedAttribute) if not name.startswith('_'))
"""Names that an attribute already has, so that a persistent attribute of that name could not be reached in a query."""


def make_queryable(cls) -> None:
    """Give the attributes of the mapped class `cls` their query behaviour."""
    for attribute in cls.__mapper__.class_manager.values():
        if type(attribute) is InstrumentedAttribute:
            attribute.__class__ = QueryAttribute


def load_with_parents(cls) -> None:
    """Let a query of a parent class read the attributes of `cls` at once, where they lie in the one table of all.

    Otherwise each object would be read again, one after the other, for what only its own class has.
    """
    mapper = cls.__mapper__
    for parent in list(mapper.iterate_to_root())[1:]:
        if parent.local_table is mapper.local_table:
            parent._add_with_polymorphic_subclass(mapper)

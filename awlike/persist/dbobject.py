"""DBObject: the root of all persistent classes, and their declaration.

A class declares each property once: `attribute` for values, `Reference` and `Input` for links, each with its text and
unit. Queries, `info`, `help` and the tables all follow from the declarations::

    class HotPixelMap(CalibrationFrame):
        \"\"\"Pixels that are too bright in the dark.\"\"\"
        bias = Input(BiasFrame, 'the master bias in which they are found')
        count = attribute(int, 'number of hot pixels')
"""

import datetime
import inspect as python
import re
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, cast

from sqlalchemy import ForeignKey, Table
from sqlalchemy.orm import DeclarativeBase, MappedColumn, Session, mapped_column

from awlike.characters import printable
from awlike.current import current
from awlike.errors import DefinitionError, Immutable, NotFound, UnknownAttribute
from awlike.persist.ids import new_id
from awlike.persist.links import Input, Reference
from awlike.persist.tables import metadata
from awlike.persist.types import COLUMN_TYPES, Id
from awlike.query.attributes import RESERVED, make_queryable
from awlike.query.path import Path
from awlike.query.properties import Attribute, Property, classes
from awlike.query.query import Query
from awlike.spelling import unknown
from awlike.terminal import coloured, tell
from awlike.views.facts import Facts
from awlike.views.html import facts_view

if TYPE_CHECKING:
    from IPython.lib.pretty import RepresentationPrinter

T = TypeVar('T', bound='DBObject')

_SIMPLE = (str, int, float, bool, datetime.datetime)


def attribute(type_: type, text: str, *, unit: str = '', index: bool = False, unique: bool = False) -> Any:
    """Declare a persistent attribute: on the class a path that compares to a query, on an instance a value of `type_`.

    Parameters
    ----------
    type_ : type
        float, int, str, bool, datetime.datetime (UTC), dict or list (JSON).
    text : str
        The meaning of the attribute, in a phrase.
    unit : str
        The unit as astropy spells it; default none.
    index, unique : bool
        Whether queries on the attribute are quick; whether no two objects may share a value.
    """
    return mapped_column(COLUMN_TYPES[type_], nullable=True, index=index, unique=unique or None, use_existing_column=True,
                         info={'declared': (type_, text, unit)})


class PersistentClass(type(DeclarativeBase)):
    """The metaclass of persistent classes: ``Class(object_id=...)`` reads an object; an unknown attribute is named."""

    def __call__(cls: type[T], *args: Any, **values: Any) -> T:
        if set(values) == {'object_id'} and not args:
            return cls.get(values['object_id'])
        return super().__call__(*args, **values)

    def __getattr__(cls, name: str) -> Any:
        if name.startswith('_') or '__properties__' not in cls.__dict__:
            raise AttributeError(f'{cls.__name__} has no attribute {name!r}')
        raise unknown(cls.__name__, name, cls.__properties__)

    def __str__(cls) -> str:
        from awlike.persist.class_facts import class_facts
        return class_facts(cls) if '__properties__' in cls.__dict__ else repr(cls)

    def _repr_pretty_(cls, printer: 'RepresentationPrinter', cycle: bool) -> None:
        printer.text(coloured(str(cls)) if len(printer.stack) == 1 else cls.__name__)


class DBObject(DeclarativeBase, metaclass=PersistentClass):
    """Root of all classes whose instances live in the database."""

    __abstract__ = True
    metadata = metadata
    __properties__: dict[str, Property] = {}

    if TYPE_CHECKING:  # each class has its own
        __tablename__: str
        __table__: ClassVar[Table]
        object_id: Any
        creation_date: Any

    def __init_subclass__(cls, **options: Any) -> None:
        cls.__doc__ = python.cleandoc(cls.__dict__.get('__doc__') or f'{cls.__name__}.')
        _check_names(cls)
        declared = {name: value.column.info['declared'] for name, value in vars(cls).items()
                    if isinstance(value, MappedColumn) and 'declared' in value.column.info}
        _add_reference_columns(cls)
        cls._place()
        _check_place(cls)
        super().__init_subclass__(**options)
        cls.__properties__ = _properties(cls, declared)
        cls.__doc__ += '\n\n' + _describe(cls)
        if not cls.__dict__.get('__abstract__'):
            classes[cls.__name__] = cls
            make_queryable(cls)

    @classmethod
    def _place(cls) -> None:
        """Decide in which table the attributes of this class lie."""

    def __init__(self, **values: Any) -> None:
        self.__dict__['object_id'] = values.pop('object_id', None) or new_id()
        for name, value in values.items():
            setattr(self, name, value)

    # --- the class side ---

    @classmethod
    def session(cls) -> Session:
        """Return the SQLAlchemy session that reads the objects of this class."""
        return current().session()

    @classmethod
    def select_all(cls) -> Query:
        """Select all objects of this class that you may see."""
        return Query(cls)

    @classmethod
    def get(cls, object_id: uuid.UUID | str) -> Self:
        """Return the object with this id (a UUID or its text); the same as ``Class(object_id=...)``.

        Raises
        ------
        NotFound
            When no object that you may see has this id.
        """
        found = (cls.object_id == _uuid(object_id)).first()
        if found is None:
            raise NotFound(f'there is no {cls.__name__} with object_id {object_id} that you may see: '
                           'look for it by a query, or ask its owner to publish it')
        return found

    @classmethod
    def get_persistent_properties(cls) -> dict[str, Property]:
        """Return the declared properties by name; each has `text`, `unit`, `type_name` and `kind`."""
        return dict(cls.__properties__)

    @classmethod
    def columns_to_show(cls) -> list[str]:
        """Return the columns of the table that a query shows of its first objects, as paths that `Query.table` takes."""
        return [name for name, p in cls.__properties__.items() if type(p) is Attribute and p.type in _SIMPLE][:7]

    @classmethod
    def tables(cls) -> list[Table]:
        """Return the tables in which its attributes lie, tables of its parents first."""
        mappers = reversed(list(cls.__mapper__.iterate_to_root()))
        return cast('list[Table]', list(dict.fromkeys(mapper.local_table for mapper in mappers)))

    @classmethod
    def identity_key(cls, object_id: uuid.UUID) -> tuple:
        """Return the key under which the session knows the object with this id."""
        return cls.__mapper__.identity_key_from_primary_key((object_id,))

    # --- instances ---

    @property
    def is_committed(self) -> bool:
        """True when the object is in the database."""
        return self._sa_instance_state.key is not None

    def __setattr__(self, name: str, value: Any) -> None:
        if name in type(self).__properties__:
            if self.is_committed:
                raise Immutable(f'{name} of {self} cannot be set: what is committed does not change. Make a new object; '
                                'is_valid, timestamps and privileges change through context, '
                                'as context.update_is_valid(obj, 0)')
        elif not name.startswith('_') and not hasattr(type(self), name):
            raise unknown(type(self).__name__, name, type(self).__properties__)
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        if name in type(self).__properties__:
            raise Immutable(f'{name} of {self} cannot be deleted: set it to None before it is committed')
        super().__delattr__(name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith('_'):
            raise AttributeError(name)
        raise unknown(type(self).__name__, name, type(self).__properties__)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DBObject) and self.object_id == other.object_id

    def __hash__(self) -> int:
        return hash(self.object_id)

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if name not in ('metadata', 'registry')]

    # --- looking at an object ---

    def facts(self) -> Facts:
        """Return all that is known of the object, in groups; `info`, `to_dict` and the view in a notebook show them."""
        from awlike.persist.object_facts import facts_of
        return facts_of(self)

    def info(self) -> None:
        """Print what the object is, what it was made from and with, and how good it is."""
        tell(self.facts())

    def to_dict(self) -> dict:
        """Return what `info` prints as JSON values, complete, with units: ``{group: {name: {'value': ..., 'unit': ...}}}``."""
        return self.facts().to_dict()

    def _picture(self) -> bytes | None:
        """Return a small PNG of the object for a notebook; None where there is nothing to see."""

    def _repr_html_(self) -> str:
        return facts_view(self.facts(), self._picture())

    def _repr_pretty_(self, printer: 'RepresentationPrinter', cycle: bool) -> None:
        alone = len(printer.stack) == 1  # in a list the name is enough
        printer.text(coloured(str(self.facts().brief())) if alone else repr(self))

    def __str__(self) -> str:
        return printable(f'{type(self).__name__} {getattr(self, "name", None) or self.object_id}')

    def __repr__(self) -> str:
        return printable(f'<{self}>')


def _uuid(value: object) -> uuid.UUID:
    try:
        return value if isinstance(value, uuid.UUID) else uuid.UUID(str(value))
    except ValueError:
        raise NotFound(f'{value!r} is not an object id: an id is a UUID of 32 hexadecimal digits') from None


def _check_names(cls: type[DBObject]) -> None:
    """Refuse a property whose name queries or objects use themselves; a reference may change whether it may be empty."""
    inherited = {name: vars(base)[name] for base in reversed(cls.__mro__[1:]) for name in vars(base)}
    changed = {name for name, value in vars(cls).items()
               if isinstance(value, Reference) and isinstance(theirs := inherited.get(name), Reference)
               and theirs.target is value.target and theirs.optional != value.optional}
    taken = RESERVED | (inherited.keys() - changed) | {name for name in dir(Path) if not name.startswith('_')}
    for name, value in vars(cls).items():
        if isinstance(value, MappedColumn | Property) and name in taken:
            raise DefinitionError(f'{cls.__name__}.{name}: queries and objects use the name {name!r} themselves; '
                                  'call the attribute otherwise')


def _check_place(cls: type[DBObject]) -> None:
    """Refuse a class whose name or table exists already."""
    if cls.__dict__.get('__abstract__'):
        return
    if cls.__name__ in classes:
        raise DefinitionError(f'there is a persistent class {cls.__name__} already, in {classes[cls.__name__].__module__}: '
                              'call yours otherwise, or start anew to change it')
    if cls.__dict__.get('__tablename__') in metadata.tables:
        raise DefinitionError(f'{cls.__name__}: there is a table {cls.__tablename__!r} already; call the class otherwise')


def _add_reference_columns(cls: type[DBObject]) -> None:
    """Add the columns behind the references that `cls` declares, unless the class or a parent has them already."""
    for name, link in list(vars(cls).items()):
        if isinstance(link, Reference) and not any(f'{name}_id' in vars(base) for base in cls.__mro__):
            target = link.target.__mapper__.base_mapper.local_table
            if target.name == 'dbobject' and not cls.__module__.startswith('awlike.'):
                raise DefinitionError(f'{cls.__name__}.{name}: not everybody sees each {link.target.__name__}, so no Reference '
                                      'leads there: declare it as an Input')
            key = ForeignKey(target.c.object_id) if target.name in metadata.tables else None
            setattr(cls, f'{name}_id', mapped_column(Id, key, nullable=True, index=link.index, use_existing_column=True))


def _properties(cls: type[DBObject], declared: Mapping[str, tuple[type, str, str]]) -> dict[str, Property]:
    """Return the properties of `cls` by name, its parents' first; `declared` has type, text and unit of its own attributes."""
    found = {}
    for base in reversed(cls.__mro__[1:]):
        found |= getattr(base, '__properties__', {})
    columns = cls.__mapper__.columns if '__mapper__' in vars(cls) else {}
    for name, value in vars(cls).items():
        if isinstance(value, Property):
            found[name] = value
        elif name in columns and (name in declared or (name not in found and columns[name].info.get('declared'))):
            type_, text, unit = declared.get(name) or columns[name].info['declared']
            found[name] = Attribute(name, type_, text, unit, name)
    return found


def _describe(cls: type[DBObject]) -> str:
    """Return the properties of `cls` as a section of its docstring."""
    rows = [f'    {name} : {p.type_name}{f" [{p.unit}]" if p.unit else ""}\n        {p.text}'
            for name, p in cls.__properties__.items()]
    return 'Persistent properties\n---------------------\n' + '\n'.join(rows)


def snake(name: str) -> str:
    """Return ``'read_noise'`` for ``'ReadNoise'``."""
    return re.sub(r'(?<=[a-z0-9])(?=[A-Z])', '_', name).lower()


__all__ = ['DBObject', 'Input', 'Reference', 'UnknownAttribute', 'attribute', 'snake']

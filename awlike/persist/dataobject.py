"""DataObject: the root of all classes with lineage. Raw files and frames begin a lineage, products are made from others."""

import dataclasses
import datetime
import functools
import uuid
from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING, Any, overload

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import MappedColumn, column_property, mapped_column

from awlike.characters import printable
from awlike.errors import DefinitionError
from awlike.persist import lineage, lineage_tree, relatives
from awlike.persist.dbobject import DBObject, Input, Reference, attribute, snake
from awlike.persist.in_releases import InReleases
from awlike.persist.references import Chip, Filter, Instrument, Project, Setup, User
from awlike.persist.types import COLUMN_TYPES, Id
from awlike.query.attributes import load_with_parents
from awlike.query.path import Alias, Path, Value
from awlike.query.properties import Attribute, Property
from awlike.query.query import Query

if TYPE_CHECKING:
    from sqlalchemy import Table

    from awlike.persist.provenance import RecordedFact, RecordedFile


@dataclasses.dataclass(frozen=True)
class Imstat:
    """Statistics of an image over its good pixels; None where there is no good pixel."""

    min: float | None = None
    max: float | None = None
    mean: float | None = None
    median: float | None = None
    stdev: float | None = None
    npix: int | None = None


class ImageStatistics(Value):
    """The `Imstat` of a frame, kept in columns ``imstat_min`` and so on."""

    if TYPE_CHECKING:
        @overload
        def __get__(self, instance: None, owner: type) -> Path: ...
        @overload
        def __get__(self, instance: object, owner: type | None = None) -> Imstat: ...
        def __get__(self, instance: object, owner: type | None = None) -> Any: ...

    def __init__(self) -> None:
        super().__init__(Imstat, 'statistics of the image over its good pixels')

    def parts(self, cls: type) -> dict[str, Property]:
        return {field.name: Attribute(f'imstat.{field.name}', int if field.name == 'npix' else float,
                                      f'{field.name} of the good pixels', '' if field.name == 'npix' else 'adu',
                                      f'imstat_{field.name}')
                for field in dataclasses.fields(Imstat)}

    def read(self, instance: Any) -> Imstat:
        return Imstat(*(getattr(instance, f'imstat_{field.name}') for field in dataclasses.fields(Imstat)))

    def __set__(self, instance: Any, value: Imstat) -> None:
        for field in dataclasses.fields(Imstat):
            setattr(instance, f'imstat_{field.name}', getattr(value, field.name))


def _column(type_: type, **options: Any) -> MappedColumn:
    return mapped_column(COLUMN_TYPES[type_], nullable=True, **options)


class DataObject(DBObject):
    """Root of everything with lineage: who made it and when, who may see it, whether it is valid."""

    __tablename__ = 'dbobject'
    __mapper_args__ = {'polymorphic_on': 'class_name', 'polymorphic_identity': 'DataObject'}

    object_id = mapped_column(Id, primary_key=True, info={'declared': (uuid.UUID, 'unique id, time-ordered', '')})
    class_name = mapped_column(COLUMN_TYPES[str], nullable=False)
    creation_date = attribute(datetime.datetime, 'when it was made (UTC)')
    creator = Reference(User, 'who made it')
    project = Reference(Project, 'the project that it belongs to')
    privileges = attribute(int, 'who may see it: 1 MyDB, 2 Project, 3 Astro-WISE, 4 World, 5 VO')
    is_valid = attribute(int, 'set by people: 0 invalid, 1 valid, 2 proposed for promotion')
    quality_flags = attribute(int, 'set by the system, a bit for each limit that was missed: 0 good')
    digest = attribute(str, 'digest of what it contains, whatever its name and date of making', index=True)
    filename = attribute(str, 'name of its file, unique for ever', unique=True)
    size = attribute(int, 'size of its file', unit='byte')
    instrument = Reference(Instrument, 'the camera', optional=True)
    releases = InReleases()
    release = Alias('releases.name', str, 'names of the releases to which it belongs')

    __table_args__ = (
        Index('ix_dbobject_class', 'class_name', 'object_id'),  # lists of a kind, in the order of ids
        Index('ix_dbobject_imported', 'class_name', sqlite_where=text('imported IS NOT NULL'),
              postgresql_where=text('imported IS NOT NULL')),
        Index('ix_dbobject_invalid', 'object_id', sqlite_where=text('is_valid = 0'), postgresql_where=text('is_valid = 0')),
    )

    # Columns of properties that only some of the classes below have. They lie here, in one table, because every query
    # and every choice of a calibration asks for them: one row has the place, the date, the quality and the privileges.
    chip_id = mapped_column(Id, ForeignKey(Chip.__table__.c.object_id), nullable=True)
    filter_id = mapped_column(Id, ForeignKey(Filter.__table__.c.object_id), nullable=True)
    setup_id = mapped_column(Id, ForeignKey(Setup.__table__.c.object_id), nullable=True)
    imstat_min = _column(float)
    imstat_max = _column(float)
    imstat_mean = _column(float)
    imstat_median = _column(float)
    imstat_stdev = _column(float)
    imstat_npix = _column(int)
    data_keys = _column(dict)

    TO_SHOW: tuple[str, ...] = ('DATE_OBS', 'EXPTIME', 'OBJECT')  # columns of queries, where a class has them
    FAMILY: str = 'raw data'  # the classes that a graph draws alike

    _shared = True  # attributes of this class, and of subclasses that say so, lie in the one table

    def __init_subclass__(cls, **options: Any) -> None:
        cls.__mapper_args__ = {'polymorphic_identity': cls.__name__} | cls.__dict__.get('__mapper_args__', {})
        super().__init_subclass__(**options)
        load_with_parents(cls)

    @classmethod
    def _place(cls) -> None:
        """Put the attributes that only `cls` has into a table of its own, tied by `object_id`; shared ones stay shared."""
        parent = next((base for base in cls.__mro__[1:] if hasattr(base, '__table__')), None)
        if parent is None or '_shared' in vars(cls):
            return
        declared = {name: value.column for name, value in vars(cls).items() if isinstance(value, MappedColumn)}
        shared = {name for name in declared if name in DataObject.__table__.c}
        for name in shared:
            theirs = DataObject.__table__.c[name]
            if type(declared[name].type) is not type(theirs.type):
                raise DefinitionError(f'{cls.__name__}.{name}: {name} is a {theirs.info["declared"][0].__name__} elsewhere; '
                                      'declare it so, or call the attribute otherwise')
        if declared.keys() - shared:
            cls.__tablename__ = snake(cls.__name__)
            cls.object_id = mapped_column(Id, ForeignKey(parent.__table__.c.object_id), primary_key=True)
            cls.__mapper_args__ = cls.__mapper_args__ | {'polymorphic_load': 'selectin'}
            for name in shared:
                setattr(cls, name, column_property(DataObject.__table__.c[name]))

    @classmethod
    def class_names(cls) -> list[str]:
        """Return the names of this class and of all classes below it."""
        return [str(mapper.polymorphic_identity) for mapper in cls.__mapper__.self_and_descendants]

    @classmethod
    def columns_to_show(cls) -> list[str]:
        wanted = ['DATE_OBS', 'filter.name', 'chip.name', *cls.TO_SHOW, 'imstat.median', *cls.results_to_show(), 'filename']
        return [name for name in dict.fromkeys(wanted) if name.partition('.')[0] in cls.__properties__]

    @classmethod
    def results_to_show(cls) -> list[str]:
        """Return the results of this kind that the table of a query shows."""
        return []

    @classmethod
    def inputs(cls) -> dict[str, Input]:
        """Return the declared inputs of this class by role."""
        return _inputs(cls)

    def why_keep_file(self, stored: Callable[[Collection[str]], set[str]] | None = None) -> str:
        """Return why the file cannot be dropped; empty when it can, because the file can be made again.

        `stored` returns which of many files exist; by default the data server is asked.
        """
        return 'raw data is never dropped'

    @classmethod
    def select_valid(cls) -> Query:
        """Select the usable objects of this class: they missed no limit, and neither they nor their ancestors are invalid."""
        return (cls.quality_flags == 0) & lineage.valid_with_ancestors(cls)

    # --- lineage ---

    @property
    def left_out(self) -> dict[str, str]:
        """The inputs that a person switched off, by role, each with the process parameter that did so."""
        return {}

    @classmethod
    def made_from(cls, obj: 'DataObject') -> Query:
        """Select the objects of this class that have `obj` as a direct input."""
        return lineage.related(cls, lineage.products_of, obj, 'made from')

    @classmethod
    def descends_from(cls, obj: 'DataObject') -> Query:
        """Select the objects of this class that have `obj` among their ancestors, at any depth."""
        return lineage.related(cls, lineage.descendants_of, obj, 'descends from')

    @classmethod
    def used_by(cls, obj: 'DataObject') -> Query:
        """Select the objects of this class that `obj` descends from, at any depth."""
        return lineage.related(cls, lineage.ancestors_of, obj, 'used by')

    def ancestors(self) -> 'relatives.Relatives':
        """Return all objects that this object was made from, down to raw frames, without the object itself."""
        return relatives.ancestors(self)

    def descendants(self) -> 'relatives.Relatives':
        """Return all objects that descend from this object, as far as you may see them."""
        return relatives.descendants(self)

    def inverse_objects(self) -> 'relatives.Relatives':
        """Return the products that were made from this object directly, as far as you may see them."""
        return relatives.products(self)

    def lineage(self) -> 'lineage_tree.Tree':
        """Return the tree of all that this object was made from; printing shows the tree."""
        return lineage_tree.Tree(self)

    def how_made(self) -> 'list[RecordedFact]':
        """Return the facts of its making, for its provenance; empty for an object that awlike did not make."""
        return []

    def new_rows(self) -> 'Iterator[tuple[Table, dict[str, Any]]]':
        """Yield the further rows that come into the database with it: the table, and its columns as arrays."""
        yield from ()

    def raw_file(self) -> 'RecordedFile | None':
        """Return the file in which it arrived from the telescope, for its provenance; None for anything but a raw frame."""
        return None

    def __str__(self) -> str:
        if self.filename:
            return printable(self.filename)
        place = [link.name for name in ('instrument', 'chip', 'filter')
                 if (link := getattr(self, name) if name in type(self).__properties__ else None) is not None]
        return printable(' '.join([type(self).__name__, *place, self.object_id.hex[-12:]]))


@functools.cache
def _inputs(cls: type[DataObject]) -> dict[str, Input]:
    return {name: p for name, p in cls.__properties__.items() if isinstance(p, Input)}

"""DataObject: everything that has lineage. Raw files and frames are its roots, products are made from others."""

import dataclasses
import datetime
import functools
import uuid

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import MappedColumn, column_property, mapped_column

from awlike.errors import DefinitionError
from awlike.persist import lineage, lineage_tree, relatives
from awlike.persist.dbobject import DBObject, Input, Reference, attribute, snake
from awlike.persist.references import Chip, Filter, Instrument, Project, User
from awlike.persist.types import COLUMN_TYPES, Id
from awlike.query.attributes import load_with_parents
from awlike.query.path import Value
from awlike.query.properties import Attribute
from awlike.query.query import Query


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

    def __init__(self):
        super().__init__(Imstat, 'statistics of the image over its good pixels')

    def parts(self, cls):
        return {field.name: Attribute(f'imstat.{field.name}', int if field.name == 'npix' else float,
                                      f'{field.name} of the good pixels', '' if field.name == 'npix' else 'adu',
                                      f'imstat_{field.name}')
                for field in dataclasses.fields(Imstat)}

    def read(self, instance):
        return Imstat(*(getattr(instance, f'imstat_{field.name}') for field in dataclasses.fields(Imstat)))

    def __set__(self, instance, value):
        for field in dataclasses.fields(Imstat):
            setattr(instance, f'imstat_{field.name}', getattr(value, field.name))


def _column(type_, **options):
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

    __table_args__ = (
        Index('ix_dbobject_class', 'class_name', 'object_id'),  # lists of a kind, in the order of ids
        Index('ix_dbobject_invalid', 'object_id', sqlite_where=text('is_valid = 0'), postgresql_where=text('is_valid = 0')),
    )

    # Columns of properties that only some of the classes below have. They stand here, in one table, because every
    # query and every choice of a calibration asks for them: one row tells where, when, how good and for whom.
    chip_id = mapped_column(Id, ForeignKey(Chip.__table__.c.object_id), nullable=True)
    filter_id = mapped_column(Id, ForeignKey(Filter.__table__.c.object_id), nullable=True)
    imstat_min = _column(float)
    imstat_max = _column(float)
    imstat_mean = _column(float)
    imstat_median = _column(float)
    imstat_stdev = _column(float)
    imstat_npix = _column(int)

    TO_SHOW = ('DATE_OBS', 'EXPTIME', 'OBJECT')  # columns of queries, where there are such
    FAMILY = 'raw data'  # what is drawn alike in graphs

    _shared = True  # its attributes, and those of subclasses that say so, lie in the one table

    def __init_subclass__(cls, **options):
        cls.__mapper_args__ = {'polymorphic_identity': cls.__name__} | cls.__dict__.get('__mapper_args__', {})
        super().__init_subclass__(**options)
        load_with_parents(cls)

    @classmethod
    def _place(cls):
        """Attributes of a class's own lie in a table of its own, tied by `object_id`; shared ones stay shared."""
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
        """The names of this class and of all below it."""
        return [mapper.polymorphic_identity for mapper in cls.__mapper__.self_and_descendants]

    @classmethod
    def columns_to_show(cls):
        wanted = ['filename', 'chip.name', 'filter.name', *cls.TO_SHOW, 'imstat.median']
        return [name for name in wanted if name.partition('.')[0] in cls.__properties__]

    @classmethod
    def inputs(cls) -> dict[str, Input]:
        """What an object of this class is made from: the declared inputs by role."""
        return _inputs(cls)

    def why_keep_file(self, stored=None) -> str:
        """Why its file cannot be dropped, empty when it can, because it can be made again.

        `stored` says which of many files there are; by default it is asked of the data server.
        """
        return 'raw data is never dropped'

    @classmethod
    def select_valid(cls) -> Query:
        """Objects of this class that count: no limit was missed, and neither they nor their ancestors are invalid."""
        return (cls.quality_flags == 0) & lineage.untainted(cls)

    # --- lineage ---

    @classmethod
    def made_from(cls, obj) -> Query:
        """Objects of this class of which `obj` is a direct input."""
        return lineage.query(cls, lineage.products_of, obj, 'made from')

    @classmethod
    def descends_from(cls, obj) -> Query:
        """Objects of this class that have `obj` among their ancestors, at any depth."""
        return lineage.query(cls, lineage.descendants_of, obj, 'descends from')

    @classmethod
    def used_by(cls, obj) -> Query:
        """Objects of this class that `obj` descends from, at any depth."""
        return lineage.query(cls, lineage.ancestors_of, obj, 'used by')

    def ancestors(self) -> 'relatives.Relatives':
        """Everything that this was made from, down to raw frames; without this itself."""
        return relatives.ancestors(self)

    def descendants(self) -> 'relatives.Relatives':
        """Everything that was made from this, as far as you may see it."""
        return relatives.descendants(self)

    def inverse_objects(self) -> 'relatives.Relatives':
        """What was made from this directly, as far as you may see it."""
        return relatives.products(self)

    def lineage(self) -> 'lineage_tree.Tree':
        """The tree of what this was made from; prints as such."""
        return lineage_tree.Tree(self)

    def how_made(self) -> list:
        """How it was made, for its provenance: `awlike.persist.provenance.RecordedFact`; none of what was not made."""
        return []

    def raw_file(self):
        """The file in which it arrived from the telescope, for its provenance: a `RecordedFile`, or None."""
        return None

    def __str__(self):
        if self.filename:
            return self.filename
        place = [link.name for name in ('instrument', 'chip', 'filter')
                 if (link := getattr(self, name) if name in type(self).__properties__ else None) is not None]
        return ' '.join([type(self).__name__, *place, self.object_id.hex[-12:]])


@functools.cache
def _inputs(cls):
    return {name: p for name, p in cls.__properties__.items() if isinstance(p, Input)}
